/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords and SSH keys of a Linux guest's users: passwd(5), shadow(5), authorized_keys(5). */
#ifndef LINUX_ACCOUNTS_H
#define LINUX_ACCOUNTS_H

#include "fs/edits.h"

/* hash: as crypt(3) writes it, or "!" and what stands there now is kept behind it: locked. The day
   of the change is today. DRYDOCK_ERROR_NOT_FOUND: no such user. DRYDOCK_ERROR_UNSUPPORTED: the
   guest keeps its passwords elsewhere. */
gboolean accounts_set_password(Edits *edits, const char *user, const char *hash,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* keys: lines of authorized_keys; those that are there already are not added again. */
gboolean accounts_add_ssh_keys(Edits *edits, const char *user, const char *keys,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
