/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network interfaces keep the names that the guest's configuration uses. */
#ifndef LINUX_NETWORK_H
#define LINUX_NETWORK_H

#include "linux/plan.h"

/* The bus changes, so would predictable names ("ens192" on VMware, "enp1s0" on q35). The MACs stay:
   each configured name is tied to its MAC by a systemd.link(5) file, or a udev rule where udev is
   older. Fills plan->network_files. */
gboolean network_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Gives names (of NetworkName) without a MAC one of nics. What the guest's configuration says of a
   MAC stands; then a card gets the name it had in the source, if the configuration has that name
   and no other card had it; what is left is matched by order, if it is as many names as cards.
   *ret_by_order: more than one was given by order alone. Names that the source had no card for are
   removed: those tied to another machine's MAC, and, once a card was found by its name, those that
   are left over while the name of every other card is known. */
void network_match_macs(GPtrArray *names, const LinuxNic *nics, guint nic_count,
                        gboolean *ret_by_order);

#endif
