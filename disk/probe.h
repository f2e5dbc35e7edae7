/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a volume holds, as libblkid sees it. */
#ifndef DISK_PROBE_H
#define DISK_PROBE_H

#include "disk/disk.h"

typedef struct {
    char *type;    /* blkid TYPE: "ntfs", "ext4", "vfat", "swap", "crypto_LUKS", "LVM2_member",
                      "BitLocker", …; NULL when nothing is recognised */
    char *usage;   /* blkid USAGE: "filesystem", "crypto", "raid", "other"; NULL likewise */
    char *uuid;    /* as in /dev/disk/by-uuid; NULL when there is none */
    char *label;   /* UTF-8; NULL when there is none */
    char *version; /* NULL when there is none */
} VolumeProbe;

/* libblkid looks at a memory file that holds the beginning and the end of the volume, so no device
   and no root is needed. Two filesystems that both claim the volume: DRYDOCK_ERROR_CORRUPT. */
VolumeProbe *volume_probe(Disk *volume, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void volume_probe_free(VolumeProbe *probe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VolumeProbe, volume_probe_free)

#endif
