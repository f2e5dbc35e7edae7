/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration that finds its network card by what the new machine has differently. */
#ifndef LINUX_NETWORK_MATCH_H
#define LINUX_NETWORK_MATCH_H

#include "linux/plan.h"

/* Files of systemd-networkd, NetworkManager and netplan that ask for the card's place or driver ask
   for its MAC address instead, where the machine has but one card; else the finding
   LINUX_NETWORK_MATCH_LOST. */
gboolean network_matches_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One file's text with mac asked for. NULL: it asks for neither place nor driver. mac NULL: whether
   it does, with any text as the answer. Free with g_free(). */
char *network_match_networkd(const char *text, const char *mac); /* .network and .link */
char *network_match_keyfile(const char *text, const char *mac);
char *network_match_netplan(const char *text, const char *mac);

#endif
