/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Physical volumes of LVM2, and the groups and logical volumes they make. */
#include "disk/lvm.h"

#include <string.h>

#include "base/error.h"
#include "disk/probe.h"
#include "lvm-writer.h"
#include "support.h"

#define DISKS 3u
#define MIB ((uint64_t)1 << 20)
#define DISK_BYTES (8 * MIB)
#define EXTENT_BYTES ((size_t)64 << 10)
#define START_BYTES (LVM_WRITER_AREA_OFFSET + LVM_WRITER_AREA_BYTES)

static const char *const ids[DISKS] = {
    "aaaaaa-0000-0000-0000-0000-0000-000000",
    "bbbbbb-0000-0000-0000-0000-0000-000000",
    "cccccc-0000-0000-0000-0000-0000-000000",
};

/* Sequence, name, then what differs. 128 sectors an extent, 40 extents a physical volume. */
#define PV(name, id)                                                                               \
    name " { id = \"" id "\" device = \"/dev/sdx\" pe_start = 2056 pe_count = 40 }\n"
#define PVS(flags)                                                                                 \
    "physical_volumes {\n" PV("pv0", "aaaaaa-0000-0000-0000-0000-0000-000000")                     \
        PV("pv1",                                                                                  \
           "bbbbbb-0000-0000-0000-0000-0000-000000") "pv2 { id = "                                 \
                                                     "\"cccccc-0000-0000-0000-0000-0000-000000\" " \
                                                     "pe_start = 2056 pe_count = 40 " flags        \
                                                     " }\n}\n"
#define LV(name, id, segments, body)                                                               \
    name " { id = \"" id "-0000-0000-0000-0000-0000-000000\" status = [\"READ\", \"WRITE\", "      \
         "\"VISIBLE\"] segment_count = " segments "\n" body "}\n"
#define LINEAR(number, start, count, pv, extent)                                                   \
    "segment" number " { start_extent = " start " extent_count = " count                           \
    " type = \"striped\" stripe_count = 1 stripes = [\"" pv "\", " extent "] }\n"
#define VOLUMES                                                                                    \
    LV("root", "rrrrrr", "2", LINEAR("1", "0", "3", "pv0", "2") LINEAR("2", "3", "4", "pv1", "0")) \
    LV("fast", "ffffff", "1",                                                                      \
       "segment1 { start_extent = 0 extent_count = 6 type = \"striped\" stripe_count = 3 "         \
       "stripe_size = 32 stripes = [\"pv0\", 10, \"pv1\", 10, \"pv2\", 20] }\n")                   \
    LV("home", "hhhhhh", "1", LINEAR("1", "0", "5", "pv2", "0"))                                   \
    LV("th", "tttttt", "1", "segment1 { start_extent = 0 extent_count = 9 type = \"thin\" }\n")    \
    "hidden { id = \"xxxxxx-0000-0000-0000-0000-0000-000000\" status = [\"READ\"] "                \
    "segment_count = 1\n" LINEAR("1", "0", "1", "pv1", "39") "}\n"

#define GROUP(name, id, sequence, flags, volumes)                                                  \
    name " {\nid = \"" id "-0000-0000-0000-0000-0000-000000\"\nseqno = " sequence                  \
         "\nextent_size = 128\n" PVS(                                                              \
             flags) "logical_volumes {\n" volumes "}\n}\n"                                         \
                    "contents = \"Text Format Volume Group\"\nversion = 1\n"

static const char group_text[] = GROUP("vg-a", "gggggg", "5", "", VOLUMES);

typedef struct {
    Disk *disks[DISKS];
    LvmLabel *labels[DISKS];
    LvmMember members[DISKS];
} Test;

static void setup(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < DISKS; i++)
        test->disks[i] = disk_new_memory(DISK_BYTES, 512);
}

static void teardown(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    for (guint i = 0; i < DISKS; i++) {
        lvm_label_free(test->labels[i]);
        disk_unref(test->disks[i]);
    }
}

