/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "md-writer.h"

#include <string.h>

#include "base/bytes.h"

#define MAGIC UINT32_C(0xa92b4efc)
#define NUMBERS 8u

static void write_block(Disk *disk, uint64_t offset, uint8_t *block, size_t length,
                        size_t checksum_offset)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i += 4)
        sum += get_le32(block + i);
    put_le32(block + checksum_offset, (uint32_t)((sum & UINT32_MAX) + (sum >> 32)));
    g_autoptr(GError) error = NULL;
    gboolean ok = disk_write(disk, offset, block, 4096, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static int get_role(const MdWriterOptions *options, guint number)
{
    if (options->roles)
        return options->roles[number];
    return number < options->slots ? (int)number : -1;
}

static uint64_t write_v0(Disk *disk, const MdWriterOptions *options)
{
    static const guint id_words[] = {5, 13, 14, 15};
    uint8_t block[4096] = {0};
    uint64_t offset = disk_size(disk) / 65536 * 65536 - 65536;
    const struct {
        guint word;
        uint32_t value;
    } words[] = {
        {0, MAGIC},
        {2, options->features ? 91 : 90},
        {6, (uint32_t)options->created},
        {7, (uint32_t)options->level},
        {8, (uint32_t)(options->used_bytes / 1024)},
        {10, options->slots},
        {11, 5},
        {39, (uint32_t)options->events},
        {64, options->layout},
        {65, options->chunk_bytes},
    };
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        put_le32(block + 4 * (size_t)words[i].word, words[i].value);
    for (guint i = 0; i < G_N_ELEMENTS(id_words); i++)
        put_le32(block + 4 * (size_t)id_words[i], (uint32_t)options->array << 24 | i);
    for (guint i = 0; i < NUMBERS; i++) {
        int role = get_role(options, i);
        uint8_t *entry = block + 512 + 128 * (size_t)i;
        put_le32(entry, i);
        put_le32(entry + 12, role >= 0 ? (uint32_t)role : i);
        put_le32(entry + 16, role >= 0 ? 6 : 0); /* active and in sync; or a spare */
    }
    memcpy(block + 3968, block + 512 + 128 * (size_t)options->number, 128);
    write_block(disk, offset, block, 4096, 152);
    return offset;
}

static uint64_t write_v1(Disk *disk, const MdWriterOptions *options)
{
    uint8_t block[4096] = {0};
    gboolean at_end = g_str_equal(options->version, "1.0");
    uint64_t offset = at_end ? (disk_size(disk) / 512 - 16) / 8 * 4096
                      : g_str_equal(options->version, "1.1") ? 0
                                                             : 4096;
    uint64_t start = at_end ? 0 : MD_WRITER_DATA_BYTES;
    uint64_t length = at_end ? offset : disk_size(disk) - start;
    put_le32(block, MAGIC);
    put_le32(block + 4, 1);
    put_le32(block + 8, options->features | (options->recovered_bytes ? 2 : 0));
    block[16] = options->array;
    if (options->name)
        memcpy(block + 32, options->name, MIN(strlen(options->name), 32));
    put_le64(block + 64, options->created);
    put_le32(block + 72, (uint32_t)options->level);
    put_le32(block + 76, options->layout);
    put_le64(block + 80, options->used_bytes / 512);
    put_le32(block + 88, options->chunk_bytes / 512);
    put_le32(block + 92, options->slots);
    put_le64(block + 128, start / 512);
    put_le64(block + 136, length / 512);
    put_le64(block + 144, offset / 512);
    put_le64(block + 152, options->recovered_bytes / 512);
    put_le32(block + 160, options->number);
    block[168] = (uint8_t)options->number;
    put_le64(block + 200, options->events);
    put_le64(block + 208, G_MAXUINT64);
    put_le32(block + 220, NUMBERS);
    for (guint i = 0; i < NUMBERS; i++)
        put_le16(block + 256 + 2 * (size_t)i, (uint16_t)get_role(options, i));
    write_block(disk, offset, block, 256 + 2 * NUMBERS, 216);
    return offset;
}

uint64_t md_writer_write(Disk *disk, const MdWriterOptions *options)
{
    return g_str_equal(options->version, "0.90") ? write_v0(disk, options)
                                                 : write_v1(disk, options);
}
