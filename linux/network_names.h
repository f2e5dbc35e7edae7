/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which names a guest's configuration gives its network cards, and what it knows of their MACs. */
#ifndef LINUX_NETWORK_NAMES_H
#define LINUX_NETWORK_NAMES_H

#include "linux/plan.h"

typedef struct {
    char *name;
    char *mac;       /* "00:50:56:aa:bb:cc", lower case; NULL: the configuration does not say */
    gboolean active; /* brought up at boot */
    gboolean pinned; /* the guest itself ties the name to the MAC already */
} NetworkName;

/* Of NetworkName, in the order they are found; each name once. Names of bridges, bonds, VLANs,
   tunnels, wireless cards and the loopback are left out. */
GPtrArray *network_names_new(void);
gboolean network_names_read(LinuxPlan *plan, GPtrArray *names,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One file's text each. */
void network_names_parse_ifcfg(const char *text, const char *suffix, GPtrArray *names);
void network_names_parse_wicked(const char *text, GPtrArray *names); /* XML */
void network_names_parse_interfaces(const char *text, GPtrArray *names);
void network_names_parse_netifrc(const char *text, GPtrArray *names); /* Gentoo */
void network_names_parse_dhcpcd(const char *text, GPtrArray *names);
void network_names_parse_keyfile(const char *text, GPtrArray *names);  /* NetworkManager */
void network_names_parse_networkd(const char *text, GPtrArray *names); /* .network and .link */
void network_names_parse_netplan(const char *text, GPtrArray *names);
void network_names_parse_rules(const char *text, GPtrArray *names); /* udev */

/* Lower case with colons; NULL if text is no MAC address. Free with g_free(). */
char *network_mac_normalise(const char *text);

/* For the parsers: a name is merged with what is known of it; "ens192.10" stands for ens192. mac
 * may be NULL. */
void network_names_add(GPtrArray *names, const char *name, const char *mac, gboolean active,
                       gboolean pinned);

#endif
