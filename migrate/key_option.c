/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ID and secret of a --key. */
#include "migrate/key_option.h"

#include <string.h>

#include "migrate/given_secret.h"

#define USAGE_HINT                                                                                 \
    "give --key ID:file:PATH, ID:env:NAME or ID:prompt, where ID is the UUID of a volume or of a " \
    "key protector, the name of a volume (sda3), or all"

gboolean key_option_read(const char *argument, KeyRing *keys, GError **error)
{
    const char *colon = strchr(argument, ':');
    g_autofree char *id = colon ? g_strndup(argument, (gsize)(colon - argument)) : g_strdup("");
    g_auto(GivenSecret) secret = {0};
    return given_secret_read(colon ? colon + 1 : "", "key", id, USAGE_HINT, &secret, error) &&
           key_ring_add(keys, id, secret.bytes, secret.whole_length, error);
}
