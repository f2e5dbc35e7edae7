/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The long lists of a Windows guest. */
#ifndef INSPECT_WINDOWS_LISTS_H
#define INSPECT_WINDOWS_LISTS_H

#include "inspect/guest.h"
#include "registry/hive.h"

void windows_lists_free(GuestWindowsLists *lists);

/* Accounts of the SAM hive (NULL: there is none), and profiles of SOFTWARE. */
gboolean windows_users_read(Hive *sam, Hive *software, GPtrArray *users, GPtrArray *findings,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void windows_user_free(GuestWindowsUser *user);

#endif
