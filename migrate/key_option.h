/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --key ID:file:PATH | ID:env:NAME | ID:prompt: where a secret is, never the secret itself. */
#ifndef MIGRATE_KEY_OPTION_H
#define MIGRATE_KEY_OPTION_H

#include "disk/key.h"

/* Reads the secret of one --key into keys; errors as of given_secret_read(). */
gboolean key_option_read(const char *argument, KeyRing *keys,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
