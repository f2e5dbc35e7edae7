/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes VHDX images for tests. */
#include "tests/unit/convert/vhdx-writer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "convert/image/crc32c.h"

#define MIB (UINT64_C(1) << 20)
#define METADATA_OFFSET (2 * MIB)
#define BAT_OFFSET (3 * MIB)
#define PAGE 4096

struct VhdxWriter {
    int fd;
    VhdxSpec spec;
    uint64_t chunk_blocks, entries, bat_bytes;
    uint64_t *table;
    uint64_t end;
};

static const uint8_t log_guid[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void put(int fd, uint64_t offset, const void *data, size_t length)
{
    g_assert_cmpint(pwrite(fd, data, length, (off_t)offset), ==, (ssize_t)length);
}

VhdxWriter *vhdx_writer_open(const char *path, const VhdxSpec *spec)
{
    VhdxWriter *writer = g_new0(VhdxWriter, 1);
    writer->spec = *spec;
    writer->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_assert_cmpint(writer->fd, >=, 0);
    uint64_t blocks = (spec->disk_bytes - 1) / spec->block_bytes + 1;
    writer->chunk_blocks = (UINT64_C(1) << 23) * spec->sector_bytes / spec->block_bytes;
    uint64_t chunks = (blocks - 1) / writer->chunk_blocks;
    writer->entries =
        spec->has_parent ? (chunks + 1) * (writer->chunk_blocks + 1) : blocks + chunks;
    writer->bat_bytes = (writer->entries * 8 + MIB - 1) / MIB * MIB;
    writer->table = g_new0(uint64_t, writer->bat_bytes / 8);
    writer->end = BAT_OFFSET + writer->bat_bytes;
    g_assert_cmpint(ftruncate(writer->fd, (off_t)writer->end), ==, 0);
    return writer;
}

static uint64_t allocate(VhdxWriter *writer, uint64_t length)
{
    uint64_t offset = writer->end;
    writer->end += (length + MIB - 1) / MIB * MIB;
    g_assert_cmpint(ftruncate(writer->fd, (off_t)writer->end), ==, 0);
    return offset;
}

static void mark_sectors(VhdxWriter *writer, uint64_t offset, size_t length)
{
    uint64_t block = offset / writer->spec.block_bytes, chunk = block / writer->chunk_blocks;
    uint64_t *entry = &writer->table[chunk * (writer->chunk_blocks + 1) + writer->chunk_blocks];
    if (*entry == 0)
        *entry = allocate(writer, MIB) | 6;
    uint64_t bitmap_offset = *entry & ~(MIB - 1);
    uint64_t first = offset / writer->spec.sector_bytes % (UINT64_C(1) << 23);
    for (uint64_t i = first; i < first + length / writer->spec.sector_bytes; i++) {
        uint8_t byte;
        g_assert_cmpint(pread(writer->fd, &byte, 1, (off_t)(bitmap_offset + i / 8)), ==, 1);
        byte = (uint8_t)(byte | (1u << i % 8));
        put(writer->fd, bitmap_offset + i / 8, &byte, 1);
    }
}

void vhdx_writer_write(VhdxWriter *writer, uint64_t offset, const uint8_t *data, size_t length)
{
    while (length > 0) {
        uint64_t block_bytes = writer->spec.block_bytes;
        uint64_t block = offset / block_bytes, in_block = offset % block_bytes;
        size_t count = MIN(length, (size_t)(block_bytes - in_block));
        uint64_t *entry = &writer->table[block + block / writer->chunk_blocks];
        gboolean is_partial = writer->spec.has_parent && count < block_bytes && (*entry & 7) != 6;
        uint64_t block_offset = *entry & ~(MIB - 1);
        if (block_offset == 0)
            block_offset = allocate(writer, block_bytes);
        *entry = block_offset | (is_partial ? 7 : 6);
        put(writer->fd, block_offset + in_block, data, count);
        if (is_partial)
            mark_sectors(writer, offset, count);
        offset += count;
        data += count;
        length -= count;
    }
}

void vhdx_writer_set_state(VhdxWriter *writer, uint64_t block, uint8_t state)
{
    writer->table[block + block / writer->chunk_blocks] = state;
}

static void set_checksum(uint8_t *bytes, size_t length)
{
    put_le32(bytes + 4, crc32c_without_field(bytes, length, 4));
}

void vhdx_put_headers(int fd, const uint8_t data_write_guid[16], gboolean has_log)
{
    for (uint64_t copy = 1; copy <= 2; copy++) {
        g_autofree uint8_t *header = g_malloc0(PAGE);
        memcpy(header, "head", 4);
        put_le64(header + 8, 10 + copy);
        memcpy(header + 32, data_write_guid, 16);
        if (has_log)
            memcpy(header + 48, log_guid, 16);
        put_le16(header + 66, 1);
        put_le32(header + 68, VHDX_LOG_BYTES);
        put_le64(header + 72, VHDX_LOG_OFFSET);
        set_checksum(header, PAGE);
        put(fd, copy * 64 * 1024, header, PAGE);
    }
}

static void put_regions(const VhdxWriter *writer)
{
    static const uint8_t guids[2][16] = {{0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42, 0x9d,
                                          0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08},
                                         {0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8,
                                          0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e}};
    g_autofree uint8_t *table = g_malloc0(65536);
    memcpy(table, "regi", 4);
    put_le32(table + 8, 2);
    for (guint i = 0; i < 2; i++) {
        uint8_t *entry = table + 16 + i * 32;
        memcpy(entry, guids[i], 16);
        put_le64(entry + 16, i == 0 ? BAT_OFFSET : METADATA_OFFSET);
        put_le32(entry + 24, i == 0 ? (uint32_t)writer->bat_bytes : (uint32_t)MIB);
        put_le32(entry + 28, 1);
    }
    set_checksum(table, 65536);
    put(writer->fd, 192 * 1024, table, 65536);
    put(writer->fd, 256 * 1024, table, 65536);
}

static void put_text(uint8_t *item, uint32_t *at, const char *text, uint8_t *ret_offset,
                     uint8_t *ret_length)
{
    glong count = 0;
    g_autofree gunichar2 *utf16 = g_utf8_to_utf16(text, -1, NULL, &count, NULL);
    put_le32(ret_offset, *at);
    put_le16(ret_length, (uint16_t)(count * 2));
    for (glong i = 0; i < count; i++)
        put_le16(item + *at + i * 2, utf16[i]);
    *at += (uint32_t)count * 2;
}

static uint32_t make_locator(const VhdxSpec *spec, uint8_t item[PAGE])
{
    static const uint8_t type[16] = {0xb7, 0xef, 0x4a, 0xb0, 0x9e, 0xd1, 0x81, 0x4a,
                                     0xb7, 0x89, 0x25, 0xb8, 0xe9, 0x44, 0x59, 0x13};
    const struct {
        const char *key, *value;
    } values[] = {{"parent_linkage", spec->parent_linkage},
                  {"absolute_win32_path", spec->absolute_path},
                  {"relative_path", spec->relative_path},
                  {"volume_path", spec->volume_path},
                  {"parent_linkage2", spec->parent_linkage2}};
    uint16_t count = 0;
    uint32_t at = 20 + G_N_ELEMENTS(values) * 12;
    memcpy(item, type, 16);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        if (!values[i].value)
            continue;
        uint8_t *entry = item + 20 + count * 12;
        put_text(item, &at, values[i].key, entry, entry + 8);
        put_text(item, &at, values[i].value, entry + 4, entry + 10);
        count++;
    }
    put_le16(item + 18, count);
    return at;
}

