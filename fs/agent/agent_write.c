/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What changes files and directories. */
#include "fs/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a new file goes. */
typedef struct {
    int root;   /* borrowed */
    int parent; /* O_PATH */
    int locked; /* the subvolume that is read-only otherwise; -1: none */
    const char *name;
} Place;

/* 0 or an errno; the volume is writable afterwards. */
static int place_open(const Request *request, Place *place)
{
    *place = (Place){.parent = -1, .locked = -1};
    int failure = volume_begin_write(request);
    if (failure != 0)
        return failure;
    place->root = volume_root(request);
    place->parent = open_parent(place->root, request->text[0], &place->name);
    return place->parent >= 0 ? subvolume_unlock(place->root, place->parent, &place->locked)
                              : errno;
}

/* Returns failure, or the errno that closing ends with. */
static int place_close(Place *place, int failure)
{
    if (place->parent >= 0)
        close(place->parent);
    int last = place->locked >= 0 ? subvolume_lock(place->locked) : 0;
    return failure != 0 ? failure : last;
}

static int write_all(int file, const uint8_t *bytes, size_t length, uint64_t offset)
{
    while (length > 0) {
        ssize_t done = pwrite(file, bytes, length, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        bytes += done;
        offset += (uint64_t)done;
        length -= (size_t)done;
    }
    return 0;
}

/* Room for all of it is there before anything of a file that exists is lost. */
static int empty_file(int file, uint64_t size_bytes)
{
    struct stat status;
    if (fstat(file, &status) != 0)
        return errno;
    if (size_bytes > (uint64_t)status.st_size &&
        fallocate(file, FALLOC_FL_KEEP_SIZE, 0, (off_t)size_bytes) != 0 && errno != EOPNOTSUPP)
        return errno;
    return ftruncate(file, 0) == 0 ? 0 : errno;
}

static int make_file(const Request *request, const Place *place, int *ret_file)
{
    Attributes attributes;
    int failure = attributes_choose(request, place->root, place->parent, S_IFREG, &attributes);
    int file = failure == 0 ? openat(place->parent, place->name,
                                     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                     attributes.mode & 0777)
                            : -1;
    if (failure == 0 && file < 0)
        failure = errno;
    if (failure == 0)
        failure = attributes_apply(&attributes, file, S_IFREG);
    attributes_close(&attributes);
    if (failure != 0 && file >= 0) {
        close(file);
        unlinkat(place->parent, place->name, 0);
    }
    *ret_file = file;
    return failure;
}

/* *ret_is_new: it is to be removed when writing fails. */
static int open_for_writing(const Request *request, const Place *place, int *ret_file,
                            int *ret_is_new)
{
    struct stat status;
    *ret_is_new = 0;
    if (fstatat(place->parent, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT || request->numbers[1] != 0)
            return errno;
        *ret_is_new = 1;
        return make_file(request, place, ret_file);
    }
    if (!S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    *ret_file = openat(place->parent, place->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (*ret_file < 0)
        return errno;
    int failure = request->numbers[1] == 0 ? empty_file(*ret_file, request->numbers[2]) : 0;
    if (failure != 0)
        close(*ret_file);
    return failure;
}

/* What does not fit into one message is checked to fit the volume first. */
int write_file(const Request *request, Reply *reply)
{
    Place place;
    int file = -1, is_new = 0;
    int failure = place_open(request, &place);
    (void)reply;
    if (failure == 0)
        failure = open_for_writing(request, &place, &file, &is_new);
    if (failure == 0) {
        int is_last = request->numbers[1] + request->byte_count >= request->numbers[2];
        if (is_new && !is_last)
            failure = fallocate(file, FALLOC_FL_KEEP_SIZE, 0, (off_t)request->numbers[2]) == 0 ||
                              errno == EOPNOTSUPP
                          ? 0
                          : errno;
        if (failure == 0)
            failure = write_all(file, request->bytes, request->byte_count, request->numbers[1]);
        if (failure != 0 && is_new)
            unlinkat(place.parent, place.name, 0);
        close(file);
    }
    return place_close(&place, failure);
}

int make_directory(const Request *request, Reply *reply)
{
    Place place;
    Attributes attributes = {.model = -1};
    struct stat status;
    int failure = place_open(request, &place);
    (void)reply;
    if (failure == 0 && fstatat(place.parent, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        failure = S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
        return place_close(&place, failure);
    }
    if (failure == 0)
        failure = attributes_choose(request, place.root, place.parent, S_IFDIR, &attributes);
    if (failure == 0 && mkdirat(place.parent, place.name, attributes.mode & 0777) != 0)
        failure = errno;
    if (failure == 0) {
        int made =
            openat(place.parent, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        failure = made < 0 ? errno : attributes_apply(&attributes, made, S_IFDIR);
        if (made >= 0)
            close(made);
        if (failure != 0)
            unlinkat(place.parent, place.name, AT_REMOVEDIR);
    }
    attributes_close(&attributes);
    return place_close(&place, failure);
}

int make_symlink(const Request *request, Reply *reply)
{
    Place place;
    Attributes attributes = {.model = -1};
    const char *target = (const char *)request->bytes;
    int failure = place_open(request, &place);
    (void)reply;
    if (failure == 0 && (request->byte_count == 0 || target[request->byte_count - 1] != '\0'))
        failure = EINVAL;
    if (failure == 0)
        failure = attributes_choose(request, place.root, place.parent, S_IFLNK, &attributes);
    if (failure == 0 && symlinkat(target, place.parent, place.name) != 0)
        failure = errno;
    else if (failure == 0) {
        int made = openat(place.parent, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        failure = made < 0 ? errno : attributes_apply(&attributes, made, S_IFLNK);
        if (made >= 0)
            close(made);
        if (failure != 0)
            unlinkat(place.parent, place.name, 0);
    }
    attributes_close(&attributes);
    return place_close(&place, failure);
}

int remove_file(const Request *request, Reply *reply)
{
    Place place;
    struct stat status;
    int failure = place_open(request, &place);
    (void)reply;
    if (failure == 0 && fstatat(place.parent, place.name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        failure = errno;
    if (failure == 0 &&
        unlinkat(place.parent, place.name, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0) != 0)
        failure = errno;
    return place_close(&place, failure);
}
