/* SPDX-License-Identifier: GPL-3.0-or-later */
/* batch.report.html: a summary first, then what failed, what there is to know, and every machine.
 */
#include <stdlib.h>

#include "base/finding.h"
#include "migrate/batch/report.h"
#include "migrate/batch/report_groups.h"
#include "migrate/batch/report_machine.h"
#include "migrate/batch/report_page.h"
#include "migrate/batch/report_parts.h"

/* What somebody looks for first stands first. */
static const BatchStatus order[BATCH_STATUS_LAST] = {BATCH_FAILED, BATCH_RUNNING, BATCH_PENDING,
                                                     BATCH_DONE, BATCH_SKIPPED};

static char *make_headline(const BatchReport *report, const BatchTotals *totals)
{
    const guint done = totals->count[BATCH_DONE], failed = totals->count[BATCH_FAILED];
    const guint wanted = totals->machines - totals->count[BATCH_SKIPPED];
    if (totals->machines == 0)
        return g_strdup("There was nothing to migrate");
    if (report->finished_us == 0)
        return g_strdup_printf("Running: %u of %u machines migrated", done, wanted);
    if (failed > 0)
        return g_strdup_printf("%u of %u machines failed", failed, wanted);
    if (done < wanted)
        return g_strdup_printf("Stopped: %u of %u machines migrated", done, wanted);
    if (wanted == 1)
        return g_strdup("The machine is migrated");
    return g_strdup_printf("All %u machines are migrated", wanted);
}

/* One part for each status, as wide as it has machines. */
static void write_bar(XmlWriter *xml, const BatchTotals *totals)
{
    g_autofree char *box = g_strdup_printf("0 0 %u 1", MAX(totals->machines, 1));
    guint at = 0;
    page_open(xml, "svg", "bar");
    xml_write_attribute(xml, "viewBox", box);
    xml_write_attribute(xml, "preserveAspectRatio", "none");
    xml_write_attribute(xml, "aria-hidden", "true");
    static const BatchStatus from_left[] = {BATCH_DONE, BATCH_FAILED, BATCH_RUNNING, BATCH_PENDING,
                                            BATCH_SKIPPED};
    for (gsize i = 0; i < G_N_ELEMENTS(from_left); i++) {
        const guint count = totals->count[from_left[i]];
        if (count == 0)
            continue;
        page_open(xml, "rect", batch_status_name(from_left[i]));
        xml_write_attribute_number(xml, "x", at);
        xml_write_attribute_number(xml, "width", count);
        xml_write_attribute(xml, "height", "1");
        xml_write_end(xml);
        at += count;
    }
    page_close(xml);
}

static void write_counts(XmlWriter *xml, const BatchTotals *totals)
{
    page_open(xml, "ul", "counts");
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
        g_autofree char *number = g_strdup_printf("%u", totals->count[order[i]]);
        if (totals->count[order[i]] == 0)
            continue;
        page_open(xml, "li", batch_status_name(order[i]));
        page_icon(xml, batch_status_name(order[i]));
        page_leaf(xml, "b", NULL, number);
        page_text(xml, page_status_word(order[i]));
        page_close(xml);
    }
    page_close(xml);
}

static void write_fact(XmlWriter *xml, const char *name, const char *value)
{
    if (!*value)
        return;
    xml_write_start(xml, "div");
    page_leaf(xml, "dt", NULL, name);
    page_leaf(xml, "dd", NULL, value);
    page_close(xml);
}

static void write_facts(XmlWriter *xml, const BatchReport *report, const BatchTotals *totals)
{
    const gint64 end_us = report->finished_us > 0 ? report->finished_us : g_get_real_time();
    g_autofree char *started = page_time(report->started_us);
    g_autofree char *took =
        page_duration((double)MAX(end_us - report->started_us, 0) / G_USEC_PER_SEC);
    g_autofree char *work = page_duration(totals->machine_seconds);
    g_autofree char *source = page_size(totals->source_bytes);
    g_autofree char *output = page_size(totals->output_bytes);
    page_open(xml, "dl", "facts");
    write_fact(xml, "Started", started);
    write_fact(xml, report->finished_us > 0 ? "Took" : "Runs for", took);
    write_fact(xml, "Time of all machines", work);
    write_fact(xml, "Disks of the sources", source);
    write_fact(xml, "Images written", output);
    page_close(xml);
}

static void write_header(XmlWriter *xml, const BatchReport *report, const BatchTotals *totals)
{
    g_autofree char *headline = make_headline(report, totals);
    xml_write_start(xml, "header");
    page_open(xml, "p", "kicker");
    page_text(xml, "Migration of ");
    page_name(xml, report->manifest->path);
    page_close(xml);
    page_leaf(xml, "h1", NULL, headline);
    if (totals->machines > 0) {
        write_bar(xml, totals);
        write_counts(xml, totals);
    }
    write_facts(xml, report, totals);
    page_close(xml);
}

static void write_title(XmlWriter *xml, const char *title, guint count)
{
    g_autofree char *number = g_strdup_printf("%u", count);
    xml_write_start(xml, "h2");
    page_text(xml, title);
    page_text(xml, " ");
    page_leaf(xml, "span", "count", number);
    page_close(xml);
}

