/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What else ties a guest to the disks of its old machine: caches of LVM and blkid, mdadm.conf,
   filters of LVM. */
#ifndef LINUX_STORAGE_H
#define LINUX_STORAGE_H

#include "linux/plan.h"

gboolean storage_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
