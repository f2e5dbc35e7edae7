/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partition tables made by sfdisk and sgdisk, found in the wild, and broken on purpose. */
#include "disk/partition.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "support.h"

#define MIB (UINT64_C(1) << 20)
#define DISK_BYTES (64 * MIB)

/* "number start length type|guid uuid bootable [name]" of each partition, one a line. */
static char *describe(const PartitionTable *table)
{
    static const char *const kinds[] = {"none", "mbr", "gpt"};
    GString *text = g_string_new(kinds[table->kind]);
    g_string_append_printf(text, " %u %s%s\n", table->sector_size,
                           table->disk_id ? table->disk_id : "-",
                           table->used_backup ? " backup" : "");
    for (guint i = 0; i < table->partitions->len; i++) {
        const Partition *partition = g_ptr_array_index(table->partitions, i);
        g_string_append_printf(text, "%u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " ",
                               partition->number, partition->start_bytes, partition->length_bytes);
        if (partition->type_guid)
            g_string_append(text, partition->type_guid);
        else
            g_string_append_printf(text, "%02x", partition->mbr_type);
        g_string_append_printf(text, " %s %s", partition->uuid, partition->bootable ? "boot" : "-");
        if (partition->name && *partition->name)
            g_string_append_printf(text, " %s", partition->name);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static void assert_table(Disk *disk, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(PartitionTable) table = partition_table_read(disk, &error);
    g_assert_no_error(error);
    g_assert_nonnull(table);
    g_autofree char *text = describe(table);
    g_assert_cmpstr(text, ==, expected);
}

static void assert_corrupt(Disk *disk, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(partition_table_read(disk, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, message));
}

static Disk *open_disk(const char *path, uint32_t sector_size)
{
    g_autoptr(GError) error = NULL;
    Disk *disk = disk_open_file(path, TRUE, sector_size, &error);
    g_assert_no_error(error);
    return disk;
}

static void read_bytes(Disk *disk, uint64_t offset, void *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    assert_ok(disk_read(disk, offset, bytes, length, &error), error);
}

static void write_bytes(Disk *disk, uint64_t offset, const void *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    assert_ok(disk_write(disk, offset, bytes, length, &error), error);
}

#define SFDISK_GPT                                                                                 \
    "label: gpt\nlabel-id: 11111111-2222-3333-4444-555555555555\n"                                 \
    "start=2048, size=8192, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, "                           \
    "uuid=AAAAAAAA-0000-0000-0000-000000000001, name=\"EFI System Pärtition\"\n"                  \
    "5: start=10240, size=20480, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, "                      \
    "uuid=AAAAAAAA-0000-0000-0000-000000000005, attrs=LegacyBIOSBootable\n"
#define GPT_PARTITIONS                                                                             \
    "1 1048576 4194304 c12a7328-f81f-11d2-ba4b-00a0c93ec93b "                                      \
    "aaaaaaaa-0000-0000-0000-000000000001 - EFI System Pärtition\n"                               \
    "5 5242880 10485760 0fc63daf-8483-4772-8e79-3d69d8477de4 "                                     \
    "aaaaaaaa-0000-0000-0000-000000000005 boot\n"
#define GPT_EXPECTED "gpt 512 11111111-2222-3333-4444-555555555555\n" GPT_PARTITIONS
#define GPT_EXPECTED_BACKUP "gpt 512 11111111-2222-3333-4444-555555555555 backup\n" GPT_PARTITIONS

#define SFDISK_MBR                                                                                 \
    "label: dos\nlabel-id: 0xcafe1234\n"                                                           \
    "start=2048, size=8192, type=7, bootable\n"                                                    \
    "3: start=10240, size=81920, type=f\n"                                                         \
    "5: start=12288, size=2048, type=83\n"                                                         \
    "6: start=16384, size=2048, type=82\n"                                                         \
    "7: start=32768, size=4096, type=83\n"
#define MBR_EXPECTED                                                                               \
    "mbr 512 cafe1234\n"                                                                           \
    "1 1048576 4194304 07 cafe1234-01 boot\n"                                                      \
    "5 6291456 1048576 83 cafe1234-05 -\n"                                                         \
    "6 8388608 1048576 82 cafe1234-06 -\n"                                                         \
    "7 16777216 2097152 83 cafe1234-07 -\n"

/* A disk that sfdisk has partitioned; NULL after g_test_skip(). */
static Disk *make_disk(char **ret_folder, const char *script)
{
    static const char *const programs[] = {"sfdisk", NULL};
    if (!test_has_programs(programs))
        return NULL;
    *ret_folder = test_folder_make();
    g_autofree char *path = g_build_filename(*ret_folder, "disk", NULL);
    test_make_file(path, DISK_BYTES);
    TEST_RUN("sh", "-c", "printf '%s' \"$1\" | sfdisk --quiet --no-reread --no-tell-kernel \"$0\"",
             path, script);
    return open_disk(path, 512);
}

static void test_gpt(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = NULL;
    g_autoptr(Disk) disk = make_disk(&folder, SFDISK_GPT);
    if (!disk)
        return;
    assert_table(disk, GPT_EXPECTED);

    g_autoptr(PartitionTable) table = partition_table_read(disk, &error);
    g_assert_no_error(error);
    g_autoptr(Disk) partition =
        partition_open(disk, g_ptr_array_index(table->partitions, 1), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(disk_name(partition), ==, "disk partition 5");
    g_assert_cmpuint(disk_size(partition), ==, 10 * MIB);
    write_bytes(partition, 10 * MIB - 4, "last", 4);
    char last[4];
    read_bytes(disk, 15 * MIB - 4, last, 4);
    g_assert_true(memcmp(last, "last", 4) == 0);
    test_folder_remove(folder);
}

/* Each row damages one byte of a fresh GPT. */
static void test_gpt_damaged(void)
{
    static const struct {
        uint64_t offsets[3];  /* of bytes to change; 0: none */
        const char *expected; /* NULL: corrupt */
    } rows[] = {
        {{512}, GPT_EXPECTED_BACKUP},              /* signature */
        {{512 + 56}, GPT_EXPECTED_BACKUP},         /* disk GUID: header checksum */
        {{1024 + 56}, GPT_EXPECTED_BACKUP},        /* a name: checksum of the entries */
        {{512 + 12}, GPT_EXPECTED_BACKUP},         /* header size */
        {{512 + 72}, GPT_EXPECTED_BACKUP},         /* where the entries are */
        {{512 + 80}, GPT_EXPECTED_BACKUP},         /* how many there are */
        {{DISK_BYTES - 512}, GPT_EXPECTED},        /* backup signature: nobody minds */
        {{DISK_BYTES - 33 * 512}, GPT_EXPECTED},   /* backup entries */
        {{512 + 56, DISK_BYTES - 512 + 56}, NULL}, /* both headers */
        {{1024, DISK_BYTES - 33 * 512}, NULL},     /* both arrays */
        {{512, DISK_BYTES - 512}, "none 512 -\n"}, /* both signatures: wiped */
    };
    char *folder = NULL;
    g_autoptr(Disk) disk = make_disk(&folder, SFDISK_GPT);
    if (!disk)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (guint pass = 0; pass < 2; pass++) { /* the second puts it right again */
            for (guint j = 0; j < 3 && rows[i].offsets[j]; j++) {
                uint8_t byte;
                read_bytes(disk, rows[i].offsets[j], &byte, 1);
                byte ^= 0x40;
                write_bytes(disk, rows[i].offsets[j], &byte, 1);
            }
            if (pass == 1)
                assert_table(disk, GPT_EXPECTED);
            else if (rows[i].expected)
                assert_table(disk, rows[i].expected);
            else
                assert_corrupt(disk, "both copies");
        }
    }
    test_folder_remove(folder);
}

/* Backup where the end was when the disk was smaller. */
static void test_gpt_grown(void)
{
    char *folder = NULL;
    g_autoptr(Disk) disk = make_disk(&folder, SFDISK_GPT);
    if (!disk)
        return;
    g_clear_pointer(&disk, disk_unref);
    g_autofree char *path = g_build_filename(folder, "disk", NULL);
    TEST_RUN("truncate", "-s", "80M", path);
    disk = open_disk(path, 512);
    assert_table(disk, GPT_EXPECTED);
    write_bytes(disk, 1024 + 56, "\xff", 1);
    assert_table(disk, GPT_EXPECTED_BACKUP);
    g_clear_pointer(&disk, disk_unref);

    TEST_RUN("truncate", "-s", "10M", path);
    disk = open_disk(path, 512);
    assert_corrupt(disk, "both copies");
    test_folder_remove(folder);
}

/* Without its protective MBR a GPT is a leftover. */
static void test_gpt_unprotected(void)
{
    char *folder = NULL;
    g_autoptr(Disk) disk = make_disk(&folder, SFDISK_GPT);
    if (!disk)
        return;
    uint8_t zeros[512] = {0};
    write_bytes(disk, 0, zeros, sizeof(zeros));
    assert_table(disk, "none 512 -\n");
    test_folder_remove(folder);
}

static uint32_t crc32_of(const uint8_t *bytes, size_t length)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ UINT32_C(0xedb88320) : crc >> 1;
    }
    return ~crc;
}

