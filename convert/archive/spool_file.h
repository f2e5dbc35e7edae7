/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A temporary file that is written from front to back: zeros become holes, and it stops before the
   file system is quite full, because others live there too. Only for files of convert/. */
#ifndef CONVERT_ARCHIVE_SPOOL_FILE_H
#define CONVERT_ARCHIVE_SPOOL_FILE_H

#include <glib.h>
#include <stdint.h>

typedef struct SpoolFile SpoolFile;

/* path must not exist. */
SpoolFile *spool_file_create(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* offset: not below the end of what was written before. A full file system is
   DRYDOCK_ERROR_NO_SPACE with a hint. */
gboolean spool_file_write(SpoolFile *file, uint64_t offset, const void *bytes, size_t length,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Gives the file its size, which may be beyond what was written, and keeps it. */
gboolean spool_file_finish(SpoolFile *file, uint64_t size_bytes,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A file that was not finished is removed. NULL is fine. */
void spool_file_close(SpoolFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpoolFile, spool_file_close)

#endif
