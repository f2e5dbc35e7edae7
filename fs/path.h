/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths and texts of guests as strings: nothing here looks at a filesystem. */
#ifndef FS_PATH_H
#define FS_PATH_H

#include <glib.h>

/* The names in path, in order, without empty ones and "."; ".." is kept. backslashes: '\\'
   separates too. Free with g_ptr_array_unref(). */
GPtrArray *fs_path_split(const char *path, gboolean backslashes);
/* "/a/b" of the names; "/" when there are none. */
char *fs_path_join(const GPtrArray *names);
/* path as text with "." and ".." worked out, as if nothing were a link; never above "/". */
char *fs_path_normalise(const char *path, gboolean backslashes);
/* path + "/" + name, without doubling the slash of "/". */
char *fs_path_child(const char *path, const char *name);
/* What paths or names are compared by: each character alone in upper case, as NTFS does ("ß" is not
   "SS"); unchanged where case matters. */
char *fs_path_fold(const char *path, gboolean case_sensitive);
/* What is left of path below directory ("" for directory itself), both normalised; NULL: not below.
 */
const char *fs_path_below(const char *path, const char *directory);

/* bytes as UTF-8 text without a byte order mark: UTF-16 with a mark is converted, bytes that are no
   UTF-8 are kept, NULs at the end (a lost tail after a crash) are dropped. Other NULs, and more
   than FS_TEXT_LIMIT_BYTES, are errors. */
enum { FS_TEXT_LIMIT_BYTES = 1024 * 1024 };
char *fs_text_from_bytes(GBytes *bytes, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
