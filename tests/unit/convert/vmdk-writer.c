/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extents of VMware that no program here can write. */
#include "tests/unit/convert/vmdk-writer.h"

#include <string.h>

#include "base/bytes.h"
#include "tests/unit/convert/image-case.h"

#define SECTOR 512u
#define COWD_TABLE_ENTRIES 4096u
#define COWD_HEADER_SECTORS 4u
#define SE_GRAIN_BYTES 4096u
#define SE_TABLE_BYTES 32768u
#define SE_TABLE_ENTRIES 4096u

static uint8_t *grow(GByteArray *image, guint length)
{
    guint start = image->len;
    g_byte_array_set_size(image, start + length);
    memset(image->data + start, 0, length);
    return image->data + start;
}

static gboolean is_zero(const uint8_t *bytes, guint length)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

static gboolean is_inherited(const GByteArray *content, const GByteArray *below, guint start,
                             guint length)
{
    return below ? memcmp(content->data + start, below->data + start, length) == 0
                 : is_zero(content->data + start, length);
}

/* One sector per grain, as ESX server does. */
void vmdk_write_cowd(const char *folder, const char *name, const GByteArray *content,
                     const GByteArray *below)
{
    guint sectors = content->len / SECTOR;
    guint tables = (sectors - 1) / COWD_TABLE_ENTRIES + 1;
    guint directory_sectors = (tables * 4 - 1) / SECTOR + 1;
    g_autoptr(GByteArray) image = g_byte_array_new();
    uint8_t *header = grow(image, COWD_HEADER_SECTORS * SECTOR);
    memcpy(header, "COWD", 4);
    put_le32(header + 4, 1);
    put_le32(header + 8, 3);
    put_le32(header + 12, sectors);
    put_le32(header + 16, 1);
    put_le32(header + 20, COWD_HEADER_SECTORS);
    put_le32(header + 24, tables);
    guint directory = image->len;
    grow(image, directory_sectors * SECTOR);
    for (guint i = 0; i < tables; i++) {
        guint table = 0; /* not allocated */
        for (guint j = 0; j < COWD_TABLE_ENTRIES && i * COWD_TABLE_ENTRIES + j < sectors; j++) {
            guint start = (i * COWD_TABLE_ENTRIES + j) * SECTOR;
            if (is_inherited(content, below, start, SECTOR))
                continue;
            if (table == 0) {
                table = image->len;
                grow(image, COWD_TABLE_ENTRIES * 4);
                put_le32(image->data + directory + i * 4, table / SECTOR);
            }
            put_le32(image->data + table + j * 4, image->len / SECTOR);
            g_byte_array_append(image, content->data + start, SECTOR);
        }
    }
    image_case_save(folder, name, image->data, image->len);
}

static void put_se_header(uint8_t *header, guint sectors, guint directory_sectors, guint tables,
                          guint grains_sector)
{
    const guint tables_sector = 16 + directory_sectors;
    put_le64(header, 0xcafebabe);
    put_le64(header + 8, UINT64_C(0x0000000200000001));
    put_le64(header + 16, sectors);
    put_le64(header + 24, SE_GRAIN_BYTES / SECTOR);
    put_le64(header + 32, SE_TABLE_BYTES / SECTOR);
    put_le64(header + 80, 1); /* volatile header */
    put_le64(header + 88, 1);
    put_le64(header + 96, 2); /* journal header */
    put_le64(header + 104, 2);
    put_le64(header + 112, 8); /* journal */
    put_le64(header + 120, 8);
    put_le64(header + 128, 16);
    put_le64(header + 136, directory_sectors);
    put_le64(header + 144, tables_sector);
    put_le64(header + 152, (uint64_t)tables * SE_TABLE_BYTES / SECTOR);
    put_le64(header + 192, grains_sector);
}

void vmdk_write_se_sparse(const char *folder, const char *name, const GByteArray *content,
                          const GByteArray *below, uint64_t replay_journal)
{
    guint sectors = content->len / SECTOR;
    guint grains = (content->len - 1) / SE_GRAIN_BYTES + 1;
    guint tables = (grains - 1) / SE_TABLE_ENTRIES + 1;
    guint directory_sectors = (tables * 8 - 1) / SECTOR + 1;
    guint tables_start = (16 + directory_sectors) * SECTOR;
    guint grains_start = tables_start + tables * SE_TABLE_BYTES;
    g_autoptr(GByteArray) image = g_byte_array_new();
    grow(image, grains_start);
    put_se_header(image->data, sectors, directory_sectors, tables, grains_start / SECTOR);
    put_le64(image->data + SECTOR, 0xcafecafe);
    put_le64(image->data + SECTOR + 24, replay_journal);
    uint64_t stored = 0;
    for (guint i = 0; i < grains; i++) {
        guint start = i * SE_GRAIN_BYTES;
        guint length = MIN(SE_GRAIN_BYTES, content->len - start);
        if (is_inherited(content, below, start, length))
            continue;
        uint64_t entry = UINT64_C(2) << 60; /* zeros */
        if (!is_zero(content->data + start, length)) {
            entry = (UINT64_C(3) << 60) | ((stored & 0xfff) << 48) | (stored >> 12);
            memcpy(grow(image, SE_GRAIN_BYTES), content->data + start, length);
            stored++;
        }
        guint table = i / SE_TABLE_ENTRIES;
        put_le64(image->data + (gsize)16 * SECTOR + table * 8, (UINT64_C(1) << 60) | table);
        put_le64(image->data + tables_start + i * 8, entry);
    }
    image_case_save(folder, name, image->data, image->len);
}

void vmdk_append_footer(const char *folder, const char *name)
{
    g_autoptr(GByteArray) image = image_case_load(folder, name);
    grow(image, (SECTOR - image->len % SECTOR) % SECTOR);
    uint8_t *footer = grow(image, 3 * SECTOR);
    put_le64(footer, 1);
    put_le32(footer + 12, 3);
    memcpy(footer + SECTOR, image->data, SECTOR);
    put_le64(image->data + 56, UINT64_MAX);
    image_case_save(folder, name, image->data, image->len);
}
