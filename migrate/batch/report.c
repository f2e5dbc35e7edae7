/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the reports of a batch, and what they share. */
#include "migrate/batch/report.h"

#include "base/new_file.h"
#include "migrate/batch/report_parts.h"

#define SHARE_OF_TIME 20 /* one of so many parts is for reports at most */

#include <string.h>

void batch_report_total(const BatchReport *report, BatchTotals *ret_totals)
{
    *ret_totals = (BatchTotals){.machines = report->results->len};
    for (guint i = 0; i < report->results->len; i++) {
        const BatchResult *result = g_ptr_array_index(report->results, i);
        ret_totals->count[result->status]++;
        ret_totals->source_bytes += result->source_bytes;
        ret_totals->output_bytes += result->output_bytes;
        ret_totals->machine_seconds += batch_result_seconds(result);
    }
}

double batch_result_seconds(const BatchResult *result)
{
    return result->started_us > 0 && result->finished_us > result->started_us
               ? (double)(result->finished_us - result->started_us) / G_USEC_PER_SEC
               : 0;
}

const BatchResult *batch_result_filled(const BatchResult *result, BatchResult **ret_read)
{
    g_autoptr(GError) error = NULL;
    *ret_read = NULL;
    if (result->status != BATCH_DONE || !result->report_path || result->changes->len > 0)
        return result;
    BatchResult *copy = batch_result_new(result->id);
    copy->report_path = g_strdup(result->report_path);
    /* The file may have been moved away since. */
    if (!batch_result_read_report(copy, &error)) {
        g_debug("%s", error->message);
        batch_result_free(copy);
        return result;
    }
    *ret_read = copy;
    return copy;
}

static void add_finding(GPtrArray *findings, const char *code, const char *severity,
                        const char *sentence, const char *hint)
{
    BatchFinding *finding = g_new0(BatchFinding, 1);
    *finding =
        (BatchFinding){g_strdup(code), g_strdup(severity), g_strdup(sentence), g_strdup(hint)};
    g_ptr_array_add(findings, finding);
}

GPtrArray *batch_report_findings(const BatchReport *report, const BatchResult *filled)
{
    const BatchMachine *machine = batch_manifest_find(report->manifest, filled->id);
    GPtrArray *findings = g_ptr_array_new_with_free_func(batch_finding_free);
    for (guint i = 0; machine && machine->findings && i < machine->findings->len; i++) {
        const Finding *finding = g_ptr_array_index(machine->findings, i);
        add_finding(findings, finding_code_name(finding->code),
                    finding_severity_name(finding_code_severity(finding->code)), finding->sentence,
                    finding_code_hint(finding->code));
    }
    for (guint i = 0; i < filled->findings->len; i++) {
        const BatchFinding *finding = g_ptr_array_index(filled->findings, i);
        add_finding(findings, finding->code, finding->severity, finding->sentence, finding->hint);
    }
    return findings;
}

const char *batch_result_title(const BatchResult *result)
{
    return result->name ? result->name : result->id;
}

char *batch_time_format(gint64 time_us)
{
    if (time_us <= 0)
        return NULL;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    return time ? g_date_time_format_iso8601(time) : NULL;
}

static gboolean write_file(const BatchReport *report, const char *name, const char *text,
                           GError **error)
{
    g_autofree char *path = g_build_filename(report->folder, name, NULL);
    g_autoptr(NewFile) file = new_file_open(path, NEW_FILE_REPLACE, error);
    return file && new_file_write(file, text, strlen(text), error) && new_file_commit(file, error);
}

gboolean batch_report_write(const BatchReport *report, GError **error)
{
    g_autofree char *json = batch_report_to_json(report);
    g_autofree char *junit = batch_report_to_junit(report);
    g_autofree char *html = batch_report_to_html(report);
    if (write_file(report, BATCH_REPORT_JSON, json, error) &&
        write_file(report, BATCH_REPORT_JUNIT, junit, error) &&
        write_file(report, BATCH_REPORT_HTML, html, error))
        return TRUE;
    g_prefix_error(error, "cannot write the report of the batch: ");
    return FALSE;
}

gboolean batch_report_is_due(const BatchReportPace *pace)
{
    return g_get_monotonic_time() >= pace->due_us;
}

gboolean batch_report_write_paced(const BatchReport *report, BatchReportPace *pace, GError **error)
{
    const gint64 begun_us = g_get_monotonic_time();
    gboolean ok = batch_report_write(report, error);
    const gint64 now_us = g_get_monotonic_time();
    pace->due_us = now_us + (now_us - begun_us) * (SHARE_OF_TIME - 1);
    return ok;
}
