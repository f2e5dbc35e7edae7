/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHDX images ([MS-VHDX] 2.2 to 2.6). All numbers little endian. qemu reads plain ones; we find out
   beforehand whether this is one: no parent, an empty log, 512-byte sectors, nothing cut off. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/crc32c.h"
#include "convert/source_format.h"

#define KIB UINT64_C(1024)
#define MIB (UINT64_C(1) << 20)
#define HEADER_BYTES 4096
#define TABLE_BYTES ((size_t)(64 * 1024))
#define REGION_ENTRIES_LIMIT 2047
#define METADATA_ENTRIES_LIMIT 2047
#define SIZE_LIMIT_BYTES (UINT64_C(64) << 40) /* what the format allows */
#define BAT_CHUNK_ENTRIES 256

enum { BLOCK_FULLY_PRESENT = 6, BLOCK_PARTIALLY_PRESENT = 7 };

/* GUIDs as stored. */
static const uint8_t region_bat[16] = {0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42,
                                       0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08};
static const uint8_t region_metadata[16] = {0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
                                            0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};
static const uint8_t item_file_parameters[16] = {0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d,
                                                 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b};
static const uint8_t item_disk_size[16] = {0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48,
                                           0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8};
static const uint8_t item_sector_size[16] = {0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47,
                                             0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f};

typedef struct {
    uint64_t bat_offset, metadata_offset;
    uint64_t block_bytes;
    uint64_t disk_bytes;
    uint32_t sector_bytes;
    gboolean has_parent;
} VhdxLayout;

static gboolean vhdx_probe(const SourceFile *file)
{
    return memcmp(file->head, "vhdxfile", 8) == 0;
}

