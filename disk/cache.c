/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A write-back cache in front of a disk. Filesystem libraries ask for a few hundred bytes at a
   time; without it each of those is a round trip to the server. */
#include <string.h>

#include "disk/driver.h"

#define BLOCK_BYTES ((uint64_t)64 << 10)
/* Larger transfers go past the cache: a file read once would only push metadata out of it. */
#define BYPASS_BYTES ((uint64_t)512 << 10)
#define MERGE_BYTES ((uint64_t)1 << 20)

typedef struct {
    uint64_t number;
    uint8_t *bytes;                /* BLOCK_BYTES, the last block's end unused */
    size_t dirty_start, dirty_end; /* equal: clean */
    GList link;                    /* in Cache.recent; data is the line */
} Line;

typedef struct {
    Disk base;
    GHashTable *lines; /* block number → Line */
    GQueue recent;     /* most recently used first */
    guint limit;       /* lines */
} Cache;

static void line_free(gpointer data)
{
    Line *line = data;
    g_free(line->bytes);
    g_free(line);
}

static size_t block_length(const Disk *disk, uint64_t number)
{
    return (size_t)MIN(BLOCK_BYTES, disk->size - number * BLOCK_BYTES);
}

static gboolean line_is_dirty(const Line *line)
{
    return line->dirty_start != line->dirty_end;
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    const Line *left = *(const Line *const *)a, *right = *(const Line *const *)b;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* Writes the dirty part of lines[0 … count), neighbours on the disk, as one request. */
static gboolean write_run(Cache *cache, Line *const *lines, guint count, uint8_t *buffer,
                          GError **error)
{
    uint64_t start = lines[0]->number * BLOCK_BYTES + lines[0]->dirty_start;
    size_t length = 0;
    for (guint i = 0; i < count; i++) {
        size_t part = lines[i]->dirty_end - lines[i]->dirty_start;
        memcpy(buffer + length, lines[i]->bytes + lines[i]->dirty_start, part);
        length += part;
    }
    if (!disk_write(cache->base.parent, start, buffer, length, error))
        return FALSE;
    for (guint i = 0; i < count; i++)
        lines[i]->dirty_start = lines[i]->dirty_end = 0;
    return TRUE;
}

static gboolean continues(const Line *line, const Line *next)
{
    return next->number == line->number + 1 && line->dirty_end == BLOCK_BYTES &&
           next->dirty_start == 0;
}

static gboolean write_back(Cache *cache, GError **error)
{
    g_autoptr(GPtrArray) dirty = g_ptr_array_new();
    for (GList *link = cache->recent.head; link; link = link->next)
        if (line_is_dirty(link->data))
            g_ptr_array_add(dirty, link->data);
    if (dirty->len == 0)
        return TRUE;
    g_ptr_array_sort(dirty, compare_lines);

    g_autofree uint8_t *buffer = g_malloc(MERGE_BYTES);
    Line *const *lines = (Line *const *)dirty->pdata;
    for (guint first = 0, next; first < dirty->len; first = next) {
        next = first + 1;
        while (next < dirty->len && next - first < MERGE_BYTES / BLOCK_BYTES &&
               continues(lines[next - 1], lines[next]))
            next++;
        if (!write_run(cache, lines + first, next - first, buffer, error))
            return FALSE;
    }
    return TRUE;
}

static void drop_line(Cache *cache, Line *line)
{
    g_queue_unlink(&cache->recent, &line->link);
    g_hash_table_remove(cache->lines, &line->number);
}

static gboolean make_room(Cache *cache, GError **error)
{
    while (g_hash_table_size(cache->lines) >= cache->limit) {
        Line *oldest = cache->recent.tail->data;
        if (line_is_dirty(oldest) && !write_back(cache, error))
            return FALSE;
        drop_line(cache, oldest);
    }
    return TRUE;
}

static Line *find_line(Cache *cache, uint64_t number)
{
    Line *line = g_hash_table_lookup(cache->lines, &number);
    if (line && cache->recent.head != &line->link) {
        g_queue_unlink(&cache->recent, &line->link);
        g_queue_push_head_link(&cache->recent, &line->link);
    }
    return line;
}

/* The line of a block, fetched from the parent unless all of it is about to be written. */
static Line *get_line(Cache *cache, uint64_t number, gboolean fetch, GError **error)
{
    Line *line = find_line(cache, number);
    if (line)
        return line;
    if (!make_room(cache, error))
        return NULL;
    line = g_new0(Line, 1);
    line->number = number;
    line->bytes = g_malloc(BLOCK_BYTES);
    line->link.data = line;
    if (fetch && !disk_read(cache->base.parent, number * BLOCK_BYTES, line->bytes,
                            block_length(&cache->base, number), error)) {
        line_free(line);
        return NULL;
    }
    g_hash_table_insert(cache->lines, &line->number, line);
    g_queue_push_head_link(&cache->recent, &line->link);
    return line;
}

/* Straight from the parent, then what the cache knows better. */
static gboolean read_past(Cache *cache, uint64_t offset, uint8_t *buffer, size_t length,
                          GError **error)
{
    if (!disk_read(cache->base.parent, offset, buffer, length, error))
        return FALSE;
    for (uint64_t number = offset / BLOCK_BYTES; number * BLOCK_BYTES < offset + length; number++) {
        const Line *line = g_hash_table_lookup(cache->lines, &number);
        if (!line || !line_is_dirty(line))
            continue;
        uint64_t start = MAX(offset, number * BLOCK_BYTES + line->dirty_start);
        uint64_t end = MIN(offset + length, number * BLOCK_BYTES + line->dirty_end);
        if (start < end)
            memcpy(buffer + (start - offset), line->bytes + (start - number * BLOCK_BYTES),
                   (size_t)(end - start));
    }
    return TRUE;
}

static gboolean cache_read(Disk *disk, uint64_t offset, void *buffer, size_t length, GError **error)
{
    Cache *cache = (Cache *)disk;
    uint8_t *bytes = buffer;
    if (length >= BYPASS_BYTES)
        return read_past(cache, offset, bytes, length, error);
    while (length > 0) {
        size_t within = (size_t)(offset % BLOCK_BYTES);
        size_t part = MIN(length, (size_t)BLOCK_BYTES - within);
        const Line *line = get_line(cache, offset / BLOCK_BYTES, TRUE, error);
        if (!line)
            return FALSE;
        memcpy(bytes, line->bytes + within, part);
        bytes += part;
        offset += part;
        length -= part;
    }
    return TRUE;
}

static void mark_dirty(Line *line, size_t start, size_t end)
{
    if (!line_is_dirty(line)) {
        line->dirty_start = start;
        line->dirty_end = end;
        return;
    }
    line->dirty_start = MIN(line->dirty_start, start);
    line->dirty_end = MAX(line->dirty_end, end);
}

static gboolean cache_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                            GError **error)
{
    Cache *cache = (Cache *)disk;
    const uint8_t *bytes = buffer;
    while (length > 0) {
        uint64_t number = offset / BLOCK_BYTES;
        size_t within = (size_t)(offset % BLOCK_BYTES);
        size_t part = MIN(length, (size_t)BLOCK_BYTES - within);
        Line *line = get_line(cache, number, part < block_length(disk, number), error);
        if (!line)
            return FALSE;
        memcpy(line->bytes + within, bytes, part);
        mark_dirty(line, within, within + part);
        bytes += part;
        offset += part;
        length -= part;
    }
    return TRUE;
}

