/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes, components, extents and disks, as records say them. */
#include "disk/ldm_record.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "disk/on_disk.h"

#define SECTOR_BYTES 512
#define HEADER_BYTES 8 /* status, flags, type, length of the rest */
#define STATE_BYTES 14

/* Of a component, a partition, a volume: these fields are there. */
#define COMPONENT_HAS_STRIPES 0x10
#define PARTITION_HAS_COLUMN 0x08

/* Fields of a record are read one after the other; one that is not whole makes the rest of it
   nothing. */
typedef struct {
    const uint8_t *at, *end;
    gboolean is_broken;
} Cursor;

static const uint8_t *take(Cursor *cursor, size_t length)
{
    static const uint8_t nothing[64];
    if (cursor->is_broken || (size_t)(cursor->end - cursor->at) < length) {
        cursor->is_broken = TRUE;
        return nothing;
    }
    cursor->at += length;
    return cursor->at - length;
}

static uint64_t take_number(Cursor *cursor)
{
    uint8_t length = *take(cursor, 1);
    uint64_t number = 0;
    if (length > sizeof(number)) {
        cursor->is_broken = TRUE;
        return 0;
    }
    const uint8_t *bytes = take(cursor, length);
    for (uint8_t i = 0; i < length; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* What is no UTF-8 is replaced: names of Windows before Vista are in the system's code page. */
static char *take_text(Cursor *cursor)
{
    uint8_t length = *take(cursor, 1);
    if ((size_t)(cursor->end - cursor->at) < length)
        cursor->is_broken = TRUE;
    if (cursor->is_broken)
        return g_strdup("");
    const char *text = (const char *)take(cursor, length);
    g_autofree char *copy = g_strndup(text, length);
    return g_utf8_make_valid(copy, -1);
}

static void skip_text(Cursor *cursor)
{
    g_free(take_text(cursor));
}

/* Sectors as bytes; a number that is none makes the record broken. */
static uint64_t take_sectors(Cursor *cursor, uint64_t sectors)
{
    uint64_t bytes;
    if (g_uint64_checked_mul(&bytes, sectors, SECTOR_BYTES))
        return bytes;
    cursor->is_broken = TRUE;
    return 0;
}

char *ldm_guid_to_text(const uint8_t *guid)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < GUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            g_string_append_c(text, '-');
        g_string_append_printf(text, "%02x", guid[i]);
    }
    return g_string_free(text, FALSE);
}

static void parse_volume(Cursor *cursor, guint flags G_GNUC_UNUSED, guint revision G_GNUC_UNUSED,
                         LdmDatabase *database)
{
    LdmVolume *volume = g_new0(LdmVolume, 1);
    g_ptr_array_add(database->volumes, volume);
    volume->id = take_number(cursor);
    volume->name = take_text(cursor);
    volume->type = take_text(cursor);
    skip_text(cursor);
    take(cursor, STATE_BYTES + 1 + 1 + 1 + 3 + 1); /* type, unknown, number, zeros, flags */
    volume->components = take_number(cursor);
    take(cursor, 8 + 8); /* commit, identifier */
    volume->size_bytes = take_sectors(cursor, take_number(cursor));
    take(cursor, 4 + 1); /* zeros, type of partition */
    volume->guid = ldm_guid_to_text(take(cursor, GUID_BYTES));
}

static void parse_component(Cursor *cursor, guint flags, guint revision G_GNUC_UNUSED,
                            LdmDatabase *database)
{
    LdmComponent *component = g_new0(LdmComponent, 1);
    g_ptr_array_add(database->components, component);
    component->id = take_number(cursor);
    skip_text(cursor);
    g_autofree char *state = take_text(cursor);
    component->is_active = g_str_equal(state, "ACTIVE");
    component->layout = *take(cursor, 1);
    take(cursor, 4);
    component->extents = take_number(cursor);
    take(cursor, 8 + 8); /* commit, zeros */
    component->volume = take_number(cursor);
    take(cursor, 1);
    if (flags & COMPONENT_HAS_STRIPES) {
        component->chunk_bytes = take_sectors(cursor, take_number(cursor));
        component->columns = take_number(cursor);
    }
}

static void parse_extent(Cursor *cursor, guint flags, guint revision G_GNUC_UNUSED,
                         LdmDatabase *database)
{
    LdmExtent *extent = g_new0(LdmExtent, 1);
    g_ptr_array_add(database->extents, extent);
    extent->id = take_number(cursor);
    skip_text(cursor);
    take(cursor, 4 + 8); /* zeros, commit */
    extent->start_bytes = take_sectors(cursor, get_be64(take(cursor, 8)));
    extent->offset_bytes = take_sectors(cursor, get_be64(take(cursor, 8)));
    extent->length_bytes = take_sectors(cursor, take_number(cursor));
    extent->component = take_number(cursor);
    extent->disk = take_number(cursor);
    if (flags & PARTITION_HAS_COLUMN)
        extent->column = take_number(cursor);
}

static void parse_disk(Cursor *cursor, guint flags G_GNUC_UNUSED, guint revision,
                       LdmDatabase *database)
{
    LdmDisk *disk = g_new0(LdmDisk, 1);
    g_ptr_array_add(database->disks, disk);
    disk->id = take_number(cursor);
    disk->name = take_text(cursor);
    if (revision == 4) {
        disk->guid = ldm_guid_to_text(take(cursor, GUID_BYTES));
    } else {
        g_autofree char *text = take_text(cursor);
        disk->guid = g_ascii_strdown(text, -1);
    }
}

/* By the lower half of a record's type; the upper one is its revision. */
static const struct {
    guint kind, first_revision, last_revision;
    void (*parse)(Cursor *cursor, guint flags, guint revision, LdmDatabase *database);
} kinds[] = {
    {1, 5, 5, parse_volume},
    {2, 3, 3, parse_component},
    {3, 3, 3, parse_extent},
    {4, 3, 4, parse_disk},
};

gboolean ldm_record_parse(const uint8_t *record, size_t length, LdmDatabase *database,
                          GError **error)
{
    if (length < HEADER_BYTES)
        return TRUE;
    guint kind = record[3] & 0x0f, revision = record[3] >> 4;
    uint32_t rest = get_be32(record + 4);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].kind != kind)
            continue;
        Cursor cursor = {record + HEADER_BYTES,
                         record + HEADER_BYTES + MIN(rest, length - HEADER_BYTES), FALSE};
        if (revision >= kinds[i].first_revision && revision <= kinds[i].last_revision) {
            kinds[i].parse(&cursor, record[2], revision, database);
            if (!cursor.is_broken)
                return TRUE;
        }
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "a record of type 0x%02x in the database of its dynamic disks is damaged",
                          record[3]);
        return FALSE;
    }
    return TRUE;
}