static void put_metadata(const VhdxWriter *writer)
{
    static const uint8_t guids[4][16] = {{0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3,
                                          0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b},
                                         {0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2,
                                          0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8},
                                         {0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47, 0xba,
                                          0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f},
                                         {0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45, 0xab,
                                          0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c}};
    /* qemu wants these two as well. */
    static const uint8_t more[2][16] = {{0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45, 0x93, 0xef,
                                         0xc3, 0x09, 0xe0, 0x00, 0xc7, 0x46},
                                        {0xc7, 0x48, 0xa3, 0xcd, 0x5d, 0x44, 0x71, 0x44, 0x9c, 0xc9,
                                         0xe9, 0x88, 0x52, 0x51, 0xc5, 0x56}};
    const VhdxSpec *spec = &writer->spec;
    g_autofree uint8_t *region = g_malloc0(65536 + 3 * PAGE);
    uint8_t *items = region + 65536;
    put_le32(items, spec->block_bytes);
    put_le32(items + 4, (spec->is_fixed ? 1u : 0) | (spec->has_parent ? 2u : 0));
    put_le64(items + 8, spec->disk_bytes);
    put_le32(items + 16, spec->sector_bytes);
    put_le32(items + 20, 4096);
    memset(items + 32, 0x5a, 16);
    uint32_t locator_bytes = spec->has_parent ? make_locator(spec, items + PAGE) : 0;
    const struct {
        const uint8_t *guid;
        uint32_t offset, length, flags;
    } entries[] = {{guids[0], 0, 8, 4},  {guids[1], 8, 8, 6}, {guids[2], 16, 4, 6},
                   {more[0], 32, 16, 6}, {more[1], 20, 4, 6}, {guids[3], PAGE, locator_bytes, 4}};
    guint count = spec->has_parent ? 6 : 5;
    memcpy(region, "metadata", 8);
    put_le16(region + 10, (uint16_t)count);
    for (guint i = 0; i < count; i++) {
        uint8_t *entry = region + 32 + i * 32;
        memcpy(entry, entries[i].guid, 16);
        put_le32(entry + 16, 65536 + entries[i].offset);
        put_le32(entry + 20, entries[i].length);
        put_le32(entry + 24, entries[i].flags);
    }
    put(writer->fd, METADATA_OFFSET, region, 65536 + 3 * PAGE);
}

