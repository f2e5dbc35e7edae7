/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libntfs-3g's device operations over a Disk. */
#include "fs/ntfs_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

static void device_keep_error(NtfsDevice *device, GError *error)
{
    if (device->error == NULL) {
        device->error = error;
    } else {
        g_error_free(error);
    }
    errno = EIO;
}

static int device_open(struct ntfs_device *handle, int flags)
{
    NtfsDevice *device = handle->d_private;

    if (NDevOpen(handle)) {
        errno = EBUSY;
        return -1;
    }
    if ((flags & O_ACCMODE) != O_RDONLY && !disk_is_writable(device->disk)) {
        errno = EROFS;
        return -1;
    }
    if ((flags & O_ACCMODE) == O_RDONLY) {
        NDevSetReadOnly(handle);
    }
    /* A block device: the library asks for its size with an ioctl instead of seeking for it. */
    NDevSetBlock(handle);
    NDevSetOpen(handle);
    device->position = 0;
    return 0;
}

static int device_close(struct ntfs_device *handle)
{
    ntfs_state_clear(&handle->d_state, ND_Open);
    return 0;
}

static s64 device_seek(struct ntfs_device *handle, s64 offset, int whence)
{
    NtfsDevice *device = handle->d_private;
    const uint64_t size = disk_size(device->disk);
    uint64_t base = 0;

    if (whence == SEEK_CUR) {
        base = device->position;
    } else if (whence == SEEK_END) {
        base = size;
    }
    if (base > G_MAXINT64 || offset > G_MAXINT64 - (s64)base || (s64)base + offset < 0 ||
        (uint64_t)((s64)base + offset) > size) {
        errno = EINVAL;
        return -1;
    }
    device->position = (uint64_t)((s64)base + offset);
    return (s64)device->position;
}

/* How much of a request lies on the disk; the library expects a short count at the end. */
static gboolean clip(const NtfsDevice *device, s64 count, s64 offset, size_t *ret_length)
{
    const uint64_t size = disk_size(device->disk);

    if (count < 0 || offset < 0) {
        errno = EINVAL;
        return FALSE;
    }
    *ret_length =
        (uint64_t)offset >= size ? 0 : (size_t)MIN((uint64_t)count, size - (uint64_t)offset);
    return TRUE;
}

static s64 device_pread(struct ntfs_device *handle, void *buffer, s64 count, s64 offset)
{
    NtfsDevice *device = handle->d_private;
    GError *error = NULL;
    size_t length;

    if (!clip(device, count, offset, &length)) {
        return -1;
    }
    if (length > 0 && !disk_read(device->disk, (uint64_t)offset, buffer, length, &error)) {
        device_keep_error(device, error);
        return -1;
    }
    return (s64)length;
}

static s64 device_pwrite(struct ntfs_device *handle, const void *buffer, s64 count, s64 offset)
{
    NtfsDevice *device = handle->d_private;
    GError *error = NULL;
    size_t length;

    if (!clip(device, count, offset, &length)) {
        return -1;
    }
    if (device->gate == NTFS_GATE_DISCARD) {
        device->discarded++;
        return count;
    }
    if (device->gate == NTFS_GATE_CLOSED || NDevReadOnly(handle)) {
        errno = EROFS;
        return -1;
    }
    if (length < (size_t)count) {
        errno = ENOSPC;
        return -1;
    }
    if (length > 0 && !disk_write(device->disk, (uint64_t)offset, buffer, length, &error)) {
        /* The volume is lost; inodes that the library cannot write it would not free either. */
        device->gate = NTFS_GATE_DISCARD;
        device_keep_error(device, error);
        return -1;
    }
    return (s64)length;
}

static s64 device_read(struct ntfs_device *handle, void *buffer, s64 count)
{
    NtfsDevice *device = handle->d_private;
    const s64 got = device_pread(handle, buffer, count, (s64)device->position);

    if (got > 0) {
        device->position += (uint64_t)got;
    }
    return got;
}

static s64 device_write(struct ntfs_device *handle, const void *buffer, s64 count)
{
    NtfsDevice *device = handle->d_private;
    const s64 got = device_pwrite(handle, buffer, count, (s64)device->position);

    if (got > 0) {
        device->position += (uint64_t)got;
    }
    return got;
}

