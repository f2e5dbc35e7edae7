/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unified diffs, through libgit2. */
#ifndef MIGRATE_DIFF_H
#define MIGRATE_DIFF_H

#include <glib.h>

/* The hunks between two texts (old_text NULL: the file is new) with "---" and "+++" lines for path
   before them; empty when they are equal, "binary" bytes give one line that says so. */
gboolean diff_format(const char *path, GBytes *old_text, GBytes *new_text, char **ret_diff,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
