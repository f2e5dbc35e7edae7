/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be done for a machine, after what earlier runs have left of it. */
#include "migrate/batch/resume.h"

#include "migrate/batch/outputs.h"

BatchDecision batch_resume_decide(const BatchResult *known, const char *known_digest,
                                  const char *digest, gboolean retry_failed)
{
    if (g_strcmp0(known_digest, digest) != 0)
        return BATCH_RUN;
    switch (known->status) {
    case BATCH_DONE:
        return batch_outputs_compare(known) == BATCH_OUTPUTS_MATCH ? BATCH_KEEP : BATCH_RUN;
    case BATCH_FAILED:
        if (!retry_failed)
            return BATCH_KEEP;
        /* Only a hook failed, after everything was made. */
        return known->outputs->len > 0 && batch_outputs_compare(known) == BATCH_OUTPUTS_MATCH
                   ? BATCH_ADOPT
                   : BATCH_RUN;
    case BATCH_RUNNING:
        return batch_outputs_are_complete(known) ? BATCH_ADOPT : BATCH_RUN;
    case BATCH_PENDING:
    case BATCH_SKIPPED:
    case BATCH_STATUS_LAST:
        break;
    }
    return BATCH_RUN;
}

void batch_resume_clean(BatchResult *known)
{
    /* What a killed run had planned was not there before it; what a finished one made may have been
       put to use. */
    if (known->status == BATCH_RUNNING ||
        ((known->status == BATCH_DONE || known->status == BATCH_FAILED) &&
         batch_outputs_compare(known) != BATCH_OUTPUTS_CHANGED))
        batch_outputs_remove(known);
    g_ptr_array_set_size(known->outputs, 0);
    known->status = BATCH_PENDING;
    known->started_us = known->finished_us = 0;
    known->exit_status = 0;
    known->output_bytes = 0;
    g_clear_pointer(&known->error_code, g_free);
    g_clear_pointer(&known->error_message, g_free);
    g_clear_pointer(&known->error_hint, g_free);
    g_clear_pointer(&known->domain_path, g_free);
    g_clear_pointer(&known->report_path, g_free);
}
