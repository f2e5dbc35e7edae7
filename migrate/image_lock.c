/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether somebody uses an image that is about to be changed. */
#include "migrate/image_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"

enum {
    QEMU_LOCK_FIRST = 100,
    QEMU_LOCKS = 200,
};

static gboolean is_in_use(const char *path, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "shut the machine down first",
                      "'%s' is in use by another program", path);
    return FALSE;
}

/* qemu holds locks on these bytes of an image while it has it open (block/file-posix.c). */
gboolean image_lock_check(int fd, const char *path, GError **error)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = QEMU_LOCK_FIRST, .l_len = QEMU_LOCKS};
    return fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK || is_in_use(path, error);
}

int image_lock_take(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        drydock_error_set_errno(error, errno, "cannot change '%s'", path);
        return -1;
    }
    gboolean ok = flock(fd, LOCK_EX | LOCK_NB) == 0 || is_in_use(path, error);
    if (ok && image_lock_check(fd, path, error))
        return fd;
    close(fd);
    return -1;
}
