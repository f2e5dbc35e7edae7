/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads an undo file. */
#include "migrate/fix/undo_reader.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define RANGES_LIMIT (1u << 24)
#define DATA_HEAD_BYTES 16u
#define DISK_HEAD_BYTES 32u
#define WITNESS_RECORD_BYTES 16u

typedef struct {
    char tag[UNDO_TAG_BYTES + 1];
    uint32_t length;
    uint64_t offset; /* of the content in the file */
    uint8_t *content;
} Record;

typedef struct {
    UndoFile *undo;
    uint8_t *buffer; /* UNDO_RECORD_LIMIT_BYTES */
    guint disk_count;
    gboolean is_done;
} Reader;

static void disk_free(gpointer data)
{
    UndoDisk *disk = data;
    undo_disk_clear(disk);
    g_free((char *)(uintptr_t)disk->path);
    g_free((char *)(uintptr_t)disk->format);
    g_free(disk);
}

void undo_file_free(UndoFile *undo)
{
    if (!undo)
        return;
    disk_unref(undo->file);
    g_ptr_array_unref(undo->disks);
    g_array_unref(undo->ranges);
    g_free(undo);
}

guint undo_sector_count(uint32_t length)
{
    return (length + UNDO_SECTOR_BYTES - 1) / UNDO_SECTOR_BYTES;
}

static gboolean refuse(GError **error, const char *why)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                      "look for another copy of it; a disk is changed only after its undo file was "
                      "stored as a whole",
                      "the undo file %s", why);
    return FALSE;
}

/* *ret_found FALSE: no whole record follows. */
static gboolean next_record(Reader *reader, Record *record, gboolean *ret_found, GError **error)
{
    UndoFile *undo = reader->undo;
    uint64_t at = undo->end_offset, size = disk_size(undo->file);
    uint8_t head[UNDO_RECORD_HEAD_BYTES], sum[UNDO_SUM_BYTES], stored[UNDO_SUM_BYTES];
    gsize sum_length = sizeof(sum);
    *ret_found = FALSE;
    if (size - at < sizeof(head) + sizeof(sum))
        return TRUE;
    if (!disk_read(undo->file, at, head, sizeof(head), error))
        return FALSE;
    record->length = get_le32(head + UNDO_TAG_BYTES);
    record->offset = at + sizeof(head);
    record->content = reader->buffer;
    if (record->length > UNDO_RECORD_LIMIT_BYTES ||
        size - record->offset < (uint64_t)record->length + sizeof(sum))
        return TRUE;
    if (!disk_read(undo->file, record->offset, record->content, record->length, error) ||
        !disk_read(undo->file, record->offset + record->length, stored, sizeof(stored), error))
        return FALSE;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, undo->sum, sizeof(undo->sum));
    g_checksum_update(checksum, head, sizeof(head));
    g_checksum_update(checksum, record->content, record->length);
    g_checksum_get_digest(checksum, sum, &sum_length);
    if (memcmp(sum, stored, sizeof(sum)) != 0)
        return TRUE;
    memcpy(record->tag, head, UNDO_TAG_BYTES);
    memcpy(undo->sum, sum, sizeof(sum));
    undo->end_offset = record->offset + record->length + sizeof(sum);
    *ret_found = TRUE;
    return TRUE;
}

static gboolean read_head(Reader *reader, const Record *record, GError **error)
{
    if (reader->disk_count > 0 || record->length != 16)
        return refuse(error, "makes no sense");
    if (get_le32(record->content) != UNDO_VERSION) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "use the version that made it",
                          "the undo file is of version %u", get_le32(record->content));
        return FALSE;
    }
    reader->disk_count = get_le32(record->content + 4);
    reader->undo->seconds = get_le64(record->content + 8);
    return (reader->disk_count > 0 && reader->disk_count <= UNDO_DISKS_LIMIT) ||
           refuse(error, "makes no sense");
}

/* The next text of what is left; NULL: none. */
static char *take_text(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *zero = memchr(*at, '\0', (size_t)(end - *at));
    if (!zero || !g_utf8_validate((const char *)*at, zero - *at, NULL))
        return NULL;
    char *text = g_strdup((const char *)*at);
    *at = zero + 1;
    return text;
}

static gboolean read_witnesses(const uint8_t *at, guint count, Identity *identity)
{
    for (guint i = 0; i < count; i++, at += WITNESS_RECORD_BYTES) {
        Witness witness = {.offset = get_le64(at)};
        memcpy(witness.sum, at + 8, sizeof(witness.sum));
        if (witness.offset >= identity->size_bytes)
            return FALSE;
        g_array_append_val(identity->witnesses, witness);
    }
    return TRUE;
}

static gboolean read_disk(Reader *reader, const Record *record, GError **error)
{
    GPtrArray *disks = reader->undo->disks;
    const uint8_t *content = record->content, *end = content + record->length;
    if (disks->len >= reader->disk_count || reader->undo->ranges->len > 0 ||
        record->length < DISK_HEAD_BYTES)
        return refuse(error, "makes no sense");
    uint32_t witnesses = get_le32(content + 28);
    if (witnesses > UNDO_WITNESS_LIMIT ||
        record->length - DISK_HEAD_BYTES < witnesses * WITNESS_RECORD_BYTES)
        return refuse(error, "makes no sense");
    UndoDisk *disk = g_new0(UndoDisk, 1);
    g_ptr_array_add(disks, disk);
    disk->identity.size_bytes = get_le64(content);
    disk->identity.table = (IdentityTable)MIN(get_le32(content + 8), IDENTITY_TABLE_GPT);
    memcpy(disk->identity.table_id, content + 12, sizeof(disk->identity.table_id));
    disk->identity.witnesses = g_array_new(FALSE, FALSE, sizeof(Witness));
    const uint8_t *at = content + DISK_HEAD_BYTES + (size_t)witnesses * WITNESS_RECORD_BYTES;
    if (!read_witnesses(content + DISK_HEAD_BYTES, witnesses, &disk->identity))
        return refuse(error, "makes no sense");
    disk->path = take_text(&at, end);
    disk->format = disk->path ? take_text(&at, end) : NULL;
    return disk->format || refuse(error, "makes no sense");
}

