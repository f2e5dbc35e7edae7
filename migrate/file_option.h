/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --write, --copy-in, --delete and --append-line: files that the user wants changed, in any guest.
 */
#ifndef MIGRATE_FILE_OPTION_H
#define MIGRATE_FILE_OPTION_H

#include "fs/edits.h"

/* What the user asked for, in the order of the command line. */
typedef struct FileChanges FileChanges;

FileChanges *file_changes_new(void);
void file_changes_free(FileChanges *changes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FileChanges, file_changes_free)

/* option: its name without dashes. Files of the host are read here, before anything is begun.
   DRYDOCK_ERROR_USAGE with a hint: the argument makes no sense, or names a file that cannot be
   copied (a device, more than 1 GiB in all). */
gboolean file_option_read(FileChanges *changes, const char *option, const char *argument,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Stages them behind what is staged already. New files belong to whom their directory belongs to;
   in Linux they have the permission bits of the host's file. C:\… and /… are the same in Windows.
   DRYDOCK_ERROR_NOT_FOUND: a line is to be appended to a file that is not there. */
gboolean file_changes_stage(const FileChanges *changes, Edits *edits,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
