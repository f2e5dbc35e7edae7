/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MAC addresses in the texts of a guest, where the machine's cards get others. */
#ifndef LINUX_NETWORK_MAC_H
#define LINUX_NETWORK_MAC_H

#include "linux/plan.h"

typedef enum {
    NETWORK_MAC_DEFAULT = 0,
    NETWORK_MAC_PLAIN = 1 << 0, /* also "005056aabbcc" */
    NETWORK_MAC_YAML = 1 << 1,  /* in quotes: "52:54:00:12:34:56" is a number of YAML 1.1 */
} NetworkMacFlags;

/* text with each old MAC address of nics replaced by its new one, in the way it is written there:
   upper or lower case, ':' or '-' between, also with leading zeros left out (dhclient). NULL: there
   is none. All at once, so that two cards may
   change places. */
char *network_mac_replace(const char *text, const LinuxNic *nics, guint nic_count,
                          NetworkMacFlags flags);
/* The address that the card with old will have: of nics, or old itself. Borrowed. */
const char *network_mac_new(const LinuxNic *nics, guint nic_count, const char *old);

/* Stages every file of the guest's network configuration that names an old address, and the folders
   of ConnMan that are called by one. */
gboolean network_macs_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether a file of an initramfs (path without leading '/') is configuration of the network that
   its tool has copied or made: its text follows the guest's. */
gboolean network_mac_is_copy(const char *path);

#endif
