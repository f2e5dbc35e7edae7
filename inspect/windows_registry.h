/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a Windows guest's SYSTEM and SOFTWARE hives say of it. */
#ifndef INSPECT_WINDOWS_REGISTRY_H
#define INSPECT_WINDOWS_REGISTRY_H

#include "inspect/guest.h"
#include "registry/hive.h"

/* Fills windows_facts but for the state of its volume, and of guest product_name, architecture,
   hostname and firmware; what the hives do not say stays as it is. guest->tree and
   windows_facts.system_root must be set. */
gboolean windows_registry_read(Guest *guest, GPtrArray *findings,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Which version a SOFTWARE hive is of, also one inside an archive. DRYDOCK_ERROR_CORRUPT: it does
   not say. *ret_build: 0 when it does not say. */
gboolean windows_registry_read_version(Hive *software, guint *ret_major, guint *ret_minor,
                                       guint *ret_build, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
