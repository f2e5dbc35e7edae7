/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of Linux software RAID, and the arrays they make. */
#include "disk/md.h"

#include <string.h>

#include "base/error.h"
#include "md-writer.h"
#include "support.h"

#define DISKS 4u
#define KIB ((uint64_t)1024)
#define DISK_BYTES (1024 * KIB)
#define CHUNK (4 * KIB)
#define USED (512 * KIB)

typedef struct {
    Disk *disks[DISKS];
    MdSuper *supers[DISKS];
    MdMember members[DISKS];
    GPtrArray *arrays;
} Test;

static void setup(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < DISKS; i++)
        test->disks[i] = disk_new_memory(DISK_BYTES, 512);
}

static void clear(Test *test)
{
    g_clear_pointer(&test->arrays, g_ptr_array_unref);
    for (guint i = 0; i < DISKS; i++)
        g_clear_pointer(&test->supers[i], md_super_free);
}

static void teardown(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    clear(test);
    for (guint i = 0; i < DISKS; i++)
        disk_unref(test->disks[i]);
}

static MdWriterOptions options_of(const char *version, int level, guint slots)
{
    return (MdWriterOptions){.version = version,
                             .level = level,
                             .layout = level == 10 ? 0x102 : 0,
                             .chunk_bytes = level == 1 ? 0 : CHUNK,
                             .slots = slots,
                             .used_bytes = level > 0 ? USED : 0,
                             .events = 10,
                             .created = 1000,
                             .array = 0xab,
                             .name = "vmguest:7"};
}

static void write_members(Test *test, MdWriterOptions options, guint count)
{
    for (guint i = 0; i < count; i++) {
        options.number = i;
        md_writer_write(test->disks[i], &options);
    }
}

/* The arrays of the first count disks. */
static const MdArray *assemble(Test *test, guint count, guint arrays)
{
    clear(test);
    for (guint i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        test->supers[i] = md_super_read(test->disks[i], &error);
        g_assert_no_error(error);
        test->members[i] = (MdMember){test->supers[i], test->disks[i]};
    }
    test->arrays = md_assemble(test->members, count);
    g_assert_cmpuint(test->arrays->len, ==, arrays);
    return arrays > 0 ? g_ptr_array_index(test->arrays, 0) : NULL;
}

/* Whether what is written to the array at offset is on that disk at place. */
static gboolean is_at(const Test *test, const MdArray *array, uint64_t offset, guint disk,
                      uint64_t place)
{
    static guint32 seed = 1;
    uint8_t bytes[512], back[512];
    g_autoptr(GError) error = NULL;
    test_fill(bytes, sizeof(bytes), seed++);
    assert_ok(disk_write(array->disk, offset, bytes, sizeof(bytes), &error), error);
    assert_ok(disk_flush(array->disk, &error), error);
    assert_ok(disk_read(array->disk, offset, back, sizeof(back), &error), error);
    g_assert_true(memcmp(bytes, back, sizeof(back)) == 0);
    assert_ok(disk_read(test->disks[disk], place, back, sizeof(back), &error), error);
    return memcmp(bytes, back, sizeof(back)) == 0;
}

static const struct {
    const char *version;
    uint64_t data_start;
    const char *uuid, *short_name;
} version_rows[] = {
    {"0.90", 0, "ab000000:ab000001:ab000002:ab000003", "5"},
    {"1.0", 0, "ab000000:00000000:00000000:00000000", "7"},
    {"1.1", MD_WRITER_DATA_BYTES, "ab000000:00000000:00000000:00000000", "7"},
    {"1.2", MD_WRITER_DATA_BYTES, "ab000000:00000000:00000000:00000000", "7"},
};

static void test_versions(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < G_N_ELEMENTS(version_rows); i++) {
        g_test_message("%s", version_rows[i].version);
        teardown(test, NULL);
        setup(test, NULL);
        write_members(test, options_of(version_rows[i].version, 1, 2), 2);
        const MdArray *array = assemble(test, 2, 1);
        g_assert_cmpstr(test->supers[0]->version, ==, version_rows[i].version);
        g_assert_cmpstr(array->type, ==, "raid1");
        g_assert_cmpstr(array->uuid, ==, version_rows[i].uuid);
        g_assert_cmpuint(array->present, ==, 2);
        g_assert_cmpuint(disk_size(array->disk), ==, USED);
        g_autofree char *name = md_short_name(array);
        g_assert_cmpstr(name, ==, version_rows[i].short_name);
        for (guint disk = 0; disk < 2; disk++)
            g_assert_true(is_at(test, array, 8192, disk, version_rows[i].data_start + 8192));
    }
}

