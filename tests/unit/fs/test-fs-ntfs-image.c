/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTFS images for the tests of the driver. */
#include "test-fs-ntfs-image.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/run.h"

enum { PROGRAM_SECONDS = 120, OUTPUT_MAX = 16 * 1024 * 1024, CACHE_BYTES = 4 * 1024 * 1024 };

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

static NtfsImage *image_new(guint sector_bytes)
{
    g_autoptr(GError) error = NULL;
    NtfsImage *image = g_new0(NtfsImage, 1);

    image->directory = g_dir_make_tmp("drydock-ntfs-XXXXXX", &error);
    g_assert_no_error(error);
    image->path = g_build_filename(image->directory, "image", NULL);
    image->sector_bytes = sector_bytes;
    return image;
}

void ntfs_image_free(NtfsImage *image)
{
    if (image == NULL) {
        return;
    }
    (void)g_unlink(image->path);
    (void)g_rmdir(image->directory);
    g_free(image->path);
    g_free(image->directory);
    g_free(image);
}

char *ntfs_image_run(const NtfsImage *image, const char *const *argv)
{
    const RunOptions options = {.timeout_seconds = PROGRAM_SECONDS,
                                .output_limit_bytes = OUTPUT_MAX};
    g_autofree char *program = find_program(argv[0]);
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    gboolean ok;

    if (program == NULL) {
        return NULL;
    }
    g_ptr_array_add(arguments, program);
    for (gsize i = 1; argv[i] != NULL; i++) {
        g_ptr_array_add(arguments,
                        strcmp(argv[i], "IMAGE") == 0 ? image->path : (char *)(guintptr)argv[i]);
    }
    g_ptr_array_add(arguments, NULL);
    ok = run_program((const char *const *)arguments->pdata, &options, &output, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return output;
}

NtfsImage *ntfs_image_new(guint size_mib, guint sector_bytes, guint cluster_bytes)
{
    g_autoptr(NtfsImage) image = image_new(sector_bytes);
    g_autofree char *sector = g_strdup_printf("%u", sector_bytes);
    g_autofree char *cluster = g_strdup_printf("%u", cluster_bytes);
    g_autofree char *output = NULL;
    FILE *file = g_fopen(image->path, "wb");

    g_assert_nonnull(file);
    g_assert_cmpint(ftruncate(fileno(file), (off_t)size_mib * 1024 * 1024), ==, 0);
    g_assert_cmpint(fclose(file), ==, 0);
    output = ntfs_image_run(image, (const char *const[]){"mkntfs", "-F", "-Q", "-q", "-p", "0",
                                                         "-H", "16", "-S", "63", "-s", sector, "-c",
                                                         cluster, "IMAGE", NULL});
    if (output == NULL) {
        g_test_skip("mkntfs is not installed");
        return NULL;
    }
    return g_steal_pointer(&image);
}

NtfsImage *ntfs_image_from_testdata(const char *name)
{
    g_autoptr(NtfsImage) image = image_new(512);
    g_autofree char *packed = g_build_filename(DRYDOCK_TESTDATA, "filesystems/ntfs", name, NULL);
    g_autofree char *command = NULL;
    g_autofree char *quoted = g_shell_quote(packed);
    int status = 0;
    g_autoptr(GError) error = NULL;
    gboolean ok;

    if (!g_file_test(packed, G_FILE_TEST_EXISTS)) {
        g_test_skip("no test data");
        return NULL;
    }
    command = g_strdup_printf("%s -dc %s > %s", g_str_has_suffix(name, ".xz") ? "xz" : "gzip",
                              quoted, image->path);
    ok = g_spawn_sync(NULL, (char *[]){(char[]){"/bin/sh"}, (char[]){"-c"}, command, NULL}, NULL,
                      G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpint(status, ==, 0);
    return g_steal_pointer(&image);
}

Fs *ntfs_image_open(const NtfsImage *image, gboolean writable)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = disk_open_file(image->path, writable, image->sector_bytes, &error);
    g_autoptr(Disk) cache = NULL;
    Fs *fs = NULL;
    gboolean ok;

    g_assert_no_error(error);
    cache = disk_new_cache(disk, CACHE_BYTES);
    ok = fs_open(cache, "ntfs", &fs, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return fs;
}

void ntfs_image_check(const NtfsImage *image)
{
    g_autofree char *fix = NULL, *probe = NULL, *resize = NULL, *audit = NULL;

    fix = ntfs_image_run(image, (const char *const[]){"ntfsfix", "-n", "IMAGE", NULL});
    g_assert_true(fix == NULL || strstr(fix, "processed successfully") != NULL);
    probe =
        ntfs_image_run(image, (const char *const[]){"ntfs-3g.probe", "--readwrite", "IMAGE", NULL});
    /* Counts every cluster that a record claims and compares the sum with $Bitmap. */
    resize = ntfs_image_run(image, (const char *const[]){"ntfsresize", "-i", "-f", "IMAGE", NULL});
    g_assert_true(resize == NULL || strstr(resize, "Accounting clusters") != NULL);
    audit = ntfs_image_run(image, (const char *const[]){"ntfssecaudit", "-a", "IMAGE", NULL});
    g_assert_true(audit == NULL || strstr(audit, "No errors were found") != NULL);
}

char *ntfs_image_digest(const NtfsImage *image)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(image->path, FALSE, NULL);

    g_assert_nonnull(file);
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                       (const guchar *)g_mapped_file_get_contents(file),
                                       g_mapped_file_get_length(file));
}

