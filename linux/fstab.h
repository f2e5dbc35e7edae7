/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device names in /etc/fstab and /etc/crypttab become UUIDs; what is not there any more may fail;
   everything else stays as written. */
#ifndef LINUX_FSTAB_H
#define LINUX_FSTAB_H

#include "linux/storage_file.h"

gboolean fstab_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text with the names replaced, field by field. Lines whose volume is not known
   (names->unknown) or not there any more (names->gone: a folder that the old host shared, an
   identifier that no disk has) get the option "nofail", so that the guest starts without them; not
   those of / and /usr. */
char *fstab_rewrite(const char *text, const Guest *guest, StorageNames *names);
/* Likewise, by the second field. What is formatted at every start has no identifier that stays: it
   goes by its partition's. Key files stay as they are. */
char *crypttab_rewrite(const char *text, const Guest *guest, StorageNames *names);

#endif
