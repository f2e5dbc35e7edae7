/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The secrets that open encrypted volumes, each with the name of what it is for. Filled from the
   command line before the process that reads guests is confined. Nothing in here is ever printed.
 */
#ifndef DISK_KEY_H
#define DISK_KEY_H

#include <glib.h>
#include <stdint.h>

/* More than any key file of BitLocker (a few hundred bytes) or LUKS (8 MiB) has. */
#define KEY_LIMIT_BYTES ((size_t)8 << 20)

typedef struct KeyRing KeyRing;

KeyRing *key_ring_new(void);
/* Overwrites the secrets first. NULL is fine. */
void key_ring_free(KeyRing *ring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyRing, key_ring_free)

/* id: a UUID of a volume or of one of its key protectors or slots, with or without braces, in any
   case; a volume's name as inspect lists it ("sda3", "/dev/sda3", "group/volume"); "*", "any" or
   "all": every volume. secret is copied: a passphrase in UTF-8, or the content of a key file.
   DRYDOCK_ERROR_USAGE: an id that is none of these, or no secret but a line break. */
gboolean key_ring_add(KeyRing *ring, const char *id, const uint8_t *secret, size_t length,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What of ring (may be NULL) may be for the volume called device: a copy without the keys for other
   names. Its own are for every UUID. */
KeyRing *key_ring_for_device(const KeyRing *ring, const char *device);

/* Overwrites all secrets and forgets them: every volume has been opened. NULL is fine. */
void key_ring_wipe(KeyRing *ring);

/* What of a text counts: not the line break at its end. All of it when there is a NUL in it: other
   files may well end in bytes that look like one. */
size_t key_text_length(const uint8_t *secret, size_t length);

guint key_ring_count(const KeyRing *ring); /* ring may be NULL: 0 */
/* Secret number index is meant for id, or for every volume. id: lower case, without braces. */
gboolean key_ring_is_for(const KeyRing *ring, guint index, const char *id);
/* The same, but it was named: by id, or by the device of key_ring_for_device(). */
gboolean key_ring_names(const KeyRing *ring, guint index, const char *id);
/* Of a text without the line break at its end. Borrowed until the ring is wiped; a NUL that does
   not count follows. */
const uint8_t *key_ring_secret(const KeyRing *ring, guint index, size_t *ret_length);
/* With the line break: it is part of a key file of LUKS. NULL: there is none. */
const uint8_t *key_ring_whole_secret(const KeyRing *ring, guint index, size_t *ret_length);

#endif
