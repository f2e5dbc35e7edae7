/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of the host that appears under its name only when it is complete. */
#include "base/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

struct NewFile {
    char *path;
    char *work_path; /* NULL: committed */
    NewFileMode mode;
    int fd;
};

static gboolean new_file_has_failed(const NewFile *file, GError **error)
{
    drydock_error_set_errno(error, errno, "cannot write '%s'", file->path);
    return FALSE;
}

static gboolean refuse_existing(const NewFile *file, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "move it away, or choose another name",
                      "'%s' exists already", file->path);
    return FALSE;
}

/* A new file gets what the umask allows, one that replaces another what that has. Its owner can be
   kept only with privileges; without them it is ours, as with any editor. */
static gboolean set_permissions(const NewFile *file, GError **error)
{
    struct stat old;
    mode_t mode = umask(0);
    umask(mode);
    mode = file->mode == NEW_FILE_PRIVATE ? 0600 : 0666 & ~mode;
    if (file->mode == NEW_FILE_REPLACE && stat(file->path, &old) == 0) {
        mode = old.st_mode & 0777;
        if (fchown(file->fd, old.st_uid, old.st_gid) != 0)
            g_debug("'%s' changes its owner: %s", file->path, g_strerror(errno));
    }
    /* FAT has no permissions to change. */
    return fchmod(file->fd, mode) == 0 || errno == EPERM || new_file_has_failed(file, error);
}

NewFile *new_file_open(const char *path, NewFileMode mode, GError **error)
{
    g_autoptr(NewFile) file = g_new0(NewFile, 1);
    struct stat status;
    file->fd = -1;
    file->mode = mode;
    char *real = mode == NEW_FILE_REPLACE ? realpath(path, NULL) : NULL;
    file->path = g_canonicalize_filename(real ? real : path, NULL);
    free(real);
    if (mode != NEW_FILE_REPLACE && lstat(file->path, &status) == 0) {
        refuse_existing(file, error);
        return NULL;
    }
    g_autofree char *folder = g_path_get_dirname(file->path);
    g_autofree char *name = g_path_get_basename(file->path);
    g_autofree char *template = g_strdup_printf("%s/.%.200s-XXXXXX", folder, name);
    file->fd = g_mkstemp_full(template, O_RDWR | O_CLOEXEC, 0600);
    if (file->fd < 0) {
        new_file_has_failed(file, error);
        return NULL;
    }
    file->work_path = g_steal_pointer(&template);
    return set_permissions(file, error) ? g_steal_pointer(&file) : NULL;
}

gboolean new_file_write(NewFile *file, const void *bytes, gsize length, GError **error)
{
    const char *at = bytes;
    while (length > 0) {
        gssize written = write(file->fd, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return new_file_has_failed(file, error);
        at += written;
        length -= (gsize)written;
    }
    return TRUE;
}

static gboolean move_into_place(const NewFile *file, GError **error)
{
    if (file->mode == NEW_FILE_REPLACE)
        return rename(file->work_path, file->path) == 0 || new_file_has_failed(file, error);
    if (renameat2(AT_FDCWD, file->work_path, AT_FDCWD, file->path, RENAME_NOREPLACE) == 0)
        return TRUE;
    if (errno == EEXIST)
        return refuse_existing(file, error);
    /* Some network filesystems know only the plain call; new_file_open() has looked already. */
    return (errno == EINVAL && rename(file->work_path, file->path) == 0) ||
           new_file_has_failed(file, error);
}

static void sync_folder(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fsync(fd) != 0)
        g_debug("cannot sync '%s': %s", folder, g_strerror(errno));
    close(fd);
}

gboolean new_file_commit(NewFile *file, GError **error)
{
    if (fsync(file->fd) != 0)
        return new_file_has_failed(file, error);
    if (!move_into_place(file, error))
        return FALSE;
    g_clear_pointer(&file->work_path, g_free);
    sync_folder(file->path);
    return TRUE;
}

void new_file_close(NewFile *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->work_path)
        g_unlink(file->work_path);
    g_free(file->work_path);
    g_free(file->path);
    g_free(file);
}