void vhdx_log_entry_init(VhdxLogEntry *entry, uint64_t number)
{
    *entry = (VhdxLogEntry){g_byte_array_new(), g_byte_array_new(), number};
}

void vhdx_log_entry_clear(VhdxLogEntry *entry)
{
    g_byte_array_unref(entry->descriptors);
    g_byte_array_unref(entry->data);
}

void vhdx_log_entry_add_data(VhdxLogEntry *entry, uint64_t offset, const uint8_t *sector)
{
    uint8_t descriptor[32] = "desc";
    memcpy(descriptor + 4, sector + PAGE - 4, 4);
    memcpy(descriptor + 8, sector, 8);
    put_le64(descriptor + 16, offset);
    put_le64(descriptor + 24, entry->number);
    g_byte_array_append(entry->descriptors, descriptor, sizeof(descriptor));
    g_byte_array_append(entry->data, sector, PAGE);
    uint8_t *copy = entry->data->data + entry->data->len - PAGE;
    memcpy(copy, "data", 4);
    put_le32(copy + 4, (uint32_t)(entry->number >> 32));
    put_le32(copy + PAGE - 4, (uint32_t)(entry->number & G_MAXUINT32));
}

void vhdx_log_entry_add_zeros(VhdxLogEntry *entry, uint64_t offset, uint64_t length)
{
    uint8_t descriptor[32] = "zero";
    put_le64(descriptor + 8, length);
    put_le64(descriptor + 16, offset);
    put_le64(descriptor + 24, entry->number);
    g_byte_array_append(entry->descriptors, descriptor, sizeof(descriptor));
}

