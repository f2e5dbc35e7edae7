/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressed files and files in chunks become plain temporary ones (DSP0243 2.1, section 7.1). */
#include "convert/archive/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "convert/archive/gzip_stream.h"
#include "convert/archive/spool_file.h"

#define READ_BYTES ((size_t)1 << 20)
#define CHUNKS_LIMIT 100000
#define CONTENT_LIMIT_BYTES ((uint64_t)64 << 40) /* no format of ours has larger disks */

/* The pieces of a file, one after the other. */
typedef struct {
    const SourceContext *context;
    GPtrArray *places; /* of SourcePlace */
    guint current;
    int fd; /* of the current one; -1: not open */
    uint64_t offset;
    uint64_t done, total; /* bytes of all of them, for progress only */
    uint8_t *buffer;
} Pieces;

static void pieces_clear(Pieces *pieces)
{
    if (pieces->fd >= 0)
        close(pieces->fd);
    g_ptr_array_unref(pieces->places);
    g_free(pieces->buffer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pieces, pieces_clear)

static void place_destroy(void *place)
{
    source_place_free(place);
}

static gboolean set_size_error(GError **error, const char *name, uint64_t is, uint64_t expected)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "'%s' has %" G_GUINT64_FORMAT " bytes instead of %" G_GUINT64_FORMAT, name,
                      is, expected);
    return FALSE;
}

/* Names end with nine digits, from 0. Without the size of the whole the last one is that after
   which there is none. */
static gboolean find_chunks(SourceContext *context, const SourcePlace *config,
                            const MachineDisk *disk, Pieces *pieces, GError **error)
{
    uint64_t count = disk->stored_bytes > 0 ? (disk->stored_bytes - 1) / disk->chunk_bytes + 1 : 0;
    if (count > CHUNKS_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "it is said to come in %" G_GUINT64_FORMAT " pieces", count);
        return FALSE;
    }
    for (guint i = 0; count == 0 || i < count; i++) {
        g_autofree char *name = g_strdup_printf("%s.%09u", disk->stored_name, i);
        g_autoptr(GError) cause = NULL;
        SourcePlace *place;
        if (!source_files_find(context->files, config, name, SOURCE_NAME_LOCAL, &place, &cause)) {
            if (count == 0 && i > 0 &&
                g_error_matches(cause, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND))
                break;
            g_propagate_error(error, g_steal_pointer(&cause));
            return FALSE;
        }
        g_ptr_array_add(pieces->places, place);
        if (i > CHUNKS_LIMIT) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "it comes in more than %d pieces", CHUNKS_LIMIT);
            return FALSE;
        }
    }
    for (guint i = 0; i < pieces->places->len; i++) {
        const SourcePlace *place = g_ptr_array_index(pieces->places, i);
        gboolean is_last = i + 1 == pieces->places->len;
        uint64_t rest = disk->stored_bytes - MIN(disk->stored_bytes, i * disk->chunk_bytes);
        uint64_t expected = is_last && count > 0 ? rest : disk->chunk_bytes;
        gboolean is_right = is_last && count == 0
                                ? place->length > 0 && place->length <= disk->chunk_bytes
                                : place->length == expected;
        if (!is_right) {
            g_autofree char *name = g_strdup_printf("%s.%09u", disk->stored_name, i);
            return set_size_error(error, name, place->length, expected);
        }
    }
    return TRUE;
}

static gboolean find_pieces(SourceContext *context, const SourcePlace *config,
                            const MachineDisk *disk, Pieces *pieces, GError **error)
{
    SourcePlace *place;
    if (disk->chunk_bytes > 0) {
        if (!find_chunks(context, config, disk, pieces, error))
            return FALSE;
    } else {
        if (!source_files_find(context->files, config, disk->stored_name, SOURCE_NAME_FOREIGN,
                               &place, error))
            return FALSE;
        g_ptr_array_add(pieces->places, place);
    }
    for (guint i = 0; i < pieces->places->len; i++)
        pieces->total += ((const SourcePlace *)pieces->places->pdata[i])->length;
    return TRUE;
}

static gboolean open_piece(Pieces *pieces, const SourcePlace *place, GError **error)
{
    pieces->offset = 0;
    pieces->fd = open(place->path, O_RDONLY | O_CLOEXEC);
    if (pieces->fd >= 0)
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot open '%s'", place->path);
    return FALSE;
}

