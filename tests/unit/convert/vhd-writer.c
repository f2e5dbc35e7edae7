/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes VHD images for tests. */
#include "tests/unit/convert/vhd-writer.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

#define TABLE_OFFSET 1536
#define ABSENT UINT32_C(0xffffffff)

struct VhdWriter {
    int fd;
    VhdSpec spec;
    uint32_t entries, bitmap_bytes;
    uint32_t *table;
    uint64_t end; /* of what is allocated */
};

static void put(int fd, uint64_t offset, const void *data, size_t length)
{
    g_assert_cmpint(pwrite(fd, data, length, (off_t)offset), ==, (ssize_t)length);
}

void vhd_set_checksum(uint8_t *bytes, size_t length, size_t field)
{
    uint32_t sum = 0;
    put_be32(bytes + field, 0);
    for (size_t i = 0; i < length; i++)
        sum += bytes[i];
    put_be32(bytes + field, ~sum);
}

static void make_footer(const VhdSpec *spec, uint8_t footer[512])
{
    memset(footer, 0, 512);
    memcpy(footer, "conectix", 8);
    put_be32(footer + 8, 2);
    put_be32(footer + 12, 0x10000);
    put_be64(footer + 16, spec->type == 2 ? G_MAXUINT64 : 512);
    memcpy(footer + 28, "win ", 4);
    put_be32(footer + 32, 0x60003);
    memcpy(footer + 36, "Wi2k", 4);
    put_be64(footer + 40, spec->disk_bytes);
    put_be64(footer + 48, spec->disk_bytes);
    put_be16(footer + 56, 1); /* a geometry that is far too small, as for large disks */
    footer[58] = 4;
    footer[59] = 17;
    put_be32(footer + 60, spec->type);
    memcpy(footer + 68, spec->uuid, 16);
    vhd_set_checksum(footer, 512, 64);
}

static void put_name(uint8_t *bytes, const char *name, gboolean big_endian, size_t *ret_length)
{
    glong count = 0;
    g_autofree gunichar2 *text = g_utf8_to_utf16(name, -1, NULL, &count, NULL);
    for (glong i = 0; i < count; i++) {
        if (big_endian)
            put_be16(bytes + i * 2, text[i]);
        else
            put_le16(bytes + i * 2, text[i]);
    }
    *ret_length = (size_t)count * 2;
}

static void put_locator(VhdWriter *writer, uint8_t *entry, const char *code, const char *name)
{
    uint8_t text[512] = {0};
    size_t length;
    put_name(text, name, FALSE, &length);
    memcpy(entry, code, 4);
    put_be32(entry + 4, 512);
    put_be32(entry + 8, (uint32_t)length);
    put_be64(entry + 16, writer->end);
    put(writer->fd, writer->end, text, sizeof(text));
    writer->end += sizeof(text);
}

static void put_dynamic_header(VhdWriter *writer)
{
    const VhdSpec *spec = &writer->spec;
    uint8_t header[1024] = {0};
    size_t length;
    memcpy(header, "cxsparse", 8);
    put_be64(header + 8, G_MAXUINT64);
    put_be64(header + 16, TABLE_OFFSET);
    put_be32(header + 24, 0x10000);
    put_be32(header + 28, writer->entries);
    put_be32(header + 32, spec->block_bytes);
    memcpy(header + 40, spec->parent_uuid, 16);
    if (spec->header_name)
        put_name(header + 64, spec->header_name, TRUE, &length);
    if (spec->absolute_name)
        put_locator(writer, header + 576, "W2ku", spec->absolute_name);
    if (spec->relative_name)
        put_locator(writer, header + 600, "W2ru", spec->relative_name);
    vhd_set_checksum(header, sizeof(header), 36);
    put(writer->fd, 512, header, sizeof(header));
}

VhdWriter *vhd_writer_open(const char *path, const VhdSpec *spec)
{
    VhdWriter *writer = g_new0(VhdWriter, 1);
    writer->spec = *spec;
    writer->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_assert_cmpint(writer->fd, >=, 0);
    if (spec->type == 2) {
        writer->end = spec->disk_bytes;
        return writer;
    }
    writer->entries = (uint32_t)((spec->disk_bytes + spec->block_bytes - 1) / spec->block_bytes);
    writer->bitmap_bytes = MAX(spec->block_bytes / 512 / 8, 512u);
    writer->table = g_new(uint32_t, writer->entries);
    memset(writer->table, 0xff, writer->entries * sizeof(uint32_t));
    writer->end = (TABLE_OFFSET + (uint64_t)writer->entries * 4 + 511) / 512 * 512;
    put_dynamic_header(writer);
    return writer;
}

static void mark_sectors(VhdWriter *writer, uint64_t block_offset, uint32_t first, uint32_t count)
{
    g_autofree uint8_t *bitmap = g_malloc(writer->bitmap_bytes);
    g_assert_cmpint(pread(writer->fd, bitmap, writer->bitmap_bytes, (off_t)block_offset), ==,
                    (ssize_t)writer->bitmap_bytes);
    for (uint32_t i = first; i < first + count; i++)
        bitmap[i / 8] = (uint8_t)(bitmap[i / 8] | (0x80u >> i % 8));
    put(writer->fd, block_offset, bitmap, writer->bitmap_bytes);
}

void vhd_writer_write(VhdWriter *writer, uint64_t offset, const uint8_t *data, size_t length)
{
    if (writer->spec.type == 2) {
        put(writer->fd, offset, data, length);
        return;
    }
    while (length > 0) {
        uint32_t block_bytes = writer->spec.block_bytes;
        uint32_t in_block = (uint32_t)(offset % block_bytes);
        size_t count = MIN(length, (size_t)(block_bytes - in_block));
        uint32_t *entry = &writer->table[offset / block_bytes];
        if (*entry == ABSENT) {
            *entry = (uint32_t)(writer->end / 512);
            writer->end += writer->bitmap_bytes + block_bytes;
            g_assert_cmpint(ftruncate(writer->fd, (off_t)writer->end), ==, 0);
        }
        uint64_t block_offset = (uint64_t)*entry * 512;
        mark_sectors(writer, block_offset, in_block / 512, (uint32_t)(count / 512));
        put(writer->fd, block_offset + writer->bitmap_bytes + in_block, data, count);
        offset += count;
        data += count;
        length -= count;
    }
}

void vhd_writer_close(VhdWriter *writer)
{
    uint8_t footer[512];
    make_footer(&writer->spec, footer);
    if (writer->spec.type != 2) {
        put(writer->fd, 0, footer, sizeof(footer));
        for (uint32_t i = 0; i < writer->entries; i++) {
            uint8_t entry[4];
            put_be32(entry, writer->table[i]);
            put(writer->fd, TABLE_OFFSET + (uint64_t)i * 4, entry, sizeof(entry));
        }
    }
    put(writer->fd, writer->end, footer, writer->spec.has_short_footer ? 511 : 512);
    close(writer->fd);
    g_free(writer->table);
    g_free(writer);
}
