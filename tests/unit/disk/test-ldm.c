/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dynamic disks: groups that Windows Server 2003 R2 made, and ones of our own. */
#include <string.h>

#include "base/error.h"
#include "disk/ldm.h"
#include "ldm-writer.h"
#include "support.h"

#define SECTOR ((uint64_t)512)
#define DISK_SECTORS ((uint64_t)8192)
#define DATABASE (DISK_SECTORS - LDM_WRITER_DATABASE_SECTORS)
#define DATA_START 63
#define GROUP "11111111-2222-4333-8444-555555555555"
#define CHUNK 128 /* sectors */

static const char *const guids[] = {"aaaaaaaa-0000-4000-8000-000000000001",
                                    "aaaaaaaa-0000-4000-8000-000000000002",
                                    "aaaaaaaa-0000-4000-8000-000000000003"};

typedef struct {
    Disk *disks[3];
    LdmWriter writer;
    LdmDatabase *databases[3];
    LdmMember members[3];
    GPtrArray *volumes;
} Test;

static void setup(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    *test = (Test){0};
    ldm_writer_init(&test->writer);
    for (guint i = 0; i < G_N_ELEMENTS(test->disks); i++) {
        test->disks[i] = disk_new_memory(DISK_SECTORS * SECTOR, 512);
        ldm_writer_add_disk(&test->writer, 10 + i, guids[i]);
    }
}

static void clear(Test *test)
{
    g_clear_pointer(&test->volumes, g_ptr_array_unref);
    for (guint i = 0; i < G_N_ELEMENTS(test->databases); i++)
        g_clear_pointer(&test->databases[i], ldm_database_free);
}

static void teardown(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    clear(test);
    ldm_writer_clear(&test->writer);
    for (guint i = 0; i < G_N_ELEMENTS(test->disks); i++)
        disk_unref(test->disks[i]);
}

static LdmDatabase *read_database(Disk *disk, GError **error)
{
    g_autoptr(PartitionTable) table = partition_table_read(disk, error);
    return table ? ldm_database_read(disk, table, error) : NULL;
}

/* The volumes of the first count disks, which get the database first. */
static const LdmMapped *assemble(Test *test, guint count)
{
    clear(test);
    for (guint i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        const LdmWriterPlace place = {guids[i], GROUP, 6, DATA_START, DATABASE - DATA_START,
                                      DATABASE, 5};
        ldm_writer_write(&test->writer, test->disks[i], &place);
        test->databases[i] = read_database(test->disks[i], &error);
        g_assert_no_error(error);
        test->members[i] = (LdmMember){test->databases[i], test->disks[i]};
    }
    test->volumes = ldm_assemble(test->members, count);
    g_assert_cmpuint(test->volumes->len, ==, 1);
    return g_ptr_array_index(test->volumes, 0);
}

/* What is written to the volume at that sector is on that disk at place, counted from where its
   data begin. */
static gboolean is_at(const Test *test, const LdmMapped *volume, uint64_t sector, guint disk,
                      uint64_t place)
{
    static guint32 seed = 1;
    uint8_t bytes[512], back[512];
    g_autoptr(GError) error = NULL;
    test_fill(bytes, sizeof(bytes), seed++);
    assert_ok(disk_write(volume->disk, sector * SECTOR, bytes, sizeof(bytes), &error), error);
    assert_ok(disk_flush(volume->disk, &error), error);
    assert_ok(disk_read(volume->disk, sector * SECTOR, back, sizeof(back), &error), error);
    g_assert_true(memcmp(bytes, back, sizeof(back)) == 0);
    assert_ok(
        disk_read(test->disks[disk], (DATA_START + place) * SECTOR, back, sizeof(back), &error),
        error);
    return memcmp(bytes, back, sizeof(back)) == 0;
}

static void test_simple(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    ldm_writer_add_volume(&test->writer, 1, "Volume1", 1000, 1);
    ldm_writer_add_component(&test->writer, 2, 1, LDM_SPANNED, 1, 0, "ACTIVE");
    ldm_writer_add_extent(&test->writer, 3, 2, 10, 100, 0, 1000, 0);
    const LdmMapped *volume = assemble(test, 1);
    g_assert_cmpstr(volume->type, ==, "simple");
    g_assert_cmpstr(volume->group, ==, "Test-Dg0");
    g_assert_cmpstr(volume->name, ==, "Volume1");
    g_assert_cmpstr(volume->guid, ==, "5020b2d8-ea9e-41d9-b459-4ff0850f5901");
    g_assert_cmpuint(disk_size(volume->disk), ==, 1000 * SECTOR);
    g_assert_true(is_at(test, volume, 0, 0, 100));
    g_assert_true(is_at(test, volume, 999, 0, 1099));
}

