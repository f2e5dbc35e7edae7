/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device names in /etc/fstab and /etc/crypttab become UUIDs; everything else stays as written. */
#ifndef LINUX_FSTAB_H
#define LINUX_FSTAB_H

#include "linux/plan.h"

gboolean fstab_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text with the names replaced, field by field. unknown: of char *, names that stay because
   their volume is not known. */
char *fstab_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);
char *crypttab_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);

#endif
