/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a Windows guest keeps the hives of its registry. */
#ifndef INSPECT_GUEST_REGISTRY_H
#define INSPECT_GUEST_REGISTRY_H

#include "inspect/guest.h"
#include "registry/place.h"

/* The file in guest->tree that place is in:
     HKLM\SOFTWARE, SYSTEM, SAM, SECURITY and others below System32\config; HKLM\BCD00000000;
     HKU\.DEFAULT; HKU\<SID, account or profile folder>, with "_Classes" behind it the user's
     UsrClass.dat; HKCU: the one of user (NULL: nobody was named).
   Profiles on other drives than the system's are found through set, see inspect/drives.h.
   DRYDOCK_ERROR_USAGE: no place of a guest; DRYDOCK_ERROR_NOT_FOUND: no such hive or user. */
gboolean guest_registry_find(Guest *guest, const VolumeSet *set, const char *user,
                             const HivePlace *place, char **ret_path,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