ntfs_volume *ntfs_image_mount(const NtfsImage *image)
{
    ntfs_volume *volume = ntfs_mount(image->path, NTFS_MNT_FORENSIC);

    g_assert_nonnull(volume);
    return volume;
}

void ntfs_image_unmount(ntfs_volume *volume)
{
    g_assert_cmpint(ntfs_umount(volume, FALSE), ==, 0);
}

ntfs_inode *ntfs_image_inode(ntfs_volume *volume, const char *path)
{
    ntfs_inode *inode = ntfs_pathname_to_inode(volume, NULL, path);

    g_assert_nonnull(inode);
    return inode;
}

void ntfs_image_put(ntfs_volume *volume, ntfs_inode *inode, const char *stream, const void *bytes,
                    gsize size)
{
    ntfschar *name = AT_UNNAMED;
    ntfs_attr *data;
    int length = 0;

    (void)volume;
    if (stream != NULL) {
        name = ntfs_str2ucs(stream, &length);
        g_assert_nonnull(name);
        g_assert_cmpint(ntfs_attr_add(inode, AT_DATA, name, (guint8)length, NULL, 0), ==, 0);
    }
    data = ntfs_attr_open(inode, AT_DATA, name, (guint)length);
    g_assert_nonnull(data);
    g_assert_cmpint(ntfs_attr_pwrite(data, 0, (s64)size, bytes), ==, (s64)size);
    ntfs_attr_close(data);
    if (stream != NULL) {
        ntfs_ucsfree(name);
    }
}

void ntfs_image_set_reparse(ntfs_inode *inode, guint32 tag, const void *bytes, gsize size)
{
    g_autofree guint8 *value = g_malloc0(8 + size);

    put_le32(value, tag);
    put_le16(value + 4, (guint16)size);
    memcpy(value + 8, bytes, size);
    g_assert_cmpint(ntfs_set_ntfs_reparse_data(inode, (const char *)value, 8 + size, 0), ==, 0);
}

static GBytes *make_content(gsize size, guint8 fill)
{
    guint8 *bytes = g_malloc(size + 1);

    for (gsize i = 0; i < size; i++) {
        bytes[i] = (guint8)(fill + i / 1000);
    }
    return g_bytes_new_take(bytes, size);
}

void ntfs_fs_put(Fs *fs, const char *path, gsize size, guint8 fill)
{
    g_autoptr(GBytes) content = make_content(size, fill);
    g_autoptr(GError) error = NULL;
    const gboolean ok = fs_write_file(fs, path, content, NULL, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

void ntfs_fs_assert(Fs *fs, const char *path, gsize size, guint8 fill)
{
    g_autoptr(GBytes) expected = make_content(size, fill);
    g_autoptr(GBytes) content = NULL;
    g_autoptr(GError) error = NULL;
    const gboolean ok = fs_read_file(fs, path, size + 1, &content, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_true(g_bytes_equal(content, expected));
}

void ntfs_fs_sync(Fs *fs)
{
    g_autoptr(GError) error = NULL;
    const gboolean ok = fs_sync(fs, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}
