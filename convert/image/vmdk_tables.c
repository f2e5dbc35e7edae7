/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The directory and the tables of grains of a sparse extent. */
#include "convert/image/vmdk_tables.h"

#include "base/bytes.h"
#include "base/error.h"

#define CHUNK_BYTES 65536

/* A fully allocated hosted extent of 1 TiB has 64 MiB of tables in one piece: 0.1 s from memory,
   half a second from a disk. Of COWD and seSparse it has 8 and 2 GiB, and the tables of a
   streamOptimized extent cost a seek each: reading all of them would take minutes. */
#define TABLES_LIMIT_BYTES ((uint64_t)128 << 20)
#define SCATTERED_TABLES_LIMIT 1024

typedef gboolean (*EntryFunc)(void *data, uint64_t entry, GError **error);

typedef struct {
    const VmdkTables *tables;
    uint64_t allocated, next, stride;
    uint8_t *buffer; /* of one table */
} Walk;

static gboolean refuse_damaged(const char *what, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "its grain %s is damaged", what);
    return FALSE;
}

static gboolean refuse_beyond_end(const char *what, uint64_t offset, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "the image is cut short or damaged: a %s at byte %" G_GUINT64_FORMAT
                      " lies beyond the end of the file",
                      what, offset);
    return FALSE;
}

static uint64_t decode_entry(const VmdkTables *tables, const uint8_t *bytes)
{
    return tables->entry_bytes == 8 ? get_le64(bytes) : get_le32(bytes);
}

static gboolean count_table(void *data, uint64_t entry, GError **error)
{
    Walk *walk = data;
    const VmdkTables *tables = walk->tables;
    uint64_t offset;
    if (!tables->locate_table(tables, entry, &offset))
        return refuse_damaged("directory", error);
    if (offset == 0)
        return TRUE;
    walk->allocated++;
    uint64_t length = (uint64_t)tables->table_entries * tables->entry_bytes;
    if (range_is_within(offset, length, tables->file->size_bytes))
        return TRUE;
    return refuse_beyond_end("grain table", offset, error);
}

static gboolean check_table(void *data, uint64_t entry, GError **error)
{
    Walk *walk = data;
    const VmdkTables *tables = walk->tables;
    uint64_t offset;
    if (!tables->locate_table(tables, entry, &offset) || offset == 0)
        return TRUE;
    uint64_t number = walk->next++;
    if (number % walk->stride != 0 && number + 1 != walk->allocated)
        return TRUE;
    if (!source_read(tables->file, offset, walk->buffer,
                     (size_t)tables->table_entries * tables->entry_bytes, "grain table", error))
        return FALSE;
    for (guint i = 0; i < tables->table_entries; i++) {
        uint64_t grain = decode_entry(tables, walk->buffer + (size_t)i * tables->entry_bytes);
        if (!tables->locate_grain(tables, grain, &offset))
            return refuse_damaged("table", error);
        if (offset != 0 && !range_is_within(offset, tables->grain_bytes, tables->file->size_bytes))
            return refuse_beyond_end("grain", offset, error);
    }
    return TRUE;
}

static gboolean for_each_entry(const VmdkTables *tables, EntryFunc func, void *data, GError **error)
{
    g_autofree uint8_t *chunk = g_malloc(CHUNK_BYTES);
    uint64_t chunk_entries = CHUNK_BYTES / tables->entry_bytes;
    for (uint64_t first = 0; first < tables->directory_entries; first += chunk_entries) {
        uint64_t count = MIN(tables->directory_entries - first, chunk_entries);
        uint64_t offset;
        if (!g_uint64_checked_add(&offset, tables->directory_offset, first * tables->entry_bytes))
            return refuse_damaged("directory", error);
        if (!source_read(tables->file, offset, chunk, (size_t)count * tables->entry_bytes,
                         "grain directory", error))
            return FALSE;
        for (uint64_t i = 0; i < count; i++)
            if (!func(data, decode_entry(tables, chunk + i * tables->entry_bytes), error))
                return FALSE;
    }
    return TRUE;
}

gboolean vmdk_tables_check(const VmdkTables *tables, GError **error)
{
    size_t table_bytes = (size_t)tables->table_entries * tables->entry_bytes;
    g_autofree uint8_t *buffer = g_malloc(table_bytes);
    Walk walk = {.tables = tables, .stride = 1, .buffer = buffer};
    if (!for_each_entry(tables, count_table, &walk, error))
        return FALSE;
    uint64_t limit =
        tables->are_scattered ? SCATTERED_TABLES_LIMIT : TABLES_LIMIT_BYTES / table_bytes;
    walk.stride = walk.allocated / limit + 1;
    return for_each_entry(tables, check_table, &walk, error);
}
