/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The content of a gzip file (RFC 1952), one or more members, from front to back, its checksums
   compared; libarchive passes over them. Only for files of convert/. */
#ifndef CONVERT_ARCHIVE_GZIP_STREAM_H
#define CONVERT_ARCHIVE_GZIP_STREAM_H

#include <glib.h>
#include <stdint.h>

typedef struct GzipStream GzipStream;

/* Gives the next bytes of the compressed file, which stay valid until the next call: how many, 0 at
   its end, or -1 with *error set. */
typedef gssize (*GzipReadFunc)(void *data, const void **ret_bytes, GError **error);

GzipStream *gzip_stream_new(GzipReadFunc read_func, void *data);
void gzip_stream_free(GzipStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GzipStream, gzip_stream_free)

gboolean gzip_stream_probe(const uint8_t *head, size_t length);

/* The next bytes of the content, borrowed until the next call; *ret_length is 0 at the end. Damage
   and an early end are DRYDOCK_ERROR_CORRUPT. */
gboolean gzip_stream_read(GzipStream *stream, const void **ret_bytes, size_t *ret_length,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