static void test_raid0(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_members(test, options_of("1.2", 0, 3), 3);
    const MdArray *array = assemble(test, 3, 1);
    uint64_t start = MD_WRITER_DATA_BYTES;
    g_assert_cmpuint(disk_size(array->disk), ==, 3 * (DISK_BYTES - MD_WRITER_DATA_BYTES));
    g_assert_true(is_at(test, array, 0, 0, start));
    g_assert_true(is_at(test, array, CHUNK, 1, start));
    g_assert_true(is_at(test, array, 2 * CHUNK + 512, 2, start + 512));
    g_assert_true(is_at(test, array, 3 * CHUNK, 0, start + CHUNK));

    array = assemble(test, 2, 1);
    g_assert_null(array->disk);
    g_assert_nonnull(strstr(array->problem, "not there"));
}

/* Members with 8, 16 and 12 chunks: three zones, of 3, 2 and 1 members. */
static void test_raid0_zones(Test *test, gconstpointer data)
{
    guint layout = GPOINTER_TO_UINT(data);
    static const guint chunks[] = {8, 16, 12};
    MdWriterOptions options = options_of("1.2", 0, 3);
    options.layout = layout;
    for (guint i = 0; i < 3; i++) {
        disk_unref(test->disks[i]);
        test->disks[i] = disk_new_memory(MD_WRITER_DATA_BYTES + chunks[i] * CHUNK + 512, 512);
    }
    write_members(test, options, 3);
    const MdArray *array = assemble(test, 3, 1);
    if (layout == 0) {
        g_assert_null(array->disk);
        g_assert_nonnull(strstr(array->problem, "different sizes"));
        return;
    }
    uint64_t start = MD_WRITER_DATA_BYTES;
    g_assert_cmpuint(disk_size(array->disk), ==, 36 * CHUNK);
    g_assert_true(is_at(test, array, 23 * CHUNK, 2, start + 7 * CHUNK));
    /* 24 chunks are before the second zone, whose members are 1 and 2: the turn is at the first. */
    g_assert_true(is_at(test, array, 24 * CHUNK, 1, start + 8 * CHUNK));
    g_assert_true(is_at(test, array, 25 * CHUNK, 2, start + 8 * CHUNK));
    g_assert_true(is_at(test, array, 31 * CHUNK, 2, start + 11 * CHUNK));
    g_assert_true(is_at(test, array, 32 * CHUNK, 1, start + 12 * CHUNK));
    g_assert_true(is_at(test, array, 36 * CHUNK - 512, 1, start + 16 * CHUNK - 512));
}

/* As before, but with an odd number of chunks before the second zone. */
static void test_raid0_turn(Test *test, gconstpointer data)
{
    guint layout = GPOINTER_TO_UINT(data);
    static const guint chunks[] = {3, 6, 6};
    MdWriterOptions options = options_of("1.2", 0, 3);
    options.layout = layout;
    for (guint i = 0; i < 3; i++) {
        disk_unref(test->disks[i]);
        test->disks[i] = disk_new_memory(MD_WRITER_DATA_BYTES + chunks[i] * CHUNK, 512);
    }
    write_members(test, options, 3);
    const MdArray *array = assemble(test, 3, 1);
    uint64_t start = MD_WRITER_DATA_BYTES + 3 * CHUNK;
    guint first = layout == 1 ? 2 : 1; /* 9 chunks before */
    g_assert_true(is_at(test, array, 9 * CHUNK, first, start));
    g_assert_true(is_at(test, array, 10 * CHUNK, 3 - first, start));
}

static void test_linear(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_members(test, options_of("1.0", -1, 2), 2);
    const MdArray *array = assemble(test, 2, 1);
    g_assert_cmpstr(array->type, ==, "linear");
    uint64_t each = test->supers[0]->data_bytes / CHUNK * CHUNK;
    g_assert_cmpuint(disk_size(array->disk), ==, 2 * each);
    g_assert_true(is_at(test, array, each - 512, 0, each - 512));
    g_assert_true(is_at(test, array, each, 1, 0));
}

static void test_raid10(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_members(test, options_of("1.2", 10, 4), 4);
    const MdArray *array = assemble(test, 4, 1);
    uint64_t start = MD_WRITER_DATA_BYTES;
    g_assert_cmpuint(disk_size(array->disk), ==, 2 * USED);
    for (guint i = 0; i < 2; i++) {
        g_assert_true(is_at(test, array, 0, i, start));
        g_assert_true(is_at(test, array, CHUNK, 2 + i, start));
        g_assert_true(is_at(test, array, 2 * CHUNK, i, start + CHUNK));
    }
    array = assemble(test, 3, 1);
    g_assert_nonnull(array->disk);
    g_assert_cmpuint(array->present, ==, 3);
    array = assemble(test, 2, 1);
    g_assert_null(array->disk);
    g_assert_nonnull(strstr(array->problem, "up to date"));
}

