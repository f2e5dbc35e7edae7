/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the bytes of a VHDX's disk lie in its file ([MS-VHDX] 2.4 and 2.5). */
#include "convert/image/vhdx_image.h"

#include "base/bytes.h"
#include "base/error.h"
#include "convert/image/flat_cache.h"
#include "convert/image/vhdx_log.h"

#define MIB (UINT64_C(1) << 20)
#define BITMAP_BYTES MIB
#define TABLE_PIECE_ENTRIES UINT64_C(256)

/* A block that was trimmed, or never written with content that matters, is zeros to us; of an image
   with a parent only the first state leads to it. */
typedef enum {
    BLOCK_NOT_PRESENT = 0,
    BLOCK_UNDEFINED = 1,
    BLOCK_ZERO = 2,
    BLOCK_UNMAPPED = 3,
    BLOCK_UNMAPPED_OLD = 5, /* in drafts of the format before 1.00 */
    BLOCK_FULLY_PRESENT = 6,
    BLOCK_PARTIALLY_PRESENT = 7,
} BlockState;

struct VhdxImage {
    FlatFile *file;
    FlatCache *cache;
    VhdxHeader header;
    VhdxRegions regions;
    VhdxMetadata metadata;
    uint64_t chunk_blocks; /* after the entries of so many blocks comes one of a sector bitmap */
};

static gboolean corrupt(GError **error, const char *what, uint64_t block)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s (block %" G_GUINT64_FORMAT ")", what, block);
    return FALSE;
}

static uint64_t count_blocks(const VhdxImage *image)
{
    return (image->metadata.disk_bytes - 1) / image->metadata.block_bytes + 1;
}

/* Entries of the block allocation table ([MS-VHDX] 2.5): sector bitmaps are part of it in every
   image, but the last one only where there is a parent. */
static uint64_t count_entries(const VhdxImage *image)
{
    uint64_t blocks = count_blocks(image), chunks = (blocks - 1) / image->chunk_blocks;
    return image->metadata.has_parent ? (chunks + 1) * (image->chunk_blocks + 1) : blocks + chunks;
}

static gboolean read_layout(VhdxImage *image, GError **error)
{
    if (!vhdx_header_read(image->file, &image->header, error))
        return FALSE;
    if (image->header.has_log && !vhdx_log_replay(image->file, &image->header, error))
        return FALSE;
    if (!vhdx_regions_read(image->file, &image->regions, error) ||
        !vhdx_metadata_read(image->file, image->regions.metadata_offset, &image->metadata, error))
        return FALSE;
    image->chunk_blocks =
        (UINT64_C(1) << 23) * image->metadata.sector_bytes / image->metadata.block_bytes;
    if (count_entries(image) * 8 <= image->regions.bat_length)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "its block allocation table is too small for the size of the disk");
    return FALSE;
}

VhdxImage *vhdx_image_open(const char *path, uint64_t offset, uint64_t length, GError **error)
{
    g_autoptr(VhdxImage) image = g_new0(VhdxImage, 1);
    image->file = flat_file_open(path, offset, length, error);
    if (!image->file || !read_layout(image, error))
        return NULL;
    image->cache = flat_cache_new(image->file);
    return g_steal_pointer(&image);
}

void vhdx_image_close(VhdxImage *image)
{
    if (!image)
        return;
    vhdx_metadata_clear(&image->metadata);
    flat_cache_free(image->cache);
    flat_file_close(image->file);
    g_free(image);
}

const VhdxHeader *vhdx_image_header(const VhdxImage *image)
{
    return &image->header;
}

const VhdxMetadata *vhdx_image_metadata(const VhdxImage *image)
{
    return &image->metadata;
}

static BlockState entry_state(uint64_t entry)
{
    return (BlockState)(entry & 7);
}

static uint64_t entry_offset(uint64_t entry)
{
    return (entry >> 20) * MIB;
}

static gboolean bitmap_is_within(const VhdxImage *image, uint64_t entry)
{
    return entry_state(entry) == BLOCK_FULLY_PRESENT &&
           range_is_within(entry_offset(entry), BITMAP_BYTES, flat_file_size(image->file));
}

static gboolean check_block(const VhdxImage *image, uint64_t entry, uint64_t block, GError **error)
{
    switch (entry_state(entry)) {
    case BLOCK_NOT_PRESENT:
    case BLOCK_UNDEFINED:
    case BLOCK_ZERO:
    case BLOCK_UNMAPPED:
    case BLOCK_UNMAPPED_OLD:
        return TRUE;
    case BLOCK_PARTIALLY_PRESENT:
        if (!image->metadata.has_parent)
            return corrupt(error, "a part of a block is said to be in its parent, but it has none",
                           block);
        break;
    case BLOCK_FULLY_PRESENT:
        break;
    default:
        return corrupt(error, "a block is in a state that is not defined", block);
    }
    return range_is_within(entry_offset(entry), image->metadata.block_bytes,
                           flat_file_size(image->file)) ||
           corrupt(error, "the image is cut short: blocks lie beyond the end of it", block);
}

