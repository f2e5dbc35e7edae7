/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The content of a gzip file, through GLib's decompressor (zlib). */
#include "convert/archive/gzip_stream.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"

#define OUTPUT_BYTES ((size_t)1 << 20)
#define MAGIC_BYTES 2

struct GzipStream {
    GzipReadFunc read_func;
    void *data;
    GConverter *decompressor;
    const uint8_t *input; /* what is left of the last read */
    size_t input_length;
    gboolean is_input_at_end;
    gboolean is_in_member; /* between a member's header and its checksum */
    gboolean is_finished;
    uint8_t held[MAGIC_BYTES]; /* a magic number may lie across two reads */
    uint8_t *output;
};

GzipStream *gzip_stream_new(GzipReadFunc read_func, void *data)
{
    GzipStream *stream = g_new0(GzipStream, 1);
    stream->read_func = read_func;
    stream->data = data;
    stream->decompressor = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    stream->output = g_malloc(OUTPUT_BYTES);
    stream->is_in_member = TRUE;
    return stream;
}

void gzip_stream_free(GzipStream *stream)
{
    if (!stream)
        return;
    g_object_unref(stream->decompressor);
    g_free(stream->output);
    g_free(stream);
}

gboolean gzip_stream_probe(const uint8_t *head, size_t length)
{
    return length >= MAGIC_BYTES && head[0] == 0x1f && head[1] == 0x8b;
}

static gboolean fill_input(GzipStream *stream, GError **error)
{
    const void *bytes;
    if (stream->input_length > 0 || stream->is_input_at_end)
        return TRUE;
    gssize count = stream->read_func(stream->data, &bytes, error);
    if (count < 0)
        return FALSE;
    stream->input = bytes;
    stream->input_length = (size_t)count;
    stream->is_input_at_end = count == 0;
    return TRUE;
}

static gboolean set_damaged(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

/* Behind a member comes another one, or something that is passed over: padding, mostly. */
static gboolean find_next_member(GzipStream *stream, GError **error)
{
    size_t count = 0;
    while (count < MAGIC_BYTES) {
        if (!fill_input(stream, error))
            return FALSE;
        if (stream->input_length == 0)
            break;
        stream->held[count++] = *stream->input++;
        stream->input_length--;
    }
    stream->is_in_member = gzip_stream_probe(stream->held, count);
    stream->is_finished = !stream->is_in_member;
    if (stream->is_finished)
        return TRUE;

    /* The decompressor sees the header from its beginning; these two give no output yet. */
    gsize read, written;
    g_converter_reset(stream->decompressor);
    if (g_converter_convert(stream->decompressor, stream->held, MAGIC_BYTES, stream->output,
                            OUTPUT_BYTES, G_CONVERTER_NO_FLAGS, &read, &written,
                            NULL) != G_CONVERTER_ERROR &&
        read == MAGIC_BYTES && written == 0)
        return TRUE;
    return set_damaged(error, "the compressed file is damaged");
}

gboolean gzip_stream_read(GzipStream *stream, const void **ret_bytes, size_t *ret_length,
                          GError **error)
{
    gsize written = 0;
    while (written == 0 && !stream->is_finished) {
        gsize read = 0;
        if (!stream->is_in_member) {
            if (!find_next_member(stream, error))
                return FALSE;
            continue;
        }
        if (!fill_input(stream, error))
            return FALSE;
        if (stream->input_length == 0)
            return set_damaged(error, "the compressed file ends early");
        GConverterResult result = g_converter_convert(
            stream->decompressor, stream->input, stream->input_length, stream->output, OUTPUT_BYTES,
            G_CONVERTER_NO_FLAGS, &read, &written, NULL);
        if (result == G_CONVERTER_ERROR)
            return set_damaged(error, "the compressed file is damaged");
        stream->input += read;
        stream->input_length -= read;
        if (result == G_CONVERTER_FINISHED)
            stream->is_in_member = FALSE;
    }
    *ret_bytes = stream->output;
    *ret_length = written;
    return TRUE;
}
