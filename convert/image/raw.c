/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw images: whatever has a partition table or a filesystem, or is a blank disk. */
#include <string.h>

#include "base/error.h"
#include "convert/source_format.h"
#include "disk/partition.h"
#include "disk/probe.h"

#define BLANK_MINIMUM_BYTES ((uint64_t)1 << 20)

static gboolean is_zero(const uint8_t *bytes, size_t length)
{
    return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

static gboolean has_partition_table(const SourceFile *file)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(PartitionTable) table = partition_table_read(file->file, &error);
    /* A table that contradicts itself is still one: opening the volumes will say what is wrong. */
    return !table || table->kind != PARTITION_TABLE_NONE;
}

static gboolean has_filesystem(const SourceFile *file)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VolumeProbe) probe = volume_probe(file->file, &error);
    return !probe || probe->type;
}

static gboolean raw_probe(const SourceFile *file)
{
    gboolean blank = file->size_bytes >= BLANK_MINIMUM_BYTES &&
                     is_zero(file->head, sizeof(file->head)) &&
                     is_zero(file->tail, sizeof(file->tail));
    return blank || has_partition_table(file) || has_filesystem(file);
}

static gboolean raw_check(G_GNUC_UNUSED SourceContext *context, const SourceFile *file,
                          MachineDisk *disk, GError **error)
{
    if (file->size_bytes % 512 != 0) {
        drydock_error_set(
            error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
            "its size, %" G_GUINT64_FORMAT " bytes, is not a multiple of 512", file->size_bytes);
        return FALSE;
    }
    disk->size_bytes = file->size_bytes;
    disk->sector_size = disk_sector_size(file->file);
    disk->image_options = image_options_for_place("raw", file->place);
    return TRUE;
}

const SourceFormatOps source_raw_ops = {SOURCE_FORMAT_RAW, raw_probe, raw_check, NULL};
