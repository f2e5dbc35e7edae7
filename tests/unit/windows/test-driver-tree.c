/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collections in folders and on ISO images, read after the files are gone from the file system. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/run.h"
#include "tests/unit/windows/support.h"
#include "windows/driver_choice.h"
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

/* All of it, and what is not there. */
static void prefetch_all(const DriverTree *tree)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    g_ptr_array_add(paths, (char *)(uintptr_t) "no/such.sys");
    for (const char *const *path = driver_tree_list(tree); *path; path++)
        g_ptr_array_add(paths, (char *)(uintptr_t)*path);
    driver_tree_prefetch(tree, paths);
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
    prefetch_all(tree);
    test_remove_folder(root);
    check_sample(tree);
}

/* tool: "genisoimage", or "xorriso" with the same options. */
static gboolean make_iso(const char *tool, const char *root, const char *iso,
                         const char *const *options)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    const RunOptions run = {.timeout_seconds = 60};
    const char *const start[] = {tool, "-as", "mkisofs"};
    g_autofree char *program = g_find_program_in_path(tool);
    g_autoptr(GError) error = NULL;

    if (!program)
        return FALSE;
    for (guint i = 0; i < (g_str_equal(tool, "xorriso") ? G_N_ELEMENTS(start) : 1); i++)
        g_ptr_array_add(argv, (char *)(uintptr_t)start[i]);
    g_ptr_array_add(argv, (char *)(uintptr_t) "-quiet");
    for (guint i = 0; options[i]; i++)
        g_ptr_array_add(argv, (char *)(uintptr_t)options[i]);
    g_ptr_array_add(argv, (char *)(uintptr_t) "-o");
    g_ptr_array_add(argv, (char *)(uintptr_t)iso);
    g_ptr_array_add(argv, (char *)(uintptr_t)root);
    g_ptr_array_add(argv, NULL);
    g_assert_true(run_program((const char *const *)argv->pdata, &run, NULL, &error));
    g_assert_no_error(error);
    return TRUE;
}

/* How images are written that people have: with which names, and shared content stored once. */
static void test_iso(void)
{
    static const struct {
        const char *label, *tool, *options[6];
    } rows[] = {
        {"as Fedora's", "xorriso", {"-R", "-iso-level", "4", NULL}},
        {"Rock Ridge and Joliet", "xorriso", {"-R", "-J", NULL}},
        {"Rock Ridge", "xorriso", {"-R", NULL}},
        {"Joliet", "xorriso", {"--norock", "-J", NULL}},
        {"UDF too", "genisoimage", {"-R", "-J", "-udf", NULL}},
        {"UDF and Joliet", "genisoimage", {"-J", "-udf", NULL}},
        {"shared content", "genisoimage", {"-R", "-J", "-cache-inodes", NULL}},
        {"content for each", "genisoimage", {"-R", "-no-cache-inodes", NULL}},
        {"Joliet by genisoimage", "genisoimage", {"-J", NULL}},
    };
    guint made = 0;

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folder = test_make_folder();
        g_autofree char *root = g_build_filename(folder, "cd", NULL);
        g_autofree char *iso = g_build_filename(folder, "virtio-win.iso", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(DriverTree) tree = NULL;

        make_sample(root);
        if (make_iso(rows[i].tool, root, iso, rows[i].options)) {
            g_test_message("%s", rows[i].label);
            tree = driver_tree_open(iso, &error);
            g_assert_no_error(error);
        }
        test_remove_folder(folder);
        if (!tree)
            continue;
        check_sample(tree);
        prefetch_all(tree);
        check_sample(tree);
        made++;
    }
    if (!made)
        g_test_skip("neither xorriso nor genisoimage");
}

/* The names of ISO 9660 alone: upper case, versions behind them. */
static void test_plain_iso(void)
{
    static const char *const options[] = {"--norock", "-iso-level", "3", NULL};
    g_autofree char *folder = test_make_folder();
    g_autofree char *root = g_build_filename(folder, "cd", NULL);
    g_autofree char *iso = g_build_filename(folder, "virtio-win.iso", NULL);
    const TestPackage package = {
        "viostor/w10/amd64",
        {"viostor", "NTamd64.10.0", "07/21/2023,1.2.3.4", 0x1001, 0x1042, TRUE},
        PE_SIGNER_MICROSOFT,
        TRUE,
        0x8664};
    static const char *const folders[] = {"w10", NULL};
    const DriverTarget target = {.inf = {INF_ARCHITECTURE_AMD64, 10, 0, 19045, 1}};
    g_autoptr(GError) error = NULL;
    g_autoptr(DriverTree) tree = NULL;
    g_autoptr(DriverChoice) choice = NULL;
    const ChosenDriver *chosen;

    test_write_package(root, &package);
    if (make_iso("xorriso", root, iso, options)) {
        tree = driver_tree_open(iso, &error);
        g_assert_no_error(error);
    }
    test_remove_folder(folder);
    if (!tree) {
        g_test_skip("no xorriso");
        return;
    }
    choice = driver_choice_new(&(const DriverSources){tree, NULL}, &target, folders);
    chosen = driver_choice_find(choice, DRIVER_ROLE_BLOCK);
    g_assert_nonnull(chosen);
    g_assert_cmpstr(chosen->name, ==, "viostor");
    g_assert_cmpuint(chosen->files->len, ==, 3);
}

