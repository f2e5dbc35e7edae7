/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the targets of a mapped disk's bytes. */
#include "disk/map.h"

#include "base/bytes.h"
#include "base/error.h"
#include "disk/driver.h"

typedef struct {
    uint64_t start, length; /* in the map */
    uint64_t chunk_bytes;   /* of one target: length */
    guint target_count;
    MapTarget *targets; /* hold references */
} Segment;

typedef struct {
    Disk base;
    Segment *segments;
    guint count;
    GPtrArray *disks; /* every disk below once, borrowed from the targets */
} Map;

/* Neighbouring bytes of the map that are neighbours on one target as well. */
typedef struct {
    Disk *disk;
    uint64_t offset;
    uint64_t length;
} Piece;

/* The segments cover the map without gaps: the last that does not start behind offset has it. */
static const Segment *find_segment(const Map *map, uint64_t offset)
{
    guint low = 0, high = map->count;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (map->segments[middle].start <= offset)
            low = middle;
        else
            high = middle;
    }
    return &map->segments[low];
}

static Piece find_piece(const Map *map, uint64_t offset, uint64_t limit)
{
    const Segment *segment = find_segment(map, offset);
    uint64_t inside = offset - segment->start;
    uint64_t chunk = inside / segment->chunk_bytes, in_chunk = inside % segment->chunk_bytes;
    const MapTarget *target = &segment->targets[chunk % segment->target_count];
    uint64_t length = MIN(segment->chunk_bytes - in_chunk, segment->length - inside);
    return (Piece){
        .disk = target->disk,
        .offset = target->start + chunk / segment->target_count * segment->chunk_bytes + in_chunk,
        .length = MIN(length, limit),
    };
}

static gboolean map_read(Disk *disk, uint64_t offset, void *buffer, size_t length, GError **error)
{
    uint8_t *bytes = buffer;
    while (length > 0) {
        Piece piece = find_piece((Map *)disk, offset, length);
        if (!disk_read(piece.disk, piece.offset, bytes, (size_t)piece.length, error))
            return FALSE;
        bytes += piece.length;
        offset += piece.length;
        length -= (size_t)piece.length;
    }
    return TRUE;
}

static gboolean map_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                          GError **error)
{
    const uint8_t *bytes = buffer;
    while (length > 0) {
        Piece piece = find_piece((Map *)disk, offset, length);
        if (!disk_write(piece.disk, piece.offset, bytes, (size_t)piece.length, error))
            return FALSE;
        bytes += piece.length;
        offset += piece.length;
        length -= (size_t)piece.length;
    }
    return TRUE;
}

/* Those that go to one disk are handed on together, so that they run at the same time there. */
static gboolean map_write_many(Disk *disk, const DiskWrite *writes, size_t count, GError **error)
{
    Map *map = (Map *)disk;
    g_autoptr(GHashTable) by_disk =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
    for (size_t i = 0; i < count; i++) {
        DiskWrite rest = writes[i];
        while (rest.length > 0) {
            Piece piece = find_piece(map, rest.offset, rest.length);
            GArray *list = g_hash_table_lookup(by_disk, piece.disk);
            if (!list) {
                list = g_array_new(FALSE, FALSE, sizeof(DiskWrite));
                g_hash_table_insert(by_disk, piece.disk, list);
            }
            DiskWrite write = {piece.offset, rest.buffer, (size_t)piece.length};
            g_array_append_val(list, write);
            rest.offset += piece.length;
            rest.buffer = (const uint8_t *)rest.buffer + piece.length;
            rest.length -= (size_t)piece.length;
        }
    }
    for (guint i = 0; i < map->disks->len; i++) {
        Disk *below = g_ptr_array_index(map->disks, i);
        const GArray *list = g_hash_table_lookup(by_disk, below);
        if (list &&
            !disk_write_many(below, (const DiskWrite *)(const void *)list->data, list->len, error))
            return FALSE;
    }
    return TRUE;
}

/* How many of the first offset bytes of a striped segment are on the target with this index. */
static uint64_t bytes_before(const Segment *segment, guint index, uint64_t offset)
{
    uint64_t row = segment->chunk_bytes * segment->target_count;
    uint64_t rest = offset % row, before = segment->chunk_bytes * index;
    uint64_t in_row = rest > before ? MIN(rest - before, segment->chunk_bytes) : 0;
    return offset / row * segment->chunk_bytes + in_row;
}