static void array_drop(gpointer array)
{
    g_array_unref(array);
}

/* Of GArray of guint: indexes of the machines that failed with one message and one hint. */
static GPtrArray *group_failures(const BatchReport *report)
{
    g_autoptr(GHashTable) by_text = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *groups = g_ptr_array_new_with_free_func(array_drop);
    for (guint i = 0; i < report->results->len; i++) {
        const BatchResult *result = g_ptr_array_index(report->results, i);
        if (result->status != BATCH_FAILED)
            continue;
        char *text = g_strconcat(result->error_message ? result->error_message : "", "\n",
                                 result->error_hint, NULL);
        GArray *group = g_hash_table_lookup(by_text, text);
        if (!group) {
            group = g_array_new(FALSE, FALSE, sizeof(guint));
            g_ptr_array_add(groups, group);
            g_hash_table_insert(by_text, text, group);
        } else {
            g_free(text);
        }
        g_array_append_val(group, i);
    }
    return groups;
}

static void write_failures(XmlWriter *xml, const BatchReport *report, const BatchTotals *totals)
{
    if (totals->count[BATCH_FAILED] == 0)
        return;
    xml_write_start(xml, "section");
    write_title(xml, "Failed", totals->count[BATCH_FAILED]);
    g_autoptr(GPtrArray) groups = group_failures(report);
    for (guint i = 0; i < groups->len; i++)
        report_machine_failure(xml, report, g_ptr_array_index(groups, i));
    page_close(xml);
}

static void write_choice(XmlWriter *xml, const char *id, const char *icon, const char *word,
                         guint count)
{
    g_autofree char *name = g_strconcat("show-", id, NULL);
    g_autofree char *number = g_strdup_printf(" %u", count);
    page_open(xml, "input", "filter");
    xml_write_attribute(xml, "type", "radio");
    xml_write_attribute(xml, "name", "show");
    xml_write_attribute(xml, "id", name);
    xml_write_attribute(xml, "autocomplete", "off");
    if (!icon)
        xml_write_attribute(xml, "checked", "checked");
    xml_write_end(xml);
    g_autofree char *class = g_strconcat("chip ", icon ? icon : "", NULL);
    page_open(xml, "label", g_strchomp(class));
    xml_write_attribute(xml, "for", name);
    if (icon)
        page_icon(xml, icon);
    page_text(xml, word);
    page_leaf(xml, "b", NULL, number);
    page_close(xml);
}

/* Radio buttons, which style sheets can follow: no script is needed. */
static void write_filter(XmlWriter *xml, const BatchTotals *totals)
{
    guint kinds = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
        kinds += totals->count[order[i]] > 0;
    if (kinds < 2)
        return;
    write_choice(xml, "all", NULL, "All", totals->machines);
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
        if (totals->count[order[i]] > 0)
            write_choice(xml, batch_status_name(order[i]), batch_status_name(order[i]),
                         page_status_word(order[i]), totals->count[order[i]]);
}

static void write_machines(XmlWriter *xml, const BatchReport *report, const BatchTotals *totals)
{
    xml_write_start(xml, "section");
    write_title(xml, "Machines", totals->machines);
    write_filter(xml, totals);
    page_open(xml, "div", "tools");
    page_close(xml);
    page_open(xml, "div", "list");
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
        for (guint j = 0; j < report->results->len; j++)
            if (((const BatchResult *)g_ptr_array_index(report->results, j))->status == order[i])
                report_machine_line(xml, report, j);
    if (totals->machines == 0)
        page_leaf(xml, "p", "nothing", "The manifest lists no machines.");
    page_close(xml);
    page_close(xml);
}

static void write_footer(XmlWriter *xml)
{
    xml_write_start(xml, "footer");
    page_leaf(xml, "p", NULL,
              "Written by drydock " DRYDOCK_VERSION ". The same for programs: " BATCH_REPORT_JSON
              " and " BATCH_REPORT_JUNIT ", in this folder.");
    page_close(xml);
}

char *batch_report_to_html(const BatchReport *report)
{
    g_autoptr(XmlWriter) xml = xml_writer_new_bare();
    g_autofree char *name = g_path_get_basename(report->manifest->path);
    BatchTotals totals;
    batch_report_total(report, &totals);
    g_autofree char *headline = make_headline(report, &totals);
    g_autofree char *title = g_strconcat(name, ": ", headline, NULL);
    xml_write_raw(xml, "<!DOCTYPE html>\n");
    xml_write_start(xml, "html");
    xml_write_attribute(xml, "lang", "en");
    page_write_head(xml, title);
    xml_write_start(xml, "body");
    page_write_icons(xml);
    write_header(xml, report, &totals);
    xml_write_start(xml, "main");
    write_failures(xml, report, &totals);
    report_groups_write(xml, report);
    write_machines(xml, report, &totals);
    page_close(xml);
    write_footer(xml);
    page_write_script(xml);
    page_close(xml);
    page_close(xml);
    return xml_writer_finish(xml);
}
