/* SPDX-License-Identifier: GPL-3.0-or-later */
/* On a host, as root, in a mount namespace of its own: what User-Mode Linux has as a virtio disk is
   one large file here, served over FUSE by the process that reads the guest, and volumes are loop
   devices on parts of it. All of it goes when the agent ends: the namespace with its mounts, the
   loop devices with their last user. */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fs/agent/agent_place.h"
#include "fs/agent/protocol.h"

#define SECTOR_BYTES 512u
#define LOG_RECORD_BYTES 8192
#define LOOP_TRIES 16

static struct {
    int descriptor; /* 0: none */
    int number;     /* loopN */
} loops[AGENT_SLOT_COUNT];

static int disk = -1;       /* the file, as loop devices see it */
static int kernel_log = -1; /* /dev/kmsg, which not every container has */

static int mount_disk(const char *path)
{
    char options[64];
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0)
        return errno;
    close(file);
    snprintf(options, sizeof(options), "fd=%d,rootmode=100600,user_id=0,group_id=0",
             place_host.fuse_fd);
    if (mount("drydock", path, "fuse", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) != 0)
        return errno;
    /* The other end alone holds it from here on: when that ends, so do all reads and writes. */
    close(place_host.fuse_fd);
    return 0;
}

static int enter(int *ret_device)
{
    char path[AGENT_NAME_BYTES];
    struct stat status;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("drydock", place_host.directory, "tmpfs", MS_NOSUID | MS_NOEXEC,
              "mode=0700,size=1m") != 0)
        return errno;
    snprintf(path, sizeof(path), "%s/disk", place_host.directory);
    int failure = mount_disk(path);
    if (failure != 0)
        return failure;
    kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    *ret_device = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
    disk = *ret_device < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
    /* Until it was asked for the size is 0, and Linux 6.1 takes that for its loop devices. */
    return disk < 0 || fstat(disk, &status) != 0 ? errno : 0;
}

static void name_device(uint64_t slot, char name[AGENT_NAME_BYTES])
{
    snprintf(name, AGENT_NAME_BYTES, "%s/loop-%u", place_host.directory, (unsigned int)slot);
}

/* A node of our own: not every /dev is the kernel's. */
static int make_node(int number, const char *name)
{
    unsigned int device_major, device_minor;
    char path[64];
    snprintf(path, sizeof(path), "/sys/block/loop%d/dev", number);
    FILE *file = fopen(path, "re");
    if (!file)
        return errno;
    int count = fscanf(file, "%u:%u", &device_major, &device_minor);
    fclose(file);
    if (count != 2)
        return EIO;
    unlink(name);
    return mknod(name, S_IFBLK | 0600, makedev(device_major, device_minor)) == 0 ? 0 : errno;
}

/* Somebody else may take the free one first. */
static int attach(int control, const char *name, const struct loop_config *config, int *ret_number)
{
    int failure = EBUSY;
    for (int i = 0; i < LOOP_TRIES && failure == EBUSY; i++) {
        *ret_number = ioctl(control, LOOP_CTL_GET_FREE);
        failure = *ret_number < 0 ? errno : make_node(*ret_number, name);
        int device = failure == 0 ? open(name, O_RDWR | O_CLOEXEC) : -1;
        if (failure == 0 && device < 0)
            failure = errno;
        if (failure == 0 && ioctl(device, LOOP_CONFIGURE, config) == 0)
            return device;
        if (failure == 0)
            failure = errno;
        if (device >= 0)
            close(device);
    }
    errno = failure;
    return -1;
}

static int add_device(uint64_t slot, uint64_t size_bytes, int read_only)
{
    char name[AGENT_NAME_BYTES];
    struct loop_config config = {.fd = (uint32_t)disk, .block_size = SECTOR_BYTES};
    config.info.lo_offset = slot * AGENT_SLOT_BYTES;
    config.info.lo_sizelimit = size_bytes / SECTOR_BYTES * SECTOR_BYTES;
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0u);
    strcpy((char *)config.info.lo_file_name, "drydock");
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return errno;
    name_device(slot, name);
    int device = attach(control, name, &config, &loops[slot].number);
    int failure = device < 0 ? errno : 0;
    close(control);
    if (failure == 0)
        loops[slot].descriptor = device;
    return failure;
}

static int remove_device(uint64_t slot)
{
    char name[AGENT_NAME_BYTES];
    if (loops[slot].descriptor == 0)
        return 0;
    close(loops[slot].descriptor);
    loops[slot].descriptor = 0;
    name_device(slot, name);
    return unlink(name) == 0 ? 0 : errno;
}

static void mark_log(void)
{
    if (kernel_log >= 0)
        lseek(kernel_log, 0, SEEK_END);
}

/* The log is of everything on the host: lines that name none of our devices are others'. */
static int is_ours(const char *line)
{
    char name[32];
    for (size_t i = 0; i < AGENT_SLOT_COUNT; i++) {
        snprintf(name, sizeof(name), "loop%d", loops[i].number);
        const char *found = loops[i].descriptor != 0 ? strstr(line, name) : NULL;
        if (found && (found[strlen(name)] < '0' || found[strlen(name)] > '9'))
            return 1;
    }
    return 0;
}

/* A record is "level,number,time,flags;text", then lines that begin with a space
   (Documentation/ABI/testing/dev-kmsg). */
static size_t read_log(char *text, size_t size)
{
    static char record[LOG_RECORD_BYTES];
    size_t length = 0;
    for (;;) {
        ssize_t got = kernel_log < 0 ? -1 : read(kernel_log, record, sizeof(record) - 1);
        if (got < 0 && kernel_log >= 0 && errno == EPIPE) /* some were overwritten */
            continue;
        if (got <= 0)
            break;
        record[got] = '\0';
        char *message = strchr(record, ';');
        char *end = message ? strchr(message, '\n') : NULL;
        if (!end)
            continue;
        *end = '\0';
        int written = is_ours(message + 1) ? snprintf(text + length, size - length, "<%d>%s\n",
                                                      atoi(record) % 8, message + 1)
                                           : 0;
        if (written < 0 || (size_t)written >= size - length)
            break;
        length += (size_t)written;
    }
    text[length] = '\0';
    return length;
}

Place place_host = {
    .enter = enter,
    .add_device = add_device,
    .name_device = name_device,
    .remove_device = remove_device,
    .mark_log = mark_log,
    .read_log = read_log,
};
