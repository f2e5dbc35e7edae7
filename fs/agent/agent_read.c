/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked of files and directories. */
#include "fs/agent/agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIST_BYTES 65536
#define EXTENTS_AT_ONCE 256u

/* Values of FsFileType. */
enum { TYPE_FILE, TYPE_DIRECTORY, TYPE_SYMLINK, TYPE_OTHER };

int open_below(int root, const char *path, uint64_t flags)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    while (*path == '/')
        path++;
    return (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
}

int open_parent(int root, const char *path, const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash[1] == '\0') {
        errno = EINVAL;
        return -1;
    }
    char *directory = strndup(path, (size_t)(slash - path));
    if (!directory)
        return -1;
    int parent = open_below(root, directory, O_PATH | O_DIRECTORY);
    int failure = errno;
    free(directory);
    errno = failure;
    *ret_name = slash + 1;
    return parent;
}

static uint64_t type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return TYPE_FILE;
    case S_IFDIR:
        return TYPE_DIRECTORY;
    case S_IFLNK:
        return TYPE_SYMLINK;
    default:
        return TYPE_OTHER;
    }
}

static void fill_stat(Reply *reply, const struct stat *status)
{
    reply->numbers[AGENT_STAT_TYPE] = type_of(status->st_mode);
    reply->numbers[AGENT_STAT_SIZE] = (uint64_t)status->st_size;
    reply->numbers[AGENT_STAT_INODE] = status->st_ino;
    reply->numbers[AGENT_STAT_LINKS] = status->st_nlink;
    reply->numbers[AGENT_STAT_MODE] = status->st_mode & 07777;
    reply->numbers[AGENT_STAT_UID] = status->st_uid;
    reply->numbers[AGENT_STAT_GID] = status->st_gid;
    reply->numbers[AGENT_STAT_MTIME] = (uint64_t)status->st_mtim.tv_sec;
}

/* A link in the way is not there as a directory. */
static int lookup_failure(void)
{
    return errno == ELOOP || errno == ENOTDIR || errno == ENAMETOOLONG ? ENOENT : errno;
}

int stat_file(const Request *request, Reply *reply)
{
    int root = volume_root(request);
    const char *name = "";
    struct stat status;
    if (root < 0)
        return errno;
    if (strcmp(request->text[0], "/") == 0) {
        if (fstat(root, &status) != 0)
            return errno;
    } else {
        int parent = open_parent(root, request->text[0], &name);
        if (parent < 0)
            return lookup_failure();
        int failure =
            fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : lookup_failure();
        close(parent);
        if (failure != 0)
            return failure;
    }
    fill_stat(reply, &status);
    return 0;
}

/* d_type, which not every version of XFS keeps. */
static uint64_t entry_type(int directory, const struct dirent64 *entry)
{
    struct stat status;
    if (entry->d_type != DT_UNKNOWN)
        return type_of(DTTOIF(entry->d_type));
    if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return TYPE_OTHER;
    return type_of(status.st_mode);
}

static int add_entries(int directory, const uint8_t *buffer, size_t length, Reply *reply)
{
    for (size_t offset = 0; offset < length;) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(buffer + offset);
        size_t name_bytes = strlen(entry->d_name) + 1;
        offset += entry->d_reclen;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        reply->data[reply->length] = (uint8_t)entry_type(directory, entry);
        memcpy(reply->data + reply->length + 1, entry->d_name, name_bytes);
        reply->length += 1 + name_bytes;
        reply->numbers[0] = (uint64_t)entry->d_off;
    }
    return 0;
}

