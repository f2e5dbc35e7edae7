/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network interfaces keep the names that the guest's configuration uses. */
#ifndef LINUX_NETWORK_H
#define LINUX_NETWORK_H

#include "linux/plan.h"

/* The bus changes, so would predictable names ("ens192" on VMware, "enp1s0" on q35). The MACs stay:
   each configured name is tied to its MAC by a systemd.link(5) file, or a udev rule where udev is
   older. Fills plan->network_files. */
gboolean network_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Gives names (of NetworkName) without a MAC one of macs (NULL-terminated, "" where not known).
   *ret_by_order: more than one was given by order alone. Names that the source ignored, because
   they are tied to another machine's MAC, are removed. */
void network_match_macs(GPtrArray *names, const char *const *macs, gboolean *ret_by_order);

#endif
