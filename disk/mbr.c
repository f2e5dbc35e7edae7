/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MBR partition tables with their chains of logical partitions. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/partition_table.h"

#define SECTOR_BYTES 512
#define SIGNATURE_OFFSET 440
#define TABLE_OFFSET 446
#define ENTRY_BYTES 16
#define PRIMARY_COUNT 4
#define LOGICAL_LIMIT 128
#define TYPE_PROTECTIVE 0xee

typedef struct {
    uint8_t status, type;
    uint32_t start, length; /* sectors */
} Entry;

static Entry decode_entry(const uint8_t *sector, guint index)
{
    const uint8_t *bytes = sector + TABLE_OFFSET + (size_t)index * ENTRY_BYTES;
    return (Entry){bytes[0], bytes[4], get_le32(bytes + 8), get_le32(bytes + 12)};
}

static gboolean is_extended(uint8_t type)
{
    return type == 0x05 || type == 0x0f || type == 0x85;
}

static gboolean has_signature(const uint8_t *sector)
{
    return sector[510] == 0x55 && sector[511] == 0xaa;
}

/* The BIOS parameter block of FAT and its relatives (Microsoft FAT specification 1.03). */
static gboolean has_fat_parameters(const uint8_t *sector)
{
    uint16_t sector_bytes = get_le16(sector + 11);
    uint8_t cluster_sectors = sector[13], media = sector[21];
    return (sector[0] == 0xeb || sector[0] == 0xe9) && sector_bytes >= 512 &&
           sector_bytes <= 4096 && (sector_bytes & (sector_bytes - 1)) == 0 &&
           cluster_sectors != 0 && (cluster_sectors & (cluster_sectors - 1)) == 0 &&
           get_le16(sector + 14) != 0 && sector[16] != 0 && (media == 0xf0 || media >= 0xf8);
}

/* A volume on the bare disk begins with a boot sector that ends in the same signature. */
static gboolean may_be_filesystem(const uint8_t *sector)
{
    static const char *const names[] = {"NTFS    ", "-FVE-FS-", "EXFAT   "};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (memcmp(sector + 3, names[i], 8) == 0)
            return TRUE;
    return has_fat_parameters(sector);
}

static gboolean entry_is_used(const Entry *entry)
{
    return entry->type != 0 && entry->length != 0;
}

static gboolean overlaps_earlier(const uint8_t *sector, guint index)
{
    Entry entry = decode_entry(sector, index);
    for (guint i = 0; i < index; i++) {
        Entry earlier = decode_entry(sector, i);
        if (entry_is_used(&earlier) && entry.start < (uint64_t)earlier.start + earlier.length &&
            earlier.start < (uint64_t)entry.start + entry.length)
            return TRUE;
    }
    return FALSE;
}

gboolean mbr_is_table(const uint8_t *sector, uint64_t disk_sectors)
{
    if (!has_signature(sector))
        return FALSE;
    /* Boot loaders keep the parameter block of a filesystem that stood here before (GRUB does), so
       it says nothing against a table that makes sense in every respect; boot code and messages
       of a filesystem do not. */
    gboolean strict = may_be_filesystem(sector);
    gboolean used = FALSE;
    for (guint i = 0; i < PRIMARY_COUNT; i++) {
        Entry entry = decode_entry(sector, i);
        if (entry.status & 0x7f)
            return FALSE;
        if (!entry_is_used(&entry))
            continue;
        used = TRUE;
        if (strict && (entry.start == 0 || (uint64_t)entry.start + entry.length > disk_sectors ||
                       overlaps_earlier(sector, i)))
            return FALSE;
    }
    return used;
}

gboolean mbr_is_protective(const uint8_t *sector)
{
    for (guint i = 0; i < PRIMARY_COUNT; i++)
        if (decode_entry(sector, i).type == TYPE_PROTECTIVE)
            return TRUE;
    return FALSE;
}

static gboolean add_partition(PartitionTable *table, Disk *disk, const Entry *entry,
                              uint64_t start_sector, guint number, GError **error)
{
    Partition *partition = g_new0(Partition, 1);
    partition->number = number;
    partition->start_bytes = start_sector * table->sector_size;
    partition->length_bytes = (uint64_t)entry->length * table->sector_size;
    partition->bootable = (entry->status & 0x80) != 0;
    partition->mbr_type = entry->type;
    partition->uuid = g_strdup_printf("%s-%02x", table->disk_id, number);
    return partition_table_add(table, disk, partition, error);
}

/* Each link of the chain holds one logical partition, counted from the link itself, and where the
   next link is, counted from the first. */
static gboolean read_logical(Disk *disk, PartitionTable *table, const Entry *extended,
                             GError **error)
{
    uint64_t base = extended->start, link = extended->start;
    guint number = PRIMARY_COUNT + 1;
    for (guint links = 0; links < LOGICAL_LIMIT; links++) {
        uint8_t sector[SECTOR_BYTES];
        if (!disk_read(disk, link * table->sector_size, sector, sizeof(sector), error))
            return FALSE;
        if (!has_signature(sector))
            return TRUE;
        Entry logical = decode_entry(sector, 0), next = decode_entry(sector, 1);
        if (entry_is_used(&logical) &&
            !add_partition(table, disk, &logical, link + logical.start, number++, error))
            return FALSE;
        if (!is_extended(next.type) || next.length == 0)
            return TRUE;
        link = base + next.start;
    }
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "the chain of logical partitions of %s does not end", disk_name(disk));
    return FALSE;
}

gboolean mbr_read(Disk *disk, const uint8_t *sector, PartitionTable *table, GError **error)
{
    table->kind = PARTITION_TABLE_MBR;
    table->disk_id = g_strdup_printf("%08x", get_le32(sector + SIGNATURE_OFFSET));
    for (guint i = 0; i < PRIMARY_COUNT; i++) {
        Entry entry = decode_entry(sector, i);
        if (entry_is_used(&entry) && !is_extended(entry.type) && entry.type != TYPE_PROTECTIVE &&
            !add_partition(table, disk, &entry, entry.start, i + 1, error))
            return FALSE;
    }
    for (guint i = 0; i < PRIMARY_COUNT; i++) {
        Entry entry = decode_entry(sector, i);
        if (is_extended(entry.type) && entry.length != 0)
            return read_logical(disk, table, &entry, error);
    }
    return TRUE;
}
