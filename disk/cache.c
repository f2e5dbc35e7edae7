/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A write-back cache in front of a disk. The filesystem libraries read and write in units of one to
   four KiB: without it, 2000 new files on NTFS cost 77000 requests. */
#include <string.h>

#include "disk/driver.h"

#define BLOCK_BYTES ((size_t)64 * 1024)
/* File contents are read once: they would only push the metadata out. */
#define READ_PAST_BYTES ((size_t)256 * 1024)
#define WRITE_PAST_BYTES ((size_t)1024 * 1024)
#define MERGED_WRITE_BYTES ((size_t)1024 * 1024)
#define BATCH_BYTES ((size_t)4 * 1024 * 1024)

typedef struct {
    uint64_t index;                /* in blocks; key of the hash table */
    GList link;                    /* in Cache.recent */
    size_t length;                 /* less than BLOCK_BYTES at the disk's end only */
    size_t dirty_start, dirty_end; /* equal: parent has the same bytes */
    uint8_t bytes[];
} Block;

typedef struct {
    Disk base;
    GHashTable *blocks;
    GQueue recent; /* of Block, the one used last at the head */
    guint max_blocks;
} Cache;

/* Dirty ranges on their way to parent, neighbours put together. */
typedef struct {
    Cache *cache;
    GArray *writes;    /* of DiskWrite */
    GPtrArray *blocks; /* of Block: those that writes will make clean */
    uint8_t *bytes;
    size_t used;
} Batch;

static gboolean block_is_dirty(const Block *block)
{
    return block->dirty_start < block->dirty_end;
}

static void block_set_clean(Block *block)
{
    block->dirty_start = block->dirty_end = 0;
}

static void block_add_dirty(Block *block, size_t start, size_t end)
{
    gboolean dirty = block_is_dirty(block);
    block->dirty_start = dirty ? MIN(block->dirty_start, start) : start;
    block->dirty_end = dirty ? MAX(block->dirty_end, end) : end;
}

static void cache_drop(Cache *cache, Block *block)
{
    g_queue_unlink(&cache->recent, &block->link);
    g_hash_table_remove(cache->blocks, &block->index);
}

static gboolean batch_send(Batch *batch, GError **error)
{
    if (batch->writes->len > 0 &&
        !disk_write_many(batch->cache->base.parent, (const DiskWrite *)(void *)batch->writes->data,
                         batch->writes->len, error))
        return FALSE;
    for (guint i = 0; i < batch->blocks->len; i++)
        block_set_clean(g_ptr_array_index(batch->blocks, i));
    g_array_set_size(batch->writes, 0);
    g_ptr_array_set_size(batch->blocks, 0);
    batch->used = 0;
    return TRUE;
}

static gboolean batch_add(Batch *batch, Block *block, GError **error)
{
    size_t length = block->dirty_end - block->dirty_start;
    uint64_t offset = block->index * BLOCK_BYTES + block->dirty_start;
    if (batch->used + length > BATCH_BYTES && !batch_send(batch, error))
        return FALSE;

    uint8_t *copy = batch->bytes + batch->used;
    memcpy(copy, block->bytes + block->dirty_start, length);
    batch->used += length;
    g_ptr_array_add(batch->blocks, block);
    if (batch->writes->len > 0) {
        DiskWrite *last = &g_array_index(batch->writes, DiskWrite, batch->writes->len - 1);
        if (last->offset + last->length == offset && last->length + length <= MERGED_WRITE_BYTES) {
            last->length += length;
            return TRUE;
        }
    }
    DiskWrite write = {.offset = offset, .buffer = copy, .length = length};
    g_array_append_val(batch->writes, write);
    return TRUE;
}

static gint compare_blocks(gconstpointer a, gconstpointer b)
{
    const Block *first = *(const Block *const *)a;
    const Block *second = *(const Block *const *)b;
    return first->index < second->index ? -1 : first->index > second->index;
}

/* What could not be written stays dirty, and is tried again by the next flush. */
static gboolean cache_write_back(Cache *cache, GError **error)
{
    g_autoptr(GPtrArray) dirty = g_ptr_array_new();
    for (GList *link = cache->recent.head; link; link = link->next)
        if (block_is_dirty(link->data))
            g_ptr_array_add(dirty, link->data);
    if (dirty->len == 0)
        return TRUE;
    g_ptr_array_sort(dirty, compare_blocks);

    g_autoptr(GArray) writes = g_array_new(FALSE, FALSE, sizeof(DiskWrite));
    g_autoptr(GPtrArray) blocks = g_ptr_array_new();
    g_autofree uint8_t *bytes = g_malloc(MIN(BATCH_BYTES, dirty->len * BLOCK_BYTES));
    Batch batch = {cache, writes, blocks, bytes, 0};
    for (guint i = 0; i < dirty->len; i++)
        if (!batch_add(&batch, g_ptr_array_index(dirty, i), error))
            return FALSE;
    return batch_send(&batch, error);
}

static gboolean cache_make_room(Cache *cache, GError **error)
{
    if (cache->recent.length < cache->max_blocks)
        return TRUE;
    Block *oldest = cache->recent.tail->data;
    /* All of them: sorted and merged they cost little more than this one. */
    if (block_is_dirty(oldest) && !cache_write_back(cache, error))
        return FALSE;
    cache_drop(cache, oldest);
    return TRUE;
}