static void add_spanned(Test *test)
{
    ldm_writer_add_volume(&test->writer, 1, "Volume1", 1500, 1);
    ldm_writer_add_component(&test->writer, 2, 1, LDM_SPANNED, 2, 0, "ACTIVE");
    ldm_writer_add_extent(&test->writer, 3, 2, 11, 0, 1000, 500, 0);
    ldm_writer_add_extent(&test->writer, 4, 2, 10, 200, 0, 1000, 0);
}

static void test_spanned(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    add_spanned(test);
    const LdmMapped *volume = assemble(test, 2);
    g_assert_cmpstr(volume->type, ==, "spanned");
    g_assert_cmpuint(disk_size(volume->disk), ==, 1500 * SECTOR);
    g_assert_true(is_at(test, volume, 999, 0, 1199));
    g_assert_true(is_at(test, volume, 1000, 1, 0));
    volume = assemble(test, 1);
    g_assert_null(volume->disk);
    g_assert_cmpstr(volume->problem, ==, "it needs the disk Disk11");
}

static void test_striped(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    ldm_writer_add_volume(&test->writer, 1, "Volume1", 3 * 10 * CHUNK, 1);
    ldm_writer_add_component(&test->writer, 2, 1, LDM_STRIPED, 3, CHUNK, "ACTIVE");
    for (guint i = 0; i < 3; i++)
        ldm_writer_add_extent(&test->writer, 3 + i, 2, 12 - i, 7 * i, 0, 10 * CHUNK, i);
    const LdmMapped *volume = assemble(test, 3);
    g_assert_cmpstr(volume->type, ==, "striped");
    g_assert_true(is_at(test, volume, 0, 2, 0));
    g_assert_true(is_at(test, volume, CHUNK + 3, 1, 7 + 3));
    g_assert_true(is_at(test, volume, 5 * CHUNK, 0, 14 + CHUNK));
}

static void add_mirror(Test *test, const char *second_state)
{
    ldm_writer_add_volume(&test->writer, 1, "Volume1", 1000, 2);
    ldm_writer_add_component(&test->writer, 2, 1, LDM_SPANNED, 1, 0, "ACTIVE");
    ldm_writer_add_extent(&test->writer, 3, 2, 10, 100, 0, 1000, 0);
    ldm_writer_add_component(&test->writer, 4, 1, LDM_SPANNED, 1, 0, second_state);
    ldm_writer_add_extent(&test->writer, 5, 4, 11, 300, 0, 1000, 0);
}

static void test_mirrored(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    add_mirror(test, "ACTIVE");
    const LdmMapped *volume = assemble(test, 2);
    g_assert_cmpstr(volume->type, ==, "mirrored");
    g_assert_cmpuint(volume->present, ==, 2);
    g_assert_true(is_at(test, volume, 5, 0, 105));
    g_assert_true(is_at(test, volume, 6, 1, 306));
    volume = assemble(test, 1);
    g_assert_cmpuint(volume->copies, ==, 2);
    g_assert_cmpuint(volume->present, ==, 1);
    g_assert_true(is_at(test, volume, 7, 0, 107));
}

/* A copy that fell out is neither read nor written. */
static void test_stale_copy(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    add_mirror(test, "STALE");
    const LdmMapped *volume = assemble(test, 2);
    g_assert_cmpuint(volume->present, ==, 1);
    g_assert_true(is_at(test, volume, 5, 0, 105));
    g_assert_false(is_at(test, volume, 6, 1, 306));
}

static void test_raid5(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    ldm_writer_add_volume(&test->writer, 1, "Raid1", 2 * 10 * CHUNK, 1);
    ldm_writer_add_component(&test->writer, 2, 1, LDM_RAID5, 3, CHUNK, "ACTIVE");
    for (guint i = 0; i < 3; i++)
        ldm_writer_add_extent(&test->writer, 3 + i, 2, 10 + i, 0, 0, 10 * CHUNK, i);
    const LdmMapped *volume = assemble(test, 3);
    g_assert_cmpstr(volume->type, ==, "raid5");
    g_assert_null(volume->disk);
    g_assert_null(volume->problem);
}

