/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the bytes of a VHD's disk lie in its file. */
#include "convert/image/vhd_image.h"

#include "base/bytes.h"
#include "base/error.h"
#include "convert/image/flat_cache.h"

#define TABLE_PIECE_ENTRIES 512
#define BLOCK_ABSENT UINT32_C(0xffffffff)

struct VhdImage {
    FlatFile *file;
    FlatCache *cache;
    VhdHeader header;
};

VhdImage *vhd_image_open(const char *path, uint64_t offset, uint64_t length, GError **error)
{
    g_autoptr(VhdImage) image = g_new0(VhdImage, 1);
    image->file = flat_file_open(path, offset, length, error);
    if (!image->file || !vhd_header_read(image->file, &image->header, error))
        return NULL;
    image->cache = flat_cache_new(image->file);
    return g_steal_pointer(&image);
}

void vhd_image_close(VhdImage *image)
{
    if (!image)
        return;
    vhd_header_clear(&image->header);
    flat_cache_free(image->cache);
    flat_file_close(image->file);
    g_free(image);
}

const VhdHeader *vhd_image_header(const VhdImage *image)
{
    return &image->header;
}

static gboolean block_is_within(const VhdImage *image, uint32_t sector)
{
    return range_is_within((uint64_t)sector * 512,
                           image->header.bitmap_bytes + image->header.block_bytes,
                           flat_file_size(image->file));
}

gboolean vhd_image_check_blocks(VhdImage *image, GError **error)
{
    const VhdHeader *header = &image->header;
    uint8_t piece[TABLE_PIECE_ENTRIES * 4];
    if (header->kind == VHD_FIXED)
        return TRUE;
    for (uint32_t first = 0; first < header->table_entries; first += TABLE_PIECE_ENTRIES) {
        uint32_t count = MIN(header->table_entries - first, (uint32_t)TABLE_PIECE_ENTRIES);
        uint64_t offset;
        if (!g_uint64_checked_add(&offset, header->table_offset, (uint64_t)first * 4))
            offset = G_MAXUINT64;
        if (!flat_file_read(image->file, offset, piece, (size_t)count * 4, "block allocation table",
                            error))
            return FALSE;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t sector = get_be32(piece + (size_t)i * 4);
            if (sector == BLOCK_ABSENT || block_is_within(image, sector))
                continue;
            drydock_error_set(
                error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                "the image is cut short: its block %u lies beyond the end of it", first + i);
            return FALSE;
        }
    }
    return TRUE;
}

/* The bitmap of a dynamic disk says which sectors were ever written; the others are zeros in the
   file already (Hyper-V, qemu and VirtualBox read them like all others). That of a differencing
   disk says which sectors are its own. */
static gboolean map_block(VhdImage *image, uint64_t block_offset, uint64_t in_block,
                          uint64_t length, FlatRun *ret_run, GError **error)
{
    *ret_run =
        (FlatRun){FLAT_RUN_DATA, block_offset + image->header.bitmap_bytes + in_block, length};
    if (image->header.kind != VHD_DIFFERENCING)
        return TRUE;
    gboolean is_ours;
    uint64_t sectors;
    uint64_t first = in_block / 512, end = (in_block + length + 511) / 512;
    if (!flat_cache_read_bits(image->cache, block_offset, first, end - first, TRUE, &is_ours,
                              &sectors, error))
        return FALSE;
    ret_run->length = MIN(length, (first + sectors) * 512 - in_block);
    if (!is_ours)
        ret_run->kind = FLAT_RUN_PARENT;
    return TRUE;
}

static gboolean map(gpointer data, uint64_t offset, uint64_t length, FlatRun *ret_run,
                    GError **error)
{
    VhdImage *image = data;
    const VhdHeader *header = &image->header;
    if (header->kind == VHD_FIXED) {
        *ret_run = (FlatRun){FLAT_RUN_DATA, offset, length};
        return TRUE;
    }
    uint64_t number = offset / header->block_bytes, in_block = offset % header->block_bytes;
    uint64_t entry_offset;
    uint8_t entry[4];
    length = MIN(length, header->block_bytes - in_block);
    if (!g_uint64_checked_add(&entry_offset, header->table_offset, number * 4))
        entry_offset = G_MAXUINT64;
    if (!flat_cache_read(image->cache, entry_offset, entry, sizeof(entry), "block allocation table",
                         error))
        return FALSE;
    uint32_t sector = get_be32(entry);
    if (sector != BLOCK_ABSENT)
        return map_block(image, (uint64_t)sector * 512, in_block, length, ret_run, error);
    *ret_run =
        (FlatRun){header->kind == VHD_DIFFERENCING ? FLAT_RUN_PARENT : FLAT_RUN_ZEROS, 0, length};
    return TRUE;
}

static gpointer open_layer(const char *path, uint64_t offset, uint64_t length, GError **error)
{
    return vhd_image_open(path, offset, length, error);
}

static void close_layer(gpointer image)
{
    vhd_image_close(image);
}

static const FlatFile *layer_file(gconstpointer image)
{
    return ((const VhdImage *)image)->file;
}

static uint64_t layer_size(gconstpointer image)
{
    return ((const VhdImage *)image)->header.disk_bytes;
}

static uint32_t layer_sector_size(G_GNUC_UNUSED gconstpointer image)
{
    return 512;
}

const FlatLayerOps vhd_layer_ops = {open_layer, close_layer,       layer_file,
                                    layer_size, layer_sector_size, map};
