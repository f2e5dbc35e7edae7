/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The uncompressed bytes of a file that is compressed as a whole (gzip, xz, zstd, bzip2), with the
   checks of its format made up to its very end. Only for convert/archive*.c. */
#ifndef CONVERT_ARCHIVE_ARCHIVE_STREAM_H
#define CONVERT_ARCHIVE_ARCHIVE_STREAM_H

#include <glib.h>
#include <stdint.h>

typedef struct ArchiveStream ArchiveStream;

#define ARCHIVE_STREAM_HEAD_BYTES 6

/* By the magic number. */
gboolean archive_stream_probe(const uint8_t *head, size_t length);

ArchiveStream *archive_stream_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void archive_stream_close(ArchiveStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveStream, archive_stream_close)

/* The next bytes, borrowed until the next call; *ret_length is 0 at the end. Damage and an early
   end are DRYDOCK_ERROR_CORRUPT. */
gboolean archive_stream_read(ArchiveStream *stream, const void **ret_bytes, size_t *ret_length,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Bytes of the file that were read so far. */
uint64_t archive_stream_position(const ArchiveStream *stream);

#endif
