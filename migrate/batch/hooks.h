/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the hooks of a machine: scripts of the host and HTTP requests, in the manifest's order. */
#ifndef MIGRATE_BATCH_HOOKS_H
#define MIGRATE_BATCH_HOOKS_H

#include "migrate/batch/manifest.h"
#include "migrate/batch/result.h"

#define BATCH_HOOK_TIMEOUT_SECONDS 300 /* where a hook says nothing */

typedef struct {
    const BatchManifest *manifest;
    const BatchMachine *machine;
    const BatchResult *result; /* NULL before there is one */
    BatchHookPoint point;
} BatchHookCall;

/* FALSE: there is nothing to run. */
gboolean batch_hooks_has(const BatchMachine *machine, BatchHookPoint point);

/* Blocks until the last one has ended; made to be a BatchTaskFunc, data is a BatchHookCall. The
   first that fails ends it, unless that one has continue_on_error: then *ret_answer says how it
   failed, a line for each. */
gboolean batch_hooks_run(const void *data, char **ret_answer,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
