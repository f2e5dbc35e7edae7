/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk that may be written while its parent stays as it is: changes live in memory. */
#include <string.h>

#include "base/error.h"
#include "disk/driver.h"

/* As small as the blocks filesystems change, so that the limit means what it says. */
#define BLOCK_BYTES ((size_t)4096)

typedef struct {
    uint64_t index; /* in blocks; key of the hash table */
    uint8_t bytes[BLOCK_BYTES];
} Block;

typedef struct {
    Disk base;
    GHashTable *blocks; /* of Block: those that were written */
    /* One bit per block that was discarded; NULL until the first is. Free space of a whole volume
       is discarded in one go: it must not cost memory by the block. Block in blocks come first. */
    uint8_t *discarded;
    uint64_t max_blocks;
} Scratch;

static gboolean is_discarded(const Scratch *scratch, uint64_t index)
{
    return scratch->discarded && (scratch->discarded[index / 8] >> (index % 8) & 1);
}

/* FALSE: neither written nor discarded, parent has it. */
static gboolean copy_changed(const Scratch *scratch, uint64_t index, size_t in_block,
                             uint8_t *bytes, size_t length)
{
    const Block *block = g_hash_table_lookup(scratch->blocks, &index);
    if (block)
        memcpy(bytes, block->bytes + in_block, length);
    else if (is_discarded(scratch, index))
        memset(bytes, 0, length);
    else
        return FALSE;
    return TRUE;
}

static gboolean scratch_read(Disk *disk, uint64_t offset, void *buffer, size_t length,
                             GError **error)
{
    Scratch *scratch = (Scratch *)disk;
    uint8_t *bytes = buffer;
    size_t unchanged = 0; /* bytes before this point that parent has to give */
    while (length > 0) {
        size_t in_block = (size_t)(offset % BLOCK_BYTES);
        size_t chunk = MIN(length, BLOCK_BYTES - in_block);
        gboolean changed = copy_changed(scratch, offset / BLOCK_BYTES, in_block, bytes, chunk);
        if (changed && unchanged > 0 &&
            !disk_read(disk->parent, offset - unchanged, bytes - unchanged, unchanged, error))
            return FALSE;
        unchanged = changed ? 0 : unchanged + chunk;
        bytes += chunk;
        offset += chunk;
        length -= chunk;
    }
    return unchanged == 0 ||
           disk_read(disk->parent, offset - unchanged, bytes - unchanged, unchanged, error);
}

/* A block that may be changed; with its present content unless fill is FALSE. */
static Block *scratch_get(Scratch *scratch, uint64_t index, gboolean fill, GError **error)
{
    Block *block = g_hash_table_lookup(scratch->blocks, &index);
    if (block)
        return block;
    if (g_hash_table_size(scratch->blocks) >= scratch->max_blocks) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "%s: more than %" G_GUINT64_FORMAT " bytes would change",
                          scratch->base.name, scratch->max_blocks * BLOCK_BYTES);
        return NULL;
    }
    uint64_t offset = index * BLOCK_BYTES;
    size_t length = (size_t)MIN(BLOCK_BYTES, scratch->base.size - offset);
    block = g_new(Block, 1);
    block->index = index;
    if (fill && is_discarded(scratch, index)) {
        memset(block->bytes, 0, length);
    } else if (fill && !disk_read(scratch->base.parent, offset, block->bytes, length, error)) {
        g_free(block);
        return NULL;
    }
    g_hash_table_add(scratch->blocks, block);
    return block;
}

/* bytes NULL: zeros. */
static gboolean change(Scratch *scratch, uint64_t offset, const uint8_t *bytes, size_t length,
                       GError **error)
{
    while (length > 0) {
        size_t in_block = (size_t)(offset % BLOCK_BYTES);
        size_t chunk = MIN(length, BLOCK_BYTES - in_block);
        gboolean whole = in_block == 0 && chunk == MIN(BLOCK_BYTES, scratch->base.size - offset);
        Block *block = scratch_get(scratch, offset / BLOCK_BYTES, !whole, error);
        if (!block)
            return FALSE;
        if (bytes)
            memcpy(block->bytes + in_block, bytes, chunk);
        else
            memset(block->bytes + in_block, 0, chunk);
        bytes = bytes ? bytes + chunk : NULL;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

static gboolean scratch_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                              GError **error)
{
    return change((Scratch *)disk, offset, buffer, length, error);
}

static gboolean scratch_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    Scratch *scratch = (Scratch *)disk;
    uint64_t end = offset + length;
    uint64_t first = offset / BLOCK_BYTES + (offset % BLOCK_BYTES != 0);
    uint64_t after =
        end == disk->size ? end / BLOCK_BYTES + (end % BLOCK_BYTES != 0) : end / BLOCK_BYTES;
    if (first >= after) /* less than a block: at most two pieces */
        return change(scratch, offset, NULL, (size_t)length, error);

    if (!scratch->discarded) {
        scratch->discarded = g_try_malloc0((gsize)(disk->size / BLOCK_BYTES / 8 + 1));
        if (!scratch->discarded) {
            drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL,
                              "%s: no memory to note what is discarded", disk->name);
            return FALSE;
        }
    }
    if (!change(scratch, offset, NULL, (size_t)(first * BLOCK_BYTES - offset), error))
        return FALSE;
    if (end > after * BLOCK_BYTES &&
        !change(scratch, after * BLOCK_BYTES, NULL, (size_t)(end - after * BLOCK_BYTES), error))
        return FALSE;
    for (uint64_t index = first; index < after; index++) {
        scratch->discarded[index / 8] |= (uint8_t)(1u << (index % 8));
        g_hash_table_remove(scratch->blocks, &index);
    }
    return TRUE;
}

static gboolean scratch_flush(G_GNUC_UNUSED Disk *disk, G_GNUC_UNUSED GError **error)
{
    return TRUE;
}

static void scratch_free(Disk *disk)
{
    Scratch *scratch = (Scratch *)disk;
    g_hash_table_destroy(scratch->blocks);
    g_free(scratch->discarded);
    g_free(scratch);
}

static const DiskOps scratch_ops = {
    .read = scratch_read,
    .write = scratch_write,
    .discard = scratch_discard,
    .flush = scratch_flush,
    .free = scratch_free,
};

Disk *disk_new_scratch(Disk *parent, uint64_t limit_bytes)
{
    Scratch *scratch = g_new0(Scratch, 1);
    disk_init(&scratch->base, &scratch_ops, parent, parent->name, parent->size, parent->sector_size,
              TRUE);
    scratch->blocks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    scratch->max_blocks = limit_bytes / BLOCK_BYTES;
    return &scratch->base;
}
