/* SPDX-License-Identifier: GPL-3.0-or-later */
/* batch.junit.xml, as Ant's junitreport and the build servers after it read it: one suite, one case
   for each machine. A machine that was not run is an error, so that nobody takes half a batch for
   one that passed. */
#include "domain/xml.h"
#include "migrate/batch/report.h"
#include "migrate/batch/report_parts.h"

static void write_seconds(XmlWriter *xml, double seconds)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    xml_write_attribute(xml, "time", g_ascii_formatd(text, sizeof(text), "%.3f", seconds));
}

static void write_trouble(XmlWriter *xml, const char *element, const char *type,
                          const char *message, const char *hint)
{
    xml_write_start(xml, element);
    xml_write_attribute(xml, "message", message);
    xml_write_attribute(xml, "type", type);
    if (hint) {
        g_autofree char *text = g_strconcat("hint: ", hint, NULL);
        xml_write_text(xml, text);
    }
    xml_write_end(xml);
}

static void write_case(XmlWriter *xml, const BatchResult *result, const char *suite)
{
    xml_write_start(xml, "testcase");
    xml_write_attribute(xml, "name", result->id);
    xml_write_attribute(xml, "classname", suite);
    write_seconds(xml, batch_result_seconds(result));
    switch (result->status) {
    case BATCH_FAILED:
        write_trouble(xml, "failure", result->error_code ? result->error_code : "failed",
                      result->error_message ? result->error_message : "failed", result->error_hint);
        break;
    case BATCH_SKIPPED:
        xml_write_empty(xml, "skipped", NULL);
        break;
    case BATCH_PENDING:
    case BATCH_RUNNING:
        write_trouble(xml, "error", batch_status_name(result->status),
                      "the batch ended before this machine was done", NULL);
        break;
    case BATCH_DONE:
    case BATCH_STATUS_LAST:
        break;
    }
    xml_write_end(xml);
}

/* The schema wants no time zone. */
static char *format_timestamp(gint64 time_us)
{
    g_autofree char *text = batch_time_format(MAX(time_us, 1));
    text[sizeof("2000-01-01T00:00:00") - 1] = '\0';
    return g_steal_pointer(&text);
}

static void write_suite_attributes(XmlWriter *xml, const BatchReport *report, const char *suite)
{
    const gint64 end_us = report->finished_us > 0 ? report->finished_us : g_get_real_time();
    g_autofree char *timestamp = format_timestamp(report->started_us);
    BatchTotals totals;
    batch_report_total(report, &totals);
    xml_write_attribute(xml, "id", "0");
    xml_write_attribute(xml, "package", "drydock");
    xml_write_attribute(xml, "name", suite);
    xml_write_attribute(xml, "timestamp", timestamp);
    xml_write_attribute(xml, "hostname", g_get_host_name());
    xml_write_attribute_number(xml, "tests", totals.machines);
    xml_write_attribute_number(xml, "failures", totals.count[BATCH_FAILED]);
    xml_write_attribute_number(xml, "errors",
                               totals.count[BATCH_PENDING] + totals.count[BATCH_RUNNING]);
    xml_write_attribute_number(xml, "skipped", totals.count[BATCH_SKIPPED]);
    write_seconds(xml, (double)MAX(end_us - report->started_us, 0) / G_USEC_PER_SEC);
}

/* What warns of machines that went well, a line for each. */
static char *list_warnings(const BatchReport *report)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < report->results->len; i++) {
        const BatchResult *result = g_ptr_array_index(report->results, i);
        g_autoptr(BatchResult) read = NULL;
        g_autoptr(GPtrArray) findings =
            batch_report_findings(report, batch_result_filled(result, &read));
        for (guint j = 0; j < findings->len; j++) {
            const BatchFinding *finding = g_ptr_array_index(findings, j);
            if (g_strcmp0(finding->severity, "info") != 0)
                g_string_append_printf(text, "%s: %s: %s [%s]\n", result->id,
                                       finding->severity ? finding->severity : "",
                                       finding->sentence ? finding->sentence : "",
                                       finding->code ? finding->code : "");
        }
    }
    return g_string_free(text, FALSE);
}

char *batch_report_to_junit(const BatchReport *report)
{
    g_autoptr(XmlWriter) xml = xml_writer_new();
    g_autofree char *suite = g_path_get_basename(report->manifest->path);
    g_autofree char *warnings = list_warnings(report);
    xml_write_start(xml, "testsuites");
    xml_write_start(xml, "testsuite");
    write_suite_attributes(xml, report, suite);
    xml_write_start(xml, "properties");
    xml_write_empty(xml, "property", "name", "manifest", "value", report->manifest->path, NULL);
    xml_write_empty(xml, "property", "name", "program", "value", "drydock " DRYDOCK_VERSION, NULL);
    xml_write_end(xml);
    for (guint i = 0; i < report->results->len; i++)
        write_case(xml, g_ptr_array_index(report->results, i), suite);
    xml_write_element(xml, "system-out", warnings);
    xml_write_element(xml, "system-err", "");
    xml_write_end(xml);
    xml_write_end(xml);
    return xml_writer_finish(xml);
}