/* The disk is flushed by our own sync, once and after everything else. */
static int device_sync(struct ntfs_device *handle)
{
    ntfs_state_clear(&handle->d_state, ND_Dirty);
    return 0;
}

static int device_stat(struct ntfs_device *handle, struct stat *ret_stat)
{
    const NtfsDevice *device = handle->d_private;

    memset(ret_stat, 0, sizeof *ret_stat);
    ret_stat->st_mode = S_IFBLK | 0600;
    ret_stat->st_size = (off_t)disk_size(device->disk);
    ret_stat->st_blksize = (blksize_t)disk_sector_size(device->disk);
    return 0;
}

static int device_ioctl(struct ntfs_device *handle, unsigned long request, void *argument)
{
    const NtfsDevice *device = handle->d_private;

    switch (request) {
    case BLKGETSIZE64:
        *(uint64_t *)argument = disk_size(device->disk);
        return 0;
    case BLKGETSIZE:
        *(unsigned long *)argument = (unsigned long)(disk_size(device->disk) / 512);
        return 0;
    case BLKSSZGET:
        *(int *)argument = (int)disk_sector_size(device->disk);
        return 0;
    case BLKBSZSET:
        return 0;
    default:
        errno = EOPNOTSUPP;
        return -1;
    }
}

NtfsDevice *ntfs_device_new(Disk *disk)
{
    NtfsDevice *device = g_new0(NtfsDevice, 1);

    device->disk = disk_ref(disk);
    return device;
}

void ntfs_device_destroy(NtfsDevice *device)
{
    if (device == NULL) {
        return;
    }
    disk_unref(device->disk);
    g_clear_error(&device->error);
    g_free(device);
}

void ntfs_device_use(NtfsDevice *device, Disk *disk)
{
    disk_ref(disk);
    disk_unref(device->disk);
    device->disk = disk;
}

struct ntfs_device *ntfs_device_handle(NtfsDevice *device)
{
    static struct ntfs_device_operations operations = {
        .open = device_open,
        .close = device_close,
        .seek = device_seek,
        .read = device_read,
        .write = device_write,
        .pread = device_pread,
        .pwrite = device_pwrite,
        .sync = device_sync,
        .stat = device_stat,
        .ioctl = device_ioctl,
    };

    return ntfs_device_alloc(disk_name(device->disk), 0, &operations, device);
}

void ntfs_device_set_error(NtfsDevice *device, int errno_value, GError **error, const char *format,
                           ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    if (device->error != NULL) {
        g_propagate_prefixed_error(error, g_steal_pointer(&device->error), "%s: ", what);
        return;
    }
    switch (errno_value) {
    case ENOSPC:
    case EFBIG:
        drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE, "free some space inside the guest",
                          "%s: the volume is full", what);
        break;
    case ENOMEM:
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "%s: out of memory", what);
        break;
    case EOPNOTSUPP:
    case EACCES: /* what the library answers for encrypted content */
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "%s: %s", what,
                          g_strerror(errno_value));
        break;
    default:
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "run 'chkdsk /f' inside the guest and shut it down", "%s: %s", what,
                          errno_value == 0 ? "damaged" : g_strerror(errno_value));
        break;
    }
}

static int log_to_debug(const char *function, const char *file, int line, u32 level, void *data,
                        const char *format, va_list arguments) G_GNUC_PRINTF(6, 0);

static int log_to_debug(const char *function, const char *file, int line, u32 level, void *data,
                        const char *format, va_list arguments)
{
    const int kept = errno;
    g_autofree char *text = g_strdup_vprintf(format, arguments);

    (void)file, (void)line, (void)level, (void)data;
    g_debug("libntfs-3g: %s: %s", function, g_strchomp(text));
    errno = kept;
    return 0;
}

void ntfs_library_init(void)
{
    static gsize done = 0;

    if (g_once_init_enter(&done)) {
        ntfs_log_set_handler(log_to_debug);
        g_once_init_leave(&done, 1);
    }
}
