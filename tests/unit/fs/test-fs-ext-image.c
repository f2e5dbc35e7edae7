/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ext2/3/4 images for the tests of the driver. */
#include "test-fs-ext-image.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/run.h"

enum { PROGRAM_SECONDS = 120, OUTPUT_MAX = 64 * 1024 * 1024 };

/* Time stamps do not depend on when the test runs. */
#define FIXED_TIME "1700000000"

/* The contract also fills up what is smaller than 64 MiB, which takes long: a few do. */
const ExtVariant ext_variants[] = {
    {"ext2", "-t ext2", 64, FALSE},
    {"ext2-1k", "-t ext2 -b 1024", 32, TRUE},
    {"ext2-revision-0", "-t ext2 -r 0", 32, TRUE},
    {"ext2-no-filetype", "-t ext2 -O ^filetype,^dir_index", 32, FALSE},
    {"ext3", "-t ext3", 64, TRUE},
    {"ext3-1k", "-t ext3 -b 1024", 64, FALSE},
    {"ext4", "-t ext4", 48, TRUE},
    {"ext4-32-bit", "-t ext4 -O ^64bit", 64, FALSE},
    {"ext4-1k", "-t ext4 -b 1024", 48, TRUE},
    {"ext4-2k", "-t ext4 -b 2048", 64, FALSE},
    {"ext4-64k", "-t ext4 -b 65536", 160, TRUE},
    {"bigalloc", "-t ext4 -O bigalloc -C 16384", 64, TRUE},
    {"bigalloc-1k", "-t ext4 -b 1024 -O bigalloc -C 8192", 64, FALSE},
    {"inline-data", "-t ext4 -O inline_data", 48, TRUE},
    {"inline-data-1k-inodes", "-t ext4 -O inline_data -I 1024", 64, FALSE},
    {"checksum-seed", "-t ext4 -O metadata_csum_seed", 64, FALSE},
    {"orphan-file", "-t ext4 -O orphan_file", 64, TRUE},
    {"group-checksums", "-t ext4 -O ^metadata_csum,uninit_bg", 64, TRUE},
    {"no-checksums", "-t ext4 -O ^metadata_csum,^uninit_bg", 64, FALSE},
    {"small-inodes", "-t ext4 -I 128 -O ^metadata_csum", 64, FALSE},
    {"large-inodes", "-t ext4 -I 1024", 64, FALSE},
    {"no-extents", "-t ext4 -O ^extent,^64bit", 64, TRUE},
    {"ea-inode", "-t ext4 -O ea_inode,large_dir", 64, FALSE},
    {"meta-bg", "-t ext4 -O meta_bg,^resize_inode", 64, FALSE},
    {"sparse-super2", "-t ext4 -O sparse_super2", 64, FALSE},
    {"no-flex-bg", "-t ext4 -O ^flex_bg -g 2048", 64, FALSE},
    {"no-index", "-t ext4 -O ^dir_index", 64, FALSE},
    {"no-journal", "-t ext4 -O ^has_journal", 64, FALSE},
    {"mmp", "-t ext4 -O mmp", 64, FALSE},
    {"casefold", "-t ext4 -O casefold -E encoding=utf8", 64, TRUE},
    {"project", "-t ext4 -O project", 64, FALSE},
    {"fast-commit", "-t ext4 -O fast_commit", 64, FALSE},
    {NULL, NULL, 0, FALSE},
};

static const RunOptions run_options = {.timeout_seconds = PROGRAM_SECONDS,
                                       .output_limit_bytes = OUTPUT_MAX};

/* They live in the administrator's directories, which PATH need not name. */
static char *find_program(const char *name)
{
    static const char *const folders[] = {"/usr/sbin", "/sbin"};
    char *path = g_find_program_in_path(name);

    for (gsize i = 0; path == NULL && i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *candidate = g_build_filename(folders[i], name, NULL);

        if (g_file_test(candidate, G_FILE_TEST_IS_EXECUTABLE)) {
            path = g_steal_pointer(&candidate);
        }
    }
    return path;
}

static gboolean programs_are_there(void)
{
    static const char *const names[] = {"mke2fs", "debugfs", "e2fsck"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = find_program(names[i]);

        if (path == NULL) {
            g_test_skip("e2fsprogs are not installed");
            return FALSE;
        }
    }
    return TRUE;
}

