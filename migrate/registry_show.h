/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What migrate registry shows of one key: get, list, search and export. */
#ifndef MIGRATE_REGISTRY_SHOW_H
#define MIGRATE_REGISTRY_SHOW_H

#include "migrate/registry_job.h"
#include "registry/hive.h"

typedef struct {
    const RegistryJob *job;
    WorkerChannel *channel;
    Hive *hive;
    HiveKey key;
    char *path; /* of key in full, in the hive's own case: "HKEY_LOCAL_MACHINE\\SYSTEM\\Select" */
    GString *text; /* not sent yet */
} RegistryView;

gboolean registry_show_get(RegistryView *view, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean registry_show_list(RegistryView *view, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean registry_show_search(RegistryView *view, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean registry_show_export(RegistryView *view, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sends what has come together; at_least: only if it is that long. */
void registry_view_flush(RegistryView *view, gsize at_least);

/* One value as members of an object: "name", "type", and "data" – text, number or an array – or,
   where its bytes are no such thing, "hex". */
struct _JsonBuilder;
void registry_json_value(struct _JsonBuilder *builder, const HiveValue *value);

#endif
