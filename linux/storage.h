/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What else ties a guest to the disks of its old machine: caches and filters of LVM and blkid. */
#ifndef LINUX_STORAGE_H
#define LINUX_STORAGE_H

#include "linux/plan.h"

gboolean storage_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if an active filter of lvm.conf(5) accepts disks by name and no virtio disk. */
gboolean lvm_filter_names_disks(const char *text);

#endif