/* What the cache holds of [offset, offset + length) becomes zeros; whole blocks are dropped. */
static void forget(Cache *cache, uint64_t offset, uint64_t length)
{
    GList *next;
    for (GList *link = cache->recent.head; link; link = next) {
        Line *line = link->data;
        next = link->next;
        uint64_t block_start = line->number * BLOCK_BYTES;
        uint64_t block_end = block_start + block_length(&cache->base, line->number);
        uint64_t start = MAX(offset, block_start), end = MIN(offset + length, block_end);
        if (start >= end)
            continue;
        if (start == block_start && end == block_end)
            drop_line(cache, line);
        else
            memset(line->bytes + (start - block_start), 0, (size_t)(end - start));
    }
}

static gboolean cache_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    if (!disk_discard(disk->parent, offset, length, error))
        return FALSE;
    forget((Cache *)disk, offset, length);
    return TRUE;
}

static gboolean cache_flush(Disk *disk, GError **error)
{
    return write_back((Cache *)disk, error) && disk_flush(disk->parent, error);
}

static void cache_free(Disk *disk)
{
    g_hash_table_unref(((Cache *)disk)->lines);
    g_free(disk);
}

static const DiskOps cache_ops = {cache_read, cache_write, cache_discard, cache_flush, cache_free};

Disk *disk_new_cache(Disk *parent, uint64_t limit_bytes)
{
    Cache *cache = g_new0(Cache, 1);
    disk_init(&cache->base, &cache_ops, parent, parent->name, parent->size, parent->sector_size,
              parent->writable);
    cache->lines = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, line_free);
    g_queue_init(&cache->recent);
    cache->limit = (guint)CLAMP(limit_bytes / BLOCK_BYTES, 2, G_MAXUINT);
    return &cache->base;
}
