/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels installed in a Linux guest. */
#ifndef INSPECT_KERNELS_H
#define INSPECT_KERNELS_H

#include "inspect/boot_loader.h"
#include "inspect/guest.h"

/* Of GuestKernel: the one menu starts first, then the newest, rescue images last. Where the menu
   says nothing, the newest is the default. */
gboolean kernels_read(FsTree *tree, const BootMenu *menu, GPtrArray **ret_kernels,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