static gboolean is_after_last(const GArray *ranges, const UndoRange *range)
{
    if (ranges->len == 0)
        return TRUE;
    const UndoRange *last = &g_array_index(ranges, UndoRange, ranges->len - 1);
    return range->disk > last->disk ||
           (range->disk == last->disk && range->offset >= last->offset + last->length);
}

static gboolean read_data(Reader *reader, const Record *record, GError **error)
{
    UndoFile *undo = reader->undo;
    if (undo->disks->len != reader->disk_count || record->length < DATA_HEAD_BYTES ||
        undo->ranges->len >= RANGES_LIMIT)
        return refuse(error, "makes no sense");
    UndoRange range = {
        .disk = get_le32(record->content),
        .length = get_le32(record->content + 4),
        .offset = get_le64(record->content + 8),
        .content = record->offset + DATA_HEAD_BYTES,
    };
    if (range.disk >= undo->disks->len || range.length == 0 ||
        range.length > UNDO_DATA_LIMIT_BYTES ||
        record->length !=
            DATA_HEAD_BYTES + range.length + undo_sector_count(range.length) * UNDO_SHORT_SUM_BYTES)
        return refuse(error, "makes no sense");
    const UndoDisk *disk = g_ptr_array_index(undo->disks, range.disk);
    if (!range_is_within(range.offset, range.length, disk->identity.size_bytes) ||
        !is_after_last(undo->ranges, &range))
        return refuse(error, "makes no sense");
    undo->data_bytes += range.length;
    g_array_append_val(undo->ranges, range);
    return TRUE;
}

static gboolean read_done(Reader *reader, const Record *record, GError **error)
{
    const UndoFile *undo = reader->undo;
    reader->is_done = TRUE;
    return (undo->disks->len == reader->disk_count && record->length == 16 &&
            get_le64(record->content) == undo->ranges->len &&
            get_le64(record->content + 8) == undo->data_bytes) ||
           refuse(error, "makes no sense");
}

static gboolean read_mark(Reader *reader, const Record *record, G_GNUC_UNUSED GError **error)
{
    reader->undo->state =
        g_str_equal(record->tag, UNDO_APPLIED) ? UNDO_STATE_APPLIED : UNDO_STATE_UNDONE;
    return TRUE;
}

static const struct {
    const char *tag;
    gboolean after_done;
    gboolean (*read)(Reader *reader, const Record *record, GError **error);
} kinds[] = {
    {UNDO_HEAD, FALSE, read_head}, {UNDO_DISK, FALSE, read_disk},   {UNDO_DATA, FALSE, read_data},
    {UNDO_DONE, FALSE, read_done}, {UNDO_APPLIED, TRUE, read_mark}, {UNDO_UNDONE, TRUE, read_mark},
};

static gboolean read_record(Reader *reader, const Record *record, GError **error)
{
    gboolean is_first = reader->disk_count == 0;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_equal(record->tag, kinds[i].tag) && kinds[i].after_done == reader->is_done &&
            is_first == (i == 0))
            return kinds[i].read(reader, record, error);
    return refuse(error, "makes no sense");
}

static gboolean read_records(Reader *reader, GError **error)
{
    gboolean found = TRUE;
    while (found) {
        Record record = {0};
        if (!next_record(reader, &record, &found, error))
            return FALSE;
        if (found && !read_record(reader, &record, error))
            return FALSE;
    }
    return reader->is_done || refuse(error, "is damaged or cut off");
}

UndoFile *undo_file_read(Disk *file, GError **error)
{
    uint8_t magic[UNDO_MAGIC_BYTES];
    if (disk_size(file) < sizeof(magic) || !disk_read(file, 0, magic, sizeof(magic), NULL) ||
        memcmp(magic, UNDO_MAGIC, sizeof(magic)) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name the file that migrate fix has written",
                          "'%s' is no undo file", disk_name(file));
        return NULL;
    }
    g_autoptr(UndoFile) undo = g_new0(UndoFile, 1);
    undo->file = disk_ref(file);
    undo->disks = g_ptr_array_new_with_free_func(disk_free);
    undo->ranges = g_array_new(FALSE, FALSE, sizeof(UndoRange));
    undo->end_offset = sizeof(magic);
    memcpy(undo->sum, magic, sizeof(magic));
    memcpy(undo->sum + sizeof(magic), magic, sizeof(magic));
    g_autofree uint8_t *buffer = g_malloc(UNDO_RECORD_LIMIT_BYTES);
    Reader reader = {.undo = undo, .buffer = buffer};
    return read_records(&reader, error) ? g_steal_pointer(&undo) : NULL;
}

gboolean undo_file_load(const UndoFile *undo, const UndoRange *range, uint8_t *before,
                        uint8_t (*sums)[UNDO_SHORT_SUM_BYTES], GError **error)
{
    size_t sum_bytes = (size_t)undo_sector_count(range->length) * UNDO_SHORT_SUM_BYTES;
    return disk_read(undo->file, range->content, sums, sum_bytes, error) &&
           disk_read(undo->file, range->content + sum_bytes, before, range->length, error);
}