/* A GPT of our own making, with sectors of any size: one partition of [first, last]. */
static Disk *make_gpt(uint32_t disk_sector, uint32_t table_sector, uint64_t first, uint64_t last,
                      uint32_t count, uint32_t entry_bytes)
{
    Disk *disk = disk_new_memory(16 * MIB, disk_sector);
    uint8_t mbr[512] = {0}, header[92] = "EFI PART", entry[128] = {0};
    mbr[446 + 4] = 0xee;
    put_le32(mbr + 446 + 8, 1);
    put_le32(mbr + 446 + 12, UINT32_MAX);
    put_le16(mbr + 510, 0xaa55);
    write_bytes(disk, 0, mbr, sizeof(mbr));

    memset(entry, 0x11, 32);
    put_le64(entry + 32, first);
    put_le64(entry + 40, last);
    put_le16(entry + 56, 0xd800); /* half a surrogate pair */
    write_bytes(disk, 2 * (uint64_t)table_sector, entry, sizeof(entry));
    size_t length = MIN((size_t)count * entry_bytes, MIB);
    g_autofree uint8_t *entries = g_malloc0(length + 1);
    read_bytes(disk, 2 * (uint64_t)table_sector, entries, length);

    put_le32(header + 8, 0x10000);
    put_le32(header + 12, sizeof(header));
    put_le64(header + 24, 1);
    put_le64(header + 72, 2);
    put_le32(header + 80, count);
    put_le32(header + 84, entry_bytes);
    put_le32(header + 88, crc32_of(entries, length));
    put_le32(header + 16, crc32_of(header, sizeof(header)));
    write_bytes(disk, table_sector, header, sizeof(header));
    return disk;
}