/* A range of the map is one range on each target: chunks that follow each other there. */
static gboolean discard_in_segment(const Segment *segment, uint64_t first, uint64_t end,
                                   GError **error)
{
    for (guint i = 0; i < segment->target_count; i++) {
        const MapTarget *target = &segment->targets[i];
        uint64_t start = bytes_before(segment, i, first), stop = bytes_before(segment, i, end);
        if (stop > start && !disk_discard(target->disk, target->start + start, stop - start, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean map_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    Map *map = (Map *)disk;
    uint64_t end = offset + length;
    while (offset < end) {
        const Segment *segment = find_segment(map, offset);
        uint64_t stop = MIN(end, segment->start + segment->length);
        if (!discard_in_segment(segment, offset - segment->start, stop - segment->start, error))
            return FALSE;
        offset = stop;
    }
    return TRUE;
}

static gboolean map_flush(Disk *disk, GError **error)
{
    const Map *map = (Map *)disk;
    for (guint i = 0; i < map->disks->len; i++)
        if (!disk_flush(g_ptr_array_index(map->disks, i), error))
            return FALSE;
    return TRUE;
}

static void map_free(Disk *disk)
{
    Map *map = (Map *)disk;
    for (guint i = 0; i < map->count; i++) {
        for (guint j = 0; j < map->segments[i].target_count; j++)
            disk_unref(map->segments[i].targets[j].disk);
        g_free(map->segments[i].targets);
    }
    g_free(map->segments);
    g_ptr_array_unref(map->disks);
    g_free(map);
}

static const DiskOps map_ops = {
    .read = map_read,
    .write = map_write,
    .write_many = map_write_many,
    .discard = map_discard,
    .flush = map_flush,
    .free = map_free,
};

static gboolean check_segment(const char *name, const MapSegment *segment, GError **error)
{
    uint64_t row = segment->chunk_bytes, each = segment->length;
    gboolean ok = segment->length > 0 && segment->target_count > 0;
    if (ok && segment->target_count > 1) {
        ok = row > 0 && g_uint64_checked_mul(&row, row, segment->target_count) &&
             segment->length % row == 0;
        each /= segment->target_count;
    }
    for (guint i = 0; ok && i < segment->target_count; i++)
        ok = range_is_within(segment->targets[i].start, each, segment->targets[i].disk->size);
    if (!ok)
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "give all disks of the machine, whole; or export it again",
                          "a part of %s is not on its disks", name);
    return ok;
}

static void add_segment(Map *map, const MapSegment *source)
{
    Segment *segment = &map->segments[map->count++];
    gboolean striped = source->target_count > 1;
    *segment =
        (Segment){map->base.size, source->length, striped ? source->chunk_bytes : source->length,
                  source->target_count, g_new(MapTarget, source->target_count)};
    map->base.size += source->length;
    for (guint i = 0; i < source->target_count; i++) {
        Disk *below = source->targets[i].disk;
        segment->targets[i] = (MapTarget){disk_ref(below), source->targets[i].start};
        map->base.sector_size = MAX(map->base.sector_size, below->sector_size);
        map->base.writable = map->base.writable && below->writable;
        map->base.keeps_no_zeros = map->base.keeps_no_zeros || below->keeps_no_zeros;
        map->base.level = MAX(map->base.level, below->level);
        if (!g_ptr_array_find(map->disks, below, NULL))
            g_ptr_array_add(map->disks, below);
    }
}

Disk *disk_new_map(const char *name, const MapSegment *segments, guint count, GError **error)
{
    uint64_t size = 0;
    for (guint i = 0; i < count; i++) {
        if (!check_segment(name, &segments[i], error))
            return NULL;
        if (!g_uint64_checked_add(&size, size, segments[i].length) || size > G_MAXINT64) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "%s is larger than any disk",
                              name);
            return NULL;
        }
    }
    Map *map = g_new0(Map, 1);
    disk_init(&map->base, &map_ops, NULL, name, 0, 0, TRUE);
    map->segments = g_new0(Segment, MAX(count, 1));
    map->disks = g_ptr_array_new();
    for (guint i = 0; i < count; i++)
        add_segment(map, &segments[i]);
    map->base.sector_size = MAX(map->base.sector_size, 512);
    return &map->base;
}
