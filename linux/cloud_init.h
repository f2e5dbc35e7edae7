/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cloud-init in a guest that has left the platform whose services told it who it is. */
#ifndef LINUX_CLOUD_INIT_H
#define LINUX_CLOUD_INIT_H

#include "linux/plan.h"

/* Where cloud-init has got its data from the old platform: a drop-in that makes it keep what it has
   got, and look for nothing but a local seed. Without it, it would wait for a service that does not
   answer, or take the machine for a new one: new SSH host keys, another network, another first
   user. */
gboolean cloud_init_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Public for the tests. text of /etc/cloud/ds-identify.cfg, where "datasource:" names one that
   nothing else is looked for (tools/ds-identify of cloud-init). Owned. */
char *cloud_init_rewrite_identify(const char *text);

#endif
