/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NTFS driver keeps the contract on every geometry, and its volumes please other programs. */
#include "contract.h"
#include "test-fs-ntfs-image.h"

#include <string.h>

#include "base/error.h"

typedef struct {
    const char *name;
    guint size_mib, sector_bytes, cluster_bytes;
} Geometry;

static const Geometry geometries[] = {
    {"512-4096", 48, 512, 4096},   {"512-512", 40, 512, 512},        {"512-65536", 60, 512, 65536},
    {"4096-4096", 48, 4096, 4096}, {"4096-65536", 100, 4096, 65536},
};

static Fs *reopen(void *data, Fs *old)
{
    fs_close(old);
    return ntfs_image_open(data, TRUE);
}

static void test_contract(gconstpointer data)
{
    const Geometry *geometry = data;
    g_autoptr(NtfsImage) image =
        ntfs_image_new(geometry->size_mib, geometry->sector_bytes, geometry->cluster_bytes);

    if (image != NULL) {
        fs_contract_run(reopen, image);
        if (geometry->size_mib >= 64) { /* else it was filled up and that not synced */
            ntfs_image_check(image);
        }
    }
}

static void test_written(gconstpointer data)
{
    const Geometry *geometry = data;
    g_autoptr(NtfsImage) image =
        ntfs_image_new(geometry->size_mib, geometry->sector_bytes, geometry->cluster_bytes);
    g_autoptr(Fs) fs = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *listed = NULL, *text = NULL;

    if (image == NULL) {
        return;
    }
    fs = ntfs_image_open(image, TRUE);
    g_assert_true(fs_make_directory(fs, "/Windows", NULL, &error));
    g_assert_true(fs_make_directory(fs, "/Windows/System32", NULL, &error));
    for (guint i = 0; i < 300; i++) {
        g_autofree char *path = g_strdup_printf("/windows/system32/Driver number %u.sys", i);

        ntfs_fs_put(fs, path, 10 + (gsize)i * 131, (guint8)i);
    }
    ntfs_fs_put(fs, "/Windows/hello.txt", 20, 'a');
    for (guint i = 0; i < 300; i += 2) {
        g_autofree char *path = g_strdup_printf("/WINDOWS/SYSTEM32/DRIVER NUMBER %u.SYS", i);

        g_assert_true(fs_remove(fs, path, &error));
    }
    ntfs_fs_sync(fs);
    g_clear_pointer(&fs, fs_close);
    ntfs_image_check(image);

    listed = ntfs_image_run(
        image, (const char *const[]){"ntfsls", "-p", "/Windows/System32", "IMAGE", NULL});
    g_assert_true(listed == NULL || strstr(listed, "Driver number 1.sys") != NULL);
    g_assert_true(listed == NULL || strstr(listed, "Driver number 2.sys") == NULL);
    text = ntfs_image_run(image,
                          (const char *const[]){"ntfscat", "IMAGE", "/Windows/hello.txt", NULL});
    g_assert_true(text == NULL || g_strcmp0(text, "aaaaaaaaaaaaaaaaaaaa") == 0);

    fs = ntfs_image_open(image, FALSE);
    ntfs_fs_assert(fs, "/Windows/System32/Driver number 299.sys", 10 + 299 * 131, 299 % 256);
}

/* What was not synced is not there, and closing writes nothing. */
static void test_discard(void)
{
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autofree char *before = NULL, *after = NULL;
    Fs *fs;

    if (image == NULL) {
        return;
    }
    fs = ntfs_image_open(image, TRUE);
    ntfs_fs_put(fs, "/kept", 5000, 1);
    ntfs_fs_sync(fs);
    before = ntfs_image_digest(image);
    ntfs_fs_sync(fs);
    fs_close(fs);
    after = ntfs_image_digest(image);
    g_assert_cmpstr(before, ==, after);

    /* Opening, reading and closing leave the volume alone. */
    fs = ntfs_image_open(image, TRUE);
    ntfs_fs_assert(fs, "/kept", 5000, 1);
    ntfs_fs_sync(fs);
    fs_close(fs);
    g_free(after);
    after = ntfs_image_digest(image);
    g_assert_cmpstr(before, ==, after);
}

static void test_read_only(void)
{
    g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
    g_autoptr(GBytes) content = g_bytes_new_static("x", 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) fs = NULL;

    if (image == NULL) {
        return;
    }
    fs = ntfs_image_open(image, FALSE);
    g_assert_false(fs_write_file(fs, "/file", content, NULL, &error));
    g_assert_nonnull(error);
    ntfs_fs_sync(fs);
}

/* The library would take memory of the size these tables claim, and index with it. */
static void test_table_sizes(void)
{
    static const struct {
        MFT_REF record;
        s64 size;
    } rows[] = {{FILE_UpCase, 131070}, {FILE_UpCase, 262144}, {FILE_UpCase, 0},
                {FILE_AttrDef, 0},     {FILE_AttrDef, 2561},  {FILE_AttrDef, 100000}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(NtfsImage) image = ntfs_image_new(32, 512, 4096);
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) disk = NULL;
        g_autoptr(Fs) fs = NULL;
        ntfs_volume *volume;
        ntfs_inode *inode;
        ntfs_attr *data;

        if (image == NULL) {
            return;
        }
        volume = ntfs_image_mount(image);
        inode = ntfs_inode_open(volume, rows[i].record);
        data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
        g_assert_cmpint(ntfs_attr_truncate(data, rows[i].size), ==, 0);
        ntfs_attr_close(data);
        g_assert_cmpint(ntfs_inode_close(inode), ==, 0);
        ntfs_image_unmount(volume);

        disk = disk_open_file(image->path, TRUE, 512, &error);
        g_assert_no_error(error);
        g_assert_false(fs_open(disk, "ntfs", &fs, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(geometries); i++) {
        g_autofree char *contract = g_strdup_printf("/fs/ntfs/contract/%s", geometries[i].name);
        g_autofree char *written = g_strdup_printf("/fs/ntfs/written/%s", geometries[i].name);

        g_test_add_data_func(contract, &geometries[i], test_contract);
        g_test_add_data_func(written, &geometries[i], test_written);
    }
    g_test_add_func("/fs/ntfs/discard", test_discard);
    g_test_add_func("/fs/ntfs/read-only", test_read_only);
    g_test_add_func("/fs/ntfs/table-sizes", test_table_sizes);
    return g_test_run();
}
