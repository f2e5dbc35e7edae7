/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decompression by libarchive's own filters (never by its helper programs), and lz4 storing. */
#include "linux/compression.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

/* More than any initramfs unpacks to: a machine has to hold it in memory at boot. */
#define UNPACKED_MAX (UINT64_C(4) << 30)

#define LZ4_MAGIC "\x02\x21\x4c\x18"
#define LZ4_CHUNK (8u << 20) /* kernel: LZ4_DEFAULT_UNCOMPRESSED_CHUNK_SIZE */

/* Kernel: lib/decompress.c has the magics. gzip, bzip2, xz and zstd tell the unpacker of
   init/initramfs.c exactly how much they consumed. lz4 takes what follows for its next chunk:
   before 5.11 even zeros were "data corrupted", but a further frame has always been continued.
   unlzma may stop one byte short of its stream, and lzo has no end in libarchive. */
static const Compression compressions[] = {
    {"gzip", "\x1f\x8b", 2, archive_read_support_filter_gzip, APPEND_PLAIN},
    {"bzip2", "BZh", 3, archive_read_support_filter_bzip2, APPEND_PLAIN},
    {"xz", "\xfd\x37zXZ", 5, archive_read_support_filter_xz, APPEND_PLAIN},
    {"zstd", "\x28\xb5\x2f\xfd", 4, archive_read_support_filter_zstd, APPEND_PLAIN},
    {"lz4", LZ4_MAGIC, 4, archive_read_support_filter_lz4, APPEND_LZ4},
    {"lzma", "\x5d\0\0", 3, archive_read_support_filter_lzma, APPEND_NEVER},
    {"lzo", "\x89LZO", 4, NULL, APPEND_NEVER},
};

const Compression *compression_detect(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < G_N_ELEMENTS(compressions); i++)
        if (length >= compressions[i].magic_length &&
            memcmp(bytes, compressions[i].magic, compressions[i].magic_length) == 0)
            return &compressions[i];
    return NULL;
}

struct Decompressor {
    struct archive *archive;
    const char *name;
    uint64_t total;
    gboolean at_end;
};

void decompressor_free(Decompressor *decompressor)
{
    if (decompressor == NULL)
        return;
    archive_read_free(decompressor->archive);
    g_free(decompressor);
}

static gboolean set_archive_error(Decompressor *decompressor, GError **error)
{
    const char *text = archive_error_string(decompressor->archive);

    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "cannot decompress %s data: %s",
                      decompressor->name, text != NULL ? text : "unknown error");
    return FALSE;
}

Decompressor *decompressor_new(const Compression *compression, const uint8_t *bytes, size_t length,
                               GError **error)
{
    g_autoptr(Decompressor) decompressor = g_new0(Decompressor, 1);
    struct archive_entry *entry = NULL;

    decompressor->name = compression->name;
    decompressor->archive = archive_read_new();
    /* ARCHIVE_WARN means that libarchive would start a program. */
    if (compression->add_filter == NULL ||
        compression->add_filter(decompressor->archive) != ARCHIVE_OK) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "%s compression is not supported by this build", compression->name);
        return NULL;
    }
    if (archive_read_support_format_raw(decompressor->archive) != ARCHIVE_OK ||
        archive_read_open_memory(decompressor->archive, bytes, length) != ARCHIVE_OK ||
        archive_read_next_header(decompressor->archive, &entry) != ARCHIVE_OK) {
        set_archive_error(decompressor, error);
        return NULL;
    }
    /* libarchive goes on with what it has unpacked; the kernel does not. */
    if (archive_filter_count(decompressor->archive) != 2) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "%s data inside %s data",
                          compression->name, compression->name);
        return NULL;
    }
    return g_steal_pointer(&decompressor);
}

static gboolean decompressor_read(gpointer source, uint8_t *buffer, size_t length,
                                  size_t *ret_length, GError **error)
{
    Decompressor *decompressor = source;
    size_t done = 0;

    while (done < length && !decompressor->at_end) {
        la_ssize_t got = archive_read_data(decompressor->archive, buffer + done, length - done);

        if (got < 0)
            return set_archive_error(decompressor, error);
        decompressor->at_end = got == 0;
        done += (size_t)got;
        decompressor->total += (size_t)got;
        if (decompressor->total > UNPACKED_MAX) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "more than %" G_GUINT64_FORMAT " GiB of decompressed data",
                              UNPACKED_MAX >> 30);
            return FALSE;
        }
    }
    *ret_length = done;
    return TRUE;
}

CpioInput decompressor_input(Decompressor *decompressor)
{
    return (CpioInput){.read = decompressor_read, .source = decompressor};
}

uint64_t decompressor_total(const Decompressor *decompressor)
{
    return decompressor->total;
}

GBytes *compression_unpack(const Compression *compression, GBytes *packed, size_t limit_bytes,
                           GError **error)
{
    gsize packed_size = 0;
    const uint8_t *data = g_bytes_get_data(packed, &packed_size);
    g_autoptr(Decompressor) decompressor = decompressor_new(compression, data, packed_size, error);
    g_autoptr(GByteArray) content = g_byte_array_new();
    uint8_t buffer[2048];
    size_t got = sizeof(buffer);

    if (decompressor == NULL)
        return NULL;
    while (got == sizeof(buffer)) {
        if (!decompressor_read(decompressor, buffer, sizeof(buffer), &got, error))
            return NULL;
        if (content->len + got > limit_bytes) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "more than %zu bytes of decompressed data", limit_bytes);
            return NULL;
        }
        g_byte_array_append(content, buffer, (guint)got);
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&content));
}

/* LZ4 block format: a token whose high nibble 15 announces more length bytes, the literals, and no
   match after the last sequence. */
static void append_lz4_chunk(GByteArray *bytes, const uint8_t *data, uint32_t length)
{
    uint8_t word[4], token = (uint8_t)(MIN(length, 15u) << 4);
    guint size_at = bytes->len;

    g_byte_array_append(bytes, (const uint8_t *)"\0\0\0\0", 4);
    g_byte_array_append(bytes, &token, 1);
    if (length >= 15) {
        uint32_t rest = length - 15;

        for (; rest >= 255; rest -= 255)
            g_byte_array_append(bytes, (const uint8_t *)"\xff", 1);

        uint8_t last = (uint8_t)rest;

        g_byte_array_append(bytes, &last, 1);
    }
    g_byte_array_append(bytes, data, length);
    put_le32(word, bytes->len - size_at - 4);
    memcpy(bytes->data + size_at, word, sizeof(word));
}

GBytes *compression_store_lz4(GBytes *content)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(content, &size);
    GByteArray *bytes = g_byte_array_new();

    g_byte_array_append(bytes, (const uint8_t *)LZ4_MAGIC, 4);
    for (gsize offset = 0; offset < size; offset += LZ4_CHUNK)
        append_lz4_chunk(bytes, data + offset, (uint32_t)MIN(size - offset, LZ4_CHUNK));
    return g_byte_array_free_to_bytes(bytes);
}
