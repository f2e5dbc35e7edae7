/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The output directory: all or nothing, and nothing left behind. */
#include "migrate/output.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"

static guint count_entries(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (folder && g_dir_read_name(folder))
        count++;
    return count;
}

static void test_commit(void)
{
    g_autofree char *parent = g_dir_make_tmp("drydock-output-XXXXXX", NULL);
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_autofree char *result = g_build_filename(directory, "web.xml", NULL);
    g_autoptr(GError) error = NULL;
    {
        g_autoptr(Output) output = output_open(directory, "web", &error);
        g_assert_no_error(error);
        g_assert_true(output_add_text(output, "web.xml", "<domain/>", &error));
        g_assert_false(g_file_test(result, G_FILE_TEST_EXISTS));
        g_assert_true(output_commit(output, &error));
    }
    g_assert_cmpuint(count_entries(directory), ==, 1);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(result, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "<domain/>");

    /* A second run of the same name is refused, and what is there stays. */
    {
        g_autoptr(Output) output = output_open(directory, "web", &error);
        g_assert_false(output_add_text(output, "web.xml", "other", &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    }
    g_assert_cmpuint(count_entries(directory), ==, 1);
    g_remove(result);
    g_rmdir(directory);
    g_rmdir(parent);
}

static void test_abandon(void)
{
    g_autofree char *parent = g_dir_make_tmp("drydock-output-XXXXXX", NULL);
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_autoptr(GError) error = NULL;
    Output *output = output_open(directory, "web", &error);
    g_assert_true(output_add_text(output, "web.xml", "x", &error));
    output_close(output);
    /* We made the directory and wrote nothing into it, so it goes too. */
    g_assert_false(g_file_test(directory, G_FILE_TEST_EXISTS));
    g_rmdir(parent);
}

/* A folder left by a killed run goes; one whose owner lives stays. */
static void test_leftovers(void)
{
    g_autofree char *directory = g_dir_make_tmp("drydock-output-XXXXXX", NULL);
    g_autofree char *dead = g_build_filename(directory, ".migrate-web-abcdef", NULL);
    g_autofree char *dead_file = g_build_filename(dead, "web-sda.qcow2", NULL);
    g_autofree char *foreign = g_build_filename(directory, ".migrate-web2-abcdef", NULL);
    g_assert_cmpint(g_mkdir(dead, 0700), ==, 0);
    g_assert_cmpint(g_mkdir(foreign, 0700), ==, 0);
    g_assert_true(g_file_set_contents(dead_file, "x", 1, NULL));

    g_autoptr(GError) error = NULL;
    g_autoptr(Output) alive = output_open(directory, "web", &error);
    g_assert_no_error(error);
    g_assert_false(g_file_test(dead, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(foreign, G_FILE_TEST_EXISTS));

    g_autoptr(Output) other = output_open(directory, "web", &error);
    g_assert_no_error(error);
    g_assert_true(g_file_test(output_work_directory(alive), G_FILE_TEST_IS_DIR));

    g_clear_pointer(&alive, output_close);
    g_clear_pointer(&other, output_close);
    g_rmdir(foreign);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static void test_space(void)
{
    g_autofree char *directory = g_dir_make_tmp("drydock-output-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    {
        g_autoptr(Output) output = output_open(directory, "web", &error);
        g_assert_true(output_check_space(output, 4096, &error));
        g_assert_false(output_check_space(output, G_MAXUINT64 / 2, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE);
    }
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static void test_not_a_directory(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(output_open("/dev/null", "web", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    g_assert_nonnull(drydock_error_get_hint(error));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migrate/output/commit", test_commit);
    g_test_add_func("/migrate/output/abandon", test_abandon);
    g_test_add_func("/migrate/output/leftovers", test_leftovers);
    g_test_add_func("/migrate/output/space", test_space);
    g_test_add_func("/migrate/output/not-a-directory", test_not_a_directory);
    return g_test_run();
}
