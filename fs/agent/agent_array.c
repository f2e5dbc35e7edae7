/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays of Linux software RAID, started by what their superblocks say. */
#include "fs/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <linux/raid/md_p.h>
#include <linux/raid/md_u.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAME_BYTES 64
/* How long an array may take to be gone after it was stopped. */
#define GONE_ATTEMPTS 300
#define GONE_INTERVAL_US 10000

static const struct {
    const char *level;
    const char *module;
} levels[] = {
    {"linear", "linear"}, {"raid0", "raid0"},   {"raid1", "raid1"},   {"raid10", "raid10"},
    {"raid4", "raid456"}, {"raid5", "raid456"}, {"raid6", "raid456"},
};

static void load_level(const char *level)
{
    static const char *const always[] = {
        "md-mod", "async_tx", "async_memcpy", "async_xor", "async_pq", "async_raid6_recov", NULL};
    load_modules(always);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        const char *const names[] = {levels[i].module, NULL};
        if (strcmp(levels[i].level, level) == 0)
            load_modules(names);
    }
}

static int add_member(int array, uint32_t slot)
{
    struct stat info;
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), AGENT_DEVICE "%u", slot);
    if (stat(name, &info) != 0)
        return errno;
    mdu_disk_info_t disk = {.major = (int)major(info.st_rdev), .minor = (int)minor(info.st_rdev)};
    return ioctl(array, ADD_NEW_DISK, &disk) == 0 ? 0 : errno;
}

/* No rebuilding, no reshaping, no putting right of what was not closed properly. RAID 0 and linear
   arrays have no such thing, and no file for it. */
static int freeze(uint64_t number)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "/sys/block/md%u/md/sync_action", (unsigned int)number);
    int file = open(name, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT ? 0 : errno;
    int failure = write(file, "frozen", 6) == 6 ? 0 : errno;
    close(file);
    return failure;
}

static int run(int array, uint64_t number, const Request *request)
{
    /* No disks: "take all else from the superblocks". */
    mdu_array_info_t info = {.major_version = (int)request->numbers[1],
                             .minor_version = (int)request->numbers[2]};
    if (ioctl(array, SET_ARRAY_INFO, &info) != 0)
        return errno;
    for (size_t i = 0; i + sizeof(uint32_t) <= request->byte_count; i += sizeof(uint32_t)) {
        uint32_t slot;
        memcpy(&slot, request->bytes + i, sizeof(slot));
        int failure = add_member(array, slot);
        if (failure != 0)
            return failure;
    }
    if (ioctl(array, RUN_ARRAY, NULL) != 0)
        return errno;
    return freeze(number);
}

static int start(uint64_t number, const Request *request)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), AGENT_ARRAY_PREFIX "%u", (unsigned int)number);
    /* Opening it makes it. */
    if (mknod(name, S_IFBLK | 0600, makedev(MD_MAJOR, (unsigned int)number)) != 0 &&
        errno != EEXIST)
        return errno;
    int array = open(name, O_RDWR | O_CLOEXEC);
    if (array < 0)
        return errno;
    int failure = run(array, number, request);
    if (failure != 0)
        ioctl(array, STOP_ARRAY, NULL);
    close(array);
    return failure;
}

/* One of that number that was stopped just now is in the way for a moment. */
static bool is_going(int failure)
{
    return failure == EBUSY || failure == ENODEV || failure == ENXIO || failure == EEXIST ||
           failure == EINTR;
}

int array_start(uint64_t number, const Request *request)
{
    load_level(request->text[0]);
    int failure = start(number, request);
    for (int i = 0; i < GONE_ATTEMPTS && is_going(failure); i++) {
        usleep(GONE_INTERVAL_US);
        failure = start(number, request);
    }
    return failure;
}

int array_stop(int device)
{
    return ioctl(device, STOP_ARRAY, NULL) == 0 ? 0 : errno;
}
