/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boot sector of a FAT volume, its table in memory, and the FSInfo sector. */
#include "fs/fat_volume.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    BOOT_BYTES = 512,
    CLUSTER_BYTES_MAX = 256 * 1024,
    TABLE_COPIES_MAX = 4,
    FAT12_CLUSTERS_MAX = 4084, /* section "FAT Type Determination" */
    INFO_FREE_COUNT = 488,
    INFO_NEXT_FREE = 492,
};
/* 32 million clusters: 128 GiB of 4 KiB, or 1 TiB of 32 KiB. */
#define TABLE_BYTES_MAX (UINT64_C(128) << 20)

static gboolean fail_corrupt(const char *what, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the boot sector makes no sense: %s",
                      what);
    return FALSE;
}

static gboolean is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* Where everything is. FAT32 is told by its table size field, as Linux does: by the number of
   clusters alone, small volumes that mkfs.vfat -F 32 has made would be FAT16. */
static gboolean decode_boot(FatVolume *volume, const uint8_t *boot, uint64_t size, GError **error)
{
    uint32_t sector_bytes = get_le16(boot + 11);
    uint32_t table_sectors = get_le16(boot + 22);
    uint32_t root_entries = get_le16(boot + 17);
    uint64_t total_sectors = get_le16(boot + 19);
    gboolean is_fat32 = table_sectors == 0;
    if (is_fat32)
        table_sectors = get_le32(boot + 36);
    if (total_sectors == 0)
        total_sectors = get_le32(boot + 32);
    volume->table_count = boot[16];

    if (!is_power_of_two(sector_bytes) || sector_bytes < 512 || sector_bytes > 4096)
        return fail_corrupt("sector size", error);
    if (!is_power_of_two(boot[13]) || sector_bytes * boot[13] > CLUSTER_BYTES_MAX)
        return fail_corrupt("cluster size", error);
    if (get_le16(boot + 14) == 0 || table_sectors == 0 || volume->table_count == 0 ||
        volume->table_count > TABLE_COPIES_MAX)
        return fail_corrupt("allocation tables", error);
    if (is_fat32 ? root_entries != 0 : root_entries == 0)
        return fail_corrupt("root directory", error);
    if (total_sectors * sector_bytes > size) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "the image is shorter than the disk it was made from; export it again",
                          "the filesystem is larger than the volume");
        return FALSE;
    }

    volume->cluster_bytes = sector_bytes * boot[13];
    volume->table_start = (uint64_t)get_le16(boot + 14) * sector_bytes;
    volume->table_bytes = (uint64_t)table_sectors * sector_bytes;
    volume->root_start = volume->table_start + volume->table_count * volume->table_bytes;
    volume->root_bytes = (uint64_t)root_entries * FAT_SLOT_BYTES;
    if (!round_up_checked(volume->root_start + volume->root_bytes, sector_bytes,
                          &volume->data_start) ||
        volume->data_start + volume->cluster_bytes > total_sectors * sector_bytes)
        return fail_corrupt("no room for data", error);

    uint64_t clusters = (total_sectors * sector_bytes - volume->data_start) / volume->cluster_bytes;
    volume->bits = is_fat32 ? 32 : clusters > FAT12_CLUSTERS_MAX ? 16 : 12;
    /* The table may be too short for all of them; a FAT32 number has 28 bits. */
    clusters = MIN(clusters, volume->table_bytes * 8 / volume->bits - 2);
    volume->cluster_count = (uint32_t)MIN(clusters, UINT32_C(0x0ffffff0) - 2);
    return TRUE;
}

static gboolean decode_fat32(FatVolume *volume, const uint8_t *boot, GError **error)
{
    uint32_t sector_bytes = get_le16(boot + 11);
    uint16_t flags = get_le16(boot + 40);
    if (get_le16(boot + 42) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "unknown version %u of FAT32",
                          get_le16(boot + 42));
        return FALSE;
    }
    if (flags & 0x80) { /* one active copy, the others stay as they are */
        volume->table_first = flags & 0x0f;
        if (volume->table_first >= volume->table_count)
            return fail_corrupt("active table", error);
        volume->table_count = 1;
    }
    volume->root_cluster = get_le32(boot + 44);
    if (!fat_cluster_is_valid(volume, volume->root_cluster))
        return fail_corrupt("root directory", error);
    uint64_t info_sector = get_le16(boot + 48);
    if (info_sector != 0 && info_sector * sector_bytes + BOOT_BYTES <= volume->table_start)
        volume->info_start = info_sector * sector_bytes;
    return TRUE;
}

