/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unified diffs as plan shows them. */
#include "migrate/diff.h"

#include <string.h>

static const struct {
    const char *name, *old_text, *new_text, *diff;
} rows[] = {
    {"change", "a\nb\nc\n", "a\nB\nc\n",
     "--- /etc/x\n+++ /etc/x\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
    {"new", NULL, "a\n", "--- /dev/null\n+++ /etc/x\n@@ -0,0 +1 @@\n+a\n"},
    {"equal", "a\n", "a\n", ""},
    {"no-newline", "a", "b\n",
     "--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"},
    {"binary", "a\n", "\xff\xfe", "binary, 2 bytes\n"},
};

static void test_row(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GBytes) old_text =
        rows[i].old_text ? g_bytes_new_static(rows[i].old_text, strlen(rows[i].old_text)) : NULL;
    g_autoptr(GBytes) new_text = g_bytes_new_static(rows[i].new_text, strlen(rows[i].new_text));
    g_autofree char *diff = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(diff_format("/etc/x", old_text, new_text, &diff, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(diff, ==, rows[i].diff);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/migrate/diff/%s", rows[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_row);
    }
    return g_test_run();
}
