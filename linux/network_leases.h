/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which MAC address an interface had when it last asked for an address. */
#ifndef LINUX_NETWORK_LEASES_H
#define LINUX_NETWORK_LEASES_H

#include "linux/plan.h"

/* Fills names (of NetworkName) with what the leases say that the guest's DHCP clients keep:
   dhclient, NetworkManager, wicked, dhcpcd. A lease may be of another machine, from which this one
   was cloned. */
void network_leases_read(LinuxPlan *plan, GPtrArray *names);

/* One file's content each; base is the file's name. */
void network_leases_parse_dhclient(GBytes *content, const char *base, GPtrArray *names);
void network_leases_parse_internal(GBytes *content, const char *base,
                                   GPtrArray *names); /* NetworkManager's own client */
void network_leases_parse_wicked(GBytes *content, const char *base, GPtrArray *names);
void network_leases_parse_dhcpcd(GBytes *content, const char *base, GPtrArray *names);

#endif
