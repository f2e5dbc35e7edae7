/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lvm-writer.h"

#include <string.h>

#include "base/bytes.h"
#include "disk/on_disk.h"

#define SEED UINT32_C(0xf597a6cf)

static void write_bytes(Disk *disk, uint64_t offset, const void *bytes, size_t length)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = disk_write(disk, offset, bytes, length, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static uint64_t area_offset(const Disk *disk, guint index)
{
    return index == 0 ? LVM_WRITER_AREA_OFFSET : disk_size(disk) - LVM_WRITER_AREA_BYTES;
}

static void write_label(Disk *disk, const LvmWriterOptions *options)
{
    uint8_t sector[512] = {0};
    memcpy(sector, "LABELONE", 8);
    put_le64(sector + 8, options->label_sector);
    put_le32(sector + 20, 32);
    memcpy(sector + 24, "LVM2 001", 8);
    g_auto(GStrv) parts = g_strsplit(options->id, "-", -1);
    g_autofree char *id = g_strjoinv("", parts);
    g_assert_cmpuint(strlen(id), ==, 32);
    memcpy(sector + 32, id, 32);
    put_le64(sector + 64, disk_size(disk));
    put_le64(sector + 72, LVM_WRITER_AREA_OFFSET + LVM_WRITER_AREA_BYTES); /* data, up to the end */
    for (guint i = 0; i < options->areas; i++) {
        put_le64(sector + 104 + 16 * i, area_offset(disk, i));
        put_le64(sector + 112 + 16 * i, LVM_WRITER_AREA_BYTES);
    }
    put_le32(sector + 16, crc32_update(SEED, sector + 20, 492));
    write_bytes(disk, (uint64_t)options->label_sector * 512, sector, sizeof(sector));
}

static void write_area(Disk *disk, const LvmWriterOptions *options, guint index)
{
    uint64_t start = area_offset(disk, index);
    uint64_t offset = options->text_offset ? options->text_offset : 512;
    gboolean is_damaged = index == 0 && options->damage_first;
    size_t size = options->text ? strlen(options->text) + 1 : 0;
    g_autofree uint8_t *text = g_malloc0(size + 1);
    if (size > 0)
        memcpy(text, options->text, size);
    uint32_t crc = crc32_update(SEED, text, size);
    if (is_damaged)
        text[size / 2] ^= 1;

    uint8_t header[512] = {0};
    memcpy(header + 4, " LVM2 x[5A%r0N*>", 16);
    put_le32(header + 20, 1);
    put_le64(header + 24, start);
    put_le64(header + 32, LVM_WRITER_AREA_BYTES);
    if (size > 0) {
        put_le64(header + 40,
                 index == 0 && options->damage_location ? LVM_WRITER_AREA_BYTES : offset);
        put_le64(header + 48, size);
        put_le32(header + 56, crc);
    }
    put_le32(header + 60, options->is_ignored ? 1 : 0);
    put_le32(header, crc32_update(SEED, header + 4, 508));
    write_bytes(disk, start, header, sizeof(header));

    size_t first = (size_t)MIN(size, LVM_WRITER_AREA_BYTES - offset);
    write_bytes(disk, start + offset, text, first);
    write_bytes(disk, start + 512, text + first, size - first);
}

void lvm_writer_write(Disk *disk, const LvmWriterOptions *options)
{
    write_label(disk, options);
    for (guint i = 0; i < options->areas; i++)
        write_area(disk, options, i);
}
