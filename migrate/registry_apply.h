/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From staged changes of hives to written ones, in the confined process. */
#ifndef MIGRATE_REGISTRY_APPLY_H
#define MIGRATE_REGISTRY_APPLY_H

#include "fs/edits.h"
#include "migrate/registry_job.h"
#include "migrate/registry_tree.h"

typedef struct RegistryChange RegistryChange;
struct RegistryChange {
    gboolean (*stage)(const RegistryChange *change, Edits *edits, GError **error);
    const void *data; /* the caller's */
    RegistryTree *tree;
};

/* Stages, says what changes, and applies it unless it is only to be shown; a lone hive is sent. */
gboolean registry_apply(const RegistryChange *change, WorkerChannel *channel,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