static void write_all(Test *test, const char *text)
{
    for (guint i = 0; i < DISKS; i++)
        lvm_writer_write(test->disks[i], &(LvmWriterOptions){ids[i], text, 1, 1, 0, 0, 0, 0});
}

static LvmSet *assemble(Test *test)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < DISKS; i++) {
        lvm_label_free(test->labels[i]);
        test->labels[i] = lvm_label_read(test->disks[i], &error);
        g_assert_no_error(error);
        test->members[i] = (LvmMember){test->labels[i], test->disks[i]};
    }
    return lvm_assemble(test->members, DISKS);
}

static const LvmGroup *get_group(const LvmSet *set, guint index, const char *name,
                                 uint64_t sequence)
{
    g_assert_cmpuint(set->groups->len, >, index);
    const LvmGroup *group = g_ptr_array_index(set->groups, index);
    g_assert_cmpstr(group->name, ==, name);
    g_assert_cmpuint(group->sequence, ==, sequence);
    return group;
}

static LvmVolume *get_volume(const LvmGroup *group, const char *name)
{
    for (guint i = 0; i < group->volumes->len; i++) {
        LvmVolume *volume = g_ptr_array_index(group->volumes, i);
        if (g_str_equal(volume->name, name))
            return volume;
    }
    return NULL;
}

static void test_group(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_all(test, group_text);
    g_autoptr(LvmSet) set = assemble(test);
    g_assert_cmpuint(set->groups->len, ==, 1);
    const LvmGroup *group = get_group(set, 0, "vg-a", 5);
    g_assert_cmpstr(group->id, ==, "gggggg-0000-0000-0000-0000-0000-000000");
    g_assert_cmpuint(group->members->len, ==, 3);
    g_assert_cmpuint(group->missing->len, ==, 0);
    g_assert_cmpuint(group->volumes->len, ==, 4);
    g_assert_cmpuint(set->damaged->len + set->duplicate->len + set->unknown->len, ==, 0);

    const LvmVolume *root = get_volume(group, "root"), *thin = get_volume(group, "th");
    g_assert_cmpstr(root->id, ==, "rrrrrr-0000-0000-0000-0000-0000-000000");
    g_assert_cmpstr(root->type, ==, "linear");
    g_assert_cmpuint(root->size_bytes, ==, 7 * EXTENT_BYTES);
    g_assert_cmpuint(disk_size(root->disk), ==, 7 * EXTENT_BYTES);
    g_assert_cmpstr(disk_name(root->disk), ==, "vg-a/root");
    g_assert_cmpstr(get_volume(group, "fast")->type, ==, "striped");
    g_assert_cmpuint(get_volume(group, "home")->first_member, ==, 2);
    g_assert_null(thin->disk);
    g_assert_null(thin->problem);
    g_assert_cmpstr(thin->type, ==, "thin");
    g_assert_cmpuint(thin->size_bytes, ==, 9 * EXTENT_BYTES);
    g_assert_null(get_volume(group, "hidden"));

    g_autofree char *mapper = lvm_mapper_name(group->name, "ro-ot-");
    g_assert_cmpstr(mapper, ==, "/dev/mapper/vg--a-ro--ot--");
}

/* Where the bytes of a logical volume lie, worked out by hand from VOLUMES. */
static const struct {
    const char *volume;
    uint64_t offset;
    guint disk;
    uint64_t extents, in_extent;
} places[] = {
    {"root", 0, 0, 2, 0},
    {"root", 3 * EXTENT_BYTES - 512, 0, 4, EXTENT_BYTES - 512},
    {"root", 3 * EXTENT_BYTES, 1, 0, 0},
    {"root", 7 * EXTENT_BYTES - 512, 1, 3, EXTENT_BYTES - 512},
    {"fast", 0, 0, 10, 0},
    {"fast", 16384, 1, 10, 0},
    {"fast", 32768 + 512, 2, 20, 512},
    {"fast", 49152, 0, 10, 16384},
    {"fast", 6 * EXTENT_BYTES - 512, 2, 21, EXTENT_BYTES - 512},
    {"home", 4 * EXTENT_BYTES, 2, 4, 0},
};

