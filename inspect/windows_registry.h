/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a Windows guest's SYSTEM and SOFTWARE hives say of it. */
#ifndef INSPECT_WINDOWS_REGISTRY_H
#define INSPECT_WINDOWS_REGISTRY_H

#include "inspect/guest.h"

/* Fills windows_facts but for the state of its volume, and of guest product_name, architecture,
   hostname and firmware; what the hives do not say stays as it is. guest->tree and
   windows_facts.system_root must be set. */
gboolean windows_registry_read(Guest *guest, GPtrArray *findings,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
