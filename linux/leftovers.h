/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was set for the old hypervisor's clock, interrupts and drivers, and is in the way on KVM. */
#ifndef LINUX_LEFTOVERS_H
#define LINUX_LEFTOVERS_H

#include "linux/plan.h"

/* Words go from kernel command lines; lines of modprobe's and chrony's configuration become
   comments. Sizes reserved for a crash kernel stay. */
gboolean leftovers_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Public for the tests: a line of kernel words without the leftovers. Owned. */
char *leftovers_remove_words(const char *line);

#endif
