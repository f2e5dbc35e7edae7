/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes an undo file. */
#include "migrate/fix/undo_writer.h"

#include <string.h>

#include "base/bytes.h"

struct UndoWriter {
    UndoWriteFunc write;
    void *data;
    uint8_t sum[UNDO_SUM_BYTES]; /* of the last record */
    uint64_t record_count, data_bytes;
};

G_STATIC_ASSERT(sizeof(UNDO_MAGIC) == UNDO_MAGIC_BYTES + 1);

void undo_disk_clear(UndoDisk *disk)
{
    identity_clear(&disk->identity);
}

UndoWriter *undo_writer_new(UndoWriteFunc write, void *data)
{
    UndoWriter *writer = g_new0(UndoWriter, 1);
    writer->write = write;
    writer->data = data;
    memcpy(writer->sum, UNDO_MAGIC, UNDO_MAGIC_BYTES);
    memcpy(writer->sum + UNDO_MAGIC_BYTES, UNDO_MAGIC, UNDO_MAGIC_BYTES);
    return writer;
}

UndoWriter *undo_writer_new_after(const uint8_t sum[UNDO_SUM_BYTES], UndoWriteFunc write,
                                  void *data)
{
    UndoWriter *writer = undo_writer_new(write, data);
    memcpy(writer->sum, sum, UNDO_SUM_BYTES);
    return writer;
}

void undo_writer_free(UndoWriter *writer)
{
    g_free(writer);
}

static gboolean write_record(UndoWriter *writer, const char *tag, const GByteArray *content,
                             GError **error)
{
    uint8_t head[UNDO_RECORD_HEAD_BYTES];
    uint8_t sum[UNDO_SUM_BYTES];
    gsize length = sizeof(sum);
    memcpy(head, tag, UNDO_TAG_BYTES);
    put_le32(head + UNDO_TAG_BYTES, content->len);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, writer->sum, sizeof(writer->sum));
    g_checksum_update(checksum, head, sizeof(head));
    g_checksum_update(checksum, content->data, content->len);
    g_checksum_get_digest(checksum, sum, &length);
    if (!writer->write(writer->data, head, sizeof(head), error) ||
        !writer->write(writer->data, content->data, content->len, error) ||
        !writer->write(writer->data, sum, sizeof(sum), error))
        return FALSE;
    memcpy(writer->sum, sum, sizeof(sum));
    return TRUE;
}

static void append_le32(GByteArray *array, uint32_t value)
{
    uint8_t bytes[4];
    put_le32(bytes, value);
    g_byte_array_append(array, bytes, sizeof(bytes));
}

static void append_le64(GByteArray *array, uint64_t value)
{
    uint8_t bytes[8];
    put_le64(bytes, value);
    g_byte_array_append(array, bytes, sizeof(bytes));
}

static void append_text(GByteArray *array, const char *text)
{
    g_byte_array_append(array, (const guint8 *)text, (guint)strlen(text) + 1);
}

static uint64_t now_seconds(void)
{
    return (uint64_t)(g_get_real_time() / G_USEC_PER_SEC);
}

gboolean undo_writer_begin(UndoWriter *writer, guint disk_count, GError **error)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    append_le32(content, UNDO_VERSION);
    append_le32(content, disk_count);
    append_le64(content, now_seconds());
    return writer->write(writer->data, UNDO_MAGIC, UNDO_MAGIC_BYTES, error) &&
           write_record(writer, UNDO_HEAD, content, error);
}

gboolean undo_writer_add_disk(UndoWriter *writer, const UndoDisk *disk, GError **error)
{
    const Identity *identity = &disk->identity;
    g_autoptr(GByteArray) content = g_byte_array_new();
    append_le64(content, identity->size_bytes);
    append_le32(content, identity->table);
    g_byte_array_append(content, identity->table_id, sizeof(identity->table_id));
    append_le32(content, identity->witnesses->len);
    for (guint i = 0; i < identity->witnesses->len; i++) {
        const Witness *witness = &g_array_index(identity->witnesses, Witness, i);
        append_le64(content, witness->offset);
        g_byte_array_append(content, witness->sum, sizeof(witness->sum));
    }
    append_text(content, disk->path);
    append_text(content, disk->format);
    return write_record(writer, UNDO_DISK, content, error);
}

gboolean undo_writer_add_data(UndoWriter *writer, guint disk, uint64_t offset,
                              const uint8_t *before, const uint8_t *after, size_t length,
                              GError **error)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    append_le32(content, disk);
    append_le32(content, (uint32_t)length);
    append_le64(content, offset);
    for (size_t at = 0; at < length; at += UNDO_SECTOR_BYTES) {
        uint8_t sum[UNDO_SHORT_SUM_BYTES];
        short_sum(after + at, MIN(length - at, UNDO_SECTOR_BYTES), sum);
        g_byte_array_append(content, sum, sizeof(sum));
    }
    g_byte_array_append(content, before, (guint)length);
    writer->record_count++;
    writer->data_bytes += length;
    return write_record(writer, UNDO_DATA, content, error);
}

gboolean undo_writer_finish(UndoWriter *writer, GError **error)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    append_le64(content, writer->record_count);
    append_le64(content, writer->data_bytes);
    return write_record(writer, UNDO_DONE, content, error);
}

gboolean undo_writer_mark(UndoWriter *writer, const char *tag, GError **error)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    append_le64(content, now_seconds());
    return write_record(writer, tag, content, error);
}

uint64_t undo_size_limit(uint64_t data_bytes, uint64_t range_count)
{
    const uint64_t fixed = 64 << 10;
    const uint64_t per_record = UNDO_RECORD_HEAD_BYTES + 16 + UNDO_SUM_BYTES + UNDO_SHORT_SUM_BYTES;
    uint64_t records = range_count + data_bytes / UNDO_DATA_LIMIT_BYTES;
    return fixed + data_bytes + data_bytes / UNDO_SECTOR_BYTES * UNDO_SHORT_SUM_BYTES +
           records * per_record;
}
