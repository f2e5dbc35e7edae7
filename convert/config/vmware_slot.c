/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a guest makes of the PCI slot that VMware gives a network card. */
#include "convert/config/vmware_slot.h"

#include <glib.h>

#define SLOT_BITS 10
#define FUNCTIONS 8

/* FFF.BBBBB.DDDDD in bits: function and number of the bridge, device behind it (Broadcom's KB
   427766). The firmware tells the lower ten bits plus the function: cards at 192, 224 and 1184 are
   ens192, ens224 and ens161. */
char *vmware_slot_guest_name(uint64_t pci_slot_number)
{
    if (pci_slot_number == 0 || pci_slot_number >= (FUNCTIONS << SLOT_BITS))
        return NULL;
    uint64_t slot = pci_slot_number % (1 << SLOT_BITS) + (pci_slot_number >> SLOT_BITS);
    return g_strdup_printf("ens%" G_GUINT64_FORMAT, slot);
}