static void test_places(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_all(test, group_text);
    g_autoptr(LvmSet) set = assemble(test);
    const LvmGroup *group = get_group(set, 0, "vg-a", 5);
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        uint8_t bytes[512], back[512];
        Disk *disk = get_volume(group, places[i].volume)->disk;
        uint64_t at = START_BYTES + places[i].extents * EXTENT_BYTES + places[i].in_extent;
        test_fill(bytes, sizeof(bytes), i + 1);
        assert_ok(disk_write(disk, places[i].offset, bytes, sizeof(bytes), &error), error);
        assert_ok(disk_flush(disk, &error), error);
        assert_ok(disk_read(test->disks[places[i].disk], at, back, sizeof(back), &error), error);
        g_assert_true(memcmp(bytes, back, sizeof(back)) == 0);
        assert_ok(disk_discard(disk, places[i].offset, sizeof(bytes), &error), error);
        assert_ok(disk_read(test->disks[places[i].disk], at, back, sizeof(back), &error), error);
        memset(bytes, 0, sizeof(bytes));
        g_assert_true(memcmp(bytes, back, sizeof(back)) == 0);
    }
}

/* Whoever lacks a disk keeps the volumes that are elsewhere. */
static void test_missing(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_all(test, group_text);
    g_autoptr(LvmSet) whole = assemble(test);
    g_autoptr(LvmSet) set = lvm_assemble(test->members, 2);
    const LvmGroup *group = get_group(set, 0, "vg-a", 5);
    g_assert_cmpuint(group->missing->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(group->missing, 0), "cccccc"));
    g_assert_nonnull(get_volume(group, "root")->disk);
    g_assert_null(get_volume(group, "home")->disk);
    g_assert_nonnull(strstr(get_volume(group, "home")->problem, "needs the physical volume"));
    g_assert_null(get_volume(group, "fast")->disk);

    g_autoptr(LvmSet) none = lvm_assemble(test->members, 0);
    g_assert_cmpuint(none->groups->len, ==, 0);
}

/* LVM went on without that disk; what it holds is old. */
static void test_marked_missing(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_all(test, GROUP("vg-a", "gggggg", "5", "flags = [\"MISSING\"]", VOLUMES));
    g_autoptr(LvmSet) set = assemble(test);
    const LvmGroup *group = get_group(set, 0, "vg-a", 5);
    g_assert_cmpuint(group->missing->len, ==, 1);
    g_assert_null(get_volume(group, "home")->disk);
}

/* A disk that is shorter than its volumes: those that reach beyond its end are left out. */
static void test_short_disk(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_all(test, group_text);
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) cut =
        disk_new_window(test->disks[1], 0, START_BYTES + 3 * EXTENT_BYTES, "cut", &error);
    g_assert_no_error(error);
    g_autoptr(LvmSet) whole = assemble(test);
    test->members[1].disk = cut;
    g_autoptr(LvmSet) set = lvm_assemble(test->members, DISKS);
    const LvmGroup *group = get_group(set, 0, "vg-a", 5);
    g_assert_null(get_volume(group, "root")->disk);
    g_assert_nonnull(strstr(get_volume(group, "root")->problem, "not on its disks"));
    g_assert_nonnull(get_volume(group, "home")->disk);
}

static void test_newest(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_all(test, group_text);
    lvm_writer_write(
        test->disks[1],
        &(LvmWriterOptions){ids[1],
                            GROUP("renamed", "gggggg", "6", "",
                                  LV("new", "nnnnnn", "1", LINEAR("1", "0", "1", "pv0", "0"))),
                            0, 1, 0, 0, 0, 0});
    /* The old label behind the new one is no longer looked at. */
    g_autoptr(LvmSet) set = assemble(test);
    g_assert_cmpuint(set->groups->len, ==, 1);
    const LvmGroup *group = get_group(set, 0, "renamed", 6);
    g_assert_cmpuint(group->volumes->len, ==, 1);
    g_assert_nonnull(get_volume(group, "new")->disk);
}

