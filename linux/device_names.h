/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device names a guest's files use, and what to call the same volume on any machine. */
#ifndef LINUX_DEVICE_NAMES_H
#define LINUX_DEVICE_NAMES_H

#include "inspect/guest.h"

/* TRUE for names of disks and their partitions that depend on the controller: /dev/sda1, /dev/hda1,
   /dev/vda1, /dev/xvda1, /dev/nvme0n1p1, /dev/cciss/c0d0p1, /dev/mapper/mpatha1, and links below
   /dev/disk/by-id and by-path that do not name an LVM, RAID or dm device. */
gboolean device_name_is_unstable(const char *name);

/* "/dev/sdc3" -> 2 and 3 (0: the whole disk). FALSE: no name that says so. */
gboolean device_name_parse(const char *name, guint *ret_disk, guint *ret_partition);

/* The volume name stands for; NULL: none that is known. */
const Volume *device_name_find(const Guest *guest, const char *name);

typedef enum {
    STABLE_BY_UUID,     /* "UUID=…": needs an initramfs, or mount(8) */
    STABLE_BY_PARTUUID, /* "PARTUUID=…": the kernel alone knows it */
} StableKind;

/* NULL: the volume is not known or has no such identifier. */
char *device_name_stable(const Guest *guest, const char *name, StableKind kind);

#endif
