/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One machine in the HTML report of a batch. */
#include "migrate/batch/report_machine.h"

#include <string.h>

#include "migrate/batch/report_parts.h"

#define NAMES_SHOWN 40   /* of one card */
#define CHANGES_SHOWN 60 /* the machine's own report has all */

char *report_machine_anchor(guint index)
{
    return g_strdup_printf("#machine-%u", index);
}

/* Paths below the report's own folder work wherever the folder goes. */
static void write_link(XmlWriter *xml, const BatchReport *report, const char *path)
{
    g_autofree char *prefix = g_strconcat(report->folder, "/", NULL);
    const char *shown = g_str_has_prefix(path, prefix) ? path + strlen(prefix) : path;
    g_autofree char *escaped = g_uri_escape_string(shown, "/", TRUE);
    g_autofree char *link = g_strconcat(*shown == '/' ? "file://" : "./", escaped, NULL);
    page_open(xml, "a", "path");
    xml_write_attribute(xml, "href", link);
    page_text(xml, shown);
    page_close(xml);
}

static void write_outputs(XmlWriter *xml, const BatchReport *report, const BatchResult *result)
{
    if (result->outputs->len == 0)
        return;
    page_leaf(xml, "h4", NULL, "Files");
    page_open(xml, "ul", "outputs");
    for (guint i = 0; i < result->outputs->len; i++) {
        const BatchOutput *output = g_ptr_array_index(result->outputs, i);
        g_autofree char *size = page_size(output->size_bytes);
        xml_write_start(xml, "li");
        write_link(xml, report, output->path);
        page_leaf(xml, "span", "soft", size);
        page_close(xml);
    }
    page_close(xml);
}

static void write_findings(XmlWriter *xml, const GPtrArray *findings)
{
    if (findings->len == 0)
        return;
    page_leaf(xml, "h4", NULL, "Findings");
    for (guint i = 0; i < findings->len; i++) {
        const BatchFinding *finding = g_ptr_array_index(findings, i);
        g_autofree char *class =
            g_strconcat("finding ", page_severity_class(finding->severity), NULL);
        page_open(xml, "div", class);
        xml_write_start(xml, "p");
        page_severity(xml, finding->severity);
        page_text(xml, " ");
        page_leaf(xml, "code", "soft", finding->code);
        page_close(xml);
        page_leaf(xml, "p", "message", finding->sentence);
        if (finding->hint)
            page_leaf(xml, "p", "hint", finding->hint);
        page_close(xml);
    }
}

static void write_changes(XmlWriter *xml, const GPtrArray *changes)
{
    if (changes->len == 0)
        return;
    g_autofree char *title = page_count(changes->len, "change", "changes");
    page_open(xml, "details", "more");
    page_leaf(xml, "summary", NULL, title);
    page_open(xml, "dl", "changes");
    for (guint i = 0; i < MIN(changes->len, CHANGES_SHOWN); i++) {
        const BatchChange *change = g_ptr_array_index(changes, i);
        page_leaf(xml, "dt", NULL, change->action);
        xml_write_start(xml, "dd");
        page_leaf(xml, "span", "path", change->path);
        if (change->reason)
            page_leaf(xml, "span", "reason", change->reason);
        page_close(xml);
    }
    page_close(xml);
    if (changes->len > CHANGES_SHOWN) {
        g_autofree char *rest = g_strdup_printf("%u more are in the machine's own report",
                                                changes->len - CHANGES_SHOWN);
        page_leaf(xml, "p", "soft", rest);
    }
    page_close(xml);
}

static void write_error(XmlWriter *xml, const BatchResult *result)
{
    if (!result->error_message)
        return;
    page_leaf(xml, "p", "message", result->error_message);
    if (result->error_hint)
        page_leaf(xml, "p", "hint", result->error_hint);
}

static void append_fact(GString *facts, const char *fact)
{
    if (*fact)
        g_string_append_printf(facts, "%s%s", facts->len > 0 ? " · " : "", fact);
}

/* When it ran, how often, and how it ended. */
static void write_run(XmlWriter *xml, const BatchResult *result)
{
    g_autoptr(GString) facts = g_string_new(NULL);
    g_autofree char *started = page_time(result->started_us);
    g_autofree char *took = page_duration(batch_result_seconds(result));
    g_autofree char *attempts = page_count(result->attempts, "attempt", "attempts");
    append_fact(facts, started);
    append_fact(facts, took);
    append_fact(facts, result->attempts > 1 ? attempts : "");
    append_fact(facts, result->was_done_before ? "done by an earlier run" : "");
    if (result->error_code) {
        g_autofree char *exit_status = g_strdup_printf("exit status %d", result->exit_status);
        append_fact(facts, result->error_code);
        append_fact(facts, exit_status);
    }
    if (facts->len > 0)
        page_leaf(xml, "p", "soft", facts->str);
}

