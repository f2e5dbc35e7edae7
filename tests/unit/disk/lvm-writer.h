/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes LVM2 physical volumes, as vgcreate would have left them. */
#ifndef TESTS_UNIT_DISK_LVM_WRITER_H
#define TESTS_UNIT_DISK_LVM_WRITER_H

#include "disk/disk.h"

#define LVM_WRITER_AREA_OFFSET ((uint64_t)4096)
#define LVM_WRITER_AREA_BYTES ((uint64_t)1 << 20) /* reaches to pe_start = 2048 + 8 sectors */

typedef struct {
    const char *id;   /* with or without hyphens */
    const char *text; /* of the group; NULL: areas without any */
    guint label_sector;
    guint areas;              /* 0, 1, or 2: the second at the end */
    uint64_t text_offset;     /* within the area; 0: right behind its header */
    gboolean is_ignored;      /* the areas are marked so */
    gboolean damage_first;    /* one byte of the first area's text is another */
    gboolean damage_location; /* the first area's text begins beyond it */
} LvmWriterOptions;

void lvm_writer_write(Disk *disk, const LvmWriterOptions *options);

#endif
