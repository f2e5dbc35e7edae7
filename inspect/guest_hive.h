/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hives read straight from a guest's filesystem, only as far as they are asked. */
#ifndef INSPECT_GUEST_HIVE_H
#define INSPECT_GUEST_HIVE_H

#include "fs/tree.h"
#include "registry/hive.h"

typedef struct GuestHive GuestHive;

/* A clean hive is read cell by cell; a dirty one is read whole with its logs replayed in memory,
   or, when no log fits, as it is. name: for messages. tree must outlive the hive. */
GuestHive *guest_hive_open(FsTree *tree, const char *path, const char *name,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Read whole from the start: for who wants to see most of it. *ret_is_stale (may be NULL): it is
   dirty, and no log fits. */
GuestHive *guest_hive_open_whole(FsTree *tree, const char *path, const char *name,
                                 gboolean *ret_is_stale, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void guest_hive_close(GuestHive *hive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestHive, guest_hive_close)

Hive *guest_hive_get(GuestHive *hive);

#endif
