/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services of the source's hypervisor that have nothing to talk to on KVM. */
#ifndef LINUX_TOOLS_H
#define LINUX_TOOLS_H

#include "linux/plan.h"

/* Switched off, not removed: no package manager runs here, and its database stays true. */
gboolean tools_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
