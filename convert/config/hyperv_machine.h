/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the keys of a Hyper-V configuration, whichever kind of file they came from, to a Machine.
   Where a key means what was seen in files of Hyper-V 2012 R2 and 2022, or is Microsoft's
   published schema of the Host Compute Service. Only for files of convert/. */
#ifndef CONVERT_CONFIG_HYPERV_MACHINE_H
#define CONVERT_CONFIG_HYPERV_MACHINE_H

#include "convert/config/hyperv_tree.h"
#include "convert/machine.h"

/* Appends the machine that root (the parent of "configuration") describes.
   Files that lie beside exported machines append nothing and are TRUE: runtime state (.vmrs), the
   host's index of machines (data.vmcx), and the configuration of a checkpoint, which has a GUID of
   its own beside that of its machine (the active configuration leads to the same disks and those on
   top of them). Containers are DRYDOCK_ERROR_UNSUPPORTED, a configuration without its list of
   devices is DRYDOCK_ERROR_CORRUPT.
   Disks are in boot order, their stored names the host's Windows paths. A NIC's instance_id is the
   one the guest sees: the GUID of its VMBus channel. */
gboolean hyperv_machine_read(const HypervKey *root, const char *kind, GPtrArray *machines,
                             GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
