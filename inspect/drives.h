/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths as a guest's own users write them: C:\Users\Ann on Windows, /home/ann on Linux. Drive
   letters are those of SYSTEM\MountedDevices, the letter of Windows itself that of SystemRoot. */
#ifndef INSPECT_DRIVES_H
#define INSPECT_DRIVES_H

#include "inspect/guest.h"

typedef struct Drives Drives;

/* Reads the letters, and mounts the volumes that have one in guest->tree (which is the guest's
   business, so guest is changed). Of a Linux guest there is nothing to read. */
gboolean drives_open(Guest *guest, const VolumeSet *set, Drives **ret_drives,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void drives_free(Drives *drives);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Drives, drives_free)

/* text → a path of guest->tree. Windows: a letter in any case with '\\' or '/', %SystemDrive% and
   %SystemRoot%, "\\??\\" and "\\\\?\\" before it; without a letter it is below the system's drive.
   DRYDOCK_ERROR_USAGE: no absolute path; DRYDOCK_ERROR_NOT_FOUND: no such drive;
   DRYDOCK_ERROR_UNSUPPORTED: an alternate data stream, or a volume that cannot be read. */
gboolean drives_locate(const Drives *drives, const char *text, char **ret_path,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The reverse, for people: "/Users/Ann" → "C:\Users\Ann". */
char *drives_show(const Drives *drives, const char *path);

/* Whether path, in the tree, is a drive and not something in it. */
gboolean drives_is_root(const Drives *drives, const char *path);

/* Whether Windows could make a file of this name: DRYDOCK_ERROR_USAGE for its reserved names (CON,
   COM1 …), for characters that no name has, for a dot or blank at the end. Any name is fine for a
   Linux guest. */
gboolean drives_check_new_name(const Drives *drives, const char *name,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
