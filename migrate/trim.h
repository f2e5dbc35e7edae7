/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives back what is worth nothing before the copy: free blocks, swap, pagefile and hiberfil. */
#ifndef MIGRATE_TRIM_H
#define MIGRATE_TRIM_H

#include "inspect/guest.h"

/* Discards on the volumes of set; they must be synced. guest may be NULL. *ret_bytes: how much. A
   volume that cannot be trimmed is left as it is. */
gboolean trim_volumes(const VolumeSet *set, const Guest *guest, uint64_t *ret_bytes,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
