/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks with the same content. Only for files of disk/. */
#ifndef DISK_MIRROR_H
#define DISK_MIRROR_H

#include "disk/disk.h"

/* Reads come from the first of copies, everything else goes to all of them. At least one; all are
   of the same size. Takes references. */
Disk *disk_new_mirror(const char *name, Disk *const *copies, guint count);

#endif
