/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chunk table and chunks of files compressed by CompactOS. */
#include "fs/ntfs_wof.h"

#include <string.h>
#include <wimlib.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    REPARSE_BYTES = 16, /* version, provider; then the provider's version and algorithm */
    WOF_VERSION = 1,
    PROVIDER_WIM = 1,
    PROVIDER_FILE = 2,
    FILE_VERSION = 1,
    NO_CHUNK = -1,
    CHUNK_MINIMUM_BYTES = 4096, /* of WIM archives: what wimlib takes for either algorithm */
    CHUNK_LIMIT_BYTES = 2 << 20,
};

typedef struct {
    enum wimlib_compression_type type;
    uint32_t chunk_bytes;
} Algorithm;

static const Algorithm algorithms[] = {
    [NTFS_WOF_XPRESS4K] = {WIMLIB_COMPRESSION_TYPE_XPRESS, 4096},
    [NTFS_WOF_LZX] = {WIMLIB_COMPRESSION_TYPE_LZX, 32768},
    [NTFS_WOF_XPRESS8K] = {WIMLIB_COMPRESSION_TYPE_XPRESS, 8192},
    [NTFS_WOF_XPRESS16K] = {WIMLIB_COMPRESSION_TYPE_XPRESS, 16384},
};

struct NtfsWof {
    struct wimlib_decompressor *decompressor;
    uint64_t content_bytes;
    uint64_t stream_bytes;
    uint64_t table_bytes;
    uint64_t chunk_count;
    uint32_t chunk_bytes;
    uint32_t entry_bytes;
    int64_t kept; /* the chunk that content holds, or NO_CHUNK */
    uint8_t *content;
    uint8_t *compressed;
};

gboolean ntfs_wof_parse(GBytes *bytes, NtfsWofAlgorithm *ret_algorithm, GError **error)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);

    if (size >= 8 && get_le32(data) == WOF_VERSION && get_le32(data + 4) == PROVIDER_WIM) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "its content is kept in a WIM image elsewhere (WIMBoot)");
        return FALSE;
    }
    if (size < REPARSE_BYTES || get_le32(data) != WOF_VERSION ||
        get_le32(data + 4) != PROVIDER_FILE || get_le32(data + 8) != FILE_VERSION ||
        get_le32(data + 12) >= G_N_ELEMENTS(algorithms)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "compressed by Windows (CompactOS) in a way that is not known");
        return FALSE;
    }
    *ret_algorithm = (NtfsWofAlgorithm)get_le32(data + 12);
    return TRUE;
}

void ntfs_wof_free(NtfsWof *wof)
{
    if (wof == NULL)
        return;
    wimlib_free_decompressor(wof->decompressor);
    g_free(wof->content);
    g_free(wof->compressed);
    g_free(wof);
}

static gboolean new_for(const Algorithm *row, uint64_t content_bytes, uint64_t stream_bytes,
                        NtfsWof **ret_wof, GError **error)
{
    g_autoptr(NtfsWof) wof = g_new0(NtfsWof, 1);

    wof->content_bytes = content_bytes;
    wof->stream_bytes = stream_bytes;
    wof->chunk_bytes = row->chunk_bytes;
    wof->chunk_count = content_bytes / row->chunk_bytes + (content_bytes % row->chunk_bytes != 0);
    /* Where the first chunk begins is known, so it has no entry. */
    wof->entry_bytes = content_bytes > G_MAXUINT32 ? 8 : 4;
    wof->table_bytes = wof->chunk_count == 0 ? 0 : (wof->chunk_count - 1) * wof->entry_bytes;
    wof->kept = NO_CHUNK;
    if (wof->table_bytes > stream_bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "its compressed content of %" G_GUINT64_FORMAT
                          " bytes is smaller than the table of %" G_GUINT64_FORMAT " chunks",
                          stream_bytes, wof->chunk_count);
        return FALSE;
    }
    wof->content = g_malloc(row->chunk_bytes);
    wof->compressed = g_malloc(row->chunk_bytes);
    if (wimlib_create_decompressor(row->type, row->chunk_bytes, &wof->decompressor) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "cannot make a decompressor");
        return FALSE;
    }
    *ret_wof = g_steal_pointer(&wof);
    return TRUE;
}