static gssize read_pieces(void *data, const void **ret_bytes, GError **error)
{
    Pieces *pieces = data;
    if (!interrupt_check(error))
        return -1;
    while (pieces->current < pieces->places->len) {
        const SourcePlace *place = g_ptr_array_index(pieces->places, pieces->current);
        if (pieces->fd < 0 && !open_piece(pieces, place, error))
            return -1;
        size_t length = (size_t)MIN(place->length - pieces->offset, (uint64_t)READ_BYTES);
        if (length == 0) {
            close(pieces->fd);
            pieces->fd = -1;
            pieces->current++;
            continue;
        }
        ssize_t count =
            pread(pieces->fd, pieces->buffer, length, (off_t)(place->offset + pieces->offset));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            drydock_error_set_errno(error, count < 0 ? errno : EIO, "cannot read '%s'",
                                    place->path);
            return -1;
        }
        pieces->offset += (uint64_t)count;
        pieces->done += (uint64_t)count;
        const SourceRequest *request = pieces->context->request;
        if (request && request->progress)
            request->progress(request->progress_data, pieces->done, pieces->total);
        *ret_bytes = pieces->buffer;
        return (gssize)count;
    }
    return 0;
}

/* The content decides whether there is something to uncompress: not all that is called gzip in an
   OVF is. */
static gboolean probe_gzip(const Pieces *pieces, gboolean *ret_is_gzip, GError **error)
{
    const SourcePlace *place = g_ptr_array_index(pieces->places, 0);
    uint8_t head[2];
    int fd = open(place->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        drydock_error_set_errno(error, errno, "cannot open '%s'", place->path);
        return FALSE;
    }
    *ret_is_gzip = place->length >= sizeof(head) &&
                   pread(fd, head, sizeof(head), (off_t)place->offset) == (ssize_t)sizeof(head) &&
                   gzip_stream_probe(head, sizeof(head));
    close(fd);
    return TRUE;
}

static gboolean read_next(Pieces *pieces, GzipStream *gzip, const void **ret_bytes,
                          size_t *ret_length, GError **error)
{
    if (gzip)
        return gzip_stream_read(gzip, ret_bytes, ret_length, error);
    gssize count = read_pieces(pieces, ret_bytes, error);
    *ret_length = count > 0 ? (size_t)count : 0;
    return count >= 0;
}

static gboolean write_content(Pieces *pieces, GzipStream *gzip, const char *path,
                              uint64_t *ret_length, GError **error)
{
    g_autoptr(SpoolFile) file = spool_file_create(path, error);
    const void *bytes;
    size_t length;
    uint64_t offset = 0;
    if (!file)
        return FALSE;
    for (;;) {
        if (!read_next(pieces, gzip, &bytes, &length, error))
            return FALSE;
        if (length == 0)
            break;
        if (!range_is_within(offset, length, CONTENT_LIMIT_BYTES)) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "its content is larger than any disk");
            return FALSE;
        }
        if (!spool_file_write(file, offset, bytes, length, error))
            return FALSE;
        offset += length;
    }
    *ret_length = offset;
    return spool_file_finish(file, offset, error);
}

gboolean spool_disk(SourceContext *context, const SourcePlace *config, const MachineDisk *disk,
                    SourcePlace **ret_place, GError **error)
{
    g_auto(Pieces) pieces = {.context = context,
                             .places = g_ptr_array_new_with_free_func(place_destroy),
                             .fd = -1,
                             .buffer = g_malloc(READ_BYTES)};
    gboolean is_gzip = FALSE;
    if (!find_pieces(context, config, disk, &pieces, error) ||
        (disk->is_gzip && !probe_gzip(&pieces, &is_gzip, error)))
        return FALSE;
    const SourcePlace *first = g_ptr_array_index(pieces.places, 0);
    if (!is_gzip && pieces.places->len == 1) {
        *ret_place = source_place_copy(first);
        return TRUE;
    }
    g_autoptr(GzipStream) gzip = is_gzip ? gzip_stream_new(read_pieces, &pieces) : NULL;
    g_autofree char *path = source_context_make_path(context, "disk");
    uint64_t length;
    if (!write_content(&pieces, gzip, path, &length, error))
        return FALSE;
    *ret_place = source_place_new(path, first->member, 0, length);
    return TRUE;
}