static gboolean read_table(FatVolume *volume, GError **error)
{
    uint64_t used = ((uint64_t)volume->cluster_count + 2) * volume->bits;
    used = used / 8 + (used % 8 != 0);
    if (used > TABLE_BYTES_MAX) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "an allocation table of %" G_GUINT64_FORMAT " bytes is too large", used);
        return FALSE;
    }
    volume->table_used = (size_t)used;
    volume->table = g_try_malloc(volume->table_used);
    if (!volume->table) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL,
                          "no memory for an allocation table of %" G_GUINT64_FORMAT " bytes", used);
        return FALSE;
    }
    uint64_t start = volume->table_start + volume->table_first * volume->table_bytes;
    if (!disk_read(volume->fs.volume, start, volume->table, volume->table_used, error))
        return FALSE;
    for (uint32_t i = 0; i < volume->cluster_count; i++)
        volume->free_count += fat_table_get(volume, 2 + i) == 0;
    volume->next_free = 2;
    return TRUE;
}

/* Entry 1 of the table has a bit that is cleared while a volume is mounted (not on FAT12); NT and
   Linux also use a byte of the boot sector. */
static gboolean read_dirty(const FatVolume *volume, const uint8_t *boot)
{
    if (boot[volume->bits == 32 ? 65 : 37] & 1)
        return TRUE;
    if (volume->bits == 32)
        return !(get_le32(volume->table + 4) & UINT32_C(0x08000000));
    return volume->bits == 16 && !(get_le16(volume->table + 2) & 0x8000);
}

/* FSInfo is a hint; one with wrong signatures is left alone. */
static gboolean check_info(FatVolume *volume, GError **error)
{
    uint8_t info[BOOT_BYTES];
    if (volume->info_start == 0)
        return TRUE;
    if (!disk_read(volume->fs.volume, volume->info_start, info, sizeof(info), error))
        return FALSE;
    if (memcmp(info, "RRaA", 4) != 0 || memcmp(info + 484, "rrAa", 4) != 0)
        volume->info_start = 0;
    else if (fat_cluster_is_valid(volume, get_le32(info + INFO_NEXT_FREE)))
        volume->next_free = get_le32(info + INFO_NEXT_FREE);
    return TRUE;
}

gboolean fat_volume_open(Disk *disk, FatVolume **ret_volume, GError **error)
{
    uint8_t boot[BOOT_BYTES];
    if (disk_size(disk) < sizeof(boot))
        return fail_corrupt("the volume is too small for one", error);
    if (!disk_read(disk, 0, boot, sizeof(boot), error))
        return FALSE;

    FatVolume *volume = g_new0(FatVolume, 1);
    volume->fs.ops = &fs_fat_ops;
    volume->fs.volume = disk_ref(disk);
    if (decode_boot(volume, boot, disk_size(disk), error) &&
        (volume->bits != 32 || decode_fat32(volume, boot, error)) && read_table(volume, error) &&
        check_info(volume, error)) {
        volume->dirty = read_dirty(volume, boot);
        *ret_volume = volume;
        return TRUE;
    }
    fat_volume_free(volume);
    return FALSE;
}

void fat_volume_free(FatVolume *volume)
{
    disk_unref(volume->fs.volume);
    g_free(volume->table);
    g_free(volume);
}

gboolean fat_volume_sync(FatVolume *volume, GError **error)
{
    if (volume->info_start != 0 && volume->info_changed) {
        uint8_t numbers[8];
        put_le32(numbers, volume->free_count);
        put_le32(numbers + 4, volume->next_free);
        if (!disk_write(volume->fs.volume, volume->info_start + INFO_FREE_COUNT, numbers,
                        sizeof(numbers), error))
            return FALSE;
    }
    volume->info_changed = FALSE;
    return disk_flush(volume->fs.volume, error);
}

uint32_t fat_timestamp_now(void)
{
    const char *epoch = g_getenv("SOURCE_DATE_EPOCH");
    gint64 seconds = g_get_real_time() / G_USEC_PER_SEC;
    if (epoch && !g_ascii_string_to_signed(epoch, 10, 0, G_MAXINT32, &seconds, NULL))
        seconds = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);
    int year = CLAMP(g_date_time_get_year(utc), 1980, 2107);
    int date =
        (year - 1980) << 9 | g_date_time_get_month(utc) << 5 | g_date_time_get_day_of_month(utc);
    int time = g_date_time_get_hour(utc) << 11 | g_date_time_get_minute(utc) << 5 |
               g_date_time_get_second(utc) / 2;
    return (uint32_t)date << 16 | (uint32_t)time;
}

int64_t fat_timestamp_decode(uint32_t timestamp)
{
    uint32_t date = timestamp >> 16, time = timestamp & 0xffff;
    g_autoptr(GDateTime) utc =
        g_date_time_new_utc((int)(1980 + (date >> 9)), (int)(date >> 5 & 15), (int)(date & 31),
                            (int)(time >> 11), (int)(time >> 5 & 63), (double)(time & 31) * 2);
    return utc ? g_date_time_to_unix(utc) : 0;
}