static void test_same_name(Test *test, gconstpointer data G_GNUC_UNUSED)
{
#define ONE(group, pv)                                                                             \
    "vg { id = \"" group "-0000-0000-0000-0000-0000-000000\" seqno = 1 extent_size = 128\n"        \
    "physical_volumes { " PV("pv0", pv) " } logical_volumes {\n" LV(                               \
        "root", group, "1", LINEAR("1", "0", "1", "pv0", "0")) "}\n}\n"
    lvm_writer_write(test->disks[0],
                     &(LvmWriterOptions){ids[0],
                                         ONE("gggggg", "aaaaaa-0000-0000-0000-0000-0000-000000"), 1,
                                         1, 0, 0, 0, 0});
    lvm_writer_write(test->disks[1],
                     &(LvmWriterOptions){ids[1],
                                         ONE("hhhhhh", "bbbbbb-0000-0000-0000-0000-0000-000000"), 1,
                                         1, 0, 0, 0, 0});
    lvm_writer_write(test->disks[2], &(LvmWriterOptions){ids[2], NULL, 1, 1, 0, 0, 0, 0});
    g_autoptr(LvmSet) set = assemble(test);
    g_assert_cmpuint(set->groups->len, ==, 2);
    const LvmGroup *first = get_group(set, 0, "vg", 1), *second = get_group(set, 1, "vg", 1);
    g_assert_cmpstr(first->id, !=, second->id);
    g_assert_cmpuint(get_volume(first, "root")->first_member, ==, 0);
    g_assert_cmpuint(get_volume(second, "root")->first_member, ==, 1);
    /* The third is in no group, which is no news. */
    g_assert_cmpuint(set->unknown->len, ==, 0);
}

static void test_duplicate(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_all(test, group_text);
    /* An older copy of the second disk in place of the third. */
    lvm_writer_write(
        test->disks[2],
        &(LvmWriterOptions){ids[1], GROUP("vg-a", "gggggg", "4", "", ""), 1, 1, 0, 0, 0, 0});
    g_autoptr(LvmSet) set = assemble(test);
    g_assert_cmpuint(set->groups->len, ==, 1);
    g_assert_cmpuint(set->duplicate->len, ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_ptr_array_index(set->duplicate, 0)), ==, 2);
    const LvmGroup *group = get_group(set, 0, "vg-a", 5);
    g_assert_cmpuint(group->missing->len, ==, 1);
    g_assert_nonnull(get_volume(group, "root")->disk);
}

typedef struct {
    const char *label;
    LvmWriterOptions options; /* id and text are filled in */
    guint texts, damaged;
} LabelRow;

static const LabelRow label_rows[] = {
    {"sector 0", {.label_sector = 0, .areas = 1}, 1, 0},
    {"sector 3", {.label_sector = 3, .areas = 1}, 1, 0},
    {"no area", {.label_sector = 1, .areas = 0}, 0, 0},
    {"two areas", {.label_sector = 1, .areas = 2}, 2, 0},
    {"text across the end of the ring",
     {.label_sector = 1, .areas = 1, .text_offset = LVM_WRITER_AREA_BYTES - 700},
     1,
     0},
    {"text at the end of the ring",
     {.label_sector = 1, .areas = 1, .text_offset = LVM_WRITER_AREA_BYTES - 1},
     1,
     0},
    {"areas that are ignored", {.label_sector = 1, .areas = 2, .is_ignored = TRUE}, 0, 0},
    {"damaged text, second area", {.label_sector = 1, .areas = 2, .damage_first = TRUE}, 1, 1},
    {"damaged text, no other", {.label_sector = 1, .areas = 1, .damage_first = TRUE}, 0, 1},
    {"text beyond its area", {.label_sector = 1, .areas = 2, .damage_location = TRUE}, 1, 1},
};