static ExtImage *image_new(void)
{
    g_autoptr(GError) error = NULL;
    ExtImage *image = g_new0(ExtImage, 1);

    image->directory = g_dir_make_tmp("drydock-ext-XXXXXX", &error);
    g_assert_no_error(error);
    image->path = g_build_filename(image->directory, "image", NULL);
    g_setenv("E2FSPROGS_FAKE_TIME", FIXED_TIME, TRUE);
    return image;
}

void ext_image_free(ExtImage *image)
{
    g_autoptr(GDir) directory = NULL;
    const char *name;

    if (image == NULL) {
        return;
    }
    directory = g_dir_open(image->directory, 0, NULL);
    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *path = g_build_filename(image->directory, name, NULL);

        (void)g_unlink(path);
    }
    (void)g_rmdir(image->directory);
    g_free(image->path);
    g_free(image->directory);
    g_free(image);
}

static gboolean run(GPtrArray *arguments, char **ret_output, GError **error)
{
    g_autofree char *program = find_program(g_ptr_array_index(arguments, 0));

    g_assert_nonnull(program);
    arguments->pdata[0] = program;
    g_ptr_array_add(arguments, NULL);
    return run_program((const char *const *)arguments->pdata, &run_options, ret_output, error);
}

static void add_words(GPtrArray *arguments, GStrv words)
{
    for (gsize i = 0; words[i] != NULL; i++) {
        if (words[i][0] != '\0') {
            g_ptr_array_add(arguments, words[i]);
        }
    }
}

ExtImage *ext_image_new(const char *options, guint size_mib, const char *root)
{
    g_autofree char *text = g_strdup_printf("mke2fs -q -F %s", options);
    g_autofree char *size = g_strdup_printf("%uM", size_mib);
    g_autofree char *root_copy = g_strdup(root);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    char from[] = "-d";
    ExtImage *image;
    gboolean ok;

    if (!programs_are_there()) {
        return NULL;
    }
    image = image_new();
    add_words(arguments, words);
    if (root != NULL) {
        g_ptr_array_add(arguments, from);
        g_ptr_array_add(arguments, root_copy);
    }
    g_ptr_array_add(arguments, image->path);
    g_ptr_array_add(arguments, size);
    ok = run(arguments, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return image;
}

static GBytes *decompress(const char *path)
{
    const char *program = g_str_has_suffix(path, ".bz2") ? "bzip2" : "gzip";
    g_autoptr(GSubprocess) process = NULL;
    g_autoptr(GError) error = NULL;
    GBytes *content = NULL;
    gboolean ok;

    process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "-dc", path, NULL);
    g_assert_no_error(error);
    ok = g_subprocess_communicate(process, NULL, NULL, &content, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ok && g_subprocess_get_successful(process));
    return content;
}

ExtImage *ext_image_from_testdata(const char *name)
{
    g_autofree char *path = g_build_filename(DRYDOCK_TESTDATA, "filesystems", "ext", name, NULL);
    g_autoptr(GBytes) content = NULL;
    ExtImage *image;

    if (!programs_are_there()) {
        return NULL;
    }
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_test_skip("no test data");
        return NULL;
    }
    content = decompress(path);
    image = image_new();
    ext_image_set_bytes(image, g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    return image;
}

GBytes *ext_image_bytes(const ExtImage *image)
{
    g_autoptr(GError) error = NULL;
    char *bytes;
    gsize size;

    g_file_get_contents(image->path, &bytes, &size, &error);
    g_assert_no_error(error);
    return g_bytes_new_take(bytes, size);
}

/* Zeros stay holes, and nothing waits for the disk: the tests write many images. */
void ext_image_set_bytes(const ExtImage *image, const void *bytes, gsize size)
{
    enum { CHUNK = 4096 };
    static const uint8_t zeros[CHUNK];
    const uint8_t *content = bytes;
    FILE *file = g_fopen(image->path, "wb");

    g_assert_nonnull(file);
    for (gsize offset = 0; offset < size; offset += CHUNK) {
        gsize length = MIN(CHUNK, size - offset);

        if (memcmp(content + offset, zeros, length) != 0) {
            g_assert_cmpint(fseeko(file, (off_t)offset, SEEK_SET), ==, 0);
            g_assert_cmpuint(fwrite(content + offset, 1, length, file), ==, length);
        }
    }
    g_assert_cmpint(fflush(file), ==, 0);
    g_assert_cmpint(ftruncate(fileno(file), (off_t)size), ==, 0);
    g_assert_cmpint(fclose(file), ==, 0);
}

