/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk put together from ranges of others: logical volumes, striped and joined RAID. Only for
   files of disk/. */
#ifndef DISK_MAP_H
#define DISK_MAP_H

#include "disk/disk.h"

/* A range of a disk that the map uses. */
typedef struct {
    Disk *disk;     /* borrowed; the map takes a reference */
    uint64_t start; /* bytes */
} MapTarget;

/* Neighbouring bytes of the map, dealt out to target_count targets in turn, chunk_bytes to each. */
typedef struct {
    uint64_t length;      /* bytes; a multiple of target_count * chunk_bytes if there are several */
    uint64_t chunk_bytes; /* 0 with one target */
    guint target_count;
    const MapTarget *targets; /* borrowed */
} MapSegment;

/* A disk of segments in their order. Everything below is written, flushed and discarded through it;
   what lies beyond the end of a target is DRYDOCK_ERROR_CORRUPT. Discards reach each target as one
   range. */
Disk *disk_new_map(const char *name, const MapSegment *segments, guint count,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
