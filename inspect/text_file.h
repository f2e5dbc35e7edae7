/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of a guest that help when they are right and must not stop an inspection when they are not.
 */
#ifndef INSPECT_TEXT_FILE_H
#define INSPECT_TEXT_FILE_H

#include "fs/tree.h"

/* A disk that cannot be read, or a signal: nothing that is read from here on can be trusted. Damage
   of one file or volume is not. */
gboolean inspect_error_is_fatal(const GError *error);

/* As fs_tree_read_text(), but what is no text (NUL bytes after a crash, a directory, links in a
   circle, too large) counts as not there: *ret_text NULL. FALSE for fatal errors only. */
gboolean inspect_read_text(FsTree *tree, const char *path, char **ret_text,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whatever it is, a link that leads nowhere too. What cannot be looked at is not there. */
gboolean inspect_path_exists(FsTree *tree, const char *path);

#endif
