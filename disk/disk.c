/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every kind of disk shares: reference counts, range checks, dispatch. */
#include "disk/disk.h"

#include "base/bytes.h"
#include "base/error.h"
#include "disk/driver.h"

void disk_init(Disk *disk, const DiskOps *ops, Disk *parent, const char *name, uint64_t size,
               uint32_t sector_size, gboolean writable)
{
    disk->ops = ops;
    disk->ref_count = 1;
    disk->parent = parent ? disk_ref(parent) : NULL;
    disk->name = g_strdup(name);
    disk->size = size;
    disk->sector_size = sector_size;
    disk->writable = writable;
    disk->keeps_no_zeros = parent && parent->keeps_no_zeros;
    disk->level = parent ? parent->level : 0;
}

Disk *disk_ref(Disk *disk)
{
    disk->ref_count++;
    return disk;
}

void disk_unref(Disk *disk)
{
    if (!disk || --disk->ref_count > 0)
        return;
    disk_unref(disk->parent);
    g_free(disk->name);
    disk->ops->free(disk);
}

const char *disk_name(const Disk *disk)
{
    return disk->name;
}

uint64_t disk_size(const Disk *disk)
{
    return disk->size;
}

uint32_t disk_sector_size(const Disk *disk)
{
    return disk->sector_size;
}

gboolean disk_is_writable(const Disk *disk)
{
    return disk->writable;
}

gboolean disk_discards_to_zeros(const Disk *disk)
{
    return !disk->keeps_no_zeros;
}

guint disk_level(const Disk *disk)
{
    return disk->level;
}

static gboolean check_range(const Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    if (range_is_within(offset, length, disk->size))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "%" G_GUINT64_FORMAT " bytes at %" G_GUINT64_FORMAT
                      " of %s lie beyond its end (%" G_GUINT64_FORMAT " bytes)",
                      length, offset, disk->name, disk->size);
    return FALSE;
}

static gboolean check_writable(const Disk *disk, GError **error)
{
    if (disk->writable)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, NULL, "%s is read-only", disk->name);
    return FALSE;
}

gboolean disk_read(Disk *disk, uint64_t offset, void *buffer, size_t length, GError **error)
{
    if (!check_range(disk, offset, length, error))
        return FALSE;
    return length == 0 || disk->ops->read(disk, offset, buffer, length, error);
}

gboolean disk_write(Disk *disk, uint64_t offset, const void *buffer, size_t length, GError **error)
{
    if (!check_writable(disk, error) || !check_range(disk, offset, length, error))
        return FALSE;
    return length == 0 || disk->ops->write(disk, offset, buffer, length, error);
}

gboolean disk_write_many(Disk *disk, const DiskWrite *writes, size_t count, GError **error)
{
    if (!check_writable(disk, error))
        return FALSE;
    for (size_t i = 0; i < count; i++)
        if (!check_range(disk, writes[i].offset, writes[i].length, error))
            return FALSE;
    if (disk->ops->write_many)
        return disk->ops->write_many(disk, writes, count, error);
    for (size_t i = 0; i < count; i++)
        if (!disk_write(disk, writes[i].offset, writes[i].buffer, writes[i].length, error))
            return FALSE;
    return TRUE;
}

gboolean disk_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    if (!check_writable(disk, error) || !check_range(disk, offset, length, error))
        return FALSE;
    return length == 0 || disk->ops->discard(disk, offset, length, error);
}

gboolean disk_flush(Disk *disk, GError **error)
{
    return !disk->writable || disk->ops->flush(disk, error);
}
