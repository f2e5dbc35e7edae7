/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a guest makes of the PCI slot that VMware gives a network card. Only for files of convert/.
 */
#ifndef CONVERT_CONFIG_VMWARE_SLOT_H
#define CONVERT_CONFIG_VMWARE_SLOT_H

#include <stdint.h>

/* The name udev gives the card at pciSlotNumber ("ens192"); NULL: not a slot. Given. */
char *vmware_slot_guest_name(uint64_t pci_slot_number);

#endif
