/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What volumes hold: libblkid's own test images, and fresh filesystems. */
#include "disk/probe.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/run.h"
#include "support.h"

#define SUITE "filesystems/blkid-suite"

static VolumeProbe *probe_file(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = disk_open_file(path, FALSE, 512, &error);
    g_assert_no_error(error);
    VolumeProbe *probe = volume_probe(disk, &error);
    g_assert_no_error(error);
    g_assert_nonnull(probe);
    return probe;
}

/* udev's way to write odd bytes: \xNN. */
static char *decode_value(const char *text)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    for (; *text; text++) {
        if (g_str_has_prefix(text, "\\x")) {
            g_string_append_c(
                bytes, (char)(g_ascii_xdigit_value(text[2]) * 16 + g_ascii_xdigit_value(text[3])));
            text += 3;
        } else {
            g_string_append_c(bytes, *text);
        }
    }
    return g_utf8_make_valid(bytes->str, (gssize)bytes->len);
}

/* value is what the line "ID_FS_<name>=…" of text says, or NULL and there is none. */
static gboolean value_matches(const char *value, const char *text, const char *name)
{
    g_autofree char *prefix = g_strdup_printf("ID_FS_%s=", name);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        if (g_str_has_prefix(lines[i], prefix)) {
            g_autofree char *expected = decode_value(lines[i] + strlen(prefix));
            return g_strcmp0(value, expected) == 0;
        }
    }
    return value == NULL;
}

static gboolean probe_matches(const VolumeProbe *probe, const char *text)
{
    return value_matches(probe->type, text, "TYPE") && value_matches(probe->usage, text, "USAGE") &&
           value_matches(probe->uuid, text, "UUID_ENC") &&
           value_matches(probe->label, text, "LABEL_ENC") &&
           value_matches(probe->version, text, "VERSION");
}

/* The tool on the whole file: the same library as ours, seeing everything. */
static char *ask_blkid(const char *path)
{
    const char *argv[] = {"blkid", "-p", "-o", "udev", path, NULL};
    char *output = NULL;
    return run_program(argv, NULL, &output, NULL) ? output : g_strdup("");
}

/* The expected files belong to the newest libblkid; what the host's does not know yet, its own
   blkid does not know either. */
static void test_suite(void)
{
    static const char *const programs[] = {"xz", "blkid", NULL};
    g_autofree char *suite = test_data_path(SUITE);
    if (!suite) {
        g_test_skip("there is no test data");
        return;
    }
    if (!test_has_programs(programs))
        return;
    char *folder = test_folder_make();
    g_autofree char *image = g_build_filename(folder, "image", NULL);
    g_autoptr(GDir) dir = g_dir_open(suite, 0, NULL);
    guint matches = 0, total = 0;
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        if (!g_str_has_suffix(name, ".expected"))
            continue;
        g_autofree char *expected_path = g_build_filename(suite, name, NULL);
        g_autofree char *expected = NULL;
        g_assert_true(g_file_get_contents(expected_path, &expected, NULL, NULL));
        g_autofree char *stem = g_strndup(name, strlen(name) - strlen(".expected"));
        g_autofree char *packed = g_strdup_printf("%s/%s.img.xz", suite, stem);
        test_decompress("xz", packed, image);
        g_autoptr(VolumeProbe) probe = probe_file(image);
        total++;
        if (probe_matches(probe, expected)) {
            matches++;
            continue;
        }
        g_autofree char *host = ask_blkid(image);
        if (!probe_matches(probe, host))
            g_error("%s: %s %s %s %s, but blkid says\n%s", stem, probe->type, probe->usage,
                    probe->uuid, probe->version, host);
        g_test_message("%s: another result than the newest libblkid, like the host's", stem);
    }
    g_test_message("%u of %u as the newest libblkid", matches, total);
    g_assert_cmpuint(total, >=, 20);
    g_assert_cmpuint(matches, >=, total * 3 / 4);
    test_folder_remove(folder);
}