/* fill FALSE: the caller overwrites the whole block. */
static Block *cache_get(Cache *cache, uint64_t index, gboolean fill, GError **error)
{
    Block *block = g_hash_table_lookup(cache->blocks, &index);
    if (block) {
        g_queue_unlink(&cache->recent, &block->link);
        g_queue_push_head_link(&cache->recent, &block->link);
        return block;
    }
    if (!cache_make_room(cache, error))
        return NULL;

    uint64_t offset = index * BLOCK_BYTES;
    size_t length = (size_t)MIN(BLOCK_BYTES, cache->base.size - offset);
    block = g_malloc(sizeof(Block) + length);
    *block = (Block){.index = index, .link = {.data = block}, .length = length};
    if (fill && !disk_read(cache->base.parent, offset, block->bytes, length, error)) {
        g_free(block);
        return NULL;
    }
    g_queue_push_head_link(&cache->recent, &block->link);
    g_hash_table_add(cache->blocks, block);
    return block;
}

/* Where [offset, offset + length) and block meet: the first byte in block, the first byte in the
   range, and how many. 0: nowhere. */
static size_t block_overlap(const Block *block, uint64_t offset, uint64_t length,
                            size_t *ret_in_block, uint64_t *ret_in_range)
{
    uint64_t block_offset = block->index * BLOCK_BYTES;
    uint64_t start = MAX(offset, block_offset);
    uint64_t end = MIN(offset + length, block_offset + block->length);
    if (start >= end)
        return 0;
    *ret_in_block = (size_t)(start - block_offset);
    *ret_in_range = start - offset;
    return (size_t)(end - start);
}

static gboolean read_past(Cache *cache, uint64_t offset, uint8_t *bytes, size_t length,
                          GError **error)
{
    if (!disk_read(cache->base.parent, offset, bytes, length, error))
        return FALSE;
    for (GList *link = cache->recent.head; link; link = link->next) {
        const Block *block = link->data;
        size_t in_block;
        uint64_t in_range;
        size_t common = block_overlap(block, offset, length, &in_block, &in_range);
        if (common > 0 && block_is_dirty(block))
            memcpy(bytes + in_range, block->bytes + in_block, common);
    }
    return TRUE;
}

static gboolean write_past(Cache *cache, uint64_t offset, const uint8_t *bytes, size_t length,
                           GError **error)
{
    if (!disk_write(cache->base.parent, offset, bytes, length, error))
        return FALSE;
    for (GList *link = cache->recent.head; link; link = link->next) {
        Block *block = link->data;
        size_t in_block;
        uint64_t in_range;
        size_t common = block_overlap(block, offset, length, &in_block, &in_range);
        if (common == 0)
            continue;
        memcpy(block->bytes + in_block, bytes + in_range, common);
        if (in_block <= block->dirty_start && block->dirty_end <= in_block + common)
            block_set_clean(block);
    }
    return TRUE;
}

static gboolean cache_read(Disk *disk, uint64_t offset, void *buffer, size_t length, GError **error)
{
    Cache *cache = (Cache *)disk;
    uint8_t *bytes = buffer;
    if (length >= READ_PAST_BYTES)
        return read_past(cache, offset, bytes, length, error);
    while (length > 0) {
        size_t in_block = (size_t)(offset % BLOCK_BYTES);
        size_t chunk = MIN(length, BLOCK_BYTES - in_block);
        const Block *block = cache_get(cache, offset / BLOCK_BYTES, TRUE, error);
        if (!block)
            return FALSE;
        memcpy(bytes, block->bytes + in_block, chunk);
        bytes += chunk;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

static gboolean cache_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                            GError **error)
{
    Cache *cache = (Cache *)disk;
    const uint8_t *bytes = buffer;
    if (length >= WRITE_PAST_BYTES)
        return write_past(cache, offset, bytes, length, error);
    while (length > 0) {
        size_t in_block = (size_t)(offset % BLOCK_BYTES);
        size_t chunk = MIN(length, BLOCK_BYTES - in_block);
        gboolean whole = in_block == 0 && chunk == MIN(BLOCK_BYTES, disk->size - offset);
        Block *block = cache_get(cache, offset / BLOCK_BYTES, !whole, error);
        if (!block)
            return FALSE;
        memcpy(block->bytes + in_block, bytes, chunk);
        block_add_dirty(block, in_block, in_block + chunk);
        bytes += chunk;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

/* Goes straight to parent; afterwards the cache agrees. A block that was dirty beyond the range
   stays so, and writes its zeros once more. */
static gboolean cache_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    Cache *cache = (Cache *)disk;
    if (!disk_discard(disk->parent, offset, length, error))
        return FALSE;
    for (GList *link = cache->recent.head, *next; link; link = next) {
        Block *block = link->data;
        size_t in_block;
        uint64_t in_range;
        size_t common = block_overlap(block, offset, length, &in_block, &in_range);
        next = link->next;
        if (common == block->length)
            cache_drop(cache, block);
        else if (common > 0)
            memset(block->bytes + in_block, 0, common);
    }
    return TRUE;
}

static gboolean cache_flush(Disk *disk, GError **error)
{
    return cache_write_back((Cache *)disk, error) && disk_flush(disk->parent, error);
}

static void cache_free(Disk *disk)
{
    g_hash_table_destroy(((Cache *)disk)->blocks);
    g_free(disk);
}

static const DiskOps cache_ops = {
    .read = cache_read,
    .write = cache_write,
    .discard = cache_discard,
    .flush = cache_flush,
    .free = cache_free,
};

Disk *disk_new_cache(Disk *parent, uint64_t limit_bytes)
{
    Cache *cache = g_new0(Cache, 1);
    disk_init(&cache->base, &cache_ops, parent, parent->name, parent->size, parent->sector_size,
              parent->writable);
    cache->blocks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    cache->max_blocks = (guint)CLAMP(limit_bytes / BLOCK_BYTES, 1, G_MAXUINT);
    g_queue_init(&cache->recent);
    return &cache->base;
}
