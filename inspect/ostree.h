/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Systems that ostree has deployed (ostreedev.github.io/ostree/deployment): Fedora CoreOS,
   Silverblue, RHEL in image mode. On the volume there are
   /ostree/deploy/NAME/deploy/CHECKSUM.SERIAL, a root directory each, whose /usr is checksummed and
   whose /etc is its own; /ostree/deploy/NAME/var, which they share; and links
   /ostree/boot.N/NAME/CHECKSUM/NUMBER, which the kernel's argument ostree= names. Only for files of
   inspect/. */
#ifndef INSPECT_OSTREE_H
#define INSPECT_OSTREE_H

#include "inspect/guest.h"

/* The folders of all deployments below folder, which is the root of volume or a subvolume of it. Of
   char *; empty: none. Errors of reading count as none. */
GPtrArray *ostree_list_deployments(const Volume *volume, const char *folder);

/* folder is a deployment's. */
gboolean ostree_is_deployment(const char *folder);

/* The deployment that the boot menu starts, where folder is one of the same volume; folder itself
   where no menu says. *ret_folder: owned. */
gboolean ostree_find_default(const VolumeSet *set, const Volume *volume, const char *folder,
                             char **ret_folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Mounts in guest's tree what its initramfs would: /sysroot, /var and /boot, unless its fstab has
   the last two. folder: of the deployment that is the tree's root. */
void ostree_mount(const VolumeSet *set, const char *folder, Guest *guest);

/* "/sysroot/ostree/boot.1/NAME/CHECKSUM/0" for a command line with ostree=; NULL: it has none. */
char *ostree_find_root(const char *options);

#endif