/* Links to the machines, as many as are shown. */
static void write_names(XmlWriter *xml, const BatchReport *report, const GArray *indexes)
{
    const guint shown = MIN(indexes->len, NAMES_SHOWN);
    for (guint i = 0; i < shown; i++) {
        const guint index = g_array_index(indexes, guint, i);
        g_autofree char *anchor = report_machine_anchor(index);
        if (i > 0)
            page_text(xml, ", ");
        page_open(xml, "a", "name");
        xml_write_attribute(xml, "href", anchor);
        page_name(xml, batch_result_title(g_ptr_array_index(report->results, index)));
        page_close(xml);
    }
    if (indexes->len > shown) {
        g_autofree char *rest = g_strdup_printf(" and %u more", indexes->len - shown);
        page_leaf(xml, "span", "others", rest);
    }
}

void report_machine_failure(XmlWriter *xml, const BatchReport *report, const GArray *indexes)
{
    const BatchResult *first = g_ptr_array_index(report->results, g_array_index(indexes, guint, 0));
    page_open(xml, "article", "card failed");
    page_open(xml, "h3", NULL);
    page_icon(xml, "failed");
    write_names(xml, report, indexes);
    page_close(xml);
    write_error(xml, first);
    if (indexes->len == 1)
        write_run(xml, first);
    page_close(xml);
}

static void write_sizes(XmlWriter *xml, const BatchResult *result)
{
    g_autofree char *from = page_size(result->source_bytes);
    g_autofree char *to = page_size(result->output_bytes);
    g_autofree char *text = g_strconcat(from, *from && *to ? " → " : "", to, NULL);
    page_leaf(xml, "span", "size", text);
}

static void write_notes(XmlWriter *xml, const GPtrArray *findings)
{
    guint warnings = 0;
    for (guint i = 0; i < findings->len; i++) {
        const BatchFinding *finding = g_ptr_array_index(findings, i);
        warnings += g_strcmp0(finding->severity, "info") != 0;
    }
    page_open(xml, "span", "notes");
    if (warnings > 0) {
        g_autofree char *title = page_count(warnings, "warning", "warnings");
        g_autofree char *number = g_strdup_printf(" %u", warnings);
        xml_write_attribute(xml, "title", title);
        page_icon(xml, "warning");
        page_text(xml, number);
    }
    page_close(xml);
}

static void write_summary(XmlWriter *xml, const BatchResult *result, const BatchResult *filled,
                          const GPtrArray *findings)
{
    const char *title = batch_result_title(result);
    const char *system = filled->system ? filled->system : result->system;
    g_autofree char *took = page_duration(batch_result_seconds(result));
    xml_write_start(xml, "summary");
    page_state(xml, result->status);
    page_open(xml, "span", "name");
    page_name(xml, title);
    if (!g_str_equal(title, result->id)) {
        page_text(xml, " ");
        page_open(xml, "small", NULL);
        page_name(xml, result->id);
        page_close(xml);
    }
    page_close(xml);
    page_leaf(xml, "span", "system", system);
    write_sizes(xml, result);
    page_leaf(xml, "span", "time", took);
    write_notes(xml, findings);
    page_close(xml);
}

void report_machine_line(XmlWriter *xml, const BatchReport *report, guint index)
{
    const BatchResult *result = g_ptr_array_index(report->results, index);
    g_autoptr(BatchResult) read = NULL;
    const BatchResult *filled = batch_result_filled(result, &read);
    g_autoptr(GPtrArray) findings = batch_report_findings(report, filled);
    g_autofree char *anchor = report_machine_anchor(index);
    g_autofree char *class = g_strconcat("machine ", batch_status_name(result->status), NULL);
    page_open(xml, "details", class);
    xml_write_attribute(xml, "id", anchor + 1);
    write_summary(xml, result, filled, findings);
    page_open(xml, "div", "body");
    write_error(xml, result);
    write_run(xml, result);
    write_outputs(xml, report, result);
    write_findings(xml, findings);
    write_changes(xml, filled->changes);
    page_close(xml);
    page_close(xml);
}
