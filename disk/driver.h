/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a kind of disk implements. Only for files of disk/; everybody else calls disk.h. */
#ifndef DISK_DRIVER_H
#define DISK_DRIVER_H

#include "disk/disk.h"

typedef struct {
    uint64_t offset;
    const void *buffer;
    size_t length;
} DiskWrite;

/* disk.c has already checked the range, and that the disk is writable where it must be. */
typedef struct {
    gboolean (*read)(Disk *disk, uint64_t offset, void *buffer, size_t length, GError **error);
    gboolean (*write)(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                      GError **error);
    /* Several writes that may run at the same time; NULL: disk.c writes one after the other. */
    gboolean (*write_many)(Disk *disk, const DiskWrite *writes, size_t count, GError **error);
    gboolean (*discard)(Disk *disk, uint64_t offset, uint64_t length, GError **error);
    gboolean (*flush)(Disk *disk, GError **error);
    void (*free)(Disk *disk); /* frees the driver's own struct, after parent was dropped */
} DiskOps;

/* First member of each driver's struct. */
struct Disk {
    const DiskOps *ops;
    gint ref_count;
    Disk *parent; /* reference, or NULL */
    char *name;
    uint64_t size;
    uint32_t sector_size;
    gboolean writable;
    gboolean keeps_no_zeros; /* see disk_discards_to_zeros(); of parent unless a driver says so */
    guint level;             /* see disk_level(); likewise */
};

/* Fills the common part; takes a reference on parent (may be NULL). */
void disk_init(Disk *disk, const DiskOps *ops, Disk *parent, const char *name, uint64_t size,
               uint32_t sector_size, gboolean writable);

/* All of writes, which must not overlap, in any order. After an error each of them may have been
   written or not. */
gboolean disk_write_many(Disk *disk, const DiskWrite *writes, size_t count,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