gboolean vhdx_image_check_blocks(VhdxImage *image, GError **error)
{
    uint64_t entries = count_entries(image), blocks = count_blocks(image);
    uint64_t block = 0, in_chunk = 0;
    gboolean needs_bitmap = FALSE;
    uint8_t piece[TABLE_PIECE_ENTRIES * 8];
    for (uint64_t first = 0; first < entries; first += TABLE_PIECE_ENTRIES) {
        uint64_t count = MIN(entries - first, TABLE_PIECE_ENTRIES), offset;
        if (!g_uint64_checked_add(&offset, image->regions.bat_offset, first * 8))
            offset = G_MAXUINT64;
        if (!flat_file_read(image->file, offset, piece, (size_t)count * 8, "block allocation table",
                            error))
            return FALSE;
        for (uint64_t i = 0; i < count; i++) {
            uint64_t entry = get_le64(piece + i * 8);
            if (in_chunk == image->chunk_blocks) {
                if (needs_bitmap && !bitmap_is_within(image, entry))
                    return corrupt(error, "the image is cut short: a sector bitmap is missing",
                                   block - 1);
                in_chunk = 0;
                needs_bitmap = FALSE;
                continue;
            }
            in_chunk++;
            if (block < blocks && !check_block(image, entry, block, error))
                return FALSE;
            if (block < blocks && entry_state(entry) == BLOCK_PARTIALLY_PRESENT)
                needs_bitmap = TRUE;
            block++;
        }
    }
    return TRUE;
}

static gboolean read_entry(VhdxImage *image, uint64_t number, uint64_t *ret_entry, GError **error)
{
    uint8_t bytes[8];
    uint64_t offset;
    if (!g_uint64_checked_add(&offset, image->regions.bat_offset, number * 8))
        offset = G_MAXUINT64;
    if (!flat_cache_read(image->cache, offset, bytes, sizeof(bytes), "block allocation table",
                         error))
        return FALSE;
    *ret_entry = get_le64(bytes);
    return TRUE;
}

/* One bit for each sector of the chunk, least significant first; set: it is here. */
static gboolean map_partial(VhdxImage *image, uint64_t block, uint64_t in_block, FlatRun *run,
                            GError **error)
{
    uint64_t chunk = block / image->chunk_blocks, bitmap;
    if (!read_entry(image, chunk * (image->chunk_blocks + 1) + image->chunk_blocks, &bitmap, error))
        return FALSE;
    if (!bitmap_is_within(image, bitmap))
        return corrupt(error, "the image is cut short: a sector bitmap is missing", block);
    uint64_t sector_bytes = image->metadata.sector_bytes;
    uint64_t before = block % image->chunk_blocks * (image->metadata.block_bytes / sector_bytes);
    uint64_t first = in_block / sector_bytes;
    uint64_t end = (in_block + run->length + sector_bytes - 1) / sector_bytes;
    gboolean is_ours;
    uint64_t sectors;
    if (!flat_cache_read_bits(image->cache, entry_offset(bitmap), before + first, end - first,
                              FALSE, &is_ours, &sectors, error))
        return FALSE;
    run->length = MIN(run->length, (first + sectors) * sector_bytes - in_block);
    if (!is_ours)
        run->kind = FLAT_RUN_PARENT;
    return TRUE;
}

static gboolean map(gpointer data, uint64_t offset, uint64_t length, FlatRun *ret_run,
                    GError **error)
{
    VhdxImage *image = data;
    uint64_t block = offset / image->metadata.block_bytes;
    uint64_t in_block = offset % image->metadata.block_bytes;
    uint64_t entry;
    if (!read_entry(image, block + block / image->chunk_blocks, &entry, error) ||
        !check_block(image, entry, block, error))
        return FALSE;
    *ret_run = (FlatRun){FLAT_RUN_ZEROS, 0, MIN(length, image->metadata.block_bytes - in_block)};
    switch (entry_state(entry)) {
    case BLOCK_NOT_PRESENT:
        if (image->metadata.has_parent)
            ret_run->kind = FLAT_RUN_PARENT;
        return TRUE;
    case BLOCK_FULLY_PRESENT:
    case BLOCK_PARTIALLY_PRESENT:
        ret_run->kind = FLAT_RUN_DATA;
        ret_run->file_offset = entry_offset(entry) + in_block;
        return entry_state(entry) == BLOCK_FULLY_PRESENT ||
               map_partial(image, block, in_block, ret_run, error);
    case BLOCK_UNDEFINED:
    case BLOCK_ZERO:
    case BLOCK_UNMAPPED:
    case BLOCK_UNMAPPED_OLD:
    default:
        return TRUE;
    }
}

static gpointer open_layer(const char *path, uint64_t offset, uint64_t length, GError **error)
{
    return vhdx_image_open(path, offset, length, error);
}

static void close_layer(gpointer image)
{
    vhdx_image_close(image);
}

static const FlatFile *layer_file(gconstpointer image)
{
    return ((const VhdxImage *)image)->file;
}

static uint64_t layer_size(gconstpointer image)
{
    return ((const VhdxImage *)image)->metadata.disk_bytes;
}

static uint32_t layer_sector_size(gconstpointer image)
{
    return ((const VhdxImage *)image)->metadata.sector_bytes;
}

const FlatLayerOps vhdx_layer_ops = {open_layer, close_layer,       layer_file,
                                     layer_size, layer_sector_size, map};
