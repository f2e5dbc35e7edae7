/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits as people read them. */
#include "migrate/plan_text.h"

#include "base/bytes.h"
#include "base/finding.h"
#include "migrate/diff.h"

static void append_indented(GString *text, const char *block)
{
    g_auto(GStrv) lines = g_strsplit(block, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line || line[1])
            g_string_append_printf(text, "%s%s\n", **line ? "    " : "", *line);
}

static void append_file(GString *text, const Edit *edit)
{
    g_string_append_printf(text, "%s %s\n    # %s\n", edit->existed ? "change" : "create",
                           edit->path, edit->reason);
    if (edit->is_secret || (edit->existed && !edit->old_content)) {
        g_string_append_printf(text, "    %s, %" G_GSIZE_FORMAT " bytes\n",
                               edit->is_secret ? "secret" : "binary",
                               g_bytes_get_size(edit->content));
        return;
    }
    g_autofree char *diff = diff_format(edit->path, edit->old_content, edit->content);
    append_indented(text, diff);
}

static void append_bytes(GString *text, const Edit *edit)
{
    g_autofree char *old = hex_format(edit->old_content);
    g_autofree char *new = hex_format(edit->content);
    g_string_append_printf(text,
                           "change %s\n    # %s\n    bytes at %" G_GUINT64_FORMAT ": %s → %s\n",
                           edit->path, edit->reason, edit->offset, old, new);
}

static void append_value(GString *text, const EditValue *value)
{
    if (!value->name) {
        g_string_append_printf(text, "    key %s  # %s\n", value->new_text ? "created" : "deleted",
                               value->reason);
        return;
    }
    g_string_append_printf(text, "    %s: %s → %s  # %s\n",
                           *value->name ? value->name : "(default)",
                           value->old_text ? value->old_text : "(none)",
                           value->new_text ? value->new_text : "(deleted)", value->reason);
}

static void append_values(GString *text, const Edit *edit)
{
    g_string_append_printf(text, "change %s\n    # %s\n", edit->path, edit->reason);
    const char *key = "";
    for (guint i = 0; i < edit->values->len; i++) {
        const EditValue *value = g_ptr_array_index(edit->values, i);
        if (!g_str_equal(key, value->key))
            g_string_append_printf(text, "    [%s]\n", value->key);
        key = value->key;
        append_value(text, value);
    }
}

/* " 100.94.104.24000 of 2023-07-21", as far as it is known. */
static char *describe_version(const char *version, const char *date)
{
    return g_strdup_printf("%s%s%s%s", version ? " " : "", version ? version : "",
                           date ? " of " : "", date ? date : "");
}

static void append_chosen(GString *text, const ChosenDriver *chosen)
{
    g_autofree char *version = inf_version_text(chosen->driver->version);
    g_autofree char *date = inf_date_text(chosen->driver->date);
    g_autofree char *described = describe_version(version, date);
    g_string_append_printf(text, "driver %s%s, %s\n    # %s of %s\n", chosen->name, described,
                           chosen->boots ? "made bootable" : "for the first start to install",
                           chosen->inf_path, driver_tree_path(chosen->tree));
}

static void append_drivers(GString *text, const DriverChoice *choice)
{
    guint foreign = 0;
    for (guint i = 0; i < choice->drivers->len; i++)
        append_chosen(text, g_ptr_array_index(choice->drivers, i));
    for (guint i = 0; i < choice->considered->len; i++) {
        const DriverConsidered *considered = g_ptr_array_index(choice->considered, i);
        g_autofree char *described = describe_version(considered->version, considered->date);
        foreign += considered->is_foreign ? 1 : 0;
        if (!considered->is_taken && !considered->is_foreign)
            g_string_append_printf(text, "not %s%s: %s\n", considered->path, described,
                                   considered->reason);
    }
    if (foreign > 0)
        g_string_append_printf(text, "not %u drivers in folders for another processor\n", foreign);
    g_string_append_c(text, '\n');
}

void plan_text_append_findings(GString *text, const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);
        const char *hint = finding_code_hint(finding->code);
        g_string_append_printf(text, "%s: %s [%s]\n",
                               finding_severity_name(finding_code_severity(finding->code)),
                               finding->sentence, finding_code_name(finding->code));
        if (hint)
            g_string_append_printf(text, "    hint: %s\n", hint);
    }
}

char *plan_text_format(const Edits *edits, const DriverChoice *choice, const GPtrArray *findings)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < edits_count(edits); i++) {
        const Edit *edit = edits_get(edits, i);
        switch (edit->kind) {
        case EDIT_WRITE_FILE:
            if (edit->values)
                append_values(text, edit);
            else
                append_file(text, edit);
            break;
        case EDIT_MAKE_DIRECTORY:
            g_string_append_printf(text, "create %s/\n    # %s\n", edit->path, edit->reason);
            break;
        case EDIT_MAKE_SYMLINK:
            g_string_append_printf(text, "link %s → %s\n    # %s\n", edit->path, edit->link_target,
                                   edit->reason);
            break;
        case EDIT_REMOVE:
            g_string_append_printf(text, "remove %s\n    # %s\n", edit->path, edit->reason);
            break;
        case EDIT_WRITE_BYTES:
            append_bytes(text, edit);
            break;
        }
        g_string_append_c(text, '\n');
    }
    if (choice)
        append_drivers(text, choice);
    plan_text_append_findings(text, findings);
    return g_string_free(text, FALSE);
}
