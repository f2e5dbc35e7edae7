/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this host does with a block device: /sys, /proc/self/mountinfo and /proc/swaps. */
#ifndef MIGRATE_FIX_DEVICE_USE_H
#define MIGRATE_FIX_DEVICE_USE_H

#include <glib.h>
#include <sys/types.h>

/* "/dev/sda2 is mounted on /mnt": what uses the device, a partition of it or what stands on them;
   NULL: nothing that is known of. */
char *device_use_describe(dev_t device);

/* The file or folder lies on a filesystem on that device, however many layers above it. */
gboolean device_use_holds(dev_t device, const char *path);

/* "/dev/loop3": a loop device stands on the file; NULL: none. */
char *device_use_find_loop(const char *path);

#endif