static void test_labels(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(label_rows); i++) {
        const LabelRow *row = &label_rows[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) disk = disk_new_memory(DISK_BYTES, 512);
        LvmWriterOptions options = row->options;
        options.id = ids[0];
        options.text = group_text;
        lvm_writer_write(disk, &options);
        g_test_message("%s", row->label);
        g_autoptr(LvmLabel) label = lvm_label_read(disk, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(label->id, ==, "aaaaaa00000000000000000000000000");
        g_assert_cmpuint(label->texts->len, ==, row->texts);
        g_assert_cmpuint(label->damaged, ==, row->damaged);
        for (guint j = 0; j < label->texts->len; j++)
            g_assert_cmpstr(g_bytes_get_data(g_ptr_array_index(label->texts, j), NULL), ==,
                            group_text);
    }
}

/* One wrong byte anywhere in label, header and text is noticed, or is in none of them. */
static void test_damage(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_all(test, group_text);
    const struct {
        uint64_t offset, length;
    } ranges[] = {{512, 512}, {4096, 512 + sizeof(group_text)}};
    for (guint i = 0; i < G_N_ELEMENTS(ranges); i++)
        for (uint64_t at = ranges[i].offset; at < ranges[i].offset + ranges[i].length; at++) {
            g_autoptr(GError) error = NULL;
            uint8_t byte, changed;
            assert_ok(disk_read(test->disks[0], at, &byte, 1, &error), error);
            changed = byte ^ 0x10;
            assert_ok(disk_write(test->disks[0], at, &changed, 1, &error), error);
            g_autoptr(LvmLabel) label = lvm_label_read(test->disks[0], &error);
            g_assert_true(!label || label->damaged == 1);
            if (!label)
                g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
            g_clear_error(&error);
            assert_ok(disk_write(test->disks[0], at, &byte, 1, &error), error);
        }
}

/* The other disks know the group; the one with the damaged area is named. */
static void test_damaged_area(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    write_all(test, group_text);
    lvm_writer_write(test->disks[1], &(LvmWriterOptions){ids[1], group_text, 1, 1, 0, 0, TRUE, 0});
    g_autoptr(LvmSet) set = assemble(test);
    g_assert_nonnull(get_volume(get_group(set, 0, "vg-a", 5), "fast")->disk);
    g_assert_cmpuint(set->damaged->len, ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_ptr_array_index(set->damaged, 0)), ==, 1);

    lvm_writer_write(test->disks[0], &(LvmWriterOptions){ids[0], "vg {", 1, 1, 0, 0, 0, 0});
    lvm_writer_write(test->disks[2], &(LvmWriterOptions){ids[2], NULL, 1, 0, 0, 0, 0, 0});
    g_autoptr(LvmSet) lost = assemble(test);
    g_assert_cmpuint(lost->groups->len, ==, 0);
    g_assert_cmpuint(lost->unknown->len, ==, 2);
}

