/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of the host that appears under its name only when it is complete. */
#ifndef BASE_NEW_FILE_H
#define BASE_NEW_FILE_H

#include <glib.h>

typedef struct NewFile NewFile;

typedef enum {
    NEW_FILE_ONLY,    /* refused, at once and again at the end, when there is something at path */
    NEW_FILE_PRIVATE, /* as NEW_FILE_ONLY; nobody but its owner may read it */
    NEW_FILE_REPLACE, /* takes the place, owner and permissions of the file at path, if any; a
                         symbolic link stays and what it leads to is replaced */
} NewFileMode;

/* Makes a temporary file in path's own folder. */
NewFile *new_file_open(const char *path, NewFileMode mode,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean new_file_write(NewFile *file, const void *bytes, gsize length,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Waits for stable storage, then moves it to its name. */
gboolean new_file_commit(NewFile *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Removes what was not committed; NULL is fine. */
void new_file_close(NewFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NewFile, new_file_close)

#endif
