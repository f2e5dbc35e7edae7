/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot sectors of NT 4 to XP and 2003 address the disk by cylinder, head and sector, and take the
   geometry from themselves, not from the BIOS: with another one they stop at "A disk read error
   occurred". */
#include "windows/boot_sector.h"

#include <string.h>

#include "base/bytes.h"

#define REASON "the boot code reads with the heads and sectors of the disk as the new BIOS sees it"

enum {
    SECTOR_BYTES = 512,
    /* BIOS parameter block (Microsoft: "FAT: General Overview of On-Disk Format"; NTFS has these
       fields at the same places). */
    OEM_OFFSET = 3,
    GEOMETRY_OFFSET = 0x18, /* sectors per track, then heads; 16 bits each */
    GEOMETRY_BYTES = 4,
    SIGNATURE_OFFSET = 510,
    /* Master boot record: four entries. */
    TABLE_OFFSET = 446,
    ENTRY_BYTES = 16,
    ENTRY_END_HEAD = 5,
    ENTRY_END_SECTOR = 6,
    ENTRY_SECTORS = 12,
    /* A disk as ATA has it. */
    ATA_HEADS = 16,
    ATA_SECTORS = 63,
    ATA_CYLINDERS_MAX = 16383,
    /* What INT 13h can name. */
    BIOS_CYLINDERS_MAX = 1024,
    BIOS_HEADS_MAX = 255,
    LARGE_CYLINDERS_MAX = 8192,
};

/* QEMU's hd_geometry.c: a partition's end tells which geometry it was made with. Only one without
   translation is handed on to the BIOS as it is. */
static gboolean guess_from_table(uint64_t sectors, const uint8_t *mbr, BootGeometry *ret_geometry)
{
    if (get_le16(mbr + SIGNATURE_OFFSET) != 0xaa55)
        return FALSE;
    for (guint i = 0; i < 4; i++) {
        const uint8_t *entry = mbr + TABLE_OFFSET + i * ENTRY_BYTES;
        const guint heads = entry[ENTRY_END_HEAD] + 1u;
        const guint per_track = entry[ENTRY_END_SECTOR] & 63u;

        if (get_le32(entry + ENTRY_SECTORS) == 0 || heads == 1 || per_track == 0)
            continue;
        const uint64_t cylinders = sectors / ((uint64_t)heads * per_track);
        if (cylinders < 1 || cylinders > ATA_CYLINDERS_MAX)
            continue;
        *ret_geometry = (BootGeometry){heads, per_track};
        return heads <= ATA_HEADS;
    }
    return FALSE;
}

/* Otherwise the disk has 16 heads and 63 sectors; SeaBIOS (block.c) doubles the heads until INT 13h
   can name the cylinders, and takes 255 for a larger disk (128 for the first few that are). */
BootGeometry boot_geometry_of_disk(uint64_t size_bytes, const uint8_t mbr[512])
{
    const uint64_t sectors = size_bytes / SECTOR_BYTES;
    uint64_t cylinders = sectors / (ATA_HEADS * ATA_SECTORS);
    BootGeometry geometry;

    if (guess_from_table(sectors, mbr, &geometry))
        return geometry;
    geometry = (BootGeometry){ATA_HEADS, ATA_SECTORS};
    if (cylinders > LARGE_CYLINDERS_MAX) {
        const uint64_t tracks = sectors / ATA_SECTORS;
        geometry.heads =
            tracks / BIOS_CYLINDERS_MAX > BIOS_HEADS_MAX / 2 + 1 ? BIOS_HEADS_MAX : ATA_HEADS * 8;
        return geometry;
    }
    for (; cylinders > BIOS_CYLINDERS_MAX; cylinders /= 2)
        geometry.heads *= 2;
    return geometry;
}

static gboolean is_boot_sector(const uint8_t *sector)
{
    static const struct {
        guint offset;
        const char *text;
    } names[] = {
        {OEM_OFFSET, "NTFS    "}, {0x52, "FAT32   "}, {0x36, "FAT16   "}, {0x36, "FAT12   "}};

    if (get_le16(sector + SIGNATURE_OFFSET) != 0xaa55)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (memcmp(sector + names[i].offset, names[i].text, strlen(names[i].text)) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean stage_volume(const VolumeSet *set, const Volume *volume, Edits *edits,
                             GError **error)
{
    Disk *disk = g_ptr_array_index(set->disks, volume->disk_index);
    uint8_t mbr[SECTOR_BYTES], sector[SECTOR_BYTES], geometry_bytes[GEOMETRY_BYTES];

    if (disk_size(volume->disk) < SECTOR_BYTES || disk_sector_size(disk) != SECTOR_BYTES)
        return TRUE;
    if (!disk_read(disk, 0, mbr, sizeof mbr, error) ||
        !disk_read(volume->disk, 0, sector, sizeof sector, error))
        return FALSE;
    if (!is_boot_sector(sector))
        return TRUE;
    const BootGeometry geometry = boot_geometry_of_disk(disk_size(disk), mbr);
    put_le16(geometry_bytes, (uint16_t)geometry.sectors_per_track);
    put_le16(geometry_bytes + 2, (uint16_t)geometry.heads);
    g_autoptr(GBytes) bytes = g_bytes_new(geometry_bytes, sizeof geometry_bytes);
    return edits_write_bytes(edits, volume->disk, volume->name, GEOMETRY_OFFSET, bytes, REASON,
                             error);
}

gboolean boot_sector_stage(const Guest *guest, const VolumeSet *set, Edits *edits, GError **error)
{
    if (!guest_has_quirk(guest, QUIRK_BOOT_SECTOR_HEADS) || guest->firmware == FIRMWARE_UEFI)
        return TRUE;
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        const gboolean boots = volume->partition && volume->partition->bootable;

        if (volume->table && volume->table->kind == PARTITION_TABLE_MBR &&
            (boots || volume == guest->root) && !stage_volume(set, volume, edits, error))
            return FALSE;
    }
    return TRUE;
}
