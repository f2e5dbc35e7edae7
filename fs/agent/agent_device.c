/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices that the kernel has put together: read and written from outside. */
#include "fs/agent/agent.h"
#include "fs/agent/agent_place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NAME_BYTES 32

typedef struct {
    int descriptor; /* 0: there is none of that number */
    int is_array;
} Device;

static Device devices[AGENT_DEVICE_COUNT];

/* NULL: no such number. */
static Device *find_device(const Request *request)
{
    return request->numbers[0] < AGENT_DEVICE_COUNT ? &devices[request->numbers[0]] : NULL;
}

static int open_device(Device *device, const Request *request, const char *prefix, int flags)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "%s%u", prefix, (unsigned int)request->numbers[0]);
    device->descriptor = open(name, flags | O_CLOEXEC);
    if (device->descriptor >= 0)
        return 0;
    device->descriptor = 0;
    return errno;
}

int map_device(const Request *request, Reply *reply)
{
    Device *device = find_device(request);
    int read_only = request->numbers[1] != 0;
    if (!place_here()->can_make_devices)
        return EOPNOTSUPP;
    if (!device || device->descriptor != 0)
        return EINVAL;
    kernel_log_mark();
    int failure = mapper_create(request->numbers[0], request->text[0], read_only);
    if (failure == 0) {
        failure = open_device(device, request, AGENT_MAPPED_PREFIX, read_only ? O_RDONLY : O_RDWR);
        if (failure != 0)
            mapper_remove(request->numbers[0]);
    }
    device->is_array = 0;
    if (failure != 0)
        reply_kernel_log(reply);
    return failure;
}

int assemble_array(const Request *request, Reply *reply)
{
    Device *device = find_device(request);
    uint64_t size = 0;
    if (!place_here()->can_make_devices)
        return EOPNOTSUPP;
    if (!device || device->descriptor != 0)
        return EINVAL;
    kernel_log_mark();
    int failure = array_start(request->numbers[0], request);
    if (failure == 0)
        failure = open_device(device, request, AGENT_ARRAY_PREFIX, O_RDWR);
    if (failure == 0 && ioctl(device->descriptor, BLKGETSIZE64, &size) != 0)
        failure = errno;
    device->is_array = 1;
    reply->numbers[0] = size;
    if (failure != 0)
        reply_kernel_log(reply);
    return failure;
}

int end_device(const Request *request, Reply *reply)
{
    Device *device = find_device(request);
    if (!device || device->descriptor == 0)
        return EINVAL;
    kernel_log_mark();
    int failure = fsync(device->descriptor) == 0 ? 0 : errno, stopped = 0;
    if (device->is_array)
        stopped = array_stop(device->descriptor);
    close(device->descriptor);
    device->descriptor = 0;
    if (!device->is_array)
        stopped = mapper_remove(request->numbers[0]);
    failure = failure != 0 ? failure : stopped;
    if (failure != 0)
        reply_kernel_log(reply);
    return failure;
}

int read_device(const Request *request, Reply *reply)
{
    const Device *device = find_device(request);
    uint64_t offset = request->numbers[1], length = request->numbers[2];
    if (!device || device->descriptor == 0 || length > AGENT_DATA_LIMIT || offset > INT64_MAX)
        return EINVAL;
    kernel_log_mark();
    while (reply->length < length) {
        ssize_t got = pread(device->descriptor, reply->data + reply->length,
                            (size_t)length - reply->length, (off_t)(offset + reply->length));
        if (got <= 0) {
            int failure = got < 0 ? errno : EIO;
            reply_kernel_log(reply);
            return failure;
        }
        reply->length += (size_t)got;
    }
    return 0;
}

int write_device(const Request *request, Reply *reply)
{
    const Device *device = find_device(request);
    uint64_t offset = request->numbers[1];
    if (!device || device->descriptor == 0 || offset > INT64_MAX)
        return EINVAL;
    kernel_log_mark();
    for (size_t done = 0; done < request->byte_count;) {
        ssize_t count = pwrite(device->descriptor, request->bytes + done,
                               request->byte_count - done, (off_t)(offset + done));
        if (count <= 0) {
            int failure = count < 0 ? errno : ENOSPC;
            reply_kernel_log(reply);
            return failure;
        }
        done += (size_t)count;
    }
    return 0;
}

int discard_device(const Request *request, Reply *reply)
{
    const Device *device = find_device(request);
    uint64_t range[2] = {request->numbers[1], request->numbers[2]};
    if (!device || device->descriptor == 0)
        return EINVAL;
    kernel_log_mark();
    if (ioctl(device->descriptor, BLKDISCARD, range) == 0)
        return 0;
    int failure = errno;
    reply_kernel_log(reply);
    return failure;
}
