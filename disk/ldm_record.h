/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records (VBLK) of the logical disk manager's database. Only for ldm_*.c. */
#ifndef DISK_LDM_RECORD_H
#define DISK_LDM_RECORD_H

#include "disk/ldm_database.h"

/* One record, its pieces put together without their headers. Kinds that say nothing of where
   volumes are, are stepped over. */
gboolean ldm_record_parse(const uint8_t *record, size_t length, LdmDatabase *database,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
