/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk whose bytes come from somewhere that disk/ knows nothing of. */
#include "disk/driver.h"

typedef struct {
    Disk base;
    const DiskService *service;
    gpointer data;
} Served;

static gboolean served_read(Disk *disk, uint64_t offset, void *buffer, size_t length,
                            GError **error)
{
    const Served *served = (const Served *)disk;
    return served->service->read(served->data, offset, buffer, length, error);
}

static gboolean served_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                             GError **error)
{
    const Served *served = (const Served *)disk;
    return served->service->write(served->data, offset, buffer, length, error);
}

static gboolean served_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    const Served *served = (const Served *)disk;
    return served->service->discard(served->data, offset, length, error);
}

static gboolean served_flush(Disk *disk, GError **error)
{
    const Served *served = (const Served *)disk;
    return served->service->flush(served->data, error);
}

static void served_free(Disk *disk)
{
    const Served *served = (const Served *)disk;
    served->service->free(served->data);
    g_free(disk);
}

static const DiskOps served_ops = {
    .read = served_read,
    .write = served_write,
    .discard = served_discard,
    .flush = served_flush,
    .free = served_free,
};

Disk *disk_new_served(const DiskService *service, gpointer data, const DiskServed *properties)
{
    Served *served = g_new0(Served, 1);
    disk_init(&served->base, &served_ops, NULL, properties->name, properties->size_bytes,
              properties->sector_size, properties->writable);
    served->base.keeps_no_zeros = TRUE;
    served->base.level = properties->level;
    served->service = service;
    served->data = data;
    return &served->base;
}
