/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last pages used of an image's block table and sector bitmaps. */
#include "convert/image/flat_cache.h"

#include <string.h>

#define PAGE_BYTES 4096
#define SLOTS 1024
#define BITMAP_PIECE_BYTES 1024

typedef struct {
    uint64_t number; /* of the page */
    size_t length;   /* the last page of a file is shorter */
    uint8_t *bytes;  /* NULL: nothing here yet */
} Slot;

struct FlatCache {
    const FlatFile *file;
    GMutex lock;
    Slot slots[SLOTS];
};

FlatCache *flat_cache_new(const FlatFile *file)
{
    FlatCache *cache = g_new0(FlatCache, 1);
    cache->file = file;
    g_mutex_init(&cache->lock);
    return cache;
}

void flat_cache_free(FlatCache *cache)
{
    if (!cache)
        return;
    for (guint i = 0; i < SLOTS; i++)
        g_free(cache->slots[i].bytes);
    g_mutex_clear(&cache->lock);
    g_free(cache);
}

/* NULL: it cannot be read, for a reason that the caller finds out by asking the file. */
static const Slot *get_page(FlatCache *cache, uint64_t number)
{
    Slot *slot = &cache->slots[number % SLOTS];
    if (slot->bytes && slot->number == number && slot->length > 0)
        return slot;
    uint64_t offset = number * PAGE_BYTES, size = flat_file_size(cache->file);
    if (!slot->bytes)
        slot->bytes = g_malloc(PAGE_BYTES);
    slot->number = number;
    slot->length = 0; /* nothing, should the read fail */
    size_t length = offset < size ? (size_t)MIN(size - offset, (uint64_t)PAGE_BYTES) : 0;
    if (length == 0 || !flat_file_read(cache->file, offset, slot->bytes, length, "page", NULL))
        return NULL;
    slot->length = length;
    return slot;
}

gboolean flat_cache_read(FlatCache *cache, uint64_t offset, void *buffer, size_t length,
                         const char *what, GError **error)
{
    uint8_t *bytes = buffer;
    uint64_t position = offset;
    size_t left = length;
    g_mutex_lock(&cache->lock);
    while (left > 0) {
        size_t in_page = (size_t)(position % PAGE_BYTES);
        const Slot *slot = get_page(cache, position / PAGE_BYTES);
        size_t count = MIN(left, PAGE_BYTES - in_page);
        if (!slot || in_page + count > slot->length)
            break;
        memcpy(bytes, slot->bytes + in_page, count);
        bytes += count;
        position += count;
        left -= count;
    }
    g_mutex_unlock(&cache->lock);
    return left == 0 || flat_file_read(cache->file, offset, buffer, length, what, error);
}

static gboolean get_bit(const uint8_t *bytes, uint64_t number, gboolean most_significant_first)
{
    guint in_byte = (guint)(number % 8);
    return (bytes[number / 8] >> (most_significant_first ? 7 - in_byte : in_byte)) & 1;
}

/* How many bits of [first, end) are like the first one, whole bytes at once. */
static uint64_t count_same(const uint8_t *bytes, uint64_t first, uint64_t end, gboolean bit,
                           gboolean most_significant_first)
{
    uint64_t at = first;
    uint8_t whole = bit ? 0xff : 0;
    while (at < end) {
        if (at % 8 == 0 && end - at >= 8 && bytes[at / 8] == whole)
            at += 8;
        else if (get_bit(bytes, at, most_significant_first) == bit)
            at++;
        else
            break;
    }
    return at - first;
}

gboolean flat_cache_read_bits(FlatCache *cache, uint64_t offset, uint64_t first, uint64_t count,
                              gboolean most_significant_first, gboolean *ret_bit, uint64_t *ret_run,
                              GError **error)
{
    uint64_t run = 0;
    gboolean bit = FALSE;
    uint8_t piece[BITMAP_PIECE_BYTES];
    while (run < count) {
        uint64_t at = first + run, left = count - run;
        uint64_t skipped = at % 8;
        uint64_t bits = MIN(left, (uint64_t)sizeof(piece) * 8 - skipped);
        size_t length = (size_t)((skipped + bits + 7) / 8);
        if (!flat_cache_read(cache, offset + at / 8, piece, length, "sector bitmap", error))
            return FALSE;
        if (run == 0)
            bit = get_bit(piece, skipped, most_significant_first);
        uint64_t same = count_same(piece, skipped, skipped + bits, bit, most_significant_first);
        run += same;
        if (same < bits)
            break;
    }
    *ret_bit = bit;
    *ret_run = run;
    return TRUE;
}