static const struct {
    const char *label;
    int level;
    guint slots;
    uint32_t layout, features;
    const char *type;
} other_rows[] = {
    {"RAID 4", 4, 3, 0, 0, "raid4"},
    {"RAID 5", 5, 3, 2, 0, "raid5"},
    {"RAID 6", 6, 4, 2, 0, "raid6"},
    {"far copies", 10, 2, 0x201, 0, "raid10, layout 0x201"},
    {"offset copies", 10, 2, 0x10201, 0, "raid10, layout 0x10201"},
    {"two copies on three", 10, 3, 0x102, 0, "raid10, layout 0x102"},
    {"no copies", 10, 2, 0x100, 0, "raid10, layout 0x100"},
    {"RAID 1 with more members soon", 1, 2, 0, 4, "being reshaped"},
    {"multipath", -4, 2, 0, 0, "level -4"},
};

static void test_others(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < G_N_ELEMENTS(other_rows); i++) {
        g_test_message("%s", other_rows[i].label);
        MdWriterOptions options = options_of("1.2", other_rows[i].level, other_rows[i].slots);
        options.layout = other_rows[i].layout;
        options.features = other_rows[i].features;
        write_members(test, options, other_rows[i].slots);
        const MdArray *array = assemble(test, other_rows[i].slots, 1);
        g_assert_null(array->disk);
        g_assert_null(array->problem);
        g_assert_cmpstr(array->type, ==, other_rows[i].type);
    }
}

/* Member 1 was thrown out at event 10; the other went on alone. */
static void test_stale(Test *test, gconstpointer data)
{
    static const int roles[] = {0, -1, -1, -1, -1, -1, -1, -1};
    const char *version = data;
    MdWriterOptions options = options_of(version, 1, 2);
    write_members(test, options, 2);
    options.events = 20;
    options.roles = roles;
    write_members(test, options, 1);
    const MdArray *array = assemble(test, 2, 1);
    g_assert_cmpuint(array->present, ==, 1);
    g_assert_cmpuint(array->stale->len, ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_ptr_array_index(array->stale, 0)), ==, 1);
    g_assert_true(is_at(test, array, 0, 0, test->supers[0]->data_start));
    g_assert_false(is_at(test, array, 0, 1, test->supers[0]->data_start));
}

/* The last event before a crash reached one of them only. */
static void test_one_event(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    MdWriterOptions options = options_of("1.2", 1, 2);
    write_members(test, options, 2);
    options.events = 11;
    write_members(test, options, 1);
    g_assert_cmpuint(assemble(test, 2, 1)->present, ==, 2);
    options.events = 12;
    write_members(test, options, 1);
    g_assert_cmpuint(assemble(test, 2, 1)->stale->len, ==, 1);
}

/* A member that is being rebuilt is written, so that it stays right as far as it is, and not
   read. */
static void test_rebuilding(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    static const int roles[] = {1, 0, -1, -1, -1, -1, -1, -1}; /* number 1 has slot 0 */
    MdWriterOptions options = options_of("1.2", 1, 2);
    options.roles = roles;
    write_members(test, options, 1);
    options.number = 1;
    options.recovered_bytes = 4096;
    md_writer_write(test->disks[1], &options);
    const MdArray *array = assemble(test, 2, 1);
    g_assert_cmpuint(array->present, ==, 1);
    g_assert_true(is_at(test, array, 0, 0, MD_WRITER_DATA_BYTES));
    g_assert_true(is_at(test, array, 0, 1, MD_WRITER_DATA_BYTES));
    uint8_t other[512] = {1}, back[512];
    g_autoptr(GError) error = NULL;
    assert_ok(disk_write(test->disks[1], MD_WRITER_DATA_BYTES, other, sizeof(other), &error),
              error);
    assert_ok(disk_read(array->disk, 0, back, sizeof(back), &error), error);
    g_assert_true(memcmp(other, back, sizeof(back)) != 0);
    assert_ok(disk_discard(array->disk, 0, 512, &error), error);
    assert_ok(disk_read(test->disks[1], MD_WRITER_DATA_BYTES, back, sizeof(back), &error), error);
    g_assert_true(memcmp(other, back, sizeof(back)) != 0);
}

