/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a Windows guest is: release, dates, languages, membership, the machine it ran on. */
#ifndef INSPECT_WINDOWS_IDENTITY_H
#define INSPECT_WINDOWS_IDENTITY_H

#include "inspect/guest.h"
#include "registry/hive.h"

/* The version must be known for both. */
gboolean windows_identity_read_system(Guest *guest, Hive *system, GPtrArray *findings,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean windows_identity_read_software(Guest *guest, Hive *software,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Domain or workgroup, from the SECURITY hive where there is a readable one. */
gboolean windows_identity_read_membership(Guest *guest, GPtrArray *findings,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
