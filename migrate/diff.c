/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unified diffs of small texts. A library would do (libgit2 has one), but it and the sixteen that
   it brings make up a third of what the program maps when it starts, and every run pays that. */
#include "migrate/diff.h"

#include <string.h>

#define CONTEXT_LINES 3
/* Of the table of longest common subsequences; what lies between larger changes is shown as
   replaced whole. */
#define TABLE_LIMIT ((gsize)4 << 20)

/* What becomes of a line: kept, or only in the old or in the new text. */
typedef struct {
    char sign; /* ' ', '-', '+' */
    const char *line;
} Step;

static gboolean is_text(GBytes *bytes)
{
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    return g_utf8_validate_len(data, length, NULL);
}

/* Of char *, each with its '\n' where it has one. */
static GPtrArray *split_lines(GBytes *bytes)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    gsize length = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    for (gsize start = 0; start < length;) {
        const char *newline = memchr(data + start, '\n', length - start);
        gsize end = newline ? (gsize)(newline - data) + 1 : length;
        g_ptr_array_add(lines, g_strndup(data + start, end - start));
        start = end;
    }
    return lines;
}

static gboolean lines_equal(const GPtrArray *a, guint i, const GPtrArray *b, guint j)
{
    return g_str_equal(g_ptr_array_index(a, i), g_ptr_array_index(b, j));
}

static void add_step(GArray *steps, char sign, const GPtrArray *lines, guint index)
{
    Step step = {sign, g_ptr_array_index(lines, index)};
    g_array_append_val(steps, step);
}

/* lengths[i * width + j]: of the longest common subsequence of old[first + i …) and new[first + j
 * …). */
static guint *common_lengths(const GPtrArray *old_lines, const GPtrArray *new_lines, guint first,
                             guint old_count, guint new_count)
{
    gsize width = (gsize)new_count + 1;
    guint *lengths = g_new0(guint, ((gsize)old_count + 1) * width);
    for (guint i = old_count; i-- > 0;)
        for (guint j = new_count; j-- > 0;) {
            guint *here = lengths + i * width + j;
            *here = lines_equal(old_lines, first + i, new_lines, first + j)
                        ? here[width + 1] + 1
                        : MAX(here[width], here[1]);
        }
    return lengths;
}

/* The part between the common beginning and the common end. */
static void compare_middle(const GPtrArray *old_lines, const GPtrArray *new_lines, guint first,
                           guint old_end, guint new_end, GArray *steps)
{
    guint old_count = old_end - first, new_count = new_end - first;
    gsize width = (gsize)new_count + 1;
    g_autofree guint *lengths = NULL;
    if (((gsize)old_count + 1) * width <= TABLE_LIMIT)
        lengths = common_lengths(old_lines, new_lines, first, old_count, new_count);

    guint i = 0, j = 0;
    while (i < old_count || j < new_count) {
        const guint *here = lengths ? lengths + i * width + j : NULL;
        if (here && i < old_count && j < new_count &&
            lines_equal(old_lines, first + i, new_lines, first + j)) {
            add_step(steps, ' ', old_lines, first + i++);
            j++;
        } else if (i < old_count && (j == new_count || !here || here[width] >= here[1])) {
            add_step(steps, '-', old_lines, first + i++);
        } else {
            add_step(steps, '+', new_lines, first + j++);
        }
    }
}

static GArray *compare(const GPtrArray *old_lines, const GPtrArray *new_lines)
{
    GArray *steps = g_array_new(FALSE, FALSE, sizeof(Step));
    guint first = 0, old_end = old_lines->len, new_end = new_lines->len;
    while (first < old_end && first < new_end && lines_equal(old_lines, first, new_lines, first))
        add_step(steps, ' ', old_lines, first++);
    while (old_end > first && new_end > first &&
           lines_equal(old_lines, old_end - 1, new_lines, new_end - 1)) {
        old_end--;
        new_end--;
    }
    compare_middle(old_lines, new_lines, first, old_end, new_end, steps);
    for (guint i = old_end; i < old_lines->len; i++)
        add_step(steps, ' ', old_lines, i);
    return steps;
}

static void append_range(GString *diff, guint before, guint count)
{
    /* A range of nothing stands behind the line before it; one line goes without its count. */
    g_string_append_printf(diff, "%u", count ? before + 1 : before);
    if (count != 1)
        g_string_append_printf(diff, ",%u", count);
}

/* steps[start … end) with old_before and new_before lines in front of them. */
static void append_hunk(GString *diff, const GArray *steps, guint start, guint end,
                        guint old_before, guint new_before)
{
    guint old_count = 0, new_count = 0;
    for (guint i = start; i < end; i++) {
        char sign = g_array_index(steps, Step, i).sign;
        old_count += sign != '+';
        new_count += sign != '-';
    }
    g_string_append(diff, "@@ -");
    append_range(diff, old_before, old_count);
    g_string_append(diff, " +");
    append_range(diff, new_before, new_count);
    g_string_append(diff, " @@\n");
    for (guint i = start; i < end; i++) {
        const Step *step = &g_array_index(steps, Step, i);
        g_string_append_printf(diff, "%c%s", step->sign, step->line);
        if (!g_str_has_suffix(step->line, "\n"))
            g_string_append(diff, "\n\\ No newline at end of file\n");
    }
}

/* The next changed step at or after start; steps->len: none. */
static guint next_change(const GArray *steps, guint start)
{
    while (start < steps->len && g_array_index(steps, Step, start).sign == ' ')
        start++;
    return start;
}

static void append_hunks(GString *diff, const GArray *steps)
{
    guint old_before = 0, new_before = 0, position = 0;
    guint change = next_change(steps, 0);
    while (change < steps->len) {
        guint start = MAX(position, change > CONTEXT_LINES ? change - CONTEXT_LINES : 0);
        guint end = change;
        while (change < steps->len && change <= end + 2 * CONTEXT_LINES) {
            end = change + 1;
            change = next_change(steps, end);
        }
        end = MIN(end + CONTEXT_LINES, steps->len);
        for (; position < start; position++) {
            old_before++;
            new_before++;
        }
        append_hunk(diff, steps, start, end, old_before, new_before);
        for (; position < end; position++) {
            char sign = g_array_index(steps, Step, position).sign;
            old_before += sign != '+';
            new_before += sign != '-';
        }
    }
}

char *diff_format(const char *path, GBytes *old_text, GBytes *new_text)
{
    if (!is_text(new_text) || (old_text && !is_text(old_text)))
        return g_strdup_printf("binary, %" G_GSIZE_FORMAT " bytes\n", g_bytes_get_size(new_text));

    g_autoptr(GPtrArray) old_lines = split_lines(old_text);
    g_autoptr(GPtrArray) new_lines = split_lines(new_text);
    g_autoptr(GArray) steps = compare(old_lines, new_lines);
    if (next_change(steps, 0) == steps->len)
        return g_strdup("");
    GString *diff = g_string_new(NULL);
    g_string_append_printf(diff, "--- %s\n+++ %s\n", old_text ? path : "/dev/null", path);
    append_hunks(diff, steps);
    return g_string_free(diff, FALSE);
}
