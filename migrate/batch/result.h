/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What has become of one machine of a batch. */
#ifndef MIGRATE_BATCH_RESULT_H
#define MIGRATE_BATCH_RESULT_H

#include <glib.h>
#include <stdint.h>

typedef enum {
    BATCH_PENDING, /* nothing has been done yet */
    BATCH_RUNNING, /* or it was, when the batch was killed */
    BATCH_DONE,
    BATCH_FAILED,
    BATCH_SKIPPED, /* not enabled */
    BATCH_STATUS_LAST
} BatchStatus;

const char *batch_status_name(BatchStatus status); /* "pending", … */

/* From the machine's report. NULL: it says nothing of that. */
typedef struct {
    char *code, *severity, *sentence, *hint;
} BatchFinding;

void batch_finding_free(gpointer finding); /* for arrays of them */

typedef struct {
    char *path, *action, *reason;
} BatchChange;

typedef struct {
    char *path; /* absolute */
    uint64_t size_bytes;
    gint64 modified_us; /* since 1970 */
} BatchOutput;

typedef struct {
    char *id;
    BatchStatus status;
    gboolean was_done_before; /* by an earlier run; this one found its outputs as they were */
    guint attempts;
    gint64 started_us, finished_us; /* since 1970; 0: not yet */
    char *name;                     /* of the machine as migrated; NULL: not known yet */
    char *system;                   /* of the guest, for people; NULL: not known */
    uint64_t source_bytes;          /* of its disks as the guest sees them; 0: not known */
    uint64_t output_bytes;          /* of its images on the host */
    int exit_status;                /* of convert; 0 until it has failed */
    char *error_code, *error_message, *error_hint; /* NULL: none */
    char *domain_path, *report_path;               /* NULL: none yet */
    GPtrArray *outputs;                            /* of BatchOutput: domain, report, images */
    GPtrArray *findings;                           /* of BatchFinding */
    GPtrArray *changes;                            /* of BatchChange */
} BatchResult;

BatchResult *batch_result_new(const char *id);
void batch_result_free(BatchResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchResult, batch_result_free)

void batch_result_add_output(BatchResult *result, const char *path, uint64_t size_bytes,
                             gint64 modified_us);

/* Sets the error from error: a DrydockError or any other. */
void batch_result_set_error(BatchResult *result, const GError *error);

/* Fills system, findings and changes from the file at report_path; migrate-report(5). Without a
   report there is nothing to fill in. FALSE: the file is no such report. */
gboolean batch_result_read_report(BatchResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
