/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unified diffs as plan shows them. */
#include "migrate/diff.h"

#include <string.h>

#include "base/run.h"

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
    g_autofree char *diff = diff_format("/etc/x", old_text, new_text);
    g_assert_cmpstr(diff, ==, rows[i].diff);
}

/* patch(1) is the judge of everything else: random edits of random texts. */
static void test_against_patch(void)
{
    g_autofree char *tool = g_find_program_in_path("patch");
    if (!tool) {
        g_test_skip("no patch");
        return;
    }
    g_autofree char *folder = g_dir_make_tmp("drydock-diff-XXXXXX", NULL);
    g_autofree char *old_path = g_build_filename(folder, "old", NULL);
    g_autofree char *new_path = g_build_filename(folder, "new", NULL);
    g_autofree char *diff_path = g_build_filename(folder, "diff", NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (guint round = 0; round < 60; round++) {
        g_autoptr(GString) before = g_string_new(NULL);
        g_autoptr(GString) after = g_string_new(NULL);
        for (gint32 lines = g_rand_int_range(random, 0, 60); lines > 0; lines--) {
            gint32 word = g_rand_int_range(random, 0, 8);
            gint32 fate = g_rand_int_range(random, 0, 12);
            if (fate != 0)
                g_string_append_printf(before, "line %d\n", word);
            if (fate != 1)
                g_string_append_printf(after, "line %d\n", fate == 2 ? word + 1 : word);
        }
        g_autoptr(GBytes) old_text = g_bytes_new(before->str, before->len);
        g_autoptr(GBytes) new_text = g_bytes_new(after->str, after->len);
        g_autofree char *diff = diff_format("x", old_text, new_text);

        /* Applied by patch(1), it makes the new text of the old one. */
        g_autofree char *command = g_strdup_printf("patch -s -p0 '%s' '%s' && cmp '%s' '%s'",
                                                   old_path, diff_path, old_path, new_path);
        g_assert_true(g_file_set_contents(old_path, before->str, -1, NULL));
        g_assert_true(g_file_set_contents(new_path, after->str, -1, NULL));
        g_assert_true(g_file_set_contents(diff_path, diff, -1, NULL));
        if (*diff) {
            const char *const argv[] = {"sh", "-c", command, NULL};
            g_autoptr(GError) error = NULL;
            g_assert_true(run_program(argv, NULL, NULL, &error));
            g_assert_no_error(error);
        } else {
            g_assert_cmpstr(before->str, ==, after->str);
        }
    }
    const char *const argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/migrate/diff/%s", rows[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_row);
    }
    g_test_add_func("/migrate/diff/against-patch", test_against_patch);
    return g_test_run();
}
