/* SPDX-License-Identifier: GPL-3.0-or-later */
/* On which bus the guest's disks go, so that Windows boots from them. */
#ifndef WINDOWS_BOOT_BUS_H
#define WINDOWS_BOOT_BUS_H

#include "inspect/guest.h"
#include "windows/boot_fallback.h"

typedef struct {
    const Guest *guest;
    const char *wanted; /* "virtio", "scsi", "sata", "ide" as the user has it; NULL: the best */
    gboolean has_block, has_scsi; /* virtio drivers that are put in place */
    const BootFallbacks *fallbacks;
} BootBusRequest;

/* Virtio before what the guest's profile names, before the other one that this Windows has drivers
   for. *ret_bus is a constant. A wanted bus is taken as it is, with WINDOWS_BUS_NOT_BOOTABLE if
   Windows has no driver for it; DRYDOCK_ERROR_MISSING_TOOL with a hint: nothing was wanted, and
   there is no driver for any. */
gboolean boot_bus_choose(const BootBusRequest *request, GPtrArray *findings, const char **ret_bus,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