/* Of the databases of a group the one that was changed last counts. */
static void test_newest(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    LdmWriter old;
    g_autoptr(GError) error = NULL;
    ldm_writer_init(&old);
    ldm_writer_add_disk(&old, 10, guids[0]);
    ldm_writer_add_volume(&old, 1, "Gone", 10, 1);
    ldm_writer_add_component(&old, 2, 1, LDM_SPANNED, 1, 0, "ACTIVE");
    ldm_writer_add_extent(&old, 3, 2, 10, 0, 0, 10, 0);
    add_spanned(test);
    assemble(test, 2);
    const LdmWriterPlace place = {guids[0], GROUP, 6, DATA_START, DATABASE - DATA_START,
                                  DATABASE, 4};
    ldm_writer_write(&old, test->disks[0], &place);
    clear(test);
    for (guint i = 0; i < 2; i++) {
        test->databases[i] = read_database(test->disks[i], &error);
        g_assert_no_error(error);
        test->members[i] = (LdmMember){test->databases[i], test->disks[i]};
    }
    test->volumes = ldm_assemble(test->members, 2);
    g_assert_cmpuint(test->volumes->len, ==, 1);
    g_assert_cmpstr(((const LdmMapped *)test->volumes->pdata[0])->type, ==, "spanned");
    ldm_writer_clear(&old);
}

typedef struct {
    const char *label;
    void (*add)(LdmWriter *writer);
    const char *problem; /* part of it; NULL: the volume is mapped */
} BadRow;

static void add_gap(LdmWriter *writer)
{
    ldm_writer_add_component(writer, 2, 1, LDM_SPANNED, 2, 0, "ACTIVE");
    ldm_writer_add_extent(writer, 3, 2, 10, 0, 0, 500, 0);
    ldm_writer_add_extent(writer, 4, 2, 10, 600, 501, 500, 0);
}

static void add_too_few(LdmWriter *writer)
{
    ldm_writer_add_component(writer, 2, 1, LDM_SPANNED, 2, 0, "ACTIVE");
    ldm_writer_add_extent(writer, 3, 2, 10, 0, 0, 1000, 0);
}

static void add_too_short(LdmWriter *writer)
{
    ldm_writer_add_component(writer, 2, 1, LDM_SPANNED, 1, 0, "ACTIVE");
    ldm_writer_add_extent(writer, 3, 2, 10, 0, 0, 999, 0);
}

static void add_beyond(LdmWriter *writer)
{
    ldm_writer_add_component(writer, 2, 1, LDM_SPANNED, 1, 0, "ACTIVE");
    ldm_writer_add_extent(writer, 3, 2, 10, DATABASE - DATA_START - 999, 0, 1000, 0);
}

static void add_overflow(LdmWriter *writer)
{
    ldm_writer_add_component(writer, 2, 1, LDM_SPANNED, 1, 0, "ACTIVE");
    ldm_writer_add_extent(writer, 3, 2, 10, (UINT64_C(1) << 55) - 1, 0, 1000, 0);
}

static void add_unknown_disk(LdmWriter *writer)
{
    ldm_writer_add_component(writer, 2, 1, LDM_SPANNED, 1, 0, "ACTIVE");
    ldm_writer_add_extent(writer, 3, 2, 77, 0, 0, 1000, 0);
}

static void add_same_column(LdmWriter *writer)
{
    ldm_writer_add_component(writer, 2, 1, LDM_STRIPED, 2, CHUNK, "ACTIVE");
    ldm_writer_add_extent(writer, 3, 2, 10, 0, 0, 1024, 1);
    ldm_writer_add_extent(writer, 4, 2, 10, 2000, 0, 1024, 1);
}

static void add_nothing(LdmWriter *writer G_GNUC_UNUSED)
{
}

static const BadRow bad_rows[] = {
    {"a gap", add_gap, "contradicts itself"},
    {"too few extents", add_too_few, "contradicts itself"},
    {"shorter than its volume", add_too_short, "beyond"},
    {"beyond the data area", add_beyond, "beyond the end of a disk"},
    {"beyond every disk", add_overflow, "beyond the end of a disk"},
    {"a disk of no group", add_unknown_disk, "it needs the disk that is in no group"},
    {"two extents in one column", add_same_column, "contradicts itself"},
    {"no component", add_nothing, "contradicts itself"},
};

static void test_bad_volumes(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_test_message("%s", bad_rows[i].label);
        teardown(test, NULL);
        setup(test, NULL);
        ldm_writer_add_volume(&test->writer, 1, "Volume1", 1000, 1);
        bad_rows[i].add(&test->writer);
        const LdmMapped *volume = assemble(test, 1);
        g_assert_null(volume->disk);
        g_test_message("%s", volume->problem);
        g_assert_nonnull(strstr(volume->problem, bad_rows[i].problem));
    }
}