/* What Fedora's and RHEL's package installs: drivers twice, floppy images, a link to the image. */
static void test_package_layout(void)
{
    static const char *const listed[] = {
        "drivers/by-driver/viostor/W10/AMD64/VIOSTOR.INF",
        "drivers/by-os/amd64/w10/viostor.inf",
        "guest-agent/qemu-ga-x86_64.msi",
    };
    g_autofree char *root = test_make_folder();
    g_autofree char *link_path = g_build_filename(root, "virtio-win.iso", NULL);
    g_autofree char *os_link = g_build_filename(root, "drivers/by-os/amd64/2k16", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(DriverTree) tree = NULL;
    const char *const *paths;

    test_write_text(root, "drivers/by-driver/viostor/W10/AMD64/VIOSTOR.INF", "[Version]\n");
    test_write_text(root, "drivers/by-driver/viostor/W10/AMD64/viostor.PDB", "symbols");
    test_write_text(root, "drivers/by-os/amd64/w10/viostor.inf", "[Version]\n");
    test_write_text(root, "guest-agent/qemu-ga-x86_64.msi", "agent");
    test_write_text(root, "installer/virtio-win-gt-x64.msi", "installer");
    test_write_text(root, "virtio-win-0.1.271_x86.vfd", "floppy");
    test_write_text(root, "virtio-win-0.1.271.iso", "image");
    g_assert_cmpint(symlink("virtio-win-0.1.271.iso", link_path), ==, 0);
    g_assert_cmpint(symlink("no-such-folder", os_link), ==, 0);
    tree = driver_tree_open(root, &error);
    g_assert_no_error(error);
    paths = driver_tree_list(tree);
    for (guint i = 0; i < G_N_ELEMENTS(listed); i++)
        g_assert_cmpstr(paths[i], ==, listed[i]);
    g_assert_null(paths[G_N_ELEMENTS(listed)]);
    test_remove_folder(root);
}

/* The package's name for the image is a link to the one of that version. */
static void test_linked_iso(void)
{
    static const char *const options[] = {"-R", "-J", NULL};
    g_autofree char *folder = test_make_folder();
    g_autofree char *root = g_build_filename(folder, "cd", NULL);
    g_autofree char *iso = g_build_filename(folder, "virtio-win-0.1.271.iso", NULL);
    g_autofree char *linked = g_build_filename(folder, "virtio-win.iso", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(DriverTree) tree = NULL;

    make_sample(root);
    if (make_iso("xorriso", root, iso, options)) {
        g_assert_cmpint(symlink("virtio-win-0.1.271.iso", linked), ==, 0);
        tree = driver_tree_open(linked, &error);
        g_assert_no_error(error);
        check_sample(tree);
    } else {
        g_test_skip("no xorriso");
    }
    test_remove_folder(folder);
}

static void test_refused(void)
{
    g_autofree char *root = test_make_folder();
    g_autofree char *empty = g_build_filename(root, "empty", NULL);
    g_autofree char *missing = g_build_filename(root, "missing", NULL);
    g_autofree char *text = g_build_filename(root, "text.iso", NULL);
    g_autofree char *only_udf = g_build_filename(root, "udf.iso", NULL);
    enum { UDF_DESCRIPTORS = 16 * 2048 };
    g_autofree uint8_t *udf = NULL;
    g_autoptr(GBytes) udf_bytes = NULL;
    const struct {
        const char *path;
        DrydockError code;
        const char *message;
    } rows[] = {
        {missing, DRYDOCK_ERROR_MISSING_TOOL, "there are no virtio drivers at"},
        {empty, DRYDOCK_ERROR_MISSING_TOOL, "no .inf file"},
        {text, DRYDOCK_ERROR_USAGE, "not a readable ISO image"},
        {only_udf, DRYDOCK_ERROR_USAGE, "a UDF image without ISO 9660"},
    };

    test_write_text(root, "empty/readme.txt", "no driver here");
    test_write_text(root, "text.iso", "this is no image");
    udf = g_malloc0(UDF_DESCRIPTORS + 3 * 2048);
    memcpy(udf + UDF_DESCRIPTORS + 1, "BEA01", 5);
    memcpy(udf + UDF_DESCRIPTORS + 2048 + 1, "NSR02", 5);
    memcpy(udf + UDF_DESCRIPTORS + 4096 + 1, "TEA01", 5);
    udf_bytes = g_bytes_new_take(g_steal_pointer(&udf), UDF_DESCRIPTORS + 3 * 2048);
    test_write(root, "udf.iso", udf_bytes);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(driver_tree_open(rows[i].path, &error));
        g_assert_error(error, DRYDOCK_ERROR, (int)rows[i].code);
        g_assert_nonnull(strstr(error->message, rows[i].path));
        g_assert_nonnull(strstr(error->message, rows[i].message));
        g_assert_nonnull(drydock_error_get_hint(error));
    }
    test_remove_folder(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/driver-tree/folder", test_folder);
    g_test_add_func("/windows/driver-tree/iso", test_iso);
    g_test_add_func("/windows/driver-tree/plain-iso", test_plain_iso);
    g_test_add_func("/windows/driver-tree/package-layout", test_package_layout);
    g_test_add_func("/windows/driver-tree/linked-iso", test_linked_iso);
    g_test_add_func("/windows/driver-tree/refused", test_refused);
    return g_test_run();
}
