/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encrypted volumes: opened in place of what is stored, or told why not. Only for the files of
   volumes and guest.c. */
#ifndef INSPECT_ENCRYPTED_H
#define INSPECT_ENCRYPTED_H

#include "base/finding.h"
#include "inspect/volume.h"

gboolean encrypted_is_type(const char *type); /* blkid's; may be NULL: FALSE */

/* volume->probe says one of these types. Opened: stored is the decrypted volume and disk a cache in
   front of it, and probe is NULL again. Not opened (no key and so on): *ret_opened FALSE, and a
   finding; none yet for BitLocker, where it depends on where the system is, see
   encrypted_add_locked(). FALSE: an error that ends everything. */
gboolean encrypted_open(Volume *volume, const KeyRing *keys, GPtrArray *findings,
                        gboolean *ret_opened, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For files that open a type, as encrypted_open(); keys: those that may be for this volume. */
gboolean encrypted_open_luks(Volume *volume, const KeyRing *keys, GPtrArray *findings,
                             gboolean *ret_opened, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* open takes the place of what it was decrypted from. kind: see Volume.encryption. */
void encrypted_replace(Volume *volume, Disk *open, const char *kind);

/* A finding with code for each BitLocker volume of set that is locked. */
void encrypted_add_locked(const VolumeSet *set, FindingCode code, GPtrArray *findings);
void encrypted_free(VolumeBitlocker *facts);

#endif
