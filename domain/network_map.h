/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which libvirt network a card of the source goes to. */
#ifndef DOMAIN_NETWORK_MAP_H
#define DOMAIN_NETWORK_MAP_H

#include "convert/machine.h"

/* map: as DomainOptions has it, checked; may be NULL. The target lies in map; NULL: map does not
   say. */
const char *network_map_find(const char *const *map, const MachineNic *nic);

#endif
