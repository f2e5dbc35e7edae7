/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT volumes that lie, and storage that fails. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/fat_volume.h"
#include "test-fs-fat-image.h"

#define SMALL_BYTES (8 * MIB)

/* Everything a caller can do, wherever the damage lets it. */
static void use_all(Fs *fs, const char *path, guint depth)
{
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GArray) extents = NULL;
    if (depth > 3 || !fs_list(fs, path, &entries, NULL))
        return;
    for (guint i = 0; i < MIN(entries->len, 40); i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *child = g_strdup_printf("%s/%s", depth ? path : "", entry->name);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GArray) file_extents = NULL;
        FsStat stat;
        gboolean found;
        if (fs_stat(fs, child, &found, &stat, NULL) && found && stat.size_bytes > MIB)
            continue;
        if (fs_read_file(fs, child, MIB, &bytes, NULL))
            g_assert_cmpuint(g_bytes_get_size(bytes), <=, MIB);
        if (!fs_file_extents(fs, child, &file_extents, NULL))
            use_all(fs, child, depth + 1);
    }
    g_assert_true(fs_free_extents(fs, &extents, NULL));
}

/* Returns how many calls went well. */
static gint change_all(Fs *fs)
{
    g_autoptr(GBytes) content = g_bytes_new_take(g_malloc0(30000), 30000);
    gint ok = 0;
    ok += fs_make_directory(fs, "/new directory", NULL, NULL);
    ok += fs_write_file(fs, "/new directory/a file in it", content, NULL, NULL);
    ok += fs_write_file(fs, "/DIR/FILE", content, NULL, NULL);
    ok += fs_write_file(fs, "/DIR/another long name", content, NULL, NULL);
    ok += fs_remove(fs, "/DIR/long name of a file", NULL);
    ok += fs_remove(fs, "/large", NULL);
    ok += fs_remove(fs, "/empty", NULL);
    return ok + fs_sync(fs, NULL);
}

/* A small volume with some files, in memory. */
static Disk *make_small(const char *mkfs)
{
    g_autoptr(GError) error = NULL;
    FatImage image;
    fat_image_make(&image, SMALL_BYTES, mkfs);
    Fs *fs = fat_image_open(&image);
    fat_put_directory(fs, "/DIR");
    fat_put_directory(fs, "/empty");
    fat_put(fs, "/DIR/FILE", "text");
    fat_put(fs, "/DIR/long name of a file", "text");
    g_autoptr(GBytes) large = g_bytes_new_take(g_malloc0(200000), 200000);
    g_assert_true(fs_write_file(fs, "/large", large, NULL, &error));
    fat_sync_and_close(fs);

    g_autoptr(Disk) file = disk_open_file(image.path, FALSE, 512, &error);
    g_autofree uint8_t *bytes = g_malloc(SMALL_BYTES);
    Disk *memory = disk_new_memory(SMALL_BYTES, 512);
    g_assert_true(disk_read(file, 0, bytes, SMALL_BYTES, &error));
    g_assert_true(disk_write(memory, 0, bytes, SMALL_BYTES, &error));
    fat_image_remove(&image);
    return memory;
}

static void test_hostile(gconstpointer mkfs)
{
    if (!fat_tools_are_there())
        return;
    g_autoptr(Disk) original = make_small(mkfs);
    guint32 random = 12345;
    for (guint i = 0; i < 250; i++) {
        g_autoptr(GError) error = NULL;
        /* Each with a different mixture of damage in boot sector, tables and directories. */
        g_autoptr(Disk) disk = disk_new_scratch(original, 4 * MIB);
        guint count = 1 + i % 12;
        for (guint j = 0; j < count; j++) {
            random = random * 1664525u + 1013904223u;
            uint64_t area = i % 4 == 0 ? 90 : i % 4 == 1 ? 20000 : 60000;
            uint64_t offset = (random >> 8) % area;
            uint8_t byte = (uint8_t)(random >> (j % 2 ? 16 : 11));
            if (j % 5 == 4)
                byte = 0xff;
            g_assert_true(disk_write(disk, offset, &byte, 1, &error));
        }
        g_autoptr(Fs) fs = NULL;
        if (!fs_open(disk, "vfat", &fs, &error)) {
            g_assert_nonnull(error);
            continue;
        }
        use_all(fs, "/", 0);
        change_all(fs);
        use_all(fs, "/", 0);
    }
}