static void test_duplicate(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    MdWriterOptions options = options_of("1.2", 1, 2);
    write_members(test, options, 2);
    options.number = 1;
    md_writer_write(test->disks[2], &options);
    const MdArray *array = assemble(test, 3, 1);
    g_assert_cmpuint(array->present, ==, 2);
    g_assert_cmpuint(array->duplicate->len, ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_ptr_array_index(array->duplicate, 0)), ==, 2);
}

static void test_two_arrays(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    MdWriterOptions options = options_of("1.2", 1, 2);
    write_members(test, options, 2);
    options.array = 0xcd;
    options.name = NULL;
    for (guint i = 0; i < 2; i++) {
        options.number = i;
        md_writer_write(test->disks[2 + i], &options);
    }
    assemble(test, 4, 2);
    const MdArray *second = g_ptr_array_index(test->arrays, 1);
    g_assert_cmpuint(second->first_member, ==, 2);
    g_assert_cmpuint(second->present, ==, 2);
    g_assert_null(second->name);
}

/* A spare is no member, and no array when it is alone. */
static void test_spare(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    MdWriterOptions options = options_of("1.2", 1, 2);
    write_members(test, options, 2);
    options.number = 2;
    md_writer_write(test->disks[2], &options);
    const MdArray *array = assemble(test, 3, 1);
    g_assert_cmpuint(array->present, ==, 2);
    g_assert_cmpuint(array->stale->len + array->duplicate->len, ==, 0);
    test->members[0] = test->members[2];
    g_autoptr(GPtrArray) alone = md_assemble(test->members, 1);
    g_assert_cmpuint(alone->len, ==, 0);
}

/* The newer of two superblocks on one disk counts: 1.2 was made over an old 0.90. */
static void test_two_superblocks(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    MdWriterOptions options = options_of("0.90", 5, 3);
    md_writer_write(test->disks[0], &options);
    options = options_of("1.2", 1, 1);
    options.created = 2000;
    md_writer_write(test->disks[0], &options);
    g_assert_cmpstr(assemble(test, 1, 1)->type, ==, "raid1");
}

/* A wrong byte anywhere in what the checksum covers, and there is no superblock. */
static void test_damage(Test *test, gconstpointer data)
{
    const char *version = data;
    MdWriterOptions options = options_of(version, 1, 2);
    uint64_t offset = md_writer_write(test->disks[0], &options);
    size_t length = g_str_equal(version, "0.90") ? 4096 : 256 + 16;
    for (size_t at = 0; at < length; at++) {
        g_autoptr(GError) error = NULL;
        uint8_t byte, changed;
        assert_ok(disk_read(test->disks[0], offset + at, &byte, 1, &error), error);
        changed = byte ^ 0x04;
        assert_ok(disk_write(test->disks[0], offset + at, &changed, 1, &error), error);
        g_autoptr(MdSuper) super = md_super_read(test->disks[0], &error);
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        g_clear_error(&error);
        assert_ok(disk_write(test->disks[0], offset + at, &byte, 1, &error), error);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(MdSuper) super = md_super_read(test->disks[0], &error);
    g_assert_no_error(error);
}

/* Sums are right and sizes are not. */
static void test_nonsense(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    const struct {
        const char *label;
        guint slots;
        uint64_t used_bytes;
        uint32_t chunk_bytes;
        int level;
        gboolean readable;
    } rows[] = {
        {"no slots", 0, USED, 0, 1, FALSE},
        {"a million slots", 1000000, USED, 0, 1, FALSE},
        {"larger than its members", 2, 2 * DISK_BYTES, 0, 1, TRUE},
        {"larger than all disks", 2, G_MAXUINT64, 0, 1, TRUE},
        {"no size", 2, 0, 0, 1, TRUE},
        {"RAID 0 without chunks", 2, 0, 0, 0, TRUE},
        {"RAID 10 without chunks", 2, USED, 0, 10, TRUE},
        {"RAID 10 in one chunk", 2, USED, 0x80000000, 10, TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].label);
        MdWriterOptions options = options_of("1.2", rows[i].level, rows[i].slots);
        options.used_bytes = rows[i].used_bytes;
        options.chunk_bytes = rows[i].chunk_bytes;
        write_members(test, options, 2);
        g_autoptr(MdSuper) super = md_super_read(test->disks[0], &error);
        g_assert_true((super != NULL) == rows[i].readable);
        if (!super)
            continue;
        const MdArray *array = assemble(test, 2, 1);
        g_assert_null(array->disk);
        g_assert_nonnull(array->problem);
    }
}

