/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GUID partition tables (UEFI 2.10, 5.3). */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/partition_table.h"

#define HEADER_BYTES 92
#define ENTRY_MINIMUM_BYTES 128
#define ENTRY_LIMIT_BYTES 4096
#define ENTRIES_LIMIT 1024
#define ATTRIBUTE_LEGACY_BOOT (UINT64_C(1) << 2)
#define NAME_UNITS 36

typedef struct {
    uint64_t own_sector;
    uint64_t entries_sector;
    uint32_t entry_count, entry_bytes;
    uint32_t entries_crc;
    char *disk_id;
} Header;

/* CRC-32 as in ISO 3309, what UEFI means by it; a table is at most a few MiB. */
static uint32_t crc32(const uint8_t *bytes, size_t length)
{
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

/* The first three fields of a GUID are little endian on disk. */
static char *decode_guid(const uint8_t *guid)
{
    return g_strdup_printf("%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", get_le32(guid),
                           get_le16(guid + 4), get_le16(guid + 6), guid[8], guid[9], guid[10],
                           guid[11], guid[12], guid[13], guid[14], guid[15]);
}

static gboolean decode_header(uint8_t *sector, uint64_t expected_sector, Header *header)
{
    uint32_t size = get_le32(sector + 12);
    uint32_t crc = get_le32(sector + 16);
    if (memcmp(sector, "EFI PART", 8) != 0 || size < HEADER_BYTES || size > 512)
        return FALSE;
    put_le32(sector + 16, 0);
    if (crc32(sector, size) != crc)
        return FALSE;
    header->own_sector = get_le64(sector + 24);
    header->entries_sector = get_le64(sector + 72);
    header->entry_count = get_le32(sector + 80);
    header->entry_bytes = get_le32(sector + 84);
    header->entries_crc = get_le32(sector + 88);
    header->disk_id = decode_guid(sector + 56);
    return header->own_sector == expected_sector && header->entry_count <= ENTRIES_LIMIT &&
           header->entry_bytes >= ENTRY_MINIMUM_BYTES && header->entry_bytes <= ENTRY_LIMIT_BYTES;
}

/* The entries behind the header in sector number; NULL and no error: there is no valid table. */
static gboolean read_entries(Disk *disk, uint32_t sector_size, uint64_t number, Header *header,
                             uint8_t **ret_entries, GError **error)
{
    uint8_t sector[512];
    uint64_t offset;
    *ret_entries = NULL;
    if (!g_uint64_checked_mul(&offset, number, sector_size) ||
        !range_is_within(offset, sizeof(sector), disk_size(disk)))
        return TRUE;
    if (!disk_read(disk, offset, sector, sizeof(sector), error))
        return FALSE;
    if (!decode_header(sector, number, header))
        return TRUE;
    size_t length = (size_t)header->entry_count * header->entry_bytes;
    if (!g_uint64_checked_mul(&offset, header->entries_sector, sector_size) ||
        !range_is_within(offset, length, disk_size(disk)))
        return TRUE;
    g_autofree uint8_t *entries = g_malloc(length);
    if (!disk_read(disk, offset, entries, length, error))
        return FALSE;
    if (crc32(entries, length) == header->entries_crc)
        *ret_entries = g_steal_pointer(&entries);
    return TRUE;
}

static char *decode_name(const uint8_t *bytes)
{
    gunichar2 units[NAME_UNITS];
    glong length = 0;
    while (length < NAME_UNITS && (units[length] = get_le16(bytes + (size_t)length * 2)) != 0)
        length++;
    char *name = g_utf16_to_utf8(units, length, NULL, NULL, NULL);
    return name ? name : g_strdup("");
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
    partition->bootable = (get_le64(entry + 48) & ATTRIBUTE_LEGACY_BOOT) != 0;
    partition->type_guid = decode_guid(entry);
    partition->uuid = decode_guid(entry + 16);
    partition->name = decode_name(entry + 56);
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

gboolean gpt_read(Disk *disk, uint32_t sector_size, PartitionTable *table, gboolean *ret_found,
                  GError **error)
{
    *ret_found = FALSE;
    uint64_t sectors = disk_size(disk) / sector_size;
    if (sectors < 2)
        return TRUE;
    const uint64_t places[] = {1, sectors - 1};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        Header header = {0};
        g_autofree uint8_t *entries = NULL;
        gboolean ok = read_entries(disk, sector_size, places[i], &header, &entries, error);
        g_autofree char *disk_id = header.disk_id;
        if (!ok)
            return FALSE;
        if (!entries)
            continue;
        table->kind = PARTITION_TABLE_GPT;
        table->disk_id = g_steal_pointer(&disk_id);
        table->used_backup = i == 1;
        *ret_found = TRUE;
        return add_entries(table, disk, sector_size, &header, entries, error);
    }
    return TRUE;
}