/* Each byte of header, table of contents and records in turn: an answer, or a clean error. */
static void test_damage(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    static const struct {
        uint64_t sector;
        guint sectors;
    } areas[] = {{6, 1}, {DATABASE + 1, 1}, {DATABASE + 17, 4}};
    static const uint8_t values[] = {0x00, 0xff, 0x80};
    guint refused = 0;
    add_mirror(test, "ACTIVE");
    assemble(test, 1);
    clear(test);
    for (guint i = 0; i < G_N_ELEMENTS(areas); i++) {
        for (uint64_t at = areas[i].sector * SECTOR;
             at < (areas[i].sector + areas[i].sectors) * SECTOR; at++) {
            uint8_t kept;
            g_autoptr(GError) error = NULL;
            assert_ok(disk_read(test->disks[0], at, &kept, 1, &error), error);
            for (guint j = 0; j < G_N_ELEMENTS(values); j++) {
                g_autoptr(GError) reason = NULL;
                assert_ok(disk_write(test->disks[0], at, &values[j], 1, &error), error);
                g_autoptr(LdmDatabase) database = read_database(test->disks[0], &reason);
                if (database) {
                    const LdmMember member = {database, test->disks[0]};
                    g_autoptr(GPtrArray) volumes = ldm_assemble(&member, 1);
                    g_assert_cmpuint(volumes->len, <=, 1);
                } else {
                    g_assert_error(reason, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
                    refused++;
                }
            }
            assert_ok(disk_write(test->disks[0], at, &kept, 1, &error), error);
        }
    }
    g_assert_cmpuint(refused, >, 100);
}

/* The first header is gone: those in the last MiB of the disk are looked for. */
static void test_other_header(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    const LdmWriterPlace place = {
        guids[0], GROUP, DATABASE + 1856, DATA_START, DATABASE - DATA_START, DATABASE, 5};
    ldm_writer_add_volume(&test->writer, 1, "Volume1", 1000, 1);
    ldm_writer_write(&test->writer, test->disks[0], &place);
    g_autoptr(LdmDatabase) database = read_database(test->disks[0], &error);
    g_assert_no_error(error);
    g_assert_cmpuint(database->volumes->len, ==, 1);
}

/* On GPT disks the header is the last sector of a partition of its own. No sample of Windows' own
   making is at hand. */
static void test_gpt(void)
{
    static const char *const programs[] = {"sfdisk", NULL};
    if (!test_has_programs(programs))
        return;
    g_autofree char *folder = test_folder_make();
    g_autofree char *path = g_build_filename(folder, "disk", NULL);
    g_autoptr(GError) error = NULL;
    LdmWriter writer;
    test_make_file(path, 16 << 20);
    g_autofree char *command = g_strdup_printf(
        "printf 'label: gpt\\nstart=2048,size=2048,type=5808C8AA-7E8F-42E0-85D2-E1E90434CFB3\\n"
        "start=4096,size=20480,type=AF9B60A0-1431-4F62-BC68-3311714A69AD\\n' | "
        "sfdisk -q --no-reread --no-tell-kernel '%s'",
        path);
    TEST_RUN("sh", "-c", command);
    {
        g_autoptr(Disk) disk = disk_open_file(path, TRUE, 512, &error);
        g_assert_no_error(error);
        const LdmWriterPlace place = {guids[0], GROUP, 4095, 4096, 20480, 2048, 5};
        ldm_writer_init(&writer);
        ldm_writer_add_disk(&writer, 10, guids[0]);
        ldm_writer_add_volume(&writer, 1, "Volume1", 1000, 1);
        ldm_writer_add_component(&writer, 2, 1, LDM_SPANNED, 1, 0, "ACTIVE");
        ldm_writer_add_extent(&writer, 3, 2, 10, 16, 0, 1000, 0);
        ldm_writer_write(&writer, disk, &place);
        g_autoptr(LdmDatabase) database = read_database(disk, &error);
        g_assert_no_error(error);
        const LdmMember member = {database, disk};
        g_autoptr(GPtrArray) volumes = ldm_assemble(&member, 1);
        const LdmMapped *volume = g_ptr_array_index(volumes, 0);
        uint8_t bytes[512], back[512];
        test_fill(bytes, sizeof(bytes), 3);
        assert_ok(disk_write(volume->disk, 0, bytes, sizeof(bytes), &error), error);
        assert_ok(disk_read(disk, (4096 + 16) * SECTOR, back, sizeof(back), &error), error);
        g_assert_true(memcmp(bytes, back, sizeof(back)) == 0);
    }
    ldm_writer_clear(&writer);
    test_folder_remove(g_steal_pointer(&folder));
}

typedef struct {
    const char *name, *type, *volume;
    guint disks;
    const char *uuid; /* of the NTFS on it; NULL: it is not mapped */
} SampleRow;

static const SampleRow samples[] = {
    {"simple", "simple", "Volume1", 1, "06CCCB34CCCB1CB5"},
    {"spanned", "spanned", "Volume1", 2, "ECA0F625A0F5F644"},
    {"striped", "striped", "Stripe1", 2, "9E08CEEF08CEC60D"},
    {"mirrored", "mirrored", "Volume1", 2, "CC7006A87006997A"},
    {"raid5", "raid5", "Raid1", 3, NULL},
};

/* NTFS keeps a copy of its boot sector behind its last one: both ends of the volume are right. */
static void check_ends(Disk *disk)
{
    uint8_t first[512], last[512];
    g_autoptr(GError) error = NULL;
    assert_ok(disk_read(disk, 0, first, sizeof(first), &error), error);
    assert_ok(disk_read(disk, disk_size(disk) - sizeof(last), last, sizeof(last), &error), error);
    g_assert_true(memcmp(first, last, sizeof(first)) == 0);
}

static void test_sample(gconstpointer data)
{
    const SampleRow *row = data;
    Disk *disks[3] = {NULL};
    LdmDatabase *databases[3] = {NULL};
    LdmMember members[3];
    g_autofree char *folder = test_folder_make();
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < row->disks; i++) {
        g_autofree char *number = row->disks > 1 ? g_strdup_printf("-%u", i + 1) : g_strdup("");
        g_autofree char *name =
            g_strdup_printf("volumes/ldm/ldm-2003r2-%s%s.img.xz", row->name, number);
        g_autofree char *packed = test_data_path(name);
        g_autofree char *plain = g_strdup_printf("%s/disk%u", folder, i);
        if (!packed) {
            g_test_skip("no test data");
            test_folder_remove(g_steal_pointer(&folder));
            return;
        }
        test_decompress("xz", packed, plain);
        disks[i] = disk_open_file(plain, FALSE, 512, &error);
        g_assert_no_error(error);
        databases[i] = read_database(disks[i], &error);
        g_assert_no_error(error);
        members[i] = (LdmMember){databases[i], disks[i]};
    }
    g_autoptr(GPtrArray) volumes = ldm_assemble(members, row->disks);
    g_assert_cmpuint(volumes->len, ==, 1);
    const LdmMapped *volume = g_ptr_array_index(volumes, 0);
    g_assert_cmpstr(volume->type, ==, row->type);
    g_assert_cmpstr(volume->name, ==, row->volume);
    g_assert_cmpint(volume->disk != NULL, ==, row->uuid != NULL);
    if (volume->disk) {
        g_autoptr(GBytes) serial = NULL;
        uint8_t boot[512];
        assert_ok(disk_read(volume->disk, 0, boot, sizeof(boot), &error), error);
        g_autofree char *uuid =
            g_strdup_printf("%02X%02X%02X%02X%02X%02X%02X%02X", boot[79], boot[78], boot[77],
                            boot[76], boot[75], boot[74], boot[73], boot[72]);
        g_assert_cmpstr(uuid, ==, row->uuid);
        check_ends(volume->disk);
    }
    g_clear_pointer(&volumes, g_ptr_array_unref);
    for (guint i = 0; i < row->disks; i++) {
        ldm_database_free(databases[i]);
        disk_unref(disks[i]);
    }
    test_folder_remove(g_steal_pointer(&folder));
}

#define ADD(name, function) g_test_add("/disk/ldm/" name, Test, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
    test_start(argc, argv);
    ADD("simple", test_simple);
    ADD("spanned", test_spanned);
    ADD("striped", test_striped);
    ADD("mirrored", test_mirrored);
    ADD("stale-copy", test_stale_copy);
    ADD("raid5", test_raid5);
    ADD("newest", test_newest);
    ADD("bad-volumes", test_bad_volumes);
    ADD("damage", test_damage);
    ADD("other-header", test_other_header);
    g_test_add_func("/disk/ldm/gpt", test_gpt);
    for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *path = g_strconcat("/disk/ldm/samples/", samples[i].name, NULL);
        g_test_add_data_func(path, &samples[i], test_sample);
    }
    return g_test_run();
}
