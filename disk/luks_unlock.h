/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a user's secret to the key that a LUKS volume's sectors are encrypted with. Only for the
   files of luks.h. */
#ifndef DISK_LUKS_UNLOCK_H
#define DISK_LUKS_UNLOCK_H

#include "disk/luks_header.h"

/* ret_key: luks->key_bytes of it; the caller overwrites it. Errors as those of luks_open(). */
gboolean luks_unlock(Luks *luks, Disk *volume, const KeyRing *keys,
                     uint8_t ret_key[SECTOR_KEY_LIMIT_BYTES],
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
