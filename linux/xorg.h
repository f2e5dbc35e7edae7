/* SPDX-License-Identifier: GPL-3.0-or-later */
/* xorg.conf(5) of the old machine. */
#ifndef LINUX_XORG_H
#define LINUX_XORG_H

#include "linux/plan.h"

/* Drivers of the old hypervisor's display and mouse, which make the X server give up where their
   device is not there, are replaced by ones that the guest has for any device. Where it has none of
   these, the line becomes a comment: the server then looks for itself. */
gboolean xorg_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
