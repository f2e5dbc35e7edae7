/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encrypted volumes: opened in place of what is stored, or told why not. Only for volume.c. */
#ifndef INSPECT_ENCRYPTED_H
#define INSPECT_ENCRYPTED_H

#include "inspect/volume.h"

/* volume->probe says "BitLocker". Opened: stored is the decrypted volume and disk a cache in front
   of it, and probe is NULL again. Not opened (no key and so on): *ret_opened FALSE, and a finding.
   FALSE: an error that ends everything. */
gboolean encrypted_open_bitlocker(Volume *volume, const KeyRing *keys, GPtrArray *findings,
                                  gboolean *ret_opened, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