static void test_gpt_hostile(void)
{
    static const char good[] =
        " 00000000-0000-0000-0000-000000000000\n"
        "1 %u %u 11111111-1111-1111-1111-111111111111 11111111-1111-1111-1111-111111111111 "
        "- \xef\xbf\xbd\n";
    static const struct {
        uint32_t disk_sector, table_sector;
        uint64_t first, last;
        uint32_t count, entry_bytes;
        gboolean ok;
        const char *message;
    } rows[] = {
        {512, 512, 100, 199, 128, 128, TRUE, NULL},
        {4096, 4096, 100, 199, 128, 128, TRUE, NULL},
        {512, 4096, 100, 199, 128, 128, TRUE, NULL}, /* made on a disk with 4096 */
        {4096, 512, 100, 199, 128, 128, TRUE, NULL},
        {512, 512, 100, 199, 4, 512, TRUE, NULL},
        {512, 512, 100, 99, 128, 128, FALSE, "partition 1"},
        {512, 512, 100, UINT64_MAX, 128, 128, FALSE, "partition 1"},
        {512, 512, UINT64_MAX, UINT64_MAX, 128, 128, FALSE, "partition 1"},
        {512, 512, 0, UINT64_MAX, 128, 128, FALSE, "partition 1"},
        {512, 512, 100, 32768, 128, 128, FALSE, "partition 1"}, /* one sector too long */
        {512, 512, 100, 199, UINT32_MAX, 128, FALSE, "both copies"},
        {512, 512, 100, 199, 2, UINT32_MAX, FALSE, "both copies"},
        {512, 512, 100, 199, 128, 0, FALSE, "both copies"},
        {512, 512, 100, 199, 128, 127, FALSE, "both copies"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Disk) disk = make_gpt(rows[i].disk_sector, rows[i].table_sector, rows[i].first,
                                        rows[i].last, rows[i].count, rows[i].entry_bytes);
        if (!rows[i].ok) {
            assert_corrupt(disk, rows[i].message);
            continue;
        }
        g_auto(GStrv) parts = g_strsplit(good, "%u", 3);
        g_autofree char *expected = g_strdup_printf("gpt %u%s%u%s%u%s", rows[i].table_sector,
                                                    parts[0], 100 * rows[i].table_sector, parts[1],
                                                    100 * rows[i].table_sector, parts[2]);
        assert_table(disk, expected);
    }
}

