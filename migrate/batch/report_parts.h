/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reports of a batch share: totals, and results with all that is known of them. */
#ifndef MIGRATE_BATCH_REPORT_PARTS_H
#define MIGRATE_BATCH_REPORT_PARTS_H

#include "migrate/batch/report.h"

typedef struct {
    guint count[BATCH_STATUS_LAST];
    guint machines;
    uint64_t source_bytes, output_bytes;
    double machine_seconds; /* of all machines, one after the other */
} BatchTotals;

void batch_report_total(const BatchReport *report, BatchTotals *ret_totals);

/* 0: it has not begun, or not finished. */
double batch_result_seconds(const BatchResult *result);

/* result itself, or a copy of what its report has: then *ret_read is the caller's to free. */
const BatchResult *batch_result_filled(const BatchResult *result, BatchResult **ret_read);

/* Array of BatchFinding, with copies of the manifest's findings about the machine before those of
   filled, see above. The caller's. */
GPtrArray *batch_report_findings(const BatchReport *report, const BatchResult *filled);

const char *batch_result_title(const BatchResult *result); /* its name, else its id */

/* A point in time as ISO 8601 in UTC; NULL for 0. The caller's. */
char *batch_time_format(gint64 time_us);

#endif
