/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part of a disk under a name of its own. */
#include "base/bytes.h"
#include "base/error.h"
#include "disk/driver.h"

typedef struct {
    Disk base;
    uint64_t start;
} Window;

static gboolean window_read(Disk *disk, uint64_t offset, void *buffer, size_t length,
                            GError **error)
{
    return disk_read(disk->parent, ((Window *)disk)->start + offset, buffer, length, error);
}

static gboolean window_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                             GError **error)
{
    return disk_write(disk->parent, ((Window *)disk)->start + offset, buffer, length, error);
}

static gboolean window_write_many(Disk *disk, const DiskWrite *writes, size_t count, GError **error)
{
    g_autofree DiskWrite *moved = g_new(DiskWrite, count);
    for (size_t i = 0; i < count; i++) {
        moved[i] = writes[i];
        moved[i].offset += ((Window *)disk)->start;
    }
    return disk_write_many(disk->parent, moved, count, error);
}

static gboolean window_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    return disk_discard(disk->parent, ((Window *)disk)->start + offset, length, error);
}

static gboolean window_flush(Disk *disk, GError **error)
{
    return disk_flush(disk->parent, error);
}

static void window_free(Disk *disk)
{
    g_free(disk);
}

static const DiskOps window_ops = {
    .read = window_read,
    .write = window_write,
    .write_many = window_write_many,
    .discard = window_discard,
    .flush = window_flush,
    .free = window_free,
};

Disk *disk_new_window(Disk *parent, uint64_t start, uint64_t length, const char *name,
                      GError **error)
{
    if (!range_is_within(start, length, parent->size)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "%s reaches beyond the end of %s (%" G_GUINT64_FORMAT " bytes)", name,
                          parent->name, parent->size);
        return NULL;
    }
    Window *window = g_new0(Window, 1);
    disk_init(&window->base, &window_ops, parent, name, length, parent->sector_size,
              parent->writable);
    window->start = start;
    return &window->base;
}
