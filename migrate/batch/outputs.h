/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that a machine's migration leaves: which they will be, and whether they still are as
   they were made. */
#ifndef MIGRATE_BATCH_OUTPUTS_H
#define MIGRATE_BATCH_OUTPUTS_H

#include "migrate/batch/probe.h"
#include "migrate/batch/result.h"

/* Sets the outputs of result to the files that will be made, when none of them is there yet;
   otherwise to none: they are not ours. The domain, which comes last, is the last of them. */
void batch_outputs_plan(BatchResult *result, const BatchSettings *settings,
                        const BatchSight *sight);

/* Takes sizes and times of the outputs. FALSE: one of them is not there. */
gboolean batch_outputs_record(BatchResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    BATCH_OUTPUTS_MATCH,   /* size and time of each are what was recorded */
    BATCH_OUTPUTS_MISSING, /* some are gone, the others match */
    BATCH_OUTPUTS_CHANGED, /* somebody has written to one */
} BatchOutputsState;

BatchOutputsState batch_outputs_compare(const BatchResult *result);

/* All that were planned are there: their run was killed between its last step and our note of it.
 */
gboolean batch_outputs_are_complete(const BatchResult *result);

/* Removes what is there of them, and the folders that killed runs left. */
void batch_outputs_remove(BatchResult *result);

#endif
