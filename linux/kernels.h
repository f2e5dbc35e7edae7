/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every installed kernel of a guest gets an initramfs that finds virtio disks. */
#ifndef LINUX_KERNELS_H
#define LINUX_KERNELS_H

#include "linux/plan.h"

/* Fills the plan's result from the default kernel. */
gboolean kernels_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