ExtImage *ext_image_copy(const ExtImage *image)
{
    g_autoptr(GBytes) bytes = ext_image_bytes(image);
    ExtImage *copy = image_new();

    ext_image_set_bytes(copy, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    return copy;
}

char *ext_image_put(const ExtImage *image, const char *name, const void *bytes, gsize size)
{
    g_autoptr(GError) error = NULL;
    char *path = g_build_filename(image->directory, name, NULL);

    g_file_set_contents(path, bytes, (gssize)size, &error);
    g_assert_no_error(error);
    return path;
}

char *ext_image_debugfs(const ExtImage *image, const char *script)
{
    g_autofree char *path = ext_image_put(image, "script", script, strlen(script));
    g_autofree char *text = g_strdup_printf("debugfs -w -f %s", path);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    gboolean ok;

    add_words(arguments, words);
    g_ptr_array_add(arguments, image->path);
    ok = run(arguments, &output, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return output;
}

static gboolean fsck(const ExtImage *image, const char *options, GError **error)
{
    g_autofree char *text = g_strdup_printf("e2fsck %s", options);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    g_autofree char *output = NULL;
    gboolean ok;

    add_words(arguments, words);
    g_ptr_array_add(arguments, image->path);
    ok = run(arguments, &output, error);
    if (!ok) {
        g_autofree char *shell =
            g_strdup_printf("sh -c \"e2fsck %s %s | head -40 1>&2\"", options, image->path);

        if (error != NULL) {
            (void)g_spawn_command_line_sync(shell, NULL, NULL, NULL, NULL);
        }
    }
    return ok;
}

void ext_image_check(const ExtImage *image)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fsck(image, "-fn", &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

gboolean ext_image_fsck(const ExtImage *image, const char *options)
{
    return fsck(image, options, NULL);
}

Disk *ext_image_disk(const ExtImage *image, gboolean writable)
{
    g_autoptr(GError) error = NULL;
    Disk *disk = disk_open_file(image->path, writable, 512, &error);

    g_assert_no_error(error);
    g_assert_nonnull(disk);
    return disk;
}

Fs *ext_image_open(const ExtImage *image, gboolean writable)
{
    g_autoptr(Disk) disk = ext_image_disk(image, writable);
    g_autoptr(GError) error = NULL;
    Fs *fs = NULL;
    gboolean ok = fs_open(disk, "ext4", &fs, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
    return fs;
}

void ext_fs_sync(Fs *fs)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_sync(fs, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

GBytes *ext_content(gsize size, guint seed)
{
    uint8_t *bytes = g_malloc(size + 1);

    for (gsize i = 0; i < size; i++) {
        seed = seed * 1664525U + 1013904223U;
        bytes[i] = (uint8_t)(seed >> 24);
    }
    return g_bytes_new_take(bytes, size);
}

void ext_fs_put(Fs *fs, const char *path, gsize size, guint seed)
{
    g_autoptr(GBytes) content = ext_content(size, seed);
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_write_file(fs, path, content, NULL, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

GBytes *ext_fs_read(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    GBytes *content = NULL;
    gboolean ok = fs_read_file(fs, path, G_MAXUINT32, &content, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
    return content;
}

void ext_fs_assert(Fs *fs, const char *path, gsize size, guint seed)
{
    g_autoptr(GBytes) expected = ext_content(size, seed);
    g_autoptr(GBytes) content = ext_fs_read(fs, path);

    g_assert_true(g_bytes_equal(content, expected));
}

FsStat ext_fs_stat(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    FsStat stat = {0};
    gboolean found = FALSE;
    gboolean ok = fs_stat(fs, path, &found, &stat, &error);

    g_assert_no_error(error);
    g_assert_true(ok && found);
    return stat;
}