static gboolean corrupt(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

/* The valid header with the higher sequence number counts ([MS-VHDX] 2.2.2). */
static gboolean check_log_is_empty(const SourceFile *file, GError **error)
{
    static const uint8_t no_log[16];
    gboolean found = FALSE, empty = FALSE;
    uint64_t best_sequence = 0;
    g_autofree uint8_t *header = g_malloc(HEADER_BYTES);
    for (uint64_t copy = 1; copy <= 2; copy++) {
        if (!source_read(file, copy * 64 * KIB, header, HEADER_BYTES, "header", error))
            return FALSE;
        uint64_t sequence = get_le64(header + 8);
        if (memcmp(header, "head", 4) != 0 ||
            get_le32(header + 4) != crc32c_without_field(header, HEADER_BYTES, 4) ||
            (found && sequence < best_sequence))
            continue;
        found = TRUE;
        best_sequence = sequence;
        empty = memcmp(header + 48, no_log, sizeof(no_log)) == 0;
    }
    if (!found)
        return corrupt(error, "both of its headers are damaged");
    if (!empty) {
        drydock_error_set(
            error, DRYDOCK_ERROR_UNSUPPORTED,
            "shut the machine down cleanly and export it again, or repair a copy: "
            "qemu-img check -r all COPY",
            "it was not closed cleanly: its log holds changes that are not in it yet");
        return FALSE;
    }
    return TRUE;
}

static gboolean read_regions(const SourceFile *file, VhdxLayout *layout, GError **error)
{
    g_autofree uint8_t *table = g_malloc(TABLE_BYTES);
    for (uint64_t copy = 0; copy < 2; copy++) {
        if (!source_read(file, (192 + copy * 64) * KIB, table, TABLE_BYTES, "region table", error))
            return FALSE;
        uint32_t count = get_le32(table + 8);
        if (memcmp(table, "regi", 4) != 0 || count > REGION_ENTRIES_LIMIT ||
            get_le32(table + 4) != crc32c_without_field(table, TABLE_BYTES, 4))
            continue;
        for (uint32_t i = 0; i < count; i++) {
            const uint8_t *entry = table + 16 + (size_t)i * 32;
            if (memcmp(entry, region_bat, 16) == 0)
                layout->bat_offset = get_le64(entry + 16);
            else if (memcmp(entry, region_metadata, 16) == 0)
                layout->metadata_offset = get_le64(entry + 16);
        }
        if (layout->bat_offset && layout->metadata_offset)
            return TRUE;
    }
    return corrupt(error, "both of its region tables are damaged");
}

static gboolean read_metadata(const SourceFile *file, VhdxLayout *layout, GError **error)
{
    g_autofree uint8_t *table = g_malloc(TABLE_BYTES);
    if (!source_read(file, layout->metadata_offset, table, TABLE_BYTES, "metadata table", error))
        return FALSE;
    uint16_t count = get_le16(table + 10);
    if (memcmp(table, "metadata", 8) != 0 || count > METADATA_ENTRIES_LIMIT)
        return corrupt(error, "its metadata table is damaged");
    for (uint16_t i = 0; i < count; i++) {
        const uint8_t *entry = table + 32 + (size_t)i * 32;
        uint8_t value[8] = {0};
        uint64_t offset;
        gboolean wanted = memcmp(entry, item_file_parameters, 16) == 0 ||
                          memcmp(entry, item_disk_size, 16) == 0 ||
                          memcmp(entry, item_sector_size, 16) == 0;
        if (!wanted)
            continue;
        if (!g_uint64_checked_add(&offset, layout->metadata_offset, get_le32(entry + 16)) ||
            !source_read(file, offset, value, MIN(get_le32(entry + 20), sizeof(value)),
                         "metadata item", error))
            return corrupt(error, "its metadata table is damaged");
        if (memcmp(entry, item_disk_size, 16) == 0) {
            layout->disk_bytes = get_le64(value);
        } else if (memcmp(entry, item_sector_size, 16) == 0) {
            layout->sector_bytes = get_le32(value);
        } else {
            layout->block_bytes = get_le32(value);
            layout->has_parent = (get_le32(value + 4) & 2) != 0;
        }
    }
    if (layout->disk_bytes == 0 || layout->disk_bytes > SIZE_LIMIT_BYTES ||
        layout->disk_bytes % 512 != 0 || layout->block_bytes < MIB ||
        layout->block_bytes > 256 * MIB || (layout->block_bytes & (layout->block_bytes - 1)) != 0)
        return corrupt(error, "its metadata is damaged");
    return TRUE;
}

static gboolean check_blocks(const SourceFile *file, const VhdxLayout *layout, GError **error)
{
    uint64_t chunk_ratio = (UINT64_C(1) << 23) * layout->sector_bytes / layout->block_bytes;
    uint64_t blocks = (layout->disk_bytes - 1) / layout->block_bytes + 1;
    uint64_t entries = blocks + (blocks - 1) / chunk_ratio;
    uint8_t chunk[BAT_CHUNK_ENTRIES * 8];
    for (uint64_t first = 0; first < entries; first += BAT_CHUNK_ENTRIES) {
        uint64_t count = MIN(entries - first, (uint64_t)BAT_CHUNK_ENTRIES);
        if (!source_read(file, layout->bat_offset + first * 8, chunk, (size_t)count * 8,
                         "block allocation table", error))
            return FALSE;
        for (uint64_t i = 0; i < count; i++) {
            uint64_t entry = get_le64(chunk + i * 8);
            uint64_t state = entry & 7;
            gboolean is_bitmap = (first + i) % (chunk_ratio + 1) == chunk_ratio;
            if (is_bitmap || (state != BLOCK_FULLY_PRESENT && state != BLOCK_PARTIALLY_PRESENT))
                continue;
            if (!range_is_within((entry >> 20) * MIB, layout->block_bytes, file->size_bytes))
                return corrupt(error, "the image is cut short: blocks lie beyond the end of it");
        }
    }
    return TRUE;
}

static gboolean vhdx_check(const SourceFile *file, MachineDisk *disk, GError **error)
{
    VhdxLayout layout = {0};
    if (!check_log_is_empty(file, error) || !read_regions(file, &layout, error) ||
        !read_metadata(file, &layout, error))
        return FALSE;
    if (layout.has_parent) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "merge its checkpoints in Hyper-V (Edit Disk, Merge), then export again",
                          "it is a differencing disk: without its parent most of it is missing");
        return FALSE;
    }
    if (layout.sector_bytes != 512) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "convert it on Hyper-V: Convert-VHD with -LogicalSectorSizeBytes 512",
                          "its logical sector size is %u bytes, which qemu cannot read",
                          layout.sector_bytes);
        return FALSE;
    }
    if (!check_blocks(file, &layout, error))
        return FALSE;
    disk->size_bytes = layout.disk_bytes;
    disk->image_options = image_options_for_file("vhdx", file->path);
    return TRUE;
}

const SourceFormatOps source_vhdx_ops = {SOURCE_FORMAT_VHDX, vhdx_probe, vhdx_check};
