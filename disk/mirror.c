/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One disk in front of several copies. */
#include "disk/mirror.h"

#include "disk/driver.h"

typedef struct {
    Disk base;     /* its parent is the copy that is read */
    Disk **copies; /* all of them, with references */
    guint count;
} Mirror;

static gboolean mirror_read(Disk *disk, uint64_t offset, void *buffer, size_t length,
                            GError **error)
{
    return disk_read(disk->parent, offset, buffer, length, error);
}

static gboolean mirror_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                             GError **error)
{
    const Mirror *mirror = (const Mirror *)disk;
    for (guint i = 0; i < mirror->count; i++)
        if (!disk_write(mirror->copies[i], offset, buffer, length, error))
            return FALSE;
    return TRUE;
}

static gboolean mirror_write_many(Disk *disk, const DiskWrite *writes, size_t count, GError **error)
{
    const Mirror *mirror = (const Mirror *)disk;
    for (guint i = 0; i < mirror->count; i++)
        if (!disk_write_many(mirror->copies[i], writes, count, error))
            return FALSE;
    return TRUE;
}

static gboolean mirror_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    const Mirror *mirror = (const Mirror *)disk;
    for (guint i = 0; i < mirror->count; i++)
        if (!disk_discard(mirror->copies[i], offset, length, error))
            return FALSE;
    return TRUE;
}

static gboolean mirror_flush(Disk *disk, GError **error)
{
    const Mirror *mirror = (const Mirror *)disk;
    for (guint i = 0; i < mirror->count; i++)
        if (!disk_flush(mirror->copies[i], error))
            return FALSE;
    return TRUE;
}

static void mirror_free(Disk *disk)
{
    Mirror *mirror = (Mirror *)disk;
    for (guint i = 0; i < mirror->count; i++)
        disk_unref(mirror->copies[i]);
    g_free(mirror->copies);
    g_free(mirror);
}

static const DiskOps mirror_ops = {
    .read = mirror_read,
    .write = mirror_write,
    .write_many = mirror_write_many,
    .discard = mirror_discard,
    .flush = mirror_flush,
    .free = mirror_free,
};

Disk *disk_new_mirror(const char *name, Disk *const *copies, guint count)
{
    Mirror *mirror = g_new0(Mirror, 1);
    disk_init(&mirror->base, &mirror_ops, copies[0], name, copies[0]->size, copies[0]->sector_size,
              TRUE);
    mirror->copies = g_new(Disk *, count);
    mirror->count = count;
    for (guint i = 0; i < count; i++) {
        mirror->copies[i] = disk_ref(copies[i]);
        mirror->base.sector_size = MAX(mirror->base.sector_size, copies[i]->sector_size);
        mirror->base.writable = mirror->base.writable && copies[i]->writable;
        mirror->base.keeps_no_zeros = mirror->base.keeps_no_zeros || copies[i]->keeps_no_zeros;
        mirror->base.level = MAX(mirror->base.level, copies[i]->level);
    }
    return &mirror->base;
}
