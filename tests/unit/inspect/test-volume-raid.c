/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filesystems, partitions and volume groups on software RAID. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/finding.h"
#include "tests/unit/disk/lvm-writer.h"
#include "tests/unit/disk/md-writer.h"
#include "tests/unit/disk/support.h"
#include "volume-test.h"

#define MIB ((uint64_t)1 << 20)
#define DISK_BYTES (12 * MIB)
#define FILESYSTEM_BYTES (8 * MIB)

static void setup(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    volume_test_init(test, DISK_BYTES);
}

static void teardown(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    volume_test_clear(test);
}

/* 0.90 has a number of its own; the others are called by their name. */
static const char *array_name(const char *version)
{
    return g_str_equal(version, "0.90") ? "md5" : "md0";
}

static MdWriterOptions raid1(const char *version)
{
    return (MdWriterOptions){.version = version,
                             .level = 1,
                             .slots = 2,
                             .used_bytes = 9 * MIB,
                             .events = 10,
                             .created = 1000,
                             .array = 0xab,
                             .name = "vmguest:0"};
}

static void write_members(VolumeTest *test, MdWriterOptions options, guint count)
{
    for (guint i = 0; i < count; i++) {
        options.number = i;
        md_writer_write(test->disks[i], &options);
    }
}

/* An empty ext4 of e2fsprogs' making; FALSE: skipped. */
static gboolean make_filesystem(const VolumeTest *test, Disk *disk)
{
    static const char *const programs[] = {"mke2fs", NULL};
    if (!test_has_programs(programs))
        return FALSE;
    volume_test_make_ext4(test, disk, FILESYSTEM_BYTES, NULL);
    return TRUE;
}

static void add_file(const Volume *volume)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_static("new", 3);
    g_assert_nonnull(volume->fs);
    assert_ok(fs_write_file(volume->fs, "/new", bytes, NULL, &error), error);
    assert_ok(fs_sync(volume->fs, &error), error);
}

static void test_mirror(VolumeTest *test, gconstpointer data)
{
    write_members(test, raid1(data), 2);
    volume_test_open(test);
    const char *name = array_name(data);
    g_autofree char *device = g_strconcat("/dev/", name, NULL);
    if (!make_filesystem(test, volume_test_get(test, name)->disk))
        return;
    volume_test_open(test);
    g_assert_cmpuint(test->findings->len, ==, 0);
    const Volume *array = volume_test_get(test, name);
    g_assert_cmpint(array->layer, ==, VOLUME_RAID);
    g_assert_cmpstr(array->devices[0], ==, device);
    g_assert_true(volume_set_find_linux(test->set, NULL, device) == array);
    g_autofree char *by_uuid = g_strconcat("/dev/disk/by-id/md-uuid-", array->layer_uuid, NULL);
    g_assert_true(volume_set_find_linux(test->set, NULL, by_uuid) == array);
    g_assert_true(volume_test_get(test, "sda")->is_member);
    add_file(array);

    /* Each member alone has what was written. */
    for (guint i = 0; i < 2; i++) {
        g_ptr_array_set_size(test->all, 0);
        g_ptr_array_add(test->all, test->disks[i]);
        volume_test_open(test);
        g_assert_true(support_has_finding(test->findings, "raid-degraded"));
        g_autoptr(GError) error = NULL;
        FsStat status;
        gboolean found = FALSE;
        assert_ok(fs_stat(volume_test_get(test, name)->fs, "/new", &found, &status, &error), error);
        g_assert_true(found);
    }
}

/* Whole disks: the partition table is the array's, though each of them shows it too. */
static void test_partitions(VolumeTest *test, gconstpointer data)
{
    write_members(test, raid1(data), 2);
    uint8_t table[512] = {0};
    table[446 + 4] = 0x83;
    put_le32(table + 446 + 8, 2048);
    put_le32(table + 446 + 12, (uint32_t)(8 * MIB / 512));
    put_le16(table + 510, 0xaa55);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        assert_ok(disk_write(test->disks[i], 0, table, sizeof(table), &error), error);
    }
    g_autofree char *name = g_strconcat(array_name(data), "p1", NULL);
    g_autofree char *device = g_strconcat("/dev/", name, NULL);
    volume_test_open(test);
    if (!make_filesystem(test, volume_test_get(test, name)->disk))
        return;
    volume_test_open(test);
    const Volume *volume = volume_test_get(test, name);
    g_assert_null(volume_test_get(test, "sda1"));
    g_assert_cmpuint(volume->partition->number, ==, 1);
    g_assert_cmpuint(volume->table->kind, ==, PARTITION_TABLE_MBR);
    g_assert_true(volume_set_find_linux(test->set, NULL, device) == volume);
    g_assert_null(volume_set_find_linux(test->set, NULL, "/dev/sda1"));
    add_file(volume);
}