static void test_mbr(void)
{
    char *folder = NULL;
    g_autoptr(Disk) disk = make_disk(&folder, SFDISK_MBR);
    if (!disk)
        return;
    assert_table(disk, MBR_EXPECTED);

    test_folder_remove(folder);
}

static void put_entry(uint8_t *sector, guint index, uint8_t type, uint32_t start, uint32_t length)
{
    uint8_t *entry = sector + 446 + (size_t)index * 16;
    entry[4] = type;
    put_le32(entry + 8, start);
    put_le32(entry + 12, length);
    put_le16(sector + 510, 0xaa55);
}

/* Links of an extended partition at sector 1000: {place, partition start, next link}. */
static void test_mbr_chains(void)
{
    static const struct {
        struct {
            uint32_t at, start, next;
        } links[3];
        const char *expected; /* NULL: corrupt */
        const char *message;
    } rows[] = {
        {{{0, 8, 100}, {100, 8, 200}, {200, 8, 0}},
         "mbr 512 00000000\n5 516096 8192 83 00000000-05 -\n6 567296 8192 83 00000000-06 -\n"
         "7 618496 8192 83 00000000-07 -\n",
         NULL},
        /* Backwards is odd, but ends. */
        {{{0, 8, 200}, {200, 8, 100}, {100, 8, 0}},
         "mbr 512 00000000\n5 516096 8192 83 00000000-05 -\n6 618496 8192 83 00000000-06 -\n"
         "7 567296 8192 83 00000000-07 -\n",
         NULL},
        {{{0, 8, 100}, {100, 8, 100}, {200, 8, 0}}, NULL, "does not end"},
        {{{0, 8, 100}, {100, 8, 200}, {200, 8, 100}}, NULL, "does not end"},
        {{{0, 8, 100}, {100, 8, UINT32_MAX}, {200, 8, 0}}, NULL, "beyond its end"},
        {{{0, UINT32_MAX, 0}, {100, 8, 0}, {200, 8, 0}}, NULL, "partition 5"},
        {{{300, 8, 0}, {100, 8, 0}, {200, 8, 0}}, "mbr 512 00000000\n", NULL}, /* no first link */
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Disk) disk = disk_new_memory(2 * MIB, 512);
        uint8_t mbr[512] = {0};
        put_entry(mbr, 0, 0x05, 1000, 3000);
        write_bytes(disk, 0, mbr, sizeof(mbr));
        for (guint j = 0; j < 3; j++) {
            uint8_t link[512] = {0};
            put_entry(link, 0, 0x83, rows[i].links[j].start, 16);
            if (rows[i].links[j].next)
                put_entry(link, 1, 0x05, rows[i].links[j].next, 100);
            write_bytes(disk, (1000 + (uint64_t)rows[i].links[j].at) * 512, link, sizeof(link));
        }
        if (rows[i].expected)
            assert_table(disk, rows[i].expected);
        else
            assert_corrupt(disk, rows[i].message);
    }
}

