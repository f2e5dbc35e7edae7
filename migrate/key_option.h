/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --key ID:file:PATH | ID:env:NAME | ID:prompt: where a secret is, never the secret itself. */
#ifndef MIGRATE_KEY_OPTION_H
#define MIGRATE_KEY_OPTION_H

#include "disk/key.h"

/* Reads the secret of one --key into keys. Of a text the final line break does not count. A
   variable is removed from the environment, so that no program we start inherits it. A prompt needs
   a terminal, and shows nothing of what is typed. DRYDOCK_ERROR_USAGE: the argument makes no sense,
   or there is no terminal; DRYDOCK_ERROR_NOT_FOUND: no such variable; or the file's error. */
gboolean key_option_read(const char *argument, KeyRing *keys,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
