/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes as block devices, mounted, made clean, and trimmed. */
#include "fs/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/agent/agent_place.h"

typedef struct {
    int root; /* descriptor, 0: not mounted */
    int is_writable;
} Mounted;

static Mounted volumes[AGENT_SLOT_COUNT];

/* How each type is mounted: nothing of the guest's is ever run, so what such options protect from
   is the kernel's time. Btrfs: the top level, where every subvolume is a directory. ext4, for its
   journal alone: Linux 6.1 does not replay fast commits when it mounts for reading only; an error
   is no reason to panic, whatever the superblock asks for. */
static const struct {
    const char *type;
    const char *options;
    const char *no_replay; /* and where nothing may be written, but the journal is not empty */
    const char *replay;    /* what the kernel logs when it replays the journal */
    int is_writable;       /* from the beginning */
} types[] = {
    {"xfs", "nouuid", "nouuid,norecovery", "Starting recovery", 0},
    {"btrfs", "subvolid=5,nodiscard", "subvolid=5,nodiscard,rescue=nologreplay",
     "start tree-log replay", 0},
    {"ext4", "errors=remount-ro,noinit_itable", NULL, "recovery complete", 1},
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

static uint64_t slot_of(const Request *request)
{
    uint64_t slot = request->numbers[0];
    return slot > 0 && slot < AGENT_SLOT_COUNT ? slot : 0;
}

static int tell_btrfs(unsigned long message, const char *name)
{
    struct btrfs_ioctl_vol_args arguments = {0};
    int control = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return errno;
    strncpy(arguments.name, name, sizeof(arguments.name) - 1);
    int failure = ioctl(control, message, &arguments) == 0 ? 0 : errno;
    close(control);
    return failure;
}

int add_volume(const Request *request, Reply *reply)
{
    uint64_t slot = slot_of(request);
    char name[AGENT_NAME_BYTES];
    if (slot == 0 || request->numbers[1] > AGENT_SLOT_BYTES)
        return EINVAL;
    kernel_log_mark();
    int failure = place_here()->add_device(slot, request->numbers[1], request->numbers[2] != 0);
    place_here()->name_device(slot, name);
    /* It may be one device of several of a filesystem. */
    if (failure == 0 && strcmp(request->text[0], "btrfs") == 0)
        failure = tell_btrfs(BTRFS_IOC_SCAN_DEV, name);
    if (failure != 0)
        reply_kernel_log(reply);
    return failure;
}

int volume_root(const Request *request)
{
    uint64_t slot = slot_of(request);
    if (slot == 0 || volumes[slot].root == 0) {
        errno = ENODEV;
        return -1;
    }
    return volumes[slot].root;
}

static int mount_at(uint64_t slot, size_t type, const char *options, const char *directory)
{
    char name[AGENT_NAME_BYTES];
    place_here()->name_device(slot, name);
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return errno;
    unsigned long flags = MS_NOATIME | MS_NODEV | MS_NOEXEC | MS_NOSUID;
    if (!types[type].is_writable)
        flags |= MS_RDONLY;
    return mount(name, directory, types[type].type, flags, options) == 0 ? 0 : errno;
}

int mount_volume(const Request *request, Reply *reply)
{
    uint64_t slot = slot_of(request);
    char directory[AGENT_NAME_BYTES];
    size_t type = 0;
    while (type < TYPE_COUNT && strcmp(types[type].type, request->text[0]) != 0)
        type++;
    if (slot == 0 || type == TYPE_COUNT || volumes[slot].root != 0)
        return EINVAL;
    kernel_log_mark();
    place_name_mount(slot, directory);
    int failure = mount_at(slot, type, types[type].options, directory);
    if (failure == EROFS && !types[type].is_writable)
        failure = mount_at(slot, type, types[type].no_replay, directory);
    int root = failure == 0 ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (failure == 0 && root < 0)
        failure = errno;
    if (failure != 0) {
        reply_kernel_log(reply);
        return failure;
    }
    volumes[slot] = (Mounted){.root = root, .is_writable = types[type].is_writable};
    reply->numbers[0] = (uint64_t)kernel_log_has(types[type].replay);
    return 0;
}

static int remount(uint64_t slot, int is_writable)
{
    char directory[AGENT_NAME_BYTES];
    unsigned long flags = MS_REMOUNT | MS_NOATIME | MS_NODEV | MS_NOEXEC | MS_NOSUID;
    if (volumes[slot].is_writable == is_writable)
        return 0;
    place_name_mount(slot, directory);
    if (mount(NULL, directory, NULL, flags | (is_writable ? 0 : MS_RDONLY), NULL) != 0)
        return errno;
    volumes[slot].is_writable = is_writable;
    return 0;
}

int volume_begin_write(const Request *request)
{
    return volume_root(request) < 0 ? errno : remount(slot_of(request), 1);
}

int sync_volume(const Request *request, Reply *reply)
{
    int root = volume_root(request);
    kernel_log_mark();
    int failure = root < 0 ? errno : 0;
    if (failure == 0 && syncfs(root) != 0)
        failure = errno;
    if (failure == 0)
        failure = remount(slot_of(request), 0);
    if (failure != 0)
        reply_kernel_log(reply);
    return failure;
}

int trim_volume(const Request *request, Reply *reply)
{
    int root = volume_root(request);
    struct fstrim_range range = {.len = UINT64_MAX};
    kernel_log_mark();
    if (root >= 0 && ioctl(root, FITRIM, &range) == 0)
        return 0;
    int failure = errno;
    reply_kernel_log(reply);
    return failure;
}

static int unmount(uint64_t slot)
{
    char directory[AGENT_NAME_BYTES];
    if (volumes[slot].root == 0)
        return 0;
    close(volumes[slot].root);
    volumes[slot] = (Mounted){0};
    place_name_mount(slot, directory);
    return umount2(directory, 0) == 0 ? 0 : errno;
}

int remove_volume(const Request *request, Reply *reply)
{
    uint64_t slot = slot_of(request);
    char name[AGENT_NAME_BYTES];
    kernel_log_mark();
    int failure = slot == 0 ? EINVAL : unmount(slot);
    if (failure == 0) {
        place_here()->name_device(slot, name);
        /* Fails where Btrfs does not know it, which is as good. */
        tell_btrfs(BTRFS_IOC_FORGET_DEV, name);
        failure = place_here()->remove_device(slot);
    }
    if (failure != 0)
        reply_kernel_log(reply);
    return failure;
}

void unmount_volumes(void)
{
    for (uint64_t slot = 1; slot < AGENT_SLOT_COUNT; slot++) {
        unmount(slot);
        place_here()->remove_device(slot);
    }
}
