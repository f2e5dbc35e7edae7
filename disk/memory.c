/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk in memory, for tests and small things. */
#include <string.h>

#include "disk/driver.h"

typedef struct {
    Disk base;
    uint8_t *bytes;
} Memory;

static gboolean memory_read(Disk *disk, uint64_t offset, void *buffer, size_t length,
                            G_GNUC_UNUSED GError **error)
{
    memcpy(buffer, ((Memory *)disk)->bytes + offset, length);
    return TRUE;
}

static gboolean memory_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                             G_GNUC_UNUSED GError **error)
{
    memcpy(((Memory *)disk)->bytes + offset, buffer, length);
    return TRUE;
}

static gboolean memory_discard(Disk *disk, uint64_t offset, uint64_t length,
                               G_GNUC_UNUSED GError **error)
{
    memset(((Memory *)disk)->bytes + offset, 0, (size_t)length);
    return TRUE;
}

static gboolean memory_flush(G_GNUC_UNUSED Disk *disk, G_GNUC_UNUSED GError **error)
{
    return TRUE;
}

static void memory_free(Disk *disk)
{
    g_free(((Memory *)disk)->bytes);
    g_free(disk);
}

static const DiskOps memory_ops = {
    .read = memory_read,
    .write = memory_write,
    .discard = memory_discard,
    .flush = memory_flush,
    .free = memory_free,
};

Disk *disk_new_memory(uint64_t size, uint32_t sector_size)
{
    Memory *memory = g_new0(Memory, 1);
    disk_init(&memory->base, &memory_ops, NULL, "memory", size, sector_size, TRUE);
    memory->bytes = g_malloc0((gsize)size);
    return &memory->base;
}
