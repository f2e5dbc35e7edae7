/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the boot sectors of old releases are told of their disk. */
#include "windows/boot_sector.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/bytes.h"
#include "tests/unit/windows/support.h"

#define MIB ((uint64_t)1024 * 1024)
#define CYLINDER ((uint64_t)16 * 63 * 512)

enum { SECTOR = 512, TABLE = 446, GEOMETRY = 0x18 };

/* An entry whose partition ends at that head and sector; no sectors: none. */
static void make_mbr(uint8_t mbr[SECTOR], guint end_head, guint end_sector)
{
    memset(mbr, 0, SECTOR);
    put_le16(mbr + 510, 0xaa55);
    if (end_sector == 0)
        return;
    mbr[TABLE + 5] = (uint8_t)end_head;
    mbr[TABLE + 6] = (uint8_t)end_sector;
    put_le32(mbr + TABLE + 12, 1000);
}

static void test_geometry(void)
{
    static const struct {
        const char *label;
        uint64_t size;
        guint end_head, end_sector, heads, per_track;
    } rows[] = {
        {"small, no table", 400 * MIB, 0, 0, 16, 63},
        {"the last without translation", 1024 * CYLINDER, 0, 0, 16, 63},
        {"the first with it", 1025 * CYLINDER, 0, 0, 32, 63},
        {"2 GB", 4096 * CYLINDER, 254, 63, 64, 63},
        {"4 GB", 8192 * CYLINDER, 254, 63, 128, 63},
        {"a little more", 8200 * CYLINDER, 254, 63, 128, 63},
        {"more than INT 13h names with 128", 8300 * CYLINDER, 254, 63, 255, 63},
        {"usual", 40960 * MIB, 254, 63, 255, 63},
        {"made with 240 heads", 40960 * MIB, 239, 63, 255, 63},
        {"made without translation", 2000 * MIB, 15, 63, 16, 63},
        {"made with few heads and sectors", 200 * MIB, 7, 32, 8, 32},
        {"made so, on a disk that is too large for it", 40960 * MIB, 15, 63, 255, 63},
        {"nonsense in the table", 2000 * MIB, 15, 0x40, 64, 63},
        {"nothing", 0, 15, 63, 16, 63},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t mbr[SECTOR];
        BootGeometry geometry;

        g_test_message("%s", rows[i].label);
        make_mbr(mbr, rows[i].end_head, rows[i].end_sector);
        geometry = boot_geometry_of_disk(rows[i].size, mbr);
        g_assert_cmpuint(geometry.heads, ==, rows[i].heads);
        g_assert_cmpuint(geometry.sectors_per_track, ==, rows[i].per_track);
        mbr[510] = 0; /* no boot record at all */
        geometry = boot_geometry_of_disk(rows[i].size, mbr);
        g_assert_cmpuint(geometry.sectors_per_track, ==, 63);
    }
}

/* A machine with one disk and one volume on it; everything is the set's. */
typedef struct {
    VolumeSet *set;
    Volume *volume;
    Partition partition;
    PartitionTable table;
    Guest guest;
    FsTree *tree;
    Edits *edits;
} Fixture;

static void drop_disk(gpointer disk)
{
    disk_unref(disk);
}

