/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ldm-writer.h"

#include <string.h>

#include "base/bytes.h"

#define SECTOR_BYTES 512
#define RECORD_BYTES 128
#define HEADER_BYTES 16
#define RECORDS_SECTOR 17
#define RECORDS_SECTORS 1481

void ldm_writer_init(LdmWriter *writer)
{
    *writer = (LdmWriter){.records = g_byte_array_new(), .next = 1};
}

void ldm_writer_clear(LdmWriter *writer)
{
    g_byte_array_unref(writer->records);
}

static void add_number(GByteArray *body, uint64_t number)
{
    uint8_t bytes[9] = {8};
    put_be64(bytes + 1, number);
    guint skip = 0;
    while (skip < 7 && bytes[1 + skip] == 0)
        skip++;
    bytes[skip] = (uint8_t)(8 - skip);
    g_byte_array_append(body, bytes + skip, 9 - skip);
}

static void add_text(GByteArray *body, const char *text)
{
    uint8_t length = (uint8_t)strlen(text);
    g_byte_array_append(body, &length, 1);
    g_byte_array_append(body, (const guint8 *)text, length);
}

static void add_zeros(GByteArray *body, guint count)
{
    static const uint8_t zeros[32];
    g_byte_array_append(body, zeros, count);
}

static void add_fixed(GByteArray *body, uint64_t number)
{
    uint8_t bytes[8];
    put_be64(bytes, number);
    g_byte_array_append(body, bytes, sizeof(bytes));
}

static void add_record(LdmWriter *writer, guint8 type, guint8 flags, GByteArray *body)
{
    g_autoptr(GByteArray) record = g_byte_array_new();
    uint8_t head[8] = {0, 0, flags, type};
    put_be32(head + 4, body->len);
    g_byte_array_append(record, head, sizeof(head));
    g_byte_array_append(record, body->data, body->len);
    const guint part = RECORD_BYTES - HEADER_BYTES;
    guint count = (record->len + part - 1) / part;
    g_byte_array_set_size(record, count * part);
    memset(record->data + sizeof(head) + body->len, 0, record->len - sizeof(head) - body->len);
    for (guint i = 0; i < count; i++) {
        uint8_t header[HEADER_BYTES] = {'V', 'B', 'L', 'K'};
        put_be32(header + 4, writer->next + 3 + i);
        put_be32(header + 8, writer->next);
        put_be16(header + 12, (uint16_t)i);
        put_be16(header + 14, (uint16_t)count);
        g_byte_array_append(writer->records, header, sizeof(header));
        g_byte_array_append(writer->records, record->data + i * part, part);
    }
    writer->next++;
    static const guint8 order[] = {0x51, 0x32, 0x33, 0x34};
    for (guint i = 0; i < G_N_ELEMENTS(order); i++)
        writer->counts[i] += order[i] == type;
}

void ldm_writer_add_disk(LdmWriter *writer, guint id, const char *guid)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_autofree char *name = g_strdup_printf("Disk%u", id);
    add_number(body, id);
    add_text(body, name);
    add_text(body, guid);
    /* Its path is what makes the record longer than one piece. */
    add_text(body, "SCSI\\DISK&VEN_DRYDOCK&PROD_TEST&REV_0001\\4&35110308&0&000000");
    add_zeros(body, 12);
    add_record(writer, 0x34, 0, body);
}

void ldm_writer_add_volume(LdmWriter *writer, guint id, const char *name, uint64_t size,
                           guint components)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    uint8_t guid[16] = {0x50, 0x20, 0xb2, 0xd8, 0xea, 0x9e, 0x41, 0xd9,
                        0xb4, 0x59, 0x4f, 0xf0, 0x85, 0x0f, 0x59, (uint8_t)id};
    const char state[14] = "ACTIVE";
    add_number(body, id);
    add_text(body, name);
    add_text(body, "gen");
    add_text(body, "");
    g_byte_array_append(body, (const guint8 *)state, sizeof(state));
    add_zeros(body, 7);
    add_number(body, components);
    add_zeros(body, 16);
    add_number(body, size);
    add_zeros(body, 5);
    g_byte_array_append(body, guid, sizeof(guid));
    add_record(writer, 0x51, 0, body);
}

void ldm_writer_add_component(LdmWriter *writer, guint id, guint volume, LdmLayout layout,
                              guint extents, uint64_t chunk, const char *state)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    guint8 kind = (guint8)layout;
    add_number(body, id);
    add_text(body, "Volume-01");
    add_text(body, state);
    g_byte_array_append(body, &kind, 1);
    add_zeros(body, 4);
    add_number(body, extents);
    add_zeros(body, 16);
    add_number(body, volume);
    add_zeros(body, 1);
    if (chunk > 0) {
        add_number(body, chunk);
        add_number(body, extents);
    }
    add_record(writer, 0x32, chunk > 0 ? 0x10 : 0, body);
}

void ldm_writer_add_extent(LdmWriter *writer, guint id, guint component, guint disk, uint64_t start,
                           uint64_t offset, uint64_t length, guint column)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    add_number(body, id);
    add_text(body, "Disk-01");
    add_zeros(body, 12);
    add_fixed(body, start);
    add_fixed(body, offset);
    add_number(body, length);
    add_number(body, component);
    add_number(body, disk);
    if (column > 0)
        add_number(body, column);
    add_record(writer, 0x33, column > 0 ? 0x08 : 0, body);
}

static void put(Disk *disk, uint64_t sector, const uint8_t *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = disk_write(disk, sector * SECTOR_BYTES, bytes, length, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void write_header(Disk *disk, const LdmWriterPlace *place)
{
    uint8_t sector[SECTOR_BYTES] = "PRIVHEAD";
    put_be16(sector + 12, 2);
    put_be16(sector + 14, 12);
    memcpy(sector + 0x30, place->disk_guid, strlen(place->disk_guid));
    memcpy(sector + 0xb0, place->group_guid, strlen(place->group_guid));
    memcpy(sector + 0xf0, "Test-Dg0", 8);
    put_be64(sector + 0x11b, place->data_start);
    put_be64(sector + 0x123, place->data_length);
    put_be64(sector + 0x12b, place->database);
    put_be64(sector + 0x133, LDM_WRITER_DATABASE_SECTORS);
    put(disk, place->header, sector, sizeof(sector));
}

void ldm_writer_write(const LdmWriter *writer, Disk *disk, const LdmWriterPlace *place)
{
    uint8_t toc[SECTOR_BYTES] = "TOCBLOCK", head[SECTOR_BYTES] = "VMDB";
    write_header(disk, place);
    put_be32(toc + 8, 7);
    memcpy(toc + 0x24, "config", 6);
    put_be64(toc + 0x2e, RECORDS_SECTOR);
    put_be64(toc + 0x36, RECORDS_SECTORS);
    memcpy(toc + 0x46, "log", 3);
    put(disk, place->database + 1, toc, sizeof(toc));
    put_be32(head + 8, RECORD_BYTES);
    put_be32(head + 12, SECTOR_BYTES);
    put_be64(head + 0x75, place->sequence);
    for (guint i = 0; i < G_N_ELEMENTS(writer->counts); i++)
        put_be32(head + 0x85 + 4 * i, writer->counts[i]);
    put(disk, place->database + RECORDS_SECTOR, head, sizeof(head));
    /* What an earlier database had behind them is no record of this one. */
    g_autoptr(GByteArray) records = g_byte_array_new();
    g_byte_array_append(records, writer->records->data, writer->records->len);
    add_zeros(records, 32);
    put(disk, place->database + RECORDS_SECTOR + 1, records->data, records->len);
}