void vhdx_log_entry_set_checksum(uint8_t *bytes, size_t length)
{
    set_checksum(bytes, length);
}

GByteArray *vhdx_log_entry_finish(const VhdxLogEntry *entry, uint32_t tail,
                                  uint64_t flushed_file_offset, uint64_t last_file_offset)
{
    guint start = (64 + entry->descriptors->len + PAGE - 1) / PAGE * PAGE;
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_set_size(bytes, start + entry->data->len);
    memset(bytes->data, 0, bytes->len);
    memcpy(bytes->data, "loge", 4);
    put_le32(bytes->data + 8, bytes->len);
    put_le32(bytes->data + 12, tail);
    put_le64(bytes->data + 16, entry->number);
    put_le32(bytes->data + 24, entry->descriptors->len / 32);
    memcpy(bytes->data + 32, log_guid, 16);
    put_le64(bytes->data + 48, flushed_file_offset);
    put_le64(bytes->data + 56, last_file_offset);
    if (entry->descriptors->len > 0)
        memcpy(bytes->data + 64, entry->descriptors->data, entry->descriptors->len);
    if (entry->data->len > 0)
        memcpy(bytes->data + start, entry->data->data, entry->data->len);
    set_checksum(bytes->data, bytes->len);
    return bytes;
}

uint32_t vhdx_log_put(int fd, uint32_t offset, const GByteArray *entry)
{
    for (guint at = 0; at < entry->len; at += PAGE)
        put(fd, VHDX_LOG_OFFSET + (offset + at) % VHDX_LOG_BYTES, entry->data + at, PAGE);
    return (offset + entry->len) % VHDX_LOG_BYTES;
}

/* The ring begins near its end with an entry of zeros over the whole table, and goes on at its
   beginning with the table's content. */
static void put_table_into_log(const VhdxWriter *writer)
{
    g_autofree uint8_t *table = g_malloc0(writer->bat_bytes);
    for (uint64_t i = 0; i < writer->entries; i++)
        put_le64(table + i * 8, writer->table[i]);
    uint32_t tail = VHDX_LOG_BYTES - 3 * PAGE, at = tail;
    uint64_t number = 0x1234567890;
    guint pages = (guint)((writer->entries * 8 + PAGE - 1) / PAGE);
    for (guint page = 0; page <= pages; page++) {
        VhdxLogEntry entry;
        vhdx_log_entry_init(&entry, number + page);
        if (page == 0)
            vhdx_log_entry_add_zeros(&entry, BAT_OFFSET, writer->bat_bytes);
        else
            vhdx_log_entry_add_data(&entry, BAT_OFFSET + (uint64_t)(page - 1) * PAGE,
                                    table + (size_t)(page - 1) * PAGE);
        g_autoptr(GByteArray) bytes = vhdx_log_entry_finish(&entry, tail, writer->end, writer->end);
        at = vhdx_log_put(writer->fd, at, bytes);
        vhdx_log_entry_clear(&entry);
    }
}

/* Zeros are there already; of the largest disk the table has 512 MiB of them. */
static void put_table(const VhdxWriter *writer)
{
    for (uint64_t i = 0; i < writer->entries; i++) {
        uint8_t entry[8];
        if (writer->table[i] == 0)
            continue;
        put_le64(entry, writer->table[i]);
        put(writer->fd, BAT_OFFSET + i * 8, entry, sizeof(entry));
    }
}

void vhdx_writer_close(VhdxWriter *writer)
{
    static const char signature[] = "vhdxfile";
    put(writer->fd, 0, signature, 8);
    vhdx_put_headers(writer->fd, writer->spec.data_write_guid, writer->spec.has_log);
    put_regions(writer);
    put_metadata(writer);
    if (writer->spec.has_log)
        put_table_into_log(writer);
    else
        put_table(writer);
    close(writer->fd);
    g_free(writer->table);
    g_free(writer);
}
