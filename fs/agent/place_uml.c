/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a kernel of its own the agent is init: volumes are partitions of the one block device. */
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/agent/agent.h"
#include "fs/agent/agent_place.h"
#include "fs/agent/protocol.h"

#define SECTOR_BYTES 512u
#define KLOG_READ_ALL 3
#define KLOG_CLEAR 5
#define PATIENCE_TICKS 1000
#define TICK_USEC 2000

static int enter(int *ret_device)
{
    static const char *const driver[] = {"virtio_blk", NULL};
    mkdir("/dev", 0700);
    mkdir("/proc", 0700);
    mkdir("/sys", 0700);
    if ((mount("dev", "/dev", "devtmpfs", 0, NULL) != 0 && errno != EBUSY) ||
        mount("proc", "/proc", "proc", 0, NULL) != 0 || mount("sys", "/sys", "sysfs", 0, NULL) != 0)
        perror("cannot mount /dev, /proc and /sys");
    load_modules(driver);
    for (int tick = 0; tick < PATIENCE_TICKS; tick++) {
        *ret_device = open(AGENT_DEVICE, O_RDWR | O_DIRECT | O_CLOEXEC);
        if (*ret_device >= 0)
            return 0;
        usleep(TICK_USEC);
    }
    int failure = errno;
    perror("cannot open " AGENT_DEVICE);
    return failure;
}

static void name_device(uint64_t slot, char name[AGENT_NAME_BYTES])
{
    snprintf(name, AGENT_NAME_BYTES, AGENT_DEVICE "%u", (unsigned int)slot);
}

static int change_partition(int operation, uint64_t slot, uint64_t size_bytes)
{
    struct blkpg_partition partition = {
        .start = (long long)(slot * AGENT_SLOT_BYTES),
        .length = (long long)(size_bytes / SECTOR_BYTES * SECTOR_BYTES),
        .pno = (int)slot,
    };
    struct blkpg_ioctl_arg argument = {
        .op = operation, .datalen = sizeof(partition), .data = &partition};
    int device = open(AGENT_DEVICE, O_RDWR | O_CLOEXEC);
    if (device < 0)
        return errno;
    int failure = ioctl(device, BLKPG, &argument) == 0 ? 0 : errno;
    close(device);
    return failure;
}

static int set_read_only(const char *name)
{
    int read_only = 1;
    int device = open(name, O_RDONLY | O_CLOEXEC);
    if (device < 0)
        return errno;
    int failure = ioctl(device, BLKROSET, &read_only) == 0 ? 0 : errno;
    close(device);
    return failure;
}

static int add_device(uint64_t slot, uint64_t size_bytes, int read_only)
{
    char name[AGENT_NAME_BYTES];
    int failure = change_partition(BLKPG_ADD_PARTITION, slot, size_bytes);
    name_device(slot, name);
    return failure == 0 && read_only ? set_read_only(name) : failure;
}

static int remove_device(uint64_t slot)
{
    return change_partition(BLKPG_DEL_PARTITION, slot, 0);
}

static void mark_log(void)
{
    klogctl(KLOG_CLEAR, NULL, 0);
}

static size_t read_log(char *text, size_t size)
{
    int length = klogctl(KLOG_READ_ALL, text, (int)size - 1);
    text[length > 0 ? length : 0] = '\0';
    return length > 0 ? (size_t)length : 0;
}

Place place_uml = {
    .can_make_devices = 1,
    .enter = enter,
    .add_device = add_device,
    .name_device = name_device,
    .remove_device = remove_device,
    .mark_log = mark_log,
    .read_log = read_log,
};
