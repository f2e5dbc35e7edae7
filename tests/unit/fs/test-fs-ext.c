/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ext driver on what mke2fs can make: the contract, reading what others wrote, writing what
   e2fsck accepts. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "contract.h"
#include "test-fs-ext-image.h"

typedef struct {
    const char *name;
    const char *options;
    guint size_mib;
} Variant;

static const Variant variants[] = {
    {"ext2", "-t ext2", 48},
    {"ext2-1k", "-t ext2 -b 1024", 32},
    {"ext2-revision-0", "-t ext2 -r 0", 32},
    {"ext2-no-filetype", "-t ext2 -O ^filetype,^dir_index", 32},
    {"ext3", "-t ext3", 48},
    {"ext3-1k", "-t ext3 -b 1024", 48},
    {"ext4", "-t ext4", 48},
    {"ext4-32-bit", "-t ext4 -O ^64bit", 48},
    {"ext4-1k", "-t ext4 -b 1024", 48},
    {"ext4-2k", "-t ext4 -b 2048", 48},
    {"ext4-64k", "-t ext4 -b 65536", 160},
    {"bigalloc", "-t ext4 -O bigalloc -C 16384", 64},
    {"bigalloc-1k", "-t ext4 -b 1024 -O bigalloc -C 8192", 64},
    {"inline-data", "-t ext4 -O inline_data", 48},
    {"inline-data-1k-inodes", "-t ext4 -O inline_data -I 1024", 48},
    {"checksum-seed", "-t ext4 -O metadata_csum_seed", 48},
    {"orphan-file", "-t ext4 -O orphan_file", 48},
    {"group-checksums", "-t ext4 -O ^metadata_csum,uninit_bg", 48},
    {"no-checksums", "-t ext4 -O ^metadata_csum,^uninit_bg", 48},
    {"small-inodes", "-t ext4 -I 128 -O ^metadata_csum", 48},
    {"large-inodes", "-t ext4 -I 1024", 48},
    {"no-extents", "-t ext4 -O ^extent,^64bit", 48},
    {"ea-inode", "-t ext4 -O ea_inode,large_dir", 48},
    {"meta-bg", "-t ext4 -O meta_bg,^resize_inode", 48},
    {"sparse-super2", "-t ext4 -O sparse_super2", 48},
    {"no-flex-bg", "-t ext4 -O ^flex_bg -g 2048", 48},
    {"no-index", "-t ext4 -O ^dir_index", 48},
    {"no-journal", "-t ext4 -O ^has_journal", 48},
    {"mmp", "-t ext4 -O mmp", 48},
    {"casefold", "-t ext4 -O casefold -E encoding=utf8", 48},
    {"project", "-t ext4 -O project", 48},
    {"fast-commit", "-t ext4 -O fast_commit", 64},
};

static Fs *reopen(void *data, Fs *old)
{
    fs_close(old);
    return ext_image_open(data, TRUE);
}

static void test_contract(gconstpointer data)
{
    const Variant *variant = data;
    g_autoptr(ExtImage) image = ext_image_new(variant->options, variant->size_mib, NULL);

    if (image == NULL) {
        return;
    }
    fs_contract_run(reopen, image);
    ext_image_check(image);
}

/* A tree of the host that mke2fs -d copies. */
static char *make_tree(void)
{
    static const gsize sizes[] = {0, 1, 59, 60, 61, 100, 156, 4096, 70000, 3000000};
    g_autoptr(GError) error = NULL;
    char *root = g_dir_make_tmp("drydock-tree-XXXXXX", &error);
    g_autofree char *many = g_build_filename(root, "many", NULL);
    g_autofree char *small = g_build_filename(root, "small", NULL);
    g_autofree char *fast = g_build_filename(root, "fast", NULL);
    g_autofree char *slow = g_build_filename(root, "slow", NULL);
    g_autofree char *long_target = g_strnfill(200, 't');

    g_assert_no_error(error);
    g_assert_cmpint(g_mkdir(many, 0750) | g_mkdir(small, 0755), ==, 0);
    for (guint i = 0; i < 700; i++) {
        g_autofree char *path = g_strdup_printf("%s/entry number %u in a long directory", many, i);

        g_assert_true(g_file_set_contents(path, "x", (gssize)(i % 2), NULL));
    }
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *path = g_strdup_printf("%s/size-%u", root, i);
        g_autoptr(GBytes) content = ext_content(sizes[i], i);

        g_assert_true(
            g_file_set_contents(path, g_bytes_get_data(content, NULL), (gssize)sizes[i], NULL));
    }
    g_assert_cmpint(symlink("many", fast) | symlink(long_target, slow), ==, 0);
    return root;
}

