/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --serial-console: what `virsh console` shows. */
#ifndef LINUX_SERIAL_CONSOLE_H
#define LINUX_SERIAL_CONSOLE_H

#include "linux/plan.h"

/* Every kernel command line gets console=ttyS0,115200n8 behind a console=tty0 where it has none for
   ttyS0 yet; where init does not start a login there by itself, inittab does, and root may log in.
 */
gboolean serial_console_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
