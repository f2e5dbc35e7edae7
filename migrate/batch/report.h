/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What has become of a batch, as files: batch.report.json (migrate-batch(1)), batch.junit.xml for
   build servers, and batch.report.html, one page that needs nothing else. */
#ifndef MIGRATE_BATCH_REPORT_H
#define MIGRATE_BATCH_REPORT_H

#include "migrate/batch/manifest.h"
#include "migrate/batch/result.h"

#define BATCH_REPORT_JSON "batch.report.json"
#define BATCH_REPORT_JUNIT "batch.junit.xml"
#define BATCH_REPORT_HTML "batch.report.html"

typedef struct {
    const BatchManifest *manifest;
    const char *folder;             /* absolute: where the files go */
    const GPtrArray *results;       /* of BatchResult, in the manifest's order */
    gint64 started_us, finished_us; /* since 1970; finished_us 0: it still runs */
} BatchReport;

/* The texts of the files; the caller's. Findings and changes that a result lacks are read from the
   machine's report. */
char *batch_report_to_json(const BatchReport *report);
char *batch_report_to_junit(const BatchReport *report);
char *batch_report_to_html(const BatchReport *report);

/* Writes all three, each complete or not at all, over those of an earlier run. */
gboolean batch_report_write(const BatchReport *report, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* When to write while machines finish: so often that a batch that is killed leaves a good report,
   and so seldom that it takes a twentieth of the time at most. Begin with zeros. */
typedef struct {
    gint64 due_us; /* of the monotonic clock */
} BatchReportPace;

gboolean batch_report_is_due(const BatchReportPace *pace);
/* As batch_report_write(), and notes how long that took. */
gboolean batch_report_write_paced(const BatchReport *report, BatchReportPace *pace,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