/* Sector 0 of disks without a table, and of some that only look so. */
static void test_sector_zero(void)
{
    uint8_t sector[512] = {0};
    g_autoptr(Disk) disk = disk_new_memory(4 * MIB, 512);
    assert_table(disk, "none 512 -\n");
    put_le16(sector + 510, 0xaa55);
    write_bytes(disk, 0, sector, sizeof(sector));
    assert_table(disk, "none 512 -\n");

    put_entry(sector, 1, 0x83, 100, 200);
    write_bytes(disk, 0, sector, sizeof(sector));
    assert_table(disk, "mbr 512 00000000\n2 51200 102400 83 00000000-02 -\n");
    sector[446 + 16] = 0x01; /* neither active nor not */
    write_bytes(disk, 0, sector, sizeof(sector));
    assert_table(disk, "none 512 -\n");
    sector[446 + 16] = 0;

    /* GRUB leaves the parameters of a FAT that was here before. */
    sector[0] = 0xeb;
    put_le16(sector + 11, 512);
    sector[13] = 4;
    put_le16(sector + 14, 1);
    sector[16] = 2;
    sector[21] = 0xf8;
    memcpy(sector + 54, "FAT16   ", 8);
    write_bytes(disk, 0, sector, sizeof(sector));
    assert_table(disk, "mbr 512 00000000\n2 51200 102400 83 00000000-02 -\n");
    put_entry(sector, 1, 0x83, 100, 2000000);
    write_bytes(disk, 0, sector, sizeof(sector));
    assert_table(disk, "none 512 -\n");

    for (guint32 seed = 1; seed < 2000; seed++) {
        g_autoptr(GError) error = NULL;
        test_fill(sector, sizeof(sector), seed);
        put_le16(sector + 510, 0xaa55);
        for (guint i = 0; i < 4; i++)
            sector[446 + i * 16] &= seed % 2 ? 0x80 : 0xff;
        write_bytes(disk, 0, sector, sizeof(sector));
        g_autoptr(PartitionTable) table = partition_table_read(disk, &error);
        g_assert_true((table == NULL) == (error != NULL));
    }
    g_autoptr(Disk) tiny = disk_new_memory(100, 512);
    assert_table(tiny, "none 512 -\n");
}

/* A filesystem on the bare disk also ends its first sector in 55 AA. */
static void test_bare_volumes(void)
{
    static const struct {
        const char *program, *command;
    } rows[] = {{"mkntfs", "mkntfs -q -F -f $0"},
                {"mkfs.vfat", "mkfs.vfat -F 12 $0 >/dev/null"},
                {"mkfs.vfat", "mkfs.vfat -F 16 $0 >/dev/null"},
                {"mkfs.vfat", "mkfs.vfat -F 32 -s 1 $0 >/dev/null"},
                {"mke2fs", "mke2fs -q -t ext4 $0"}};
    char *folder = test_folder_make();
    g_autofree char *path = g_build_filename(folder, "volume", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *found = g_find_program_in_path(rows[i].program);
        if (!found)
            continue;
        test_make_file(path, 40 * MIB);
        TEST_RUN("sh", "-c", rows[i].command, path);
        g_autoptr(Disk) disk = open_disk(path, 512);
        assert_table(disk, "none 512 -\n");
    }
    test_folder_remove(folder);
}

