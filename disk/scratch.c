/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A copy-on-write layer in memory: a read-only disk that can be written all the same. */
#include <string.h>

#include "base/error.h"
#include "disk/driver.h"

#define BLOCK_BYTES 4096

typedef struct {
    Disk base;
    GHashTable *blocks; /* block number → BLOCK_BYTES, or zero_block */
    uint64_t changed_bytes, limit_bytes;
} Scratch;

/* Stands for every discarded block, so that discards take no memory. */
static uint8_t zero_block[BLOCK_BYTES];

static void block_free(gpointer block)
{
    if (block != zero_block)
        g_free(block);
}

/* The part of [offset, offset + length) that lies in the block of offset. */
static size_t part_in_block(uint64_t offset, uint64_t length)
{
    return (size_t)MIN(length, BLOCK_BYTES - offset % BLOCK_BYTES);
}

static gboolean scratch_read(Disk *disk, uint64_t offset, void *buffer, size_t length,
                             GError **error)
{
    Scratch *scratch = (Scratch *)disk;
    if (!disk_read(disk->parent, offset, buffer, length, error))
        return FALSE;
    if (g_hash_table_size(scratch->blocks) == 0)
        return TRUE;
    uint8_t *bytes = buffer;
    while (length > 0) {
        uint64_t number = offset / BLOCK_BYTES;
        size_t part = part_in_block(offset, length);
        const uint8_t *block = g_hash_table_lookup(scratch->blocks, &number);
        if (block)
            memcpy(bytes, block + offset % BLOCK_BYTES, part);
        bytes += part;
        offset += part;
        length -= part;
    }
    return TRUE;
}

/* A block of our own for number, filled from what it read as before. NULL: the limit is reached or
   the parent cannot be read. */
static uint8_t *own_block(Scratch *scratch, uint64_t number, GError **error)
{
    uint8_t *block = g_hash_table_lookup(scratch->blocks, &number);
    if (block && block != zero_block)
        return block;
    if (scratch->changed_bytes + BLOCK_BYTES > scratch->limit_bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "more than %" G_GUINT64_FORMAT " bytes of %s would have to be changed",
                          scratch->limit_bytes, scratch->base.name);
        return NULL;
    }
    g_autofree uint8_t *fresh = g_malloc0(BLOCK_BYTES);
    uint64_t start = number * BLOCK_BYTES;
    if (!block && !disk_read(scratch->base.parent, start, fresh,
                             part_in_block(start, scratch->base.size - start), error))
        return NULL;
    scratch->changed_bytes += BLOCK_BYTES;
    block = g_steal_pointer(&fresh);
    g_hash_table_insert(scratch->blocks, g_memdup2(&number, sizeof(number)), block);
    return block;
}

static gboolean scratch_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                              GError **error)
{
    const uint8_t *bytes = buffer;
    while (length > 0) {
        size_t part = part_in_block(offset, length);
        uint8_t *block = own_block((Scratch *)disk, offset / BLOCK_BYTES, error);
        if (!block)
            return FALSE;
        memcpy(block + offset % BLOCK_BYTES, bytes, part);
        bytes += part;
        offset += part;
        length -= part;
    }
    return TRUE;
}

static gboolean scratch_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    Scratch *scratch = (Scratch *)disk;
    while (length > 0) {
        size_t part = part_in_block(offset, length);
        uint64_t number = offset / BLOCK_BYTES;
        if (part == BLOCK_BYTES) {
            const uint8_t *block = g_hash_table_lookup(scratch->blocks, &number);
            if (block && block != zero_block)
                scratch->changed_bytes -= BLOCK_BYTES;
            g_hash_table_insert(scratch->blocks, g_memdup2(&number, sizeof(number)), zero_block);
        } else {
            uint8_t *block = own_block(scratch, number, error);
            if (!block)
                return FALSE;
            memset(block + offset % BLOCK_BYTES, 0, part);
        }
        offset += part;
        length -= part;
    }
    return TRUE;
}

static gboolean scratch_flush(G_GNUC_UNUSED Disk *disk, G_GNUC_UNUSED GError **error)
{
    return TRUE;
}

static void scratch_free(Disk *disk)
{
    g_hash_table_unref(((Scratch *)disk)->blocks);
    g_free(disk);
}

static const DiskOps scratch_ops = {scratch_read, scratch_write, scratch_discard, scratch_flush,
                                    scratch_free};

Disk *disk_new_scratch(Disk *parent, uint64_t limit_bytes)
{
    Scratch *scratch = g_new0(Scratch, 1);
    disk_init(&scratch->base, &scratch_ops, parent, parent->name, parent->size, parent->sector_size,
              TRUE);
    scratch->blocks = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, block_free);
    scratch->limit_bytes = limit_bytes;
    return &scratch->base;
}
