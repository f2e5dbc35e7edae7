/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ext driver on trees that mke2fs wrote: it reads what is there, and e2fsck accepts what it
   changes. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "test-fs-ext-image.h"

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
    const ExtVariant *variant = data;
    g_autofree char *root = make_tree();
    g_autoptr(ExtImage) image = ext_image_new(variant->options, variant->size_mib, root);
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        remove_tree(root);
        return;
    }
    /* -D indexes the directories, which mke2fs does not; the exit status is then not 0. */
    (void)ext_image_fsck(image, "-fyD");
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
    for (const ExtVariant *variant = ext_variants; variant->name != NULL; variant++) {
        g_autofree char *path = g_strdup_printf("/fs/ext/tree/%s", variant->name);

        g_test_add_data_func(path, variant, test_tree);
    }
    return g_test_run();
}
