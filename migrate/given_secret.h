/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets that the command line does not say, but says where they are. */
#ifndef MIGRATE_GIVEN_SECRET_H
#define MIGRATE_GIVEN_SECRET_H

#include <glib.h>
#include <stdint.h>

/* Bytes that are overwritten before they are freed. */
typedef struct {
    uint8_t *bytes;
    size_t length;       /* of a text without the line break at its end */
    size_t whole_length; /* with it */
    size_t room;
} GivenSecret;

void given_secret_clear(GivenSecret *secret);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GivenSecret, given_secret_clear)

/* place: "file:PATH", "env:NAME" or "prompt". A
   variable is removed from the environment, so that no program we start inherits it. A prompt needs
   a terminal, and shows nothing of what is typed. kind ("key", "password") and owner (whose) are
   for messages.
   DRYDOCK_ERROR_USAGE: place is none of these (its text is not repeated: it may be the secret
   itself, given by mistake), or there is no terminal; DRYDOCK_ERROR_NOT_FOUND: no such variable; or
   the file's error. */
gboolean given_secret_read(const char *place, const char *kind, const char *owner,
                           const char *usage_hint, GivenSecret *ret_secret,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