int list_directory(const Request *request, Reply *reply)
{
    static uint8_t buffer[LIST_BYTES] __attribute__((aligned(8)));
    int root = volume_root(request);
    int directory = root < 0 ? -1 : open_below(root, request->text[0], O_RDONLY | O_DIRECTORY);
    if (directory < 0)
        return errno;
    int failure = 0;
    if (request->numbers[1] != 0 && lseek(directory, (off_t)request->numbers[1], SEEK_SET) < 0)
        failure = errno;
    while (failure == 0) {
        long got = syscall(SYS_getdents64, directory, buffer, sizeof(buffer));
        if (got < 0)
            failure = errno;
        else if (got == 0)
            reply->numbers[0] = 0;
        else
            failure = add_entries(directory, buffer, (size_t)got, reply);
        /* Entries are longer in the kernel's form than in ours. */
        if (got <= 0 || reply->length + sizeof(buffer) > AGENT_DATA_LIMIT)
            break;
    }
    close(directory);
    return failure;
}

int read_link(const Request *request, Reply *reply)
{
    int root = volume_root(request);
    const char *name = "";
    int parent = root < 0 ? -1 : open_parent(root, request->text[0], &name);
    if (parent < 0)
        return errno;
    ssize_t length = readlinkat(parent, name, (char *)reply->data, AGENT_PAGE_BYTES);
    int failure = length < 0 ? errno : 0;
    close(parent);
    reply->length = length > 0 ? (size_t)length : 0;
    return failure;
}

/* A regular file below root, open for reading; -1 and errno. */
static int open_file(const Request *request, struct stat *status)
{
    int root = volume_root(request);
    /* O_NONBLOCK: a pipe's open would wait for ever. */
    int file = root < 0 ? -1
                        : open_below(root, request->text[0],
                                     O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (file < 0)
        return -1;
    if (fstat(file, status) == 0 && S_ISREG(status->st_mode))
        return file;
    close(file);
    errno = S_ISDIR(status->st_mode) ? EISDIR : EINVAL;
    return -1;
}

int read_file(const Request *request, Reply *reply)
{
    struct stat status = {0};
    int file = open_file(request, &status);
    uint64_t offset = request->numbers[1], length = request->numbers[2];
    if (file < 0)
        return errno;
    int failure = length > AGENT_DATA_LIMIT || offset > INT64_MAX ? EINVAL : 0;
    while (failure == 0 && reply->length < length) {
        ssize_t got = pread(file, reply->data + reply->length, (size_t)length - reply->length,
                            (off_t)(offset + reply->length));
        if (got < 0 && errno != EINTR)
            failure = errno;
        if (got == 0)
            break;
        reply->length += got > 0 ? (size_t)got : 0;
    }
    close(file);
    fill_stat(reply, &status);
    return failure;
}

int list_extents(const Request *request, Reply *reply)
{
    static uint8_t buffer[sizeof(struct fiemap) + EXTENTS_AT_ONCE * sizeof(struct fiemap_extent)]
        __attribute__((aligned(8)));
    struct fiemap *map = (struct fiemap *)(void *)buffer;
    struct stat status = {0};
    int file = open_file(request, &status);
    if (file < 0)
        return errno;
    memset(buffer, 0, sizeof(buffer));
    map->fm_start = request->numbers[1];
    map->fm_length = UINT64_MAX - map->fm_start;
    map->fm_flags = FIEMAP_FLAG_SYNC;
    map->fm_extent_count = EXTENTS_AT_ONCE;
    int failure = ioctl(file, FS_IOC_FIEMAP, map) == 0 ? 0 : errno;
    close(file);
    for (uint32_t i = 0; failure == 0 && i < map->fm_mapped_extents; i++) {
        const struct fiemap_extent *extent = &map->fm_extents[i];
        int is_plain = (extent->fe_flags &
                        (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_ENCODED |
                         FIEMAP_EXTENT_NOT_ALIGNED | FIEMAP_EXTENT_DATA_INLINE)) == 0;
        if (is_plain) {
            memcpy(reply->data + reply->length, &extent->fe_physical, 8);
            memcpy(reply->data + reply->length + 8, &extent->fe_length, 8);
            reply->length += 16;
        }
        reply->numbers[0] = (extent->fe_flags & FIEMAP_EXTENT_LAST) != 0
                                ? 0
                                : extent->fe_logical + extent->fe_length;
    }
    return failure;
}
