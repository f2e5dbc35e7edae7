/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services and drivers, as a SYSTEM hive lists them. */
#ifndef INSPECT_WINDOWS_SERVICES_H
#define INSPECT_WINDOWS_SERVICES_H

#include "inspect/guest.h"
#include "registry/hive.h"

/* Of GuestWindowsService, empty. */
GPtrArray *windows_services_new(void);

/* Adds those below path ("ControlSet001\\Services"), by name; more than GUEST_LIST_LIMIT are a
   finding. */
gboolean windows_services_read(Hive *system, const char *path, GPtrArray *services,
                               GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
