/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A temporary file that is written from front to back, with holes. */
#include "convert/archive/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"

#define HOLE_BYTES ((uint64_t)4096)
#define SPACE_CHECK_BYTES ((uint64_t)64 << 20) /* look after each of these */
#define SPACE_RESERVE_BYTES ((uint64_t)64 << 20)
#define NO_SPACE_HINT                                                                              \
    "make room there, set TMPDIR to a folder with more, or unpack the source by hand"

struct SpoolFile {
    int fd;
    char *path;
    uint64_t end;       /* of what was written, holes included */
    uint64_t unchecked; /* bytes written since the room was looked at */
    gboolean is_finished;
};

static void set_error(const SpoolFile *file, GError **error)
{
    drydock_error_set_errno(error, errno, "cannot write '%s'", file->path);
    if (error && g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_NO_SPACE))
        drydock_error_set_hint(error, NO_SPACE_HINT);
}

SpoolFile *spool_file_create(const char *path, GError **error)
{
    SpoolFile *file = g_new0(SpoolFile, 1);
    file->path = g_strdup(path);
    file->unchecked = SPACE_CHECK_BYTES;
    file->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->fd >= 0)
        return file;
    set_error(file, error);
    file->is_finished = TRUE; /* whatever is there is not ours */
    spool_file_close(file);
    return NULL;
}

static gboolean check_room(SpoolFile *file, size_t length, GError **error)
{
    file->unchecked += length;
    if (file->unchecked < SPACE_CHECK_BYTES)
        return TRUE;
    struct statvfs room;
    file->unchecked = 0;
    if (fstatvfs(file->fd, &room) != 0 ||
        (uint64_t)room.f_bavail >= (length + SPACE_RESERVE_BYTES) / MAX(room.f_frsize, 1))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE, NO_SPACE_HINT,
                      "cannot write '%s': its file system is full", file->path);
    return FALSE;
}

static gboolean write_run(SpoolFile *file, uint64_t offset, const uint8_t *bytes, size_t length,
                          GError **error)
{
    if (length && !check_room(file, length, error))
        return FALSE;
    while (length) {
        ssize_t count = pwrite(file->fd, bytes, length, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            set_error(file, error);
            return FALSE;
        }
        offset += (uint64_t)count;
        bytes += count;
        length -= (size_t)count;
    }
    return TRUE;
}

static gboolean is_zero(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

gboolean spool_file_write(SpoolFile *file, uint64_t offset, const void *bytes, size_t length,
                          GError **error)
{
    const uint8_t *next = bytes;
    uint64_t end;
    g_return_val_if_fail(offset >= file->end, FALSE);
    if (!g_uint64_checked_add(&end, offset, length) || end > G_MAXINT64) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "it would be larger than any file can be");
        return FALSE;
    }

    /* Blocks with something in them are collected into runs and written at once. */
    const uint8_t *run = next;
    while (length) {
        size_t block = MIN(length, (size_t)(HOLE_BYTES - offset % HOLE_BYTES));
        if (is_zero(next, block)) {
            size_t run_length = (size_t)(next - run);
            if (!write_run(file, offset - run_length, run, run_length, error))
                return FALSE;
            run = next + block;
        }
        offset += block;
        next += block;
        length -= block;
    }
    size_t run_length = (size_t)(next - run);
    file->end = end;
    return write_run(file, offset - run_length, run, run_length, error);
}

gboolean spool_file_finish(SpoolFile *file, uint64_t size_bytes, GError **error)
{
    g_return_val_if_fail(size_bytes >= file->end, FALSE);
    if (size_bytes > G_MAXINT64) {
        errno = EFBIG;
        set_error(file, error);
        return FALSE;
    }
    if (ftruncate(file->fd, (off_t)size_bytes) != 0) {
        set_error(file, error);
        return FALSE;
    }
    /* Delayed writing of network file systems fails here. */
    int fd = file->fd;
    file->fd = -1;
    if (close(fd) != 0) {
        set_error(file, error);
        return FALSE;
    }
    file->is_finished = TRUE;
    return TRUE;
}

void spool_file_close(SpoolFile *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (!file->is_finished)
        unlink(file->path);
    g_free(file->path);
    g_free(file);
}