/* The superblock at the disk's end is that of its last partition. */
static void test_last_partition(VolumeTest *test, gconstpointer data)
{
    uint8_t table[512] = {0};
    g_autoptr(GError) error = NULL;
    table[446 + 4] = 0xfd;
    put_le32(table + 446 + 8, 2048);
    put_le32(table + 446 + 12, (uint32_t)(11 * MIB / 512));
    put_le16(table + 510, 0xaa55);
    g_ptr_array_set_size(test->all, 1);
    assert_ok(disk_write(test->disks[0], 0, table, sizeof(table), &error), error);
    g_autoptr(Disk) window = disk_new_window(test->disks[0], MIB, 11 * MIB, "window", &error);
    g_assert_no_error(error);
    MdWriterOptions options = raid1(data);
    options.slots = 1;
    md_writer_write(window, &options);
    volume_test_open(test);
    g_assert_true(volume_test_get(test, "sda1")->is_member);
    g_assert_nonnull(volume_test_get(test, array_name(data)));
    g_assert_cmpuint(test->findings->len, ==, 0);
}

static const struct {
    const char *label, *version;
    uint32_t start_sector, sectors; /* of the only partition */
    const char *expected, *unexpected;
} whole_rows[] = {
    {"RAID 0: the array's table, which is longer than the disk", "1.0", 2048, 40000, "md0p1",
     "sda1"},
    {"a table without partitions", "1.2", 0, 0, "md0", "sda1"},
    {"partitions that were made later", "1.2", 2048, 8192, "sda1", "md0"},
};

/* A RAID 0 of whole disks whose first sector looks like a partition table. */
static void test_whole_disks(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < G_N_ELEMENTS(whole_rows); i++) {
        uint8_t table[512] = {0};
        MdWriterOptions options = raid1(whole_rows[i].version);
        options.level = 0;
        options.chunk_bytes = 65536;
        g_test_message("%s", whole_rows[i].label);
        teardown(test, NULL);
        setup(test, NULL);
        write_members(test, options, 2);
        if (whole_rows[i].sectors > 0)
            table[446 + 4] = 0x83;
        put_le32(table + 446 + 8, whole_rows[i].start_sector);
        put_le32(table + 446 + 12, whole_rows[i].sectors);
        put_le16(table + 510, 0xaa55);
        g_autoptr(GError) error = NULL;
        assert_ok(disk_write(test->disks[0], 0, table, sizeof(table), &error), error);
        g_ptr_array_set_size(test->all, 2);
        volume_test_open(test);
        g_assert_nonnull(volume_test_get(test, whole_rows[i].expected));
        g_assert_null(volume_test_get(test, whole_rows[i].unexpected));
    }
}

/* An EFI system partition on both disks: what is written to the array is on each of them. */
static void test_esp(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    static const char *const programs[] = {"mkfs.vfat", NULL};
    if (!test_has_programs(programs))
        return;
    g_autofree char *image = g_build_filename(test->folder, "image", NULL);
    g_autofree char *bytes = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;
    test_make_file(image, FILESYSTEM_BYTES);
    TEST_RUN("mkfs.vfat", image);
    assert_ok(g_file_get_contents(image, &bytes, &length, &error), error);
    uint8_t table[512] = {0};
    table[446 + 4] = 0xef;
    put_le32(table + 446 + 8, 2048);
    put_le32(table + 446 + 12, (uint32_t)(10 * MIB / 512));
    put_le16(table + 510, 0xaa55);
    g_ptr_array_set_size(test->all, 2);
    for (guint i = 0; i < 2; i++) {
        MdWriterOptions options = raid1("1.0");
        options.number = i;
        assert_ok(disk_write(test->disks[i], 0, table, sizeof(table), &error), error);
        g_autoptr(Disk) window = disk_new_window(test->disks[i], MIB, 10 * MIB, "window", &error);
        g_assert_no_error(error);
        md_writer_write(window, &options);
        assert_ok(disk_write(window, 0, bytes, length, &error), error);
    }
    volume_test_open(test);
    const Volume *esp = volume_set_find_esp(test->set, 0);
    g_assert_nonnull(esp);
    g_assert_cmpstr(esp->name, ==, "md0");
    add_file(esp);
}