gboolean ntfs_wof_new(NtfsWofAlgorithm algorithm, uint64_t content_bytes, uint64_t stream_bytes,
                      NtfsWof **ret_wof, GError **error)
{
    return new_for(&algorithms[algorithm], content_bytes, stream_bytes, ret_wof, error);
}

gboolean ntfs_wof_new_resource(gboolean is_lzx, uint32_t chunk_bytes, uint64_t content_bytes,
                               uint64_t stream_bytes, NtfsWof **ret_wof, GError **error)
{
    const Algorithm row = {is_lzx ? WIMLIB_COMPRESSION_TYPE_LZX : WIMLIB_COMPRESSION_TYPE_XPRESS,
                           chunk_bytes};

    if (chunk_bytes < CHUNK_MINIMUM_BYTES || chunk_bytes > CHUNK_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "chunks of %u bytes",
                          chunk_bytes);
        return FALSE;
    }
    return new_for(&row, content_bytes, stream_bytes, ret_wof, error);
}

/* Where chunk begins behind the table. */
static gboolean read_start(const NtfsWof *wof, NtfsWofRead read, void *user_data, uint64_t chunk,
                           uint64_t *ret_start, GError **error)
{
    uint8_t entry[8];

    if (chunk == 0) {
        *ret_start = 0;
        return TRUE;
    }
    if (chunk == wof->chunk_count) {
        *ret_start = wof->stream_bytes - wof->table_bytes;
        return TRUE;
    }
    if (!read(user_data, (chunk - 1) * wof->entry_bytes, entry, wof->entry_bytes, error))
        return FALSE;
    *ret_start = wof->entry_bytes == 8 ? get_le64(entry) : get_le32(entry);
    return TRUE;
}

/* Into content. */
static gboolean read_chunk(NtfsWof *wof, NtfsWofRead read, void *user_data, uint64_t chunk,
                           GError **error)
{
    const uint64_t left = wof->content_bytes - chunk * wof->chunk_bytes;
    const size_t size = (size_t)MIN(left, wof->chunk_bytes);
    uint64_t start, end;

    wof->kept = NO_CHUNK;
    if (!read_start(wof, read, user_data, chunk, &start, error) ||
        !read_start(wof, read, user_data, chunk + 1, &end, error))
        return FALSE;
    if (end <= start || end - start > size || end > wof->stream_bytes - wof->table_bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "compressed chunk %" G_GUINT64_FORMAT " cannot be from %" G_GUINT64_FORMAT
                          " to %" G_GUINT64_FORMAT,
                          chunk, start, end);
        return FALSE;
    }
    /* A chunk that would not get smaller is stored as it is. */
    if (end - start == size) {
        if (!read(user_data, wof->table_bytes + start, wof->content, size, error))
            return FALSE;
    } else {
        const size_t compressed = (size_t)(end - start);

        if (!read(user_data, wof->table_bytes + start, wof->compressed, compressed, error))
            return FALSE;
        if (wimlib_decompress(wof->compressed, compressed, wof->content, size, wof->decompressor) !=
            0) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                              "compressed chunk %" G_GUINT64_FORMAT " is damaged", chunk);
            return FALSE;
        }
    }
    wof->kept = (int64_t)chunk;
    return TRUE;
}

gboolean ntfs_wof_read(NtfsWof *wof, NtfsWofRead read, void *user_data, uint64_t offset,
                       void *buffer, size_t length, GError **error)
{
    uint8_t *bytes = buffer;

    while (length > 0) {
        const uint64_t chunk = offset / wof->chunk_bytes;
        const size_t in_chunk = (size_t)(offset % wof->chunk_bytes);
        const size_t piece = MIN(length, wof->chunk_bytes - in_chunk);

        if (wof->kept != (int64_t)chunk && !read_chunk(wof, read, user_data, chunk, error))
            return FALSE;
        memcpy(bytes, wof->content + in_chunk, piece);
        bytes += piece;
        offset += piece;
        length -= piece;
    }
    return TRUE;
}
