/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes any bytes of what is stored encrypted sector by sector. */
#include "disk/sector_store.h"

#include <string.h>

/* What is encrypted before it is written; reads need no copy. */
#define WRITE_BYTES ((size_t)256 << 10)

static gboolean read_sector(SectorStore *store, uint64_t stored, uint8_t *sector, GError **error)
{
    return disk_read(store->disk, stored, sector, store->sector_bytes, error) &&
           store->decrypt(store->cipher, stored, sector, store->sector_bytes, error);
}

gboolean sector_store_read(SectorStore *store, uint64_t stored, uint8_t *bytes, size_t length,
                           GError **error)
{
    uint32_t unit = store->sector_bytes;
    while (length > 0) {
        size_t in_sector = (size_t)(stored % unit), chunk;
        if (in_sector == 0 && length >= unit) {
            chunk = length - length % unit;
            if (!disk_read(store->disk, stored, bytes, chunk, error) ||
                !store->decrypt(store->cipher, stored, bytes, chunk, error))
                return FALSE;
        } else {
            chunk = MIN(length, unit - in_sector);
            if (!read_sector(store, stored - in_sector, store->sector, error))
                return FALSE;
            memcpy(bytes, store->sector + in_sector, chunk);
        }
        bytes += chunk;
        stored += chunk;
        length -= chunk;
    }
    return TRUE;
}

/* [stored, stored + length), rounded outwards to sectors, fits into room. */
static gboolean write_piece(SectorStore *store, uint64_t stored, const uint8_t *bytes,
                            size_t length, uint8_t *room, GError **error)
{
    uint32_t unit = store->sector_bytes;
    size_t head = (size_t)(stored % unit);
    size_t whole = (head + length + unit - 1) / unit * unit;
    uint64_t start = stored - head;
    if (head > 0 && !read_sector(store, start, room, error))
        return FALSE;
    /* The same sector, if there is but one, has been read already. */
    if ((head + length) % unit > 0 && !(head > 0 && whole == unit) &&
        !read_sector(store, start + whole - unit, room + whole - unit, error))
        return FALSE;
    memcpy(room + head, bytes, length);
    return store->encrypt(store->cipher, start, room, whole, error) &&
           disk_write(store->disk, start, room, whole, error);
}

gboolean sector_store_write(SectorStore *store, uint64_t stored, const uint8_t *bytes,
                            size_t length, GError **error)
{
    uint32_t unit = store->sector_bytes;
    size_t room_bytes = MIN(WRITE_BYTES, length + 2 * (size_t)unit);
    g_autofree uint8_t *room = g_malloc(room_bytes);
    while (length > 0) {
        size_t chunk = MIN(length, room_bytes / unit * unit - (size_t)(stored % unit));
        if (!write_piece(store, stored, bytes, chunk, room, error))
            return FALSE;
        bytes += chunk;
        stored += chunk;
        length -= chunk;
    }
    return TRUE;
}