/* A volume group on a RAID 1, and its physical volume is found once. */
static void test_lvm(VolumeTest *test, gconstpointer data)
{
    static const char text[] =
        "vg { id = \"gaaaaa-0000-0000-0000-0000-0000-000000\" seqno = 1 extent_size = 128\n"
        "physical_volumes { pv0 { id = \"paaaaa-0000-0000-0000-0000-0000-000000\" pe_start = 4096 "
        "pe_count = 100 } }\nlogical_volumes { root { id = "
        "\"raaaaa-0000-0000-0000-0000-0000-000000\" status = [\"VISIBLE\"] segment_count = 1 "
        "segment1 { start_extent = 0 extent_count = 100 type = \"striped\" "
        "stripes = [\"pv0\", 0] } } } }";
    write_members(test, raid1(data), 2);
    volume_test_open(test);
    lvm_writer_write(volume_test_get(test, "md0")->disk,
                     &(LvmWriterOptions){.id = "paaaaa-0000-0000-0000-0000-0000-000000",
                                         .text = text,
                                         .label_sector = 1,
                                         .areas = 1});
    g_autoptr(GError) error = NULL;
    assert_ok(disk_flush(volume_test_get(test, "md0")->disk, &error), error);
    volume_test_open(test);
    g_assert_cmpuint(test->findings->len, ==, 0);
    g_assert_true(volume_test_get(test, "md0")->is_member);
    const Volume *root = volume_test_get(test, "vg/root");
    g_assert_cmpint(root->layer, ==, VOLUME_LVM);
    g_assert_cmpuint(disk_size(root->disk), ==, 100 * 64 * 1024);
}

static const struct {
    const char *label;
    int level;
    guint slots, members;
    const char *finding;
    const char *unmapped;
} finding_rows[] = {
    {"RAID 5", 5, 3, 3, "raid-type", "md0 (raid5)"},
    {"half a RAID 0", 0, 2, 1, "raid-incomplete", "md0 (incomplete)"},
};

static void test_findings(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < G_N_ELEMENTS(finding_rows); i++) {
        g_test_message("%s", finding_rows[i].label);
        MdWriterOptions options = raid1("1.2");
        options.level = finding_rows[i].level;
        options.slots = finding_rows[i].slots;
        options.chunk_bytes = 65536;
        write_members(test, options, finding_rows[i].members);
        g_ptr_array_set_size(test->all, 0);
        for (guint j = 0; j < finding_rows[i].members; j++)
            g_ptr_array_add(test->all, test->disks[j]);
        volume_test_open(test);
        g_assert_cmpuint(test->findings->len, ==, 1);
        g_assert_true(support_has_finding(test->findings, finding_rows[i].finding));
        g_autoptr(Guest) guest = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(guest_inspect(test->set, NULL, test->findings, &guest, &error));
        g_assert_nonnull(strstr(error->message, finding_rows[i].unmapped));
    }
}

/* One fell out, and a third disk is a copy of the other. */
static void test_left_alone(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    MdWriterOptions options = raid1("1.2");
    write_members(test, options, 2);
    options.events = 20;
    md_writer_write(test->disks[0], &options);
    md_writer_write(test->disks[2], &options);
    volume_test_open(test);
    g_assert_cmpuint(test->findings->len, ==, 3);
    g_assert_true(support_has_finding(test->findings, "raid-degraded"));
    g_assert_true(support_has_finding(test->findings, "raid-stale"));
    g_assert_true(support_has_finding(test->findings, "raid-duplicate"));
}

/* A name with what no file can be called is changed before it is shown. */
static void test_names(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    MdWriterOptions options = raid1("1.2");
    options.name = "host:../a b\n";
    write_members(test, options, 2);
    volume_test_open(test);
    g_assert_nonnull(volume_test_get(test, "md/.._a_b_"));
}

#define ADD(name, data, function)                                                                  \
    g_test_add("/inspect/volume-raid/" name, VolumeTest, data, setup, function, teardown)

int main(int argc, char **argv)
{
    test_start(argc, argv);
    ADD("mirror/0.90", "0.90", test_mirror);
    ADD("mirror/1.0", "1.0", test_mirror);
    ADD("mirror/1.1", "1.1", test_mirror);
    ADD("mirror/1.2", "1.2", test_mirror);
    ADD("partitions/0.90", "0.90", test_partitions);
    ADD("partitions/1.0", "1.0", test_partitions);
    ADD("whole-disks", NULL, test_whole_disks);
    ADD("esp", NULL, test_esp);
    ADD("last-partition/0.90", "0.90", test_last_partition);
    ADD("last-partition/1.0", "1.0", test_last_partition);
    ADD("last-partition/1.2", "1.2", test_last_partition);
    ADD("lvm/1.1", "1.1", test_lvm);
    ADD("lvm/1.0", "1.0", test_lvm);
    ADD("findings", NULL, test_findings);
    ADD("left-alone", NULL, test_left_alone);
    ADD("names", NULL, test_names);
    return g_test_run();
}
