/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The findings of all machines, by their codes: what many have in common is said once. */
#include "migrate/batch/report_groups.h"

#include "migrate/batch/report_machine.h"
#include "migrate/batch/report_page.h"
#include "migrate/batch/report_parts.h"

#define ENTRIES_SHOWN 60 /* of one group; the machines have all of theirs */

typedef struct {
    char *sentence;
    GArray *machines; /* of guint, indexes in the report; G_MAXUINT: the manifest itself */
} Sentence;

typedef struct {
    char *code, *severity, *hint;
    GPtrArray *sentences; /* of Sentence, as they were found */
    GHashTable *by_text;  /* the same by their text */
    guint count;
    guint last; /* machine that was counted, plus one */
    guint machines;
} Group;

static void sentence_free(gpointer data)
{
    Sentence *sentence = data;
    g_free(sentence->sentence);
    g_array_unref(sentence->machines);
    g_free(sentence);
}

static void group_free(gpointer data)
{
    Group *group = data;
    g_free(group->code);
    g_free(group->severity);
    g_free(group->hint);
    g_hash_table_unref(group->by_text);
    g_ptr_array_unref(group->sentences);
    g_free(group);
}

static Group *find_group(GHashTable *groups, const char *code, const char *severity,
                         const char *hint)
{
    Group *group = g_hash_table_lookup(groups, code);
    if (group)
        return group;
    group = g_new0(Group, 1);
    group->code = g_strdup(code);
    group->severity = g_strdup(page_severity_class(severity));
    group->hint = g_strdup(hint);
    group->sentences = g_ptr_array_new_with_free_func(sentence_free);
    group->by_text = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(groups, group->code, group);
    return group;
}

static void add_finding(Group *group, const char *text, guint machine)
{
    Sentence *sentence = g_hash_table_lookup(group->by_text, text);
    if (!sentence) {
        sentence = g_new0(Sentence, 1);
        sentence->sentence = g_strdup(text);
        sentence->machines = g_array_new(FALSE, FALSE, sizeof(guint));
        g_ptr_array_add(group->sentences, sentence);
        g_hash_table_insert(group->by_text, sentence->sentence, sentence);
    }
    g_array_append_val(sentence->machines, machine);
    group->count++;
    /* Machines come one after the other. */
    if (group->last != machine + 1)
        group->machines++;
    group->last = machine + 1;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static GHashTable *collect(const BatchReport *report)
{
    GHashTable *groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, group_free);
    const GPtrArray *own = report->manifest->findings;
    for (guint i = 0; i < own->len; i++) {
        const Finding *finding = g_ptr_array_index(own, i);
        Group *group = find_group(groups, finding_code_name(finding->code),
                                  finding_severity_name(finding_code_severity(finding->code)),
                                  finding_code_hint(finding->code));
        add_finding(group, finding->sentence, G_MAXUINT);
    }
    for (guint i = 0; i < report->results->len; i++) {
        g_autoptr(BatchResult) read = NULL;
        g_autoptr(GPtrArray) findings = batch_report_findings(
            report, batch_result_filled(g_ptr_array_index(report->results, i), &read));
        for (guint j = 0; j < findings->len; j++) {
            const BatchFinding *finding = g_ptr_array_index(findings, j);
            add_finding(
                find_group(groups, or_empty(finding->code), finding->severity, finding->hint),
                or_empty(finding->sentence), i);
        }
    }
    return groups;
}

static int rank(const Group *group)
{
    return g_str_equal(group->severity, "blocker")   ? 0
           : g_str_equal(group->severity, "warning") ? 1
                                                     : 2;
}

static int compare_groups(gconstpointer a, gconstpointer b)
{
    const Group *one = a, *other = b;
    if (rank(one) != rank(other))
        return rank(one) - rank(other);
    if (one->machines != other->machines)
        return one->machines < other->machines ? 1 : -1;
    return g_strcmp0(one->code, other->code);
}

static void write_where(XmlWriter *xml, const BatchReport *report, const Sentence *sentence)
{
    const guint shown = MIN(sentence->machines->len, ENTRIES_SHOWN);
    for (guint i = 0; i < shown; i++) {
        const guint index = g_array_index(sentence->machines, guint, i);
        if (i > 0)
            page_text(xml, ", ");
        if (index == G_MAXUINT) {
            page_text(xml, "the manifest");
            continue;
        }
        g_autofree char *anchor = report_machine_anchor(index);
        page_open(xml, "a", NULL);
        xml_write_attribute(xml, "href", anchor);
        page_name(xml, batch_result_title(g_ptr_array_index(report->results, index)));
        page_close(xml);
    }
    if (sentence->machines->len > shown) {
        g_autofree char *rest = g_strdup_printf(" and %u more", sentence->machines->len - shown);
        page_text(xml, rest);
    }
}

/* A single sentence stands in the summary already. */
static void write_sentences(XmlWriter *xml, const BatchReport *report, const Group *group)
{
    const guint shown = MIN(group->sentences->len, ENTRIES_SHOWN);
    page_open(xml, "ul", "where");
    for (guint i = 0; i < shown; i++) {
        const Sentence *sentence = g_ptr_array_index(group->sentences, i);
        xml_write_start(xml, "li");
        write_where(xml, report, sentence);
        if (group->sentences->len > 1) {
            page_text(xml, ": ");
            page_leaf(xml, "span", "soft", sentence->sentence);
        }
        page_close(xml);
    }
    if (group->sentences->len > shown) {
        g_autofree char *rest = g_strdup_printf("and %u more", group->sentences->len - shown);
        page_leaf(xml, "li", "soft", rest);
    }
    page_close(xml);
}

static void write_group(XmlWriter *xml, const BatchReport *report, const Group *group)
{
    const Sentence *first = g_ptr_array_index(group->sentences, 0);
    g_autofree char *number = page_count(group->machines, "machine", "machines");
    xml_write_start(xml, "details");
    xml_write_start(xml, "summary");
    page_severity(xml, group->severity);
    page_open(xml, "span", "what");
    page_text(xml, first->sentence);
    if (group->sentences->len > 1)
        page_text(xml, " …");
    page_leaf(xml, "code", NULL, group->code);
    page_close(xml);
    page_leaf(xml, "span", "number", number);
    page_close(xml);
    page_open(xml, "div", "body");
    if (group->hint)
        page_leaf(xml, "p", "hint", group->hint);
    write_sentences(xml, report, group);
    page_close(xml);
    page_close(xml);
}

void report_groups_write(XmlWriter *xml, const BatchReport *report)
{
    g_autoptr(GHashTable) groups = collect(report);
    g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_values(groups), compare_groups);
    if (!sorted)
        return;
    g_autofree char *number = g_strdup_printf("%u", g_list_length(sorted));
    xml_write_start(xml, "section");
    xml_write_start(xml, "h2");
    page_text(xml, "Findings ");
    page_leaf(xml, "span", "count", number);
    page_close(xml);
    page_open(xml, "div", "group");
    for (GList *item = sorted; item; item = item->next)
        write_group(xml, report, item->data);
    page_close(xml);
    page_close(xml);
}
