/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an initramfs lacks to find its disk on a virtio machine, as one more archive behind it. */
#ifndef LINUX_INITRAMFS_EXTEND_H
#define LINUX_INITRAMFS_EXTEND_H

#include "linux/initramfs.h"
#include "linux/linux_guest.h"
#include "linux/modules.h"

/* A file that is to be in the initramfs as well if the initramfs brings the network up. */
typedef struct {
    char *path;
    GBytes *content;
} InitramfsFile;

/* What of the guest's network an initramfs has to know. */
typedef struct {
    const GPtrArray *files; /* of InitramfsFile */
    const LinuxNic *nics;   /* of which copies of its configuration may have old addresses */
    guint nic_count;
    const GPtrArray *moves; /* of NetworkMove */
} InitramfsNetwork;

void initramfs_file_free(InitramfsFile *file);

/* image: the initramfs of the kernel modules belong to. network may be NULL. *ret_image NULL and no
   error: everything is there already. *ret_summary: what was added, one sentence ("adds virtio_blk,
   virtio_scsi"); set together with *ret_image. Module files that are there are left alone; texts
   that name disks are rewritten, see storage_file.h. Indexes are merged, never replaced by shorter
   ones. */
gboolean initramfs_extend(GBytes *image, const Guest *guest, const char *version,
                          const KernelModules *modules, const InitramfsNetwork *network,
                          GBytes **ret_image, char **ret_summary,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
