/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GUID partition tables (UEFI 2.10, 5.3). */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf16.h"
#include "disk/on_disk.h"
#include "disk/partition_table.h"

#define HEADER_BYTES 92
#define HEADER_SECTOR_BYTES 512 /* what is read of one; the rest of it is zero */
#define ENTRY_MINIMUM_BYTES 128
#define ENTRY_LIMIT_BYTES 4096
#define ENTRIES_LIMIT 1024
#define ATTRIBUTE_LEGACY_BOOT (UINT64_C(1) << 2)
#define NAME_BYTES 72

typedef struct {
    uint64_t own_sector;
    uint64_t entries_sector;
    uint32_t entry_count, entry_bytes;
    uint32_t entries_crc;
    char *disk_id;
} Header;

typedef struct {
    gboolean is_there; /* something that calls itself a GPT */
    uint64_t alternate_sector;
    Header header;
    uint8_t *entries; /* NULL: header or entries are damaged */
} Copy;

static void copy_clear(Copy *copy)
{
    g_free(copy->header.disk_id);
    g_free(copy->entries);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copy, copy_clear)

static gboolean decode_header(uint8_t *sector, uint64_t expected_sector, Header *header)
{
    uint32_t size = get_le32(sector + 12);
    uint32_t crc = get_le32(sector + 16);
    if (size < HEADER_BYTES || size > HEADER_SECTOR_BYTES)
        return FALSE;
    put_le32(sector + 16, 0);
    if (crc32_compute(sector, size) != crc)
        return FALSE;
    header->own_sector = get_le64(sector + 24);
    header->entries_sector = get_le64(sector + 72);
    header->entry_count = get_le32(sector + 80);
    header->entry_bytes = get_le32(sector + 84);
    header->entries_crc = get_le32(sector + 88);
    header->disk_id = guid_to_text(sector + 56);
    return header->own_sector == expected_sector && header->entry_count <= ENTRIES_LIMIT &&
           header->entry_bytes >= ENTRY_MINIMUM_BYTES && header->entry_bytes <= ENTRY_LIMIT_BYTES;
}

/* One copy of the table: its header, and the entries if the checksums of both are right. */
static gboolean read_copy(Disk *disk, uint32_t sector_size, uint64_t number, Copy *copy,
                          GError **error)
{
    uint8_t sector[HEADER_SECTOR_BYTES];
    uint64_t offset;
    if (!g_uint64_checked_mul(&offset, number, sector_size) ||
        !range_is_within(offset, sizeof(sector), disk_size(disk)))
        return TRUE;
    if (!disk_read(disk, offset, sector, sizeof(sector), error))
        return FALSE;
    copy->is_there = memcmp(sector, "EFI PART", 8) == 0;
    if (!copy->is_there)
        return TRUE;
    copy->alternate_sector = get_le64(sector + 32);
    if (!decode_header(sector, number, &copy->header))
        return TRUE;
    size_t length = (size_t)copy->header.entry_count * copy->header.entry_bytes;
    if (!g_uint64_checked_mul(&offset, copy->header.entries_sector, sector_size) ||
        !range_is_within(offset, length, disk_size(disk)))
        return TRUE;
    g_autofree uint8_t *entries = g_malloc(length);
    if (!disk_read(disk, offset, entries, length, error))
        return FALSE;
    if (crc32_compute(entries, length) == copy->header.entries_crc)
        copy->entries = g_steal_pointer(&entries);
    return TRUE;
}

static gboolean add_entry(PartitionTable *table, Disk *disk, uint32_t sector_size,
                          const uint8_t *entry, guint number, GError **error)
{
    uint64_t first = get_le64(entry + 32), last = get_le64(entry + 40), sectors, start, length;
    /* An overflow leaves a length of zero, which partition_table_add() refuses. */
    if (last < first || !g_uint64_checked_add(&sectors, last - first, 1) ||
        !g_uint64_checked_mul(&start, first, sector_size) ||
        !g_uint64_checked_mul(&length, sectors, sector_size))
        start = length = 0;
    Partition *partition = g_new0(Partition, 1);
    partition->number = number;
    partition->start_bytes = start;
    partition->length_bytes = length;
    partition->attributes = get_le64(entry + 48);
    partition->bootable = (partition->attributes & ATTRIBUTE_LEGACY_BOOT) != 0;
    partition->type_guid = guid_to_text(entry);
    partition->uuid = guid_to_text(entry + 16);
    partition->name = utf16_to_utf8(entry + 56, NAME_BYTES, UTF16_LITTLE_ENDIAN);
    return partition_table_add(table, disk, partition, error);
}

static gboolean add_entries(PartitionTable *table, Disk *disk, uint32_t sector_size,
                            const Header *header, const uint8_t *entries, GError **error)
{
    static const uint8_t unused[16];
    for (uint32_t i = 0; i < header->entry_count; i++) {
        const uint8_t *entry = entries + (size_t)i * header->entry_bytes;
        if (memcmp(entry, unused, sizeof(unused)) != 0 &&
            !add_entry(table, disk, sector_size, entry, i + 1, error))
            return FALSE;
    }
    return TRUE;
}

gboolean gpt_read(Disk *disk, uint32_t sector_size, PartitionTable *table, GptResult *ret_result,
                  GError **error)
{
    *ret_result = GPT_ABSENT;
    uint64_t sectors = disk_size(disk) / sector_size;
    if (sectors < 2)
        return TRUE;
    /* The second is taken from the primary header, trusted or not: a disk that has grown has its
       backup where its end was. */
    uint64_t places[] = {1, 0, sectors - 1};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_auto(Copy) copy = {0};
        if (!read_copy(disk, sector_size, places[i], &copy, error))
            return FALSE;
        if (i == 0)
            places[1] = copy.alternate_sector;
        if (copy.is_there)
            *ret_result = GPT_DAMAGED;
        if (!copy.entries)
            continue;
        table->kind = PARTITION_TABLE_GPT;
        table->sector_size = sector_size;
        table->disk_id = g_steal_pointer(&copy.header.disk_id);
        table->used_backup = i > 0;
        *ret_result = GPT_FOUND;
        return add_entries(table, disk, sector_size, &copy.header, copy.entries, error);
    }
    return TRUE;
}
