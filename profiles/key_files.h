/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key files (as GKeyFile has them) that are built in and that lie in a folder of the user's. */
#ifndef PROFILES_KEY_FILES_H
#define PROFILES_KEY_FILES_H

#include "base/embedded.h"

/* text: the file as it is; keys: the same, parsed. */
typedef gboolean (*KeyFileFunc)(void *data, const char *file, const char *text, GKeyFile *keys,
                                GError **error);

/* Calls func with each built-in file, then with each *.ini of directory (NULL: none), by name.
   file: a name without folders, or a path. */
gboolean key_files_read(const EmbeddedFile *builtin, const char *directory, KeyFileFunc func,
                        void *data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The line of text, from 1, that key of section stands on; of the section's head where key is
   NULL. 0: there is none. Of several the last, which is the one that counts. */
guint key_file_line(const char *text, const char *section, const char *key);

#endif
