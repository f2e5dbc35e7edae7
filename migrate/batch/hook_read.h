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

#endif