/* Chains that loop, leave the volume, or are shared. */
static void test_bad_chains(void)
{
    static const struct {
        uint16_t entry; /* what the table says about the cluster after the first of /large */
        gboolean reads;
    } rows[] = {{2, TRUE} /* into another chain: to be seen by fsck only */,
                {0, FALSE},
                {1, FALSE},
                {0xfff, FALSE},
                {0xff7, FALSE},
                {0xf00, FALSE}};
    if (!fat_tools_are_there())
        return;
    g_autoptr(Disk) original = make_small("mkfs.vfat -F 12 -s 8 $0");
    for (guint i = 0; i < G_N_ELEMENTS(rows) + 1; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) disk = disk_new_scratch(original, 4 * MIB);
        g_autoptr(Fs) fs = NULL;
        g_assert_true(fs_open(disk, "vfat", &fs, &error));
        g_autoptr(GArray) extents = NULL;
        g_assert_true(fs_file_extents(fs, "/large", &extents, &error));
        const FatVolume *volume = (const FatVolume *)fs;
        uint64_t start = g_array_index(extents, FsExtent, 0).start_bytes;
        uint32_t first = (uint32_t)((start - volume->data_start) / volume->cluster_bytes) + 2;
        uint32_t second = first + 1;
        uint64_t offset = volume->table_start + (uint64_t)second * 3 / 2;
        uint32_t entry = i < G_N_ELEMENTS(rows) ? rows[i].entry : first; /* the last row: a loop */
        uint8_t pair[2];
        g_assert_true(disk_read(disk, offset, pair, 2, &error));
        put_le16(pair, second % 2 ? (uint16_t)((pair[0] & 0x0f) | entry << 4)
                                  : (uint16_t)((get_le16(pair) & 0xf000) | entry));
        g_assert_true(disk_write(disk, offset, pair, 2, &error));
        g_clear_pointer(&fs, fs_close);

        g_assert_true(fs_open(disk, "vfat", &fs, &error));
        g_autoptr(GBytes) bytes = NULL;
        gboolean loop = i == G_N_ELEMENTS(rows);
        gboolean ok = fs_read_file(fs, "/large", MIB, &bytes, &error);
        if (!loop && !rows[i].reads) {
            g_assert_false(ok);
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        }
        g_clear_error(&error);
        g_assert_true(fs_remove(fs, "/large", &error)); /* ends */
        g_assert_no_error(error);
    }
}

static void test_bad_boot_sectors(void)
{
    static const struct {
        uint16_t offset, value;
    } rows[] = {
        {11, 0},    {11, 256}, {11, 513}, {11, 8192}, {14, 0},     {16, 0x0200 /* entries */},
        {17, 0},    {19, 0},   {19, 1},   {19, 40},   {19, 65535}, {22, 0},
        {22, 65535}};
    if (!fat_tools_are_there())
        return;
    g_autoptr(Disk) original = make_small("mkfs.vfat -F 12 -s 8 $0");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) disk = disk_new_scratch(original, 4 * MIB);
        uint8_t value[2];
        put_le16(value, rows[i].value);
        g_assert_true(disk_write(disk, rows[i].offset, value, 2, &error));
        g_autoptr(Fs) fs = NULL;
        g_assert_false(fs_open(disk, "vfat", &fs, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) tiny = disk_new_memory(100, 512);
    g_autoptr(Fs) fs = NULL;
    g_assert_false(fs_open(tiny, "vfat", &fs, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

/* Whichever call fails, an error comes of it, and what is in memory stays usable. */
static void test_faults(void)
{
    if (!fat_tools_are_there())
        return;
    g_autoptr(Disk) original = make_small("mkfs.vfat -F 12 -s 4 $0");
    g_autoptr(GError) error = NULL;
    guint calls = 0;
    gint all = 0;
    for (guint fail_at = 0; fail_at <= calls; fail_at++) {
        g_autoptr(Disk) scratch = disk_new_scratch(original, 4 * MIB);
        g_autoptr(Disk) fault = disk_new_fault(scratch, fail_at);
        g_autoptr(Fs) fs = NULL;
        if (!fs_open(fault, "vfat", &fs, &error)) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
            g_clear_error(&error);
            continue;
        }
        gint ok = change_all(fs);
        if (fail_at == 0) {
            calls = disk_fault_count(fault);
            all = ok;
            g_assert_cmpint(all, ==, 8);
            continue;
        }
        g_assert_cmpint(ok, <, all);
    }
    g_assert_cmpuint(calls, >, 50);
}

int main(int argc, char **argv)
{
    static const char *const small[][2] = {{"fat12", "mkfs.vfat -F 12 -s 8 $0"},
                                           {"fat16", "mkfs.vfat -F 16 -s 1 $0"},
                                           {"fat32", "mkfs.vfat -F 32 -s 1 $0"}};
    fat_test_start(argc, argv);
    for (guint i = 0; i < G_N_ELEMENTS(small); i++) {
        g_autofree char *hostile = g_strconcat("/fs/fat/hostile/", small[i][0], NULL);
        g_test_add_data_func(hostile, small[i][1], test_hostile);
    }
    g_test_add_func("/fs/fat/bad-chains", test_bad_chains);
    g_test_add_func("/fs/fat/bad-boot-sectors", test_bad_boot_sectors);
    g_test_add_func("/fs/fat/faults", test_faults);
    return g_test_run();
}