static void test_fresh(void)
{
    static const struct {
        const char *command; /* for sh; $1 is the file */
        const char *program;
        uint64_t size;
        const char *type, *usage, *uuid, *label, *version;
    } rows[] = {
        {"mke2fs -q -t ext4 -L 'root fs' -U 11111111-2222-3333-4444-555555555555 $1", "mke2fs",
         64 << 20, "ext4", "filesystem", "11111111-2222-3333-4444-555555555555", "root fs", "1.0"},
        {"mke2fs -q -t ext2 -L b $1", "mke2fs", 8 << 20, "ext2", "filesystem", NULL, "b", "1.0"},
        {"mkfs.vfat -F 32 -i 1234abcd -n 'ESP DATA' $1 >$1.log && rm $1.log", "mkfs.vfat",
         UINT64_C(64) << 20, "vfat", "filesystem", "1234-ABCD", "ESP DATA", "FAT32"},
        {"mkfs.vfat -F 16 -i 1234abcd $1 >$1.log && rm $1.log", "mkfs.vfat", 32 << 20, "vfat",
         "filesystem", "1234-ABCD", NULL, "FAT16"},
        {"mkntfs -q -F -f -L 'Système' $1", "mkntfs", 16 << 20, "ntfs", "filesystem", NULL,
         "Système", NULL},
        {"mkswap -q -L sw -U 11111111-2222-3333-4444-555555555555 $1", "mkswap", 4 << 20, "swap",
         "other", "11111111-2222-3333-4444-555555555555", "sw", "1"},
        {"mkfs.xfs -q -L data $1", "mkfs.xfs", UINT64_C(320) << 20, "xfs", "filesystem", NULL,
         "data", NULL},
        {"mkfs.btrfs -q -L data $1", "mkfs.btrfs", UINT64_C(128) << 20, "btrfs", "filesystem", NULL,
         "data", NULL},
        {"cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 $1 "
         "/etc/hostname",
         "cryptsetup", 32 << 20, "crypto_LUKS", "crypto", NULL, NULL, "2"},
        {"true", "true", 4 << 20, NULL, NULL, NULL, NULL, NULL},
        {"true", "true", 100, NULL, NULL, NULL, NULL, NULL},
        {"true", "true", 0, NULL, NULL, NULL, NULL, NULL},
    };
    char *folder = test_folder_make();
    g_autofree char *image = g_build_filename(folder, "image", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *found = g_find_program_in_path(rows[i].program);
        if (!found) {
            g_test_message("%s is not installed, skipping its row", rows[i].program);
            continue;
        }
        test_make_file(image, rows[i].size);
        TEST_RUN("sh", "-c", rows[i].command, "sh", image);
        g_autoptr(VolumeProbe) probe = probe_file(image);
        g_assert_cmpstr(probe->type, ==, rows[i].type);
        g_assert_cmpstr(probe->usage, ==, rows[i].usage);
        g_assert_cmpstr(probe->label, ==, rows[i].label);
        if (rows[i].uuid)
            g_assert_cmpstr(probe->uuid, ==, rows[i].uuid);
        g_assert_true((probe->uuid == NULL) == (rows[i].type == NULL));
        if (rows[i].version)
            g_assert_cmpstr(probe->version, ==, rows[i].version);
    }
    test_folder_remove(folder);
}

