/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the hooks of a machine. */
#ifndef MIGRATE_BATCH_HOOK_READ_H
#define MIGRATE_BATCH_HOOK_READ_H

#include "migrate/batch/manifest.h"

/* value: a map of points, each with one hook or a list of them. *ret_hooks: array of BatchHook that
   owns them. */
gboolean batch_hooks_read(const BatchManifest *manifest, const Document *document,
                          const DocumentValue *value, GPtrArray **ret_hooks,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An empty array of BatchHook that owns them. */
GPtrArray *batch_hooks_new(void);

/* Appends one hook, or a list of them, that run at point and are told they run at stage. */
gboolean batch_hooks_read_stage(const BatchManifest *manifest, const Document *document,
                                const DocumentValue *value, BatchHookPoint point, const char *stage,
                                GPtrArray *hooks, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
