/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LVM2 physical volumes: label, header, and the metadata areas with the group's description.
   The layout is that of lvm2's lib/format_text/layout.h. */
#ifndef DISK_LVM_LABEL_H
#define DISK_LVM_LABEL_H

#include "disk/disk.h"

#define LVM_ID_BYTES 32

typedef struct {
    char id[LVM_ID_BYTES + 1];
    GPtrArray *texts; /* of GBytes: the metadata of each area whose checksum confirms it */
    guint damaged;    /* areas in use that are not among texts */
    char *damage;     /* what is wrong with one of them; NULL: nothing */
} LvmLabel;

/* No label on volume, or one that contradicts itself: DRYDOCK_ERROR_CORRUPT. Damaged metadata areas
   are no error: others, also on other volumes of the group, may be whole. */
LvmLabel *lvm_label_read(Disk *volume, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void lvm_label_free(LvmLabel *label);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LvmLabel, lvm_label_free)

#endif
