/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the machines of a batch, several at a time. */
#ifndef MIGRATE_BATCH_RUN_H
#define MIGRATE_BATCH_RUN_H

#include "migrate/batch/manifest.h"
#include "migrate/batch/result.h"
#include "migrate/batch/state.h"
#include "migrate/progress.h"

typedef struct {
    guint jobs; /* 1 at least */
    gboolean stop_on_error;
    gboolean retry_failed;
    const BatchMachine *only; /* NULL: all */
    ProgressMode progress;
    const char *report_folder; /* where reports of the batch go; NULL: there are none */
} BatchRunOptions;

/* *ret_results: array of BatchResult in the manifest's order, of all machines or of the only one;
   set in any case, as far as it is known. TRUE says that the run came to its end, not that all went
   well: the results have the errors. FALSE: interrupted, or what happens cannot be remembered. */
gboolean batch_run(const BatchManifest *manifest, const BatchState *state,
                   const BatchRunOptions *options, GPtrArray **ret_results,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