static void remove_tree(const char *root)
{
    g_autofree char *command = g_strdup_printf("rm -rf %s", root);

    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
}

static void compare_directory(Fs *fs, const char *root, const char *path);

static void compare_entry(Fs *fs, const char *root, const char *path)
{
    g_autofree char *host = g_strconcat(root, path, NULL);
    FsStat stat = ext_fs_stat(fs, path);
    g_autoptr(GError) error = NULL;
    GStatBuf expected;

    g_assert_cmpint(g_lstat(host, &expected), ==, 0);
    g_assert_cmpuint(stat.mode, ==, expected.st_mode & 07777);
    g_assert_cmpint(stat.mtime, ==, expected.st_mtime);
    g_assert_cmpuint(stat.uid, ==, expected.st_uid);
    if (S_ISDIR(expected.st_mode)) {
        g_assert_cmpint(stat.type, ==, FS_TYPE_DIRECTORY);
        compare_directory(fs, root, path);
    } else if (S_ISLNK(expected.st_mode)) {
        g_autofree char *target = NULL;
        g_autofree char *expected_target = g_file_read_link(host, NULL);

        g_assert_cmpint(stat.type, ==, FS_TYPE_SYMLINK);
        g_assert_true(fs_read_link(fs, path, &target, &error));
        g_assert_cmpstr(target, ==, expected_target);
    } else {
        g_autoptr(GBytes) content = ext_fs_read(fs, path);
        g_autofree char *bytes = NULL;
        gsize size;

        g_assert_true(g_file_get_contents(host, &bytes, &size, NULL));
        g_assert_cmpuint(g_bytes_get_size(content), ==, size);
        g_assert_true(memcmp(g_bytes_get_data(content, NULL), bytes, size) == 0);
    }
}

static void compare_directory(Fs *fs, const char *root, const char *path)
{
    g_autofree char *host = g_strconcat(root, path, NULL);
    g_autoptr(GDir) directory = g_dir_open(host, 0, NULL);
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    const char *name;
    guint count = 0;

    g_assert_true(fs_list(fs, path, &entries, &error));
    while ((name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *child = g_strdup_printf("%s/%s", strlen(path) > 1 ? path : "", name);

        compare_entry(fs, root, child);
        count++;
    }
    if (strlen(path) == 1) {
        count++; /* lost+found */
    }
    g_assert_cmpuint(entries->len, ==, count);
}

/* What the kernel's tools wrote is read, changed everywhere, and still what e2fsck expects. */
static void test_tree(gconstpointer data)
{
    const Variant *variant = data;
    g_autofree char *root = make_tree();
    g_autoptr(ExtImage) image = ext_image_new(variant->options, variant->size_mib, root);
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        remove_tree(root);
        return;
    }
    g_autofree char *indexed = ext_image_fsck(image, "-fyD") ? NULL : g_strdup("changed");
    fs = ext_image_open(image, TRUE);
    compare_directory(fs, root, "/");
    for (guint i = 0; i < 9; i++) {
        g_autofree char *path = g_strdup_printf("/size-%u", i);

        ext_fs_put(fs, path, (9 - i) * 997, i);
    }
    for (guint i = 0; i < 500; i++) {
        g_autofree char *path = g_strdup_printf("/many/%u new entry in a long directory", i);
        g_autofree char *old = g_strdup_printf("/many/entry number %u in a long directory", i);

        ext_fs_put(fs, path, i % 3 * 50, i);
        g_assert_true(fs_remove(fs, old, &error));
    }
    g_assert_true(fs_remove(fs, "/slow", &error));
    g_assert_true(fs_remove(fs, "/small", &error));
    ext_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    ext_image_check(image);

    fs = ext_image_open(image, FALSE);
    for (guint i = 0; i < 9; i++) {
        g_autofree char *path = g_strdup_printf("/size-%u", i);

        ext_fs_assert(fs, path, (9 - i) * 997, i);
    }
    ext_fs_assert(fs, "/many/499 new entry in a long directory", 499 % 3 * 50, 499);
    ext_fs_assert(fs, "/size-9", 3000000, 9);
    remove_tree(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(variants); i++) {
        g_autofree char *contract = g_strdup_printf("/fs/ext/contract/%s", variants[i].name);
        g_autofree char *tree = g_strdup_printf("/fs/ext/tree/%s", variants[i].name);

        g_test_add_data_func(contract, &variants[i], test_contract);
        g_test_add_data_func(tree, &variants[i], test_tree);
    }
    return g_test_run();
}
