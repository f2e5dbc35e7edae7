/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The uncompressed bytes of a compressed file: gzip through GLib, because libarchive does not
   compare its checksums, the others through libarchive. */
#include "convert/archive/archive_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "convert/archive/gzip_stream.h"

#define READ_BYTES ((size_t)1 << 20)

struct ArchiveStream {
    struct archive *filter; /* or NULL, and then the rest is used */
    gboolean is_at_end;     /* of filter */
    int fd;
    GzipStream *gzip;
    uint8_t *input;
    uint64_t position;
};

gboolean archive_stream_probe(const uint8_t *head, size_t length)
{
    static const struct {
        const char *bytes;
        size_t length;
    } magics[] = {{"\xfd\x37zXZ\0", 6}, {"\x28\xb5\x2f\xfd", 4}, {"BZh", 3}};
    for (size_t i = 0; i < G_N_ELEMENTS(magics); i++)
        if (length >= magics[i].length && memcmp(head, magics[i].bytes, magics[i].length) == 0)
            return TRUE;
    return gzip_stream_probe(head, length);
}

static gssize read_file(void *data, const void **ret_bytes, GError **error)
{
    ArchiveStream *stream = data;
    ssize_t count;
    do {
        count = pread(stream->fd, stream->input, READ_BYTES, (off_t)stream->position);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        drydock_error_set_errno(error, errno, "cannot read the archive");
        return -1;
    }
    stream->position += (uint64_t)count;
    *ret_bytes = stream->input;
    return (gssize)count;
}

static gboolean set_filter_error(const ArchiveStream *stream, GError **error)
{
    int cause = archive_errno(stream->filter);
    const char *text = archive_error_string(stream->filter);
    g_autofree char *message = g_utf8_make_valid(text ? text : "unknown problem", -1);
    if (cause == EIO || cause == ENOMEM || cause == EACCES)
        drydock_error_set_errno(error, cause, "cannot read the archive");
    else
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy or export it again and compare the sizes",
                          "the compressed file is damaged or ends early: %s", message);
    return FALSE;
}

static gboolean open_filter(ArchiveStream *stream, const char *path, GError **error)
{
    struct archive_entry *entry;
    stream->filter = archive_read_new();
    if (!stream->filter)
        g_error("out of memory");
    archive_read_support_filter_bzip2(stream->filter);
    archive_read_support_filter_xz(stream->filter);
    archive_read_support_filter_zstd(stream->filter);
    archive_read_support_format_raw(stream->filter);
    archive_read_support_format_empty(stream->filter);
    if (archive_read_open_filename(stream->filter, path, READ_BYTES) != ARCHIVE_OK)
        return set_filter_error(stream, error);
    int result = archive_read_next_header(stream->filter, &entry);
    stream->is_at_end = result == ARCHIVE_EOF;
    return stream->is_at_end || result == ARCHIVE_OK || set_filter_error(stream, error);
}

ArchiveStream *archive_stream_open(const char *path, GError **error)
{
    g_autoptr(ArchiveStream) stream = g_new0(ArchiveStream, 1);
    uint8_t head[2];
    stream->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (stream->fd < 0) {
        drydock_error_set_errno(error, errno, "cannot open '%s'", path);
        return NULL;
    }
    if (pread(stream->fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
        gzip_stream_probe(head, sizeof(head))) {
        stream->input = g_malloc(READ_BYTES);
        stream->gzip = gzip_stream_new(read_file, stream);
    } else if (!open_filter(stream, path, error)) {
        return NULL;
    }
    return g_steal_pointer(&stream);
}

void archive_stream_close(ArchiveStream *stream)
{
    if (!stream)
        return;
    if (stream->filter)
        archive_read_free(stream->filter);
    gzip_stream_free(stream->gzip);
    g_free(stream->input);
    if (stream->fd >= 0)
        close(stream->fd);
    g_free(stream);
}

gboolean archive_stream_read(ArchiveStream *stream, const void **ret_bytes, size_t *ret_length,
                             GError **error)
{
    la_int64_t offset;
    int result = ARCHIVE_OK;
    if (!interrupt_check(error))
        return FALSE;
    if (stream->gzip)
        return gzip_stream_read(stream->gzip, ret_bytes, ret_length, error);
    *ret_length = 0;
    while (!stream->is_at_end && *ret_length == 0 && result == ARCHIVE_OK)
        result = archive_read_data_block(stream->filter, ret_bytes, ret_length, &offset);
    if (result == ARCHIVE_OK)
        return TRUE;
    *ret_length = 0;
    stream->is_at_end = TRUE;
    return result == ARCHIVE_EOF || set_filter_error(stream, error);
}

uint64_t archive_stream_position(const ArchiveStream *stream)
{
    la_int64_t bytes = stream->filter ? archive_filter_bytes(stream->filter, -1) : 0;
    return bytes > 0 ? (uint64_t)bytes : stream->position;
}
