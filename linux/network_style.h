/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of an interface in one kind of network configuration each. */
#ifndef LINUX_NETWORK_STYLE_H
#define LINUX_NETWORK_STYLE_H

#include "base/nic_address.h"

/* What is to have which addresses. */
typedef struct {
    const char *name; /* of the interface, or of the bridge or bond it belongs to */
    const char *mac;  /* as the guest's files have it now; NULL: only the name counts */
    gboolean alone;   /* the machine's only card: what holds for any card holds for it */
    const NicAddress *address;
    GPtrArray *old_addresses; /* of char *: hosts that the texts had for it, added by edits */
} NetworkTarget;

/* One file's text with target's addresses; NULL: target is not configured there. add: text is that
   of a file where it is to be (may be "" for a new one), and the result is never NULL. base: the
   file's name without its folder. What is not named in target->address stays: name servers, and a
   gateway that can still be reached. Free with g_free(). */
typedef char *(*NetworkEditFunc)(const char *text, const char *base, NetworkTarget *target,
                                 gboolean add);

char *network_edit_ifcfg(const char *text, const char *base, NetworkTarget *target, gboolean add);
char *network_edit_wicked(const char *text, const char *base, NetworkTarget *target, gboolean add);
char *network_edit_keyfile(const char *text, const char *base, NetworkTarget *target,
                           gboolean add); /* NetworkManager */
char *network_edit_networkd(const char *text, const char *base, NetworkTarget *target,
                            gboolean add);
char *network_edit_connman(const char *text, const char *base, NetworkTarget *target, gboolean add);
char *network_edit_interfaces(const char *text, const char *base, NetworkTarget *target,
                              gboolean add);
char *network_edit_netifrc(const char *text, const char *base, NetworkTarget *target, gboolean add);
char *network_edit_dhcpcd(const char *text, const char *base, NetworkTarget *target, gboolean add);
/* netplan, and cloud-init's "network:" of version 1 and 2 or a file with that alone. */
char *network_edit_yaml(const char *text, const char *base, NetworkTarget *target, gboolean add);

/* Whether target's addresses change anything of this family. */
gboolean network_target_has(const NetworkTarget *target, NicFamily family);
/* The gateway it gets: the one named, or old (may be NULL) if that is a neighbour of the new
   addresses. Borrowed. */
const char *network_target_gateway(const NetworkTarget *target, NicFamily family, const char *old);
/* Whether name servers are to be replaced, by none in the case of DHCP. */
gboolean network_target_has_dns(const NetworkTarget *target);
/* All of them, or those of one family, with separator between. Free with g_free(). */
char *network_target_dns(const NetworkTarget *target, const char *separator);
/* Notes an address that the guest had, with or without prefix. */
void network_target_had(NetworkTarget *target, const char *address);
/* "255.255.255.0" as 24, "24" too; 0: neither. */
guint network_prefix_of(const char *text);

#endif