/* Windows puts the MFT 3 GiB into a volume; here the first records are moved there. */
static void test_ntfs_far_mft(void)
{
    static const char *const programs[] = {"mkntfs", NULL};
    if (!test_has_programs(programs))
        return;
    g_autoptr(GError) error = NULL;
    char *folder = test_folder_make();
    g_autofree char *image = g_build_filename(folder, "image", NULL);
    test_make_file(image, UINT64_C(4) << 30);
    TEST_RUN("mkntfs", "-q", "-F", "-f", "-L", "Windows", image);
    {
        g_autoptr(Disk) disk = disk_open_file(image, TRUE, 512, &error);
        g_assert_no_error(error);
        enum { RECORDS_BYTES = 4096 };
        uint8_t boot[512];
        g_autofree uint8_t *records = g_malloc(RECORDS_BYTES);
        assert_ok(disk_read(disk, 0, boot, sizeof(boot), &error), error);
        uint64_t cluster = (uint64_t)get_le16(boot + 11) * boot[13];
        uint64_t mft = get_le64(boot + 48) * cluster;
        assert_ok(disk_read(disk, mft, records, RECORDS_BYTES, &error), error);
        assert_ok(disk_discard(disk, mft, RECORDS_BYTES, &error), error);
        put_le64(boot + 48, (UINT64_C(3) << 30) / cluster);
        assert_ok(disk_write(disk, 0, boot, sizeof(boot), &error), error);
        assert_ok(disk_write(disk, UINT64_C(3) << 30, records, RECORDS_BYTES, &error), error);
    }
    g_autoptr(VolumeProbe) probe = probe_file(image);
    g_assert_cmpstr(probe->type, ==, "ntfs");
    g_assert_cmpstr(probe->label, ==, "Windows");
    test_folder_remove(folder);
}

/* The superblock of ext stands where NTFS keeps boot code. */
static void test_ambivalent(void)
{
    static const char *const programs[] = {"mke2fs", "mkntfs", NULL};
    if (!test_has_programs(programs))
        return;
    g_autoptr(GError) error = NULL;
    char *folder = test_folder_make();
    g_autofree char *ext = g_build_filename(folder, "ext", NULL);
    g_autofree char *ntfs = g_build_filename(folder, "ntfs", NULL);
    test_make_file(ext, 8 << 20);
    test_make_file(ntfs, 8 << 20);
    TEST_RUN("mke2fs", "-q", "-t", "ext4", ext);
    TEST_RUN("mkntfs", "-q", "-F", "-f", ntfs);
    g_autoptr(Disk) from = disk_open_file(ext, FALSE, 512, &error);
    g_assert_no_error(error);
    g_autoptr(Disk) to = disk_open_file(ntfs, TRUE, 512, &error);
    g_assert_no_error(error);
    uint8_t superblock[1024];
    assert_ok(disk_read(from, 1024, superblock, sizeof(superblock), &error), error);
    assert_ok(disk_write(to, 1024, superblock, sizeof(superblock), &error), error);

    g_assert_null(volume_probe(to, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    g_assert_nonnull(drydock_error_get_hint(error));
    test_folder_remove(folder);
}

static void test_read_errors(void)
{
    for (guint fail_at = 1; fail_at <= 3; fail_at++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) memory = disk_new_memory(8 << 20, 512);
        g_autoptr(Disk) fault = disk_new_fault(memory, fail_at);
        g_assert_null(volume_probe(fault, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    }
}

/* Boot sectors whose numbers lead nowhere. */
static void test_hostile(void)
{
    static const struct {
        size_t offset;
        const char *magic;
    } rows[] = {
        {3, "NTFS    "}, {82, "FAT32   "}, {3, "EXFAT   "}, {3, "-FVE-FS-"}, {3, "MSWIN4.1"}};
    for (guint i = 0; i < G_N_ELEMENTS(rows) * 50; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) memory = disk_new_memory(2 << 20, 512);
        uint8_t boot[512];
        test_fill(boot, sizeof(boot), i);
        if (i % 3 == 0)
            memset(boot + 11, 0xff, 118);
        memcpy(boot + rows[i / 50].offset, rows[i / 50].magic, 8);
        put_le16(boot + 510, 0xaa55);
        assert_ok(disk_write(memory, 0, boot, sizeof(boot), &error), error);
        g_autoptr(VolumeProbe) probe = volume_probe(memory, &error);
        g_assert_true((probe == NULL) == (error != NULL));
    }
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add_func("/disk/probe/suite", test_suite);
    g_test_add_func("/disk/probe/fresh", test_fresh);
    g_test_add_func("/disk/probe/ntfs-far-mft", test_ntfs_far_mft);
    g_test_add_func("/disk/probe/ambivalent", test_ambivalent);
    g_test_add_func("/disk/probe/read-errors", test_read_errors);
    g_test_add_func("/disk/probe/hostile", test_hostile);
    return g_test_run();
}
