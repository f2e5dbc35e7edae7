/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent's start, its mailbox and its loop. It runs as init: when it ends, the kernel does. */
#include "fs/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define KLOG_READ_ALL 3
#define KLOG_CLEAR 5
#define MESSAGE_BYTES (AGENT_PAGE_BYTES + AGENT_DATA_LIMIT + AGENT_PAGE_BYTES)
#define PATIENCE_TICKS 1000
#define TICK_USEC 2000

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "messages are little-endian");

static const Operation operations[] = {
    [AGENT_ADD_VOLUME] = add_volume,
    [AGENT_MOUNT] = mount_volume,
    [AGENT_STAT] = stat_file,
    [AGENT_LIST] = list_directory,
    [AGENT_READ_LINK] = read_link,
    [AGENT_READ] = read_file,
    [AGENT_WRITE] = write_file,
    [AGENT_MAKE_DIRECTORY] = make_directory,
    [AGENT_MAKE_SYMLINK] = make_symlink,
    [AGENT_REMOVE] = remove_file,
    [AGENT_SYNC] = sync_volume,
    [AGENT_TRIM] = trim_volume,
    [AGENT_EXTENTS] = list_extents,
    [AGENT_SUBVOLUMES] = list_subvolumes,
    [AGENT_REMOVE_VOLUME] = remove_volume,
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

void kernel_log_mark(void)
{
    klogctl(KLOG_CLEAR, NULL, 0);
}

void reply_kernel_log(Reply *reply)
{
    int length = klogctl(KLOG_READ_ALL, (char *)reply->data, 16384);
    reply->length = length > 0 ? (size_t)length : 0;
}

int kernel_log_has(const char *text)
{
    static char log[65536];
    int length = klogctl(KLOG_READ_ALL, log, sizeof(log) - 1);
    log[length > 0 ? length : 0] = '\0';
    return strstr(log, text) != NULL;
}

static int transfer(int device, uint8_t *bytes, size_t length, uint64_t offset, int out)
{
    while (length > 0) {
        ssize_t done = out ? pwrite(device, bytes, length, (off_t)offset)
                           : pread(device, bytes, length, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        bytes += done;
        offset += (uint64_t)done;
        length -= (size_t)done;
    }
    return 0;
}

static size_t round_to_page(size_t length)
{
    return (length + AGENT_PAGE_BYTES - 1) / AGENT_PAGE_BYTES * AGENT_PAGE_BYTES;
}

/* message has the first page already. 0 or an errno. */
static int read_rest(int device, uint8_t *message, uint32_t length)
{
    size_t total = round_to_page(AGENT_HEADER_BYTES + (size_t)length);
    if (length > AGENT_DATA_LIMIT)
        return EPROTO;
    if (total > AGENT_PAGE_BYTES &&
        transfer(device, message + AGENT_PAGE_BYTES, total - AGENT_PAGE_BYTES,
                 AGENT_INBOX + AGENT_PAGE_BYTES, 0) != 0)
        return EIO;
    message[AGENT_HEADER_BYTES + length] = '\0';
    return 0;
}

static void split_texts(Request *request, const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < sizeof(request->text) / sizeof(request->text[0]); i++) {
        const uint8_t *end = memchr(data, '\0', length);
        request->text[i] = end ? (const char *)data : "";
        if (end) {
            length -= (size_t)(end + 1 - data);
            data = end + 1;
        }
    }
    request->bytes = data;
    request->byte_count = length;
}

static int carry_out(int device, uint8_t *message, Reply *reply)
{
    Request request;
    uint32_t code, length;
    memcpy(&code, message + AGENT_HEADER_CODE, sizeof(code));
    memcpy(&length, message + AGENT_HEADER_LENGTH, sizeof(length));
    memcpy(request.numbers, message + AGENT_HEADER_NUMBERS, sizeof(request.numbers));
    int failure = read_rest(device, message, length);
    if (failure != 0)
        return failure;
    split_texts(&request, message + AGENT_HEADER_BYTES, length);
    if (code >= OPERATION_COUNT || !operations[code])
        return ENOSYS;
    return operations[code](&request, reply);
}

static int send_reply(int device, uint8_t *message, int failure, const Reply *reply)
{
    uint32_t code = (uint32_t)failure, length = (uint32_t)reply->length;
    size_t total = round_to_page(AGENT_HEADER_BYTES + reply->length);
    memcpy(message + AGENT_HEADER_CODE, &code, sizeof(code));
    memcpy(message + AGENT_HEADER_LENGTH, &length, sizeof(length));
    memcpy(message + AGENT_HEADER_NUMBERS, reply->numbers, sizeof(reply->numbers));
    if (total > AGENT_PAGE_BYTES &&
        transfer(device, message + AGENT_PAGE_BYTES, total - AGENT_PAGE_BYTES,
                 AGENT_OUTBOX + AGENT_PAGE_BYTES, 1) != 0)
        return -1;
    return transfer(device, message, AGENT_PAGE_BYTES, AGENT_OUTBOX, 1);
}

/* Debian's kernel has the block device's driver as a module, ours has it built in. */
static void load_driver(void)
{
    struct utsname name;
    char path[sizeof(name.release) + sizeof("/.ko")];
    if (uname(&name) != 0)
        return;
    snprintf(path, sizeof(path), "/%s.ko", name.release);
    int module = open(path, O_RDONLY | O_CLOEXEC);
    if (module < 0)
        return;
    if (syscall(SYS_finit_module, module, "", 0) != 0)
        perror("cannot load the driver of virtio block devices");
    close(module);
}

static int open_device(void)
{
    for (int tick = 0; tick < PATIENCE_TICKS; tick++) {
        int device = open(AGENT_DEVICE, O_RDWR | O_DIRECT | O_CLOEXEC);
        if (device >= 0)
            return device;
        usleep(TICK_USEC);
    }
    perror("cannot open " AGENT_DEVICE);
    return -1;
}

int main(void)
{
    umask(0);
    mkdir("/dev", 0700);
    mkdir("/proc", 0700);
    if ((mount("dev", "/dev", "devtmpfs", 0, NULL) != 0 && errno != EBUSY) ||
        mount("proc", "/proc", "proc", 0, NULL) != 0)
        perror("cannot mount /dev and /proc");
    load_driver();
    int device = open_device();
    uint8_t *message = aligned_alloc(AGENT_PAGE_BYTES, MESSAGE_BYTES);
    uint8_t *answer = aligned_alloc(AGENT_PAGE_BYTES, MESSAGE_BYTES);
    while (device >= 0 && message && answer) {
        if (transfer(device, message, AGENT_PAGE_BYTES, AGENT_INBOX, 0) != 0)
            break;
        Reply reply = {.data = answer + AGENT_HEADER_BYTES};
        memcpy(answer, message, AGENT_HEADER_BYTES);
        int failure = carry_out(device, message, &reply);
        if (send_reply(device, answer, failure, &reply) != 0)
            break;
    }
    reboot(RB_POWER_OFF);
    return 1;
}