/* mdadm(8) reads what the writer above has written, and says the same of it. */
static void test_mdadm(void)
{
    static const char *const programs[] = {"sh", "mdadm", NULL};
    if (!test_has_programs(programs))
        return;
    char *folder = test_folder_make();
    for (guint i = 0; i < G_N_ELEMENTS(version_rows); i++) {
        const char *version = version_rows[i].version;
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(folder, version, NULL);
        test_make_file(path, DISK_BYTES);
        {
            g_autoptr(Disk) disk = disk_open_file(path, TRUE, 512, &error);
            g_assert_no_error(error);
            MdWriterOptions options = options_of(version, 10, 4);
            options.number = 2;
            md_writer_write(disk, &options);
            assert_ok(disk_flush(disk, &error), error);
        }
        g_autofree char *command = g_strdup_printf(
            "mdadm --examine '%s' > '%s.out' 2>&1 && grep -q 'Checksum : .* correct' '%s.out' && "
            "grep -q 'Raid Level : raid10' '%s.out' && grep -q 'UUID : %s' '%s.out' && "
            "grep -q 'Layout : near=2' '%s.out' && grep -q 'Events : .*10' '%s.out'",
            path, path, path, path, version_rows[i].uuid, path, path, path);
        TEST_RUN("sh", "-c", command);
    }
    test_folder_remove(folder);
}

/* A member that mdadm itself has made: RAID 0 of one. */
static void test_sample(void)
{
    static const char *const programs[] = {"xz", NULL};
    g_autofree char *source = test_data_path("filesystems/blkid-suite/mdraid-1.img.xz");
    if (!test_has_programs(programs))
        return;
    if (!source) {
        g_test_skip("no test data");
        return;
    }
    char *folder = test_folder_make();
    g_autofree char *path = g_build_filename(folder, "member", NULL);
    test_decompress("xz", source, path);
    {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) disk = disk_open_file(path, FALSE, 512, &error);
        g_assert_no_error(error);
        g_autoptr(MdSuper) super = md_super_read(disk, &error);
        g_assert_no_error(error);
        const MdMember member = {super, disk};
        g_autoptr(GPtrArray) arrays = md_assemble(&member, 1);
        g_assert_cmpuint(arrays->len, ==, 1);
        const MdArray *array = g_ptr_array_index(arrays, 0);
        g_assert_cmpstr(array->uuid, ==, "77e61baf:c0b5d7d0:39cf575b:64d4878c");
        g_assert_cmpstr(array->type, ==, "raid0");
        g_assert_cmpstr(array->name, ==, "troy.t-8ch.de:0");
        g_assert_cmpuint(disk_size(array->disk), ==, 16384 * 512);
    }
    test_folder_remove(folder);
}

#define ADD(name, data, function)                                                                  \
    g_test_add("/disk/md/" name, Test, data, setup, function, teardown)

int main(int argc, char **argv)
{
    test_start(argc, argv);
    ADD("versions", NULL, test_versions);
    ADD("raid0", NULL, test_raid0);
    ADD("raid0-zones/none", GUINT_TO_POINTER(0), test_raid0_zones);
    ADD("raid0-zones/original", GUINT_TO_POINTER(1), test_raid0_zones);
    ADD("raid0-zones/alternate", GUINT_TO_POINTER(2), test_raid0_zones);
    ADD("raid0-turn/original", GUINT_TO_POINTER(1), test_raid0_turn);
    ADD("raid0-turn/alternate", GUINT_TO_POINTER(2), test_raid0_turn);
    ADD("linear", NULL, test_linear);
    ADD("raid10", NULL, test_raid10);
    ADD("others", NULL, test_others);
    ADD("stale/0.90", "0.90", test_stale);
    ADD("stale/1.2", "1.2", test_stale);
    ADD("one-event", NULL, test_one_event);
    ADD("rebuilding", NULL, test_rebuilding);
    ADD("duplicate", NULL, test_duplicate);
    ADD("two-arrays", NULL, test_two_arrays);
    ADD("spare", NULL, test_spare);
    ADD("two-superblocks", NULL, test_two_superblocks);
    ADD("damage/0.90", "0.90", test_damage);
    ADD("damage/1.0", "1.0", test_damage);
    ADD("damage/1.1", "1.1", test_damage);
    ADD("damage/1.2", "1.2", test_damage);
    ADD("nonsense", NULL, test_nonsense);
    g_test_add_func("/disk/md/mdadm", test_mdadm);
    g_test_add_func("/disk/md/sample", test_sample);
    return g_test_run();
}
