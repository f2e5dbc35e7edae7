/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The filesystems of a Linux system, where its fstab puts them. Only for linux*.c. */
#ifndef INSPECT_LINUX_MOUNTS_H
#define INSPECT_LINUX_MOUNTS_H

#include "inspect/guest.h"

/* Reads fstab and crypttab of guest, whose root and tree (with the root in it) are set, and mounts
   what they name and the disks have. system_root: the root's folder on its volume. */
gboolean linux_mount_filesystems(const VolumeSet *set, const char *system_root, GPtrArray *findings,
                                 Guest *guest, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What snapper and timeshift keep of earlier states: systems, but not ones that start unless the
   default subvolume or the boot loader says so. */
gboolean linux_is_snapshot(const char *folder);
/* The mount options say which subvolume of Btrfs is meant. */
gboolean linux_subvolume_is_named(const char *options);
/* The folder of volume that a mount with these options shows: that of subvol=, or of subvolid=, or
   of the default subvolume; "/" where there are none. NULL: subvolid= names one that is not there.
 */
char *linux_find_subvolume(const Volume *volume, const char *options);

#endif
