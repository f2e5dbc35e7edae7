/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks, drives and network adapters in the keys of a Hyper-V configuration. Only for
   hyperv_machine.c. */
#ifndef CONVERT_CONFIG_HYPERV_DEVICES_H
#define CONVERT_CONFIG_HYPERV_DEVICES_H

#include "convert/config/hyperv_tree.h"
#include "convert/machine.h"

/* Adds what is below configuration to machine; what is not in an export becomes a finding. No list
   of devices is DRYDOCK_ERROR_CORRUPT. */
gboolean hyperv_devices_read(const HypervKey *configuration, Machine *machine, GPtrArray *findings,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
