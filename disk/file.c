/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A regular file or a block device of the host as a disk. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "disk/driver.h"

typedef struct {
    Disk base;
    int fd;
} File;

static gboolean set_io_error(GError **error, int errno_value, const Disk *disk, const char *verb,
                             uint64_t offset)
{
    drydock_error_set_errno(error, errno_value, "cannot %s '%s' at byte %" G_GUINT64_FORMAT, verb,
                            disk->name, offset);
    return FALSE;
}

static gboolean file_read(Disk *disk, uint64_t offset, void *buffer, size_t length, GError **error)
{
    uint8_t *bytes = buffer;
    while (length > 0) {
        ssize_t got = pread(((File *)disk)->fd, bytes, length, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return set_io_error(error, got < 0 ? errno : EIO, disk, "read", offset);
        bytes += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return TRUE;
}

static gboolean file_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                           GError **error)
{
    const uint8_t *bytes = buffer;
    while (length > 0) {
        ssize_t written = pwrite(((File *)disk)->fd, bytes, length, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return set_io_error(error, errno, disk, "write", offset);
        bytes += written;
        offset += (uint64_t)written;
        length -= (size_t)written;
    }
    return TRUE;
}

static gboolean file_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    if (fallocate(((File *)disk)->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                  (off_t)length) == 0)
        return TRUE;
    if (errno != EOPNOTSUPP)
        return set_io_error(error, errno, disk, "discard", offset);
    static const uint8_t zeros[16 * 1024];
    while (length > 0) {
        size_t chunk = (size_t)MIN(length, sizeof(zeros));
        if (!file_write(disk, offset, zeros, chunk, error))
            return FALSE;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

static gboolean file_flush(Disk *disk, GError **error)
{
    if (fdatasync(((File *)disk)->fd) == 0)
        return TRUE;
    return set_io_error(error, errno, disk, "flush", 0);
}

static void file_free(Disk *disk)
{
    close(((File *)disk)->fd);
    g_free(disk);
}

static const DiskOps file_ops = {
    .read = file_read,
    .write = file_write,
    .discard = file_discard,
    .flush = file_flush,
    .free = file_free,
};

static Disk *new_file(int fd, const char *path, uint64_t size, uint32_t sector_size,
                      gboolean writable)
{
    g_autofree char *name = g_path_get_basename(path);
    File *file = g_new0(File, 1);
    disk_init(&file->base, &file_ops, NULL, name, size, sector_size, writable);
    file->fd = fd;
    return &file->base;
}

Disk *disk_open_file(const char *path, gboolean writable, uint32_t sector_size, GError **error)
{
    /* O_NONBLOCK: a pipe of that name is refused below instead of waited for. */
    int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        drydock_error_set_errno(error, errno, "cannot open '%s'", path);
        return NULL;
    }
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "'%s' is not a regular file", path);
        close(fd);
        return NULL;
    }
    return new_file(fd, path, (uint64_t)status.st_size, sector_size, writable);
}

Disk *disk_open_device(const char *path, GError **error)
{
    uint64_t size = 0;
    int sector_size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && ioctl(fd, BLKGETSIZE64, &size) == 0 && ioctl(fd, BLKSSZGET, &sector_size) == 0) {
        if (sector_size == 512 || sector_size == 4096)
            return new_file(fd, path, size, (uint32_t)sector_size, FALSE);
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "'%s' has sectors of %d bytes",
                          path, sector_size);
    } else {
        drydock_error_set_errno(error, errno, "cannot open '%s'", path);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}