static void test_found_tables(void)
{
    static const struct {
        const char *name, *decompressor;
        const char *expected; /* NULL: corrupt, they are cut off after a few sectors */
    } rows[] = {
        {"partition-tables/gpt-512-0p.raw.gz", "gzip",
         "gpt 512 1156c30a-f330-47f5-bec9-c85b0f186736\n"},
        {"partition-tables/gpt-512-3p.raw.gz", "gzip",
         "gpt 512 4a57f82f-3b54-45b7-9135-c1d4a9addf69\n"
         "1 17408 15872 0fc63daf-8483-4772-8e79-3d69d8477de4 0c4a2a68-c2c3-441a-8757-1f888ed2715d "
         "- Linux filesystem\n"
         "2 33280 32768 0fc63daf-8483-4772-8e79-3d69d8477de4 127d7584-b1a0-48d7-9444-b63bf6ac3fcb "
         "- Linux filesystem\n"
         "3 66048 965632 c12a7328-f81f-11d2-ba4b-00a0c93ec93b "
         "8bd51a24-3053-4849-b987-e5bb05eafe51 - EFI System\n"},
        {"partition-tables/mbr-512-p1e2.bin.gz", "gzip",
         "mbr 512 0b4a5fbe\n2 524800 523776 83 0b4a5fbe-02 -\n5 1024 261632 83 0b4a5fbe-05 -\n"
         "6 263168 261632 83 0b4a5fbe-06 -\n"},
        {"partition-tables/util-linux/dos+bsd.img.xz", "xz",
         "mbr 512 8f8378c0\n1 16384 3915776 83 8f8378c0-01 -\n"
         "2 3932160 4456448 a5 8f8378c0-02 -\n"},
        {"partition-tables/util-linux/gpt.img.xz", "xz",
         "gpt 512 dd27f98d-7519-4c9e-8041-f2bfa7b1ef61\n"
         "1 17408 1031168 ebd0a0a2-b9e5-4433-87c0-68b6b72699c7 "
         "1dcf10bc-637e-4c52-8203-087ae10a820b - ThisIsName\n"
         "2 1048576 1048576 ebd0a0a2-b9e5-4433-87c0-68b6b72699c7 "
         "a1d03a96-7238-46c6-bbb3-789cbe173ec7 - ThisIsOtherName\n"
         "3 2097152 1048576 ebd0a0a2-b9e5-4433-87c0-68b6b72699c7 "
         "a7101b6c-468c-47df-aff6-cd444d12af61 - primary\n"
         "4 3145728 1048576 ebd0a0a2-b9e5-4433-87c0-68b6b72699c7 "
         "afc4950a-f0f1-4add-802c-5957133486d1 - primary\n"
         "5 4194304 1048576 ebd0a0a2-b9e5-4433-87c0-68b6b72699c7 "
         "0db0a787-c16b-4886-af3a-fbb97299677c - primary\n"},
        {"partition-tables/gpt.bin", "cat", NULL},
        {"partition-tables/gpt_hybrid.bin", "cat", NULL},
        {"partition-tables/mbr.bin", "cat", NULL},
    };
    static const char *const programs[] = {"xz", "gzip", NULL};
    if (!test_has_programs(programs))
        return;
    char *folder = test_folder_make();
    g_autofree char *path = g_build_filename(folder, "disk", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *packed = test_data_path(rows[i].name);
        if (!packed) {
            g_test_skip("there is no test data");
            break;
        }
        if (g_str_equal(rows[i].decompressor, "cat"))
            TEST_RUN("cp", "--no-preserve=mode", packed, path);
        else
            test_decompress(rows[i].decompressor, packed, path);
        g_autoptr(Disk) disk = open_disk(path, 512);
        if (rows[i].expected)
            assert_table(disk, rows[i].expected);
        else
            assert_corrupt(disk, "beyond the end");
    }
    test_folder_remove(folder);
}

static void test_hybrid(void)
{
    static const char *const programs[] = {"sgdisk", NULL};
    char *folder = NULL;
    if (!test_has_programs(programs))
        return;
    g_autoptr(Disk) disk = make_disk(&folder, SFDISK_GPT);
    if (!disk)
        return;
    g_autofree char *path = g_build_filename(folder, "disk", NULL);
    TEST_RUN("sh", "-c", "sgdisk --hybrid=1:5 $0 >/dev/null", path);
    assert_table(disk, GPT_EXPECTED);
    test_folder_remove(folder);
}

static void test_read_errors(void)
{
    g_autoptr(Disk) gpt = make_gpt(512, 4096, 100, 199, 128, 128);
    g_autoptr(Disk) counter = disk_new_fault(gpt, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(PartitionTable) table = partition_table_read(counter, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(disk_fault_count(counter), >, 3);
    for (guint fail_at = 1; fail_at <= disk_fault_count(counter); fail_at++) {
        g_autoptr(Disk) fault = disk_new_fault(gpt, fail_at);
        g_assert_null(partition_table_read(fault, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
        g_clear_error(&error);
    }
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add_func("/disk/partition/gpt", test_gpt);
    g_test_add_func("/disk/partition/gpt-damaged", test_gpt_damaged);
    g_test_add_func("/disk/partition/gpt-grown", test_gpt_grown);
    g_test_add_func("/disk/partition/gpt-unprotected", test_gpt_unprotected);
    g_test_add_func("/disk/partition/gpt-hostile", test_gpt_hostile);
    g_test_add_func("/disk/partition/hybrid", test_hybrid);
    g_test_add_func("/disk/partition/mbr", test_mbr);
    g_test_add_func("/disk/partition/mbr-chains", test_mbr_chains);
    g_test_add_func("/disk/partition/sector-zero", test_sector_zero);
    g_test_add_func("/disk/partition/bare-volumes", test_bare_volumes);
    g_test_add_func("/disk/partition/found-tables", test_found_tables);
    g_test_add_func("/disk/partition/read-errors", test_read_errors);
    return g_test_run();
}