static void fixture_init(Fixture *fixture, const char *windows, uint64_t disk_mib,
                         const char *volume_path)
{
    const char *const facts[] = {windows, "type:client", NULL};
    g_autofree char *path = g_strconcat(volume_path, ".disk", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = NULL;
    uint8_t mbr[SECTOR];

    g_assert_true(g_file_set_contents(path, "", 0, &error));
    g_assert_cmpint(truncate(path, (off_t)(disk_mib * MIB)), ==, 0);
    *fixture = (Fixture){.set = g_new0(VolumeSet, 1), .volume = g_new0(Volume, 1)};
    fixture->set->disks = g_ptr_array_new_with_free_func(drop_disk);
    fixture->set->volumes = g_ptr_array_new();
    disk = disk_open_file(path, TRUE, SECTOR, &error);
    g_assert_no_error(error);
    make_mbr(mbr, 254, 63);
    g_assert_true(disk_write(disk, 0, mbr, sizeof mbr, &error));
    g_ptr_array_add(fixture->set->disks, disk_ref(disk));
    fixture->table.kind = PARTITION_TABLE_MBR;
    fixture->partition.bootable = TRUE;
    *fixture->volume = (Volume){.table = &fixture->table,
                                .partition = &fixture->partition,
                                .name = g_strdup("sda1"),
                                .disk = disk_open_file(volume_path, TRUE, SECTOR, &error)};
    g_assert_no_error(error);
    g_ptr_array_add(fixture->set->volumes, fixture->volume);
    fixture->guest.profiles = profiles_load(NULL, &error);
    g_assert_no_error(error);
    fixture->guest.profile_section = profiles_match(fixture->guest.profiles, facts);
    g_assert_nonnull(fixture->guest.profile_section);
    fixture->guest.firmware = FIRMWARE_BIOS;
    fixture->tree = fs_tree_new();
    fixture->edits = edits_new(fixture->tree);
}

static void fixture_clear(Fixture *fixture)
{
    edits_free(fixture->edits);
    fs_tree_free(fixture->tree);
    profiles_free(fixture->guest.profiles);
    disk_unref(fixture->volume->disk);
    g_free(fixture->volume->name);
    g_free(fixture->volume);
    g_ptr_array_unref(fixture->set->volumes);
    g_ptr_array_unref(fixture->set->disks);
    g_free(fixture->set);
}

/* 32 MiB made by the real programs for a disk of other heads; FALSE: the program is not installed.
 */
static gboolean make_volume(const char *program, const char *path)
{
    g_autofree char *quoted = g_shell_quote(path);
    g_autofree char *found = g_find_program_in_path(program);
    g_autofree char *sbin = g_strconcat("/usr/sbin/", program, NULL);
    const char *command = found ? found : g_file_test(sbin, G_FILE_TEST_EXISTS) ? sbin : NULL;
    const char *options =
        g_str_equal(program, "mkntfs") ? "-F -Q -q -H 240 -S 63 -p 63" : "-g 240/63 -h 63 -F 32";
    int status;

    if (!command)
        return FALSE;
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_cmpint(truncate(path, (off_t)(64 * MIB)), ==, 0);
    g_autofree char *line = g_strdup_printf("%s %s %s", command, options, quoted);
    g_assert_true(g_spawn_command_line_sync(line, NULL, NULL, &status, NULL));
    g_assert_true(g_spawn_check_wait_status(status, NULL));
    return TRUE;
}

static void test_volumes(void)
{
    static const char *const programs[] = {"mkntfs", "mkfs.vfat"};
    g_autofree char *folder = test_make_folder();
    g_autofree char *path = g_build_filename(folder, "volume", NULL);

    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        uint8_t before[SECTOR], after[SECTOR];
        g_autoptr(GError) error = NULL;
        Fixture fixture;

        if (!make_volume(programs[i], path)) {
            g_test_message("%s is not installed: skipped", programs[i]);
            continue;
        }
        fixture_init(&fixture, "windows:5.1", 10240, path);
        g_assert_true(disk_read(fixture.volume->disk, 0, before, sizeof before, &error));
        g_assert_cmpuint(get_le16(before + GEOMETRY), ==, 63);
        g_assert_cmpuint(get_le16(before + GEOMETRY + 2), ==, 240);
        g_assert_true(boot_sector_stage(&fixture.guest, fixture.set, fixture.edits, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(edits_count(fixture.edits), ==, 1);
        g_assert_true(edits_apply(fixture.edits, &error));
        g_assert_true(disk_read(fixture.volume->disk, 0, after, sizeof after, &error));
        g_assert_no_error(error);
        put_le16(before + GEOMETRY + 2, 255);
        g_assert_cmpint(memcmp(before, after, sizeof before), ==, 0);
        edits_free(fixture.edits);
        fixture.edits = edits_new(fixture.tree);
        g_assert_true(boot_sector_stage(&fixture.guest, fixture.set, fixture.edits, &error));
        g_assert_cmpuint(edits_count(fixture.edits), ==, 0);
        fixture_clear(&fixture);
    }
    test_remove_folder(folder);
}

static void make_uefi(Fixture *fixture)
{
    fixture->guest.firmware = FIRMWARE_UEFI;
}

static void make_gpt(Fixture *fixture)
{
    fixture->table.kind = PARTITION_TABLE_GPT;
}

static void make_inactive(Fixture *fixture)
{
    fixture->partition.bootable = FALSE;
}

static void make_whole_disk(Fixture *fixture)
{
    fixture->volume->partition = NULL;
}

static void make_root(Fixture *fixture)
{
    fixture->partition.bootable = FALSE;
    fixture->guest.root = fixture->volume;
}

static void keep(Fixture *fixture)
{
    (void)fixture;
}

static void clear_oem(Fixture *fixture)
{
    g_assert_true(disk_write(fixture->volume->disk, 3, "-FVE-FS-", 8, NULL));
}

static void clear_signature(Fixture *fixture)
{
    g_assert_true(disk_write(fixture->volume->disk, 510, "\0\0", 2, NULL));
}

static void test_left_alone(void)
{
    static const struct {
        const char *label, *windows;
        void (*change)(Fixture *fixture);
        guint expected;
    } rows[] = {
        {"XP", "windows:5.1", keep, 1},
        {"2000, not the active partition", "windows:5.0", make_root, 1},
        {"NT 4", "windows:4.0", keep, 1},
        {"Vista ignores it", "windows:6.0", keep, 0},
        {"10", "windows:10.0", keep, 0},
        {"UEFI", "windows:5.1", make_uefi, 0},
        {"GPT", "windows:5.1", make_gpt, 0},
        {"neither active nor the system's", "windows:5.1", make_inactive, 0},
        {"no partition", "windows:5.1", make_whole_disk, 0},
        {"encrypted", "windows:5.1", clear_oem, 0},
        {"no boot sector", "windows:5.1", clear_signature, 0},
    };
    g_autofree char *folder = test_make_folder();
    g_autofree char *path = g_build_filename(folder, "volume", NULL);
    uint8_t sector[SECTOR] = {0};

    memcpy(sector + 3, "NTFS    ", 8);
    put_le16(sector + 510, 0xaa55);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        Fixture fixture;

        g_test_message("%s", rows[i].label);
        g_assert_true(g_file_set_contents(path, (const char *)sector, sizeof sector, &error));
        fixture_init(&fixture, rows[i].windows, 100, path);
        rows[i].change(&fixture);
        g_assert_true(boot_sector_stage(&fixture.guest, fixture.set, fixture.edits, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(edits_count(fixture.edits), ==, rows[i].expected);
        fixture_clear(&fixture);
    }
    test_remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/boot-sector/geometry", test_geometry);
    g_test_add_func("/windows/boot-sector/volumes", test_volumes);
    g_test_add_func("/windows/boot-sector/left-alone", test_left_alone);
    return g_test_run();
}
