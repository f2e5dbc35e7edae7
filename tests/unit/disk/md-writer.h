/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes superblocks of Linux software RAID, as mdadm would have left them. */
#ifndef TESTS_UNIT_DISK_MD_WRITER_H
#define TESTS_UNIT_DISK_MD_WRITER_H

#include "disk/disk.h"

#define MD_WRITER_DATA_BYTES ((uint64_t)64 << 10) /* where data begins: 1.1 and 1.2 */

typedef struct {
    const char *version; /* "0.90", "1.0", "1.1", "1.2" */
    int level;
    uint32_t layout, chunk_bytes;
    guint slots;
    uint64_t used_bytes;
    uint64_t events, created;
    guint number;
    const int *roles; /* slot of each member by number, -1 for none; NULL: number is the slot */
    uint64_t recovered_bytes; /* 0: all of it */
    uint32_t features;
    guint8 array; /* the first byte of the array's identifier */
    const char *name;
} MdWriterOptions;

/* The place it was written to. */
uint64_t md_writer_write(Disk *disk, const MdWriterOptions *options);

#endif
