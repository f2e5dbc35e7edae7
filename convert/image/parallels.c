/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disk images of Parallels (docs/interop/parallels.txt of QEMU; all numbers little endian). qemu
   reads single ones; the images of a disk with snapshots look alike and only DiskDescriptor.xml,
   which lies beside them, tells them apart. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/source_format.h"

#define MAGIC_OLD "WithoutFreeSpace" /* offsets are in sectors */
#define MAGIC_NEW "WithouFreSpacExt" /* offsets are in clusters */
#define HEADER_BYTES 64
#define VERSION 2
#define IN_USE UINT32_C(0x746f6e59)
#define SECTOR 512
#define CLUSTER_LIMIT_SECTORS (UINT32_C(1) << 21) /* 1 GiB; Parallels writes 1 MiB */
#define TABLE_LIMIT_ENTRIES (UINT32_C(1) << 28)
#define TABLE_CHUNK_BYTES 65536
#define DESCRIPTOR "DiskDescriptor.xml"
#define DESCRIPTOR_LIMIT_BYTES (1 << 20)

typedef struct {
    uint64_t size_sectors;
    uint32_t cluster_sectors, table_entries;
    uint32_t offset_unit_sectors; /* of the table's entries */
} ParallelsHeader;

static gboolean parallels_probe(const SourceFile *file)
{
    return memcmp(file->head, MAGIC_OLD, 16) == 0 || memcmp(file->head, MAGIC_NEW, 16) == 0;
}

static gboolean corrupt(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

static gboolean check_header(const SourceFile *file, ParallelsHeader *header, GError **error)
{
    gboolean is_old = memcmp(file->head, MAGIC_OLD, 16) == 0;
    uint64_t sectors = get_le64(file->head + 36);
    header->size_sectors = is_old ? sectors & UINT32_MAX : sectors;
    header->cluster_sectors = get_le32(file->head + 28);
    header->table_entries = get_le32(file->head + 32);
    header->offset_unit_sectors = is_old ? 1 : header->cluster_sectors;
    if (get_le32(file->head + 16) != VERSION || header->size_sectors == 0 ||
        header->size_sectors > (UINT64_C(1) << 41) || header->cluster_sectors == 0 ||
        header->cluster_sectors > CLUSTER_LIMIT_SECTORS || header->table_entries == 0 ||
        header->table_entries > TABLE_LIMIT_ENTRIES)
        return corrupt(error, "its header is damaged");
    if ((header->size_sectors - 1) / header->cluster_sectors >= header->table_entries)
        return corrupt(error, "its header is damaged: its table is too small for its size");
    if (get_le32(file->head + 44) == IN_USE) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "shut the machine down and copy it again, or repair a copy: qemu-img "
                          "check -f parallels -r all COPY",
                          "it was not closed cleanly");
        return FALSE;
    }
    return TRUE;
}

static gboolean check_table(const SourceFile *file, const ParallelsHeader *header, GError **error)
{
    g_autofree uint8_t *chunk = g_malloc(TABLE_CHUNK_BYTES);
    uint64_t table_bytes = (uint64_t)header->table_entries * 4;
    for (uint64_t position = 0; position < table_bytes; position += TABLE_CHUNK_BYTES) {
        size_t length = (size_t)MIN(table_bytes - position, (uint64_t)TABLE_CHUNK_BYTES);
        if (!source_read(file, HEADER_BYTES + position, chunk, length, "block table", error))
            return FALSE;
        for (size_t i = 0; i < length; i += 4) {
            uint64_t start = (position + i) / 4 * header->cluster_sectors;
            uint64_t offset = get_le32(chunk + i) * (uint64_t)header->offset_unit_sectors;
            /* The last cluster ends with the disk. */
            uint64_t stored = start < header->size_sectors ? MIN(header->size_sectors - start,
                                                                 (uint64_t)header->cluster_sectors)
                                                           : 0;
            if (offset != 0 && !range_is_within(offset, stored, file->size_bytes / SECTOR))
                return corrupt(error, "the image is cut short: data lies beyond the end of it");
        }
    }
    return TRUE;
}

static void count_images(G_GNUC_UNUSED GMarkupParseContext *markup, const char *element,
                         G_GNUC_UNUSED const char **names, G_GNUC_UNUSED const char **values,
                         gpointer data, G_GNUC_UNUSED GError **error)
{
    guint *count = data;
    if (g_str_equal(element, "Image"))
        (*count)++;
}

/* A disk in several images is a chain of snapshots, or split. */
static gboolean check_is_alone(SourceContext *context, const SourceFile *file, GError **error)
{
    g_autoptr(SourcePlace) place = NULL;
    if (!source_files_find(context->files, file->place, DESCRIPTOR, SOURCE_NAME_LOCAL, &place,
                           NULL))
        return TRUE;
    g_autoptr(SourceFile) descriptor = source_file_open(g_steal_pointer(&place), error);
    if (!descriptor)
        return FALSE;
    guint count = 0;
    size_t length = (size_t)MIN(descriptor->size_bytes, (uint64_t)DESCRIPTOR_LIMIT_BYTES);
    g_autofree char *text = g_malloc(length + 1);
    if (!source_read(descriptor, 0, text, length, "text", error))
        return FALSE;
    const GMarkupParser parser = {.start_element = count_images};
    g_autoptr(GMarkupParseContext) markup = g_markup_parse_context_new(&parser, 0, &count, NULL);
    /* What cannot be read to its end has been counted so far. */
    (void)!g_markup_parse_context_parse(markup, text, (gssize)length, NULL);
    if (count <= 1)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                      "delete the snapshots in Parallels, or merge a copy: prl_disk_tool merge "
                      "--hdd DISK.hdd",
                      "it is one of %u images of a disk with snapshots (" DESCRIPTOR ")", count);
    return FALSE;
}

static gboolean parallels_check(SourceContext *context, const SourceFile *file, MachineDisk *disk,
                                GError **error)
{
    ParallelsHeader header;
    if (!check_header(file, &header, error) || !check_table(file, &header, error) ||
        !check_is_alone(context, file, error))
        return FALSE;
    disk->size_bytes = header.size_sectors * SECTOR;
    disk->image_options = image_options_for_place("parallels", file->place);
    return TRUE;
}

const SourceFormatOps source_parallels_ops = {SOURCE_FORMAT_PARALLELS, parallels_probe,
                                              parallels_check, NULL};
