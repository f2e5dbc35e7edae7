/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk that fails on purpose, for tests. */
#include "base/error.h"
#include "disk/driver.h"

typedef struct {
    Disk base;
    guint fail_at;
    guint calls;
} Fault;

static gboolean count_call(Disk *disk, GError **error)
{
    Fault *fault = (Fault *)disk;
    fault->calls++;
    if (fault->fail_at == 0 || fault->calls < fault->fail_at)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "call %u of %s fails on purpose",
                      fault->calls, disk->name);
    return FALSE;
}

static gboolean fault_read(Disk *disk, uint64_t offset, void *buffer, size_t length, GError **error)
{
    return count_call(disk, error) && disk_read(disk->parent, offset, buffer, length, error);
}

static gboolean fault_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                            GError **error)
{
    return count_call(disk, error) && disk_write(disk->parent, offset, buffer, length, error);
}

static gboolean fault_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    return count_call(disk, error) && disk_discard(disk->parent, offset, length, error);
}

static gboolean fault_flush(Disk *disk, GError **error)
{
    return count_call(disk, error) && disk_flush(disk->parent, error);
}

static void fault_free(Disk *disk)
{
    g_free(disk);
}

static const DiskOps fault_ops = {
    .read = fault_read,
    .write = fault_write,
    .discard = fault_discard,
    .flush = fault_flush,
    .free = fault_free,
};

Disk *disk_new_fault(Disk *parent, guint fail_at)
{
    Fault *fault = g_new0(Fault, 1);
    disk_init(&fault->base, &fault_ops, parent, parent->name, parent->size, parent->sector_size,
              parent->writable);
    fault->fail_at = fail_at;
    return &fault->base;
}

guint disk_fault_count(const Disk *fault)
{
    return ((const Fault *)(const void *)fault)->calls;
}
