/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collections in folders and on ISO images, read after the files are gone from the file system. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/run.h"
#include "tests/unit/windows/support.h"
#include "windows/driver_tree.h"

static void make_sample(const char *root)
{
    g_autofree char *linked = g_build_filename(root, "viostor/2k16/amd64/viostor.inf", NULL);
    g_autofree char *original = g_build_filename(root, "viostor/w10/amd64/viostor.inf", NULL);
    g_autofree char *linked_driver = g_build_filename(root, "viostor/2k16/amd64/viostor.sys", NULL);
    g_autofree char *driver = g_build_filename(root, "viostor/w10/amd64/viostor.sys", NULL);

    test_write_text(root, "viostor/w10/amd64/viostor.inf", "[Version]\n; w10\n");
    test_write_text(root, "viostor/w10/amd64/viostor.sys", "driver w10");
    test_write_text(root, "viostor/w10/amd64/viostor.pdb", "symbols");
    test_write_text(root, "viostor/w10/amd64/empty.txt", "");
    test_write_text(root, "viostor/2k16/amd64/other.sys", "other");
    /* virtio-win's builds for several Windows are the same files; its ISO stores them once. */
    g_assert_cmpint(link(original, linked), ==, 0);
    g_assert_cmpint(link(driver, linked_driver), ==, 0);
}

static const struct {
    const char *path, *content;
} sample_files[] = {
    {"viostor/2k16/amd64/other.sys", "other"},
    {"viostor/2k16/amd64/viostor.inf", "[Version]\n; w10\n"},
    {"viostor/2k16/amd64/viostor.sys", "driver w10"},
    {"viostor/w10/amd64/empty.txt", ""},
    {"viostor/w10/amd64/viostor.inf", "[Version]\n; w10\n"},
    {"viostor/w10/amd64/viostor.sys", "driver w10"},
};

static void check_sample(const DriverTree *tree)
{
    const char *const *paths = driver_tree_list(tree);
    g_autoptr(GError) error = NULL;
    GBytes *none = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(sample_files); i++) {
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) read_error = NULL;
        g_autoptr(GBytes) expected =
            g_bytes_new(sample_files[i].content, strlen(sample_files[i].content));

        g_assert_cmpstr(paths[i], ==, sample_files[i].path);
        g_assert_true(driver_tree_read(tree, paths[i], &bytes, &read_error));
        g_assert_no_error(read_error);
        g_assert_true(g_bytes_equal(bytes, expected));
    }
    g_assert_null(paths[G_N_ELEMENTS(sample_files)]);
    g_assert_false(driver_tree_read(tree, "viostor/w10/amd64/viostor.pdb", &none, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
}

static void test_folder(void)
{
    g_autofree char *root = test_make_folder();
    g_autoptr(GError) error = NULL;
    g_autoptr(DriverTree) tree = NULL;

    make_sample(root);
    tree = driver_tree_open(root, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(driver_tree_path(tree), ==, root);
    test_remove_folder(root);
    check_sample(tree);
}

static gboolean make_iso(const char *root, const char *iso, const char *const *options)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    const RunOptions run = {.timeout_seconds = 60};
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(argv, (char *)(uintptr_t) "genisoimage");
    g_ptr_array_add(argv, (char *)(uintptr_t) "-quiet");
    for (guint i = 0; options[i]; i++)
        g_ptr_array_add(argv, (char *)(uintptr_t)options[i]);
    g_ptr_array_add(argv, (char *)(uintptr_t) "-o");
    g_ptr_array_add(argv, (char *)(uintptr_t)iso);
    g_ptr_array_add(argv, (char *)(uintptr_t)root);
    g_ptr_array_add(argv, NULL);
    if (run_program((const char *const *)argv->pdata, &run, NULL, &error))
        return TRUE;
    g_test_skip(error->message);
    return FALSE;
}

static void test_iso(void)
{
    static const char *const layouts[][4] = {
        {"-R", "-J", "-cache-inodes", NULL},
        {"-J", NULL},
        {"-R", "-no-cache-inodes", NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(layouts); i++) {
        g_autofree char *folder = test_make_folder();
        g_autofree char *root = g_build_filename(folder, "cd", NULL);
        g_autofree char *iso = g_build_filename(folder, "virtio-win.iso", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(DriverTree) tree = NULL;

        make_sample(root);
        if (make_iso(root, iso, layouts[i])) {
            tree = driver_tree_open(iso, &error);
            g_assert_no_error(error);
        }
        test_remove_folder(folder);
        if (tree)
            check_sample(tree);
    }
}

static void test_refused(void)
{
    g_autofree char *root = test_make_folder();
    g_autofree char *empty = g_build_filename(root, "empty", NULL);
    g_autofree char *missing = g_build_filename(root, "missing", NULL);
    g_autofree char *text = g_build_filename(root, "text.iso", NULL);
    const struct {
        const char *path;
        DrydockError code;
    } rows[] = {
        {missing, DRYDOCK_ERROR_MISSING_TOOL},
        {empty, DRYDOCK_ERROR_MISSING_TOOL},
        {text, DRYDOCK_ERROR_USAGE},
    };

    test_write_text(root, "empty/readme.txt", "no driver here");
    test_write_text(root, "text.iso", "this is no image");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(driver_tree_open(rows[i].path, &error));
        g_assert_error(error, DRYDOCK_ERROR, (int)rows[i].code);
        g_assert_nonnull(strstr(error->message, rows[i].path));
        g_assert_nonnull(drydock_error_get_hint(error));
    }
    test_remove_folder(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/driver-tree/folder", test_folder);
    g_test_add_func("/windows/driver-tree/iso", test_iso);
    g_test_add_func("/windows/driver-tree/refused", test_refused);
    return g_test_run();
}