static void test_no_label(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) zeros = disk_new_memory(4096, 512), tiny = disk_new_memory(512, 512);
    g_assert_null(lvm_label_read(zeros, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_null(lvm_label_read(tiny, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

/* pvck(8) reads what the writer above has written, and says the same of it. */
static void test_pvck(void)
{
    static const char *const programs[] = {"sh", "pvck", NULL};
    if (!test_has_programs(programs))
        return;
    g_autoptr(GError) error = NULL;
    char *folder = test_folder_make();
    g_autofree char *path = g_build_filename(folder, "pv", NULL);
    test_make_file(path, DISK_BYTES);
    {
        g_autoptr(Disk) disk = disk_open_file(path, TRUE, 512, &error);
        g_assert_no_error(error);
        lvm_writer_write(disk, &(LvmWriterOptions){ids[0], group_text, 1, 2,
                                                   LVM_WRITER_AREA_BYTES - 700, 0, 0, 0});
        assert_ok(disk_flush(disk, &error), error);
    }
    g_autofree char *command = g_strdup_printf(
        "export LVM_SUPPRESS_FD_WARNINGS=1; pvck --dump metadata '%s' > '%s/out' 2>&1 && "
        "grep 'vgname vg-a seqno 5' '%s/out' && ! grep -i -E 'invalid|bad|wrong' '%s/out'",
        path, folder, folder, folder);
    TEST_RUN("sh", "-c", command);
    test_folder_remove(folder);
}

/* Volumes that LVM itself has written. */
static const struct {
    const char *file, *decompressor;
    const char *group, *volume, *type;
    const char *label; /* of the filesystem; NULL: not mapped */
    guint missing;
} samples[] = {
    {"volumes/lvm/lvm.bin.gz", "gzip", "vg_test", "lv_test", "linear", "", 0},
    {"volumes/lvm/lvm.qcow2", NULL, "test_volume_group", "test_logical_volume", "linear",
     "ext2_test", 0},
    {"volumes/lvm/lvm-mirror-1.bin.gz", "gzip", "lvm-mirror", "mirrormirror", "mirror", NULL, 1},
    {"volumes/lvm/lvm-mirror-2.bin.gz", "gzip", "lvm-mirror", "mirrormirror", "mirror", NULL, 1},
};

static void test_samples(void)
{
    static const char *const programs[] = {"qemu-img", "gzip", NULL};
    if (!test_has_programs(programs))
        return;
    char *folder = test_folder_make();
    for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *source = test_data_path(samples[i].file);
        g_autofree char *path = g_strdup_printf("%s/%u", folder, i);
        g_autoptr(GError) error = NULL;
        if (!source) {
            g_test_skip("no test data");
            continue;
        }
        g_test_message("%s", samples[i].file);
        if (samples[i].decompressor)
            test_decompress(samples[i].decompressor, source, path);
        else
            TEST_RUN("qemu-img", "convert", "-O", "raw", source, path);
        g_autoptr(Disk) disk = disk_open_file(path, FALSE, 512, &error);
        g_assert_no_error(error);
        g_autoptr(LvmLabel) label = lvm_label_read(disk, &error);
        g_assert_no_error(error);
        LvmMember member = {label, disk};
        g_autoptr(LvmSet) set = lvm_assemble(&member, 1);
        g_assert_cmpuint(set->groups->len, ==, 1);
        const LvmGroup *group = g_ptr_array_index(set->groups, 0);
        g_assert_cmpstr(group->name, ==, samples[i].group);
        g_assert_cmpuint(group->missing->len, ==, samples[i].missing);
        g_assert_cmpuint(group->volumes->len, ==, 1);
        const LvmVolume *volume = g_ptr_array_index(group->volumes, 0);
        g_assert_cmpstr(volume->name, ==, samples[i].volume);
        g_assert_cmpstr(volume->type, ==, samples[i].type);
        g_assert_cmpuint(volume->size_bytes, ==, 4 * MIB);
        g_assert_true((volume->disk != NULL) == (samples[i].label != NULL));
        if (!volume->disk)
            continue;
        g_autoptr(VolumeProbe) probe = volume_probe(volume->disk, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(probe->label ? probe->label : "", ==, samples[i].label);
    }
    test_folder_remove(folder);
}

#define ADD(name, function) g_test_add("/disk/lvm/" name, Test, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
    test_start(argc, argv);
    ADD("group", test_group);
    ADD("places", test_places);
    ADD("missing", test_missing);
    ADD("marked-missing", test_marked_missing);
    ADD("short-disk", test_short_disk);
    ADD("newest", test_newest);
    ADD("same-name", test_same_name);
    ADD("duplicate", test_duplicate);
    ADD("damage", test_damage);
    ADD("damaged-area", test_damaged_area);
    g_test_add_func("/disk/lvm/labels", test_labels);
    g_test_add_func("/disk/lvm/no-label", test_no_label);
    g_test_add_func("/disk/lvm/pvck", test_pvck);
    g_test_add_func("/disk/lvm/samples", test_samples);
    return g_test_run();
}
