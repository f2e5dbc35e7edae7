/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flatcar and CoreOS Container Linux: partitions USR-A and USR-B hold a /usr each that dm-verity
   checks, one of which is in use; ROOT has the rest, and /etc as the upper layer of what /usr
   brings (flatcar.org/docs/latest/reference/developer-guides/sdk-disk-partitions). Only for files
   of inspect/. */
#ifndef INSPECT_USR_IMAGE_H
#define INSPECT_USR_IMAGE_H

#include "inspect/guest.h"

/* volume is the root filesystem of such a system. */
gboolean usr_image_is_root(const Volume *volume);

/* Mounts /usr, /oem and /boot in guest's tree, which has its root. FALSE: no /usr can be read. */
gboolean usr_image_mount(const VolumeSet *set, Guest *guest);

#endif
