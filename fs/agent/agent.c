/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent's start, its mailbox and its loop. In a kernel of its own it runs as init: when it
   ends, the kernel does. */
#include "fs/agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/agent/agent_place.h"

#define MESSAGE_BYTES (AGENT_PAGE_BYTES + AGENT_DATA_LIMIT + AGENT_PAGE_BYTES)
#define LOG_QUOTE_BYTES 16384

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
    [AGENT_MAP_DEVICE] = map_device,
    [AGENT_ASSEMBLE_ARRAY] = assemble_array,
    [AGENT_REMOVE_DEVICE] = end_device,
    [AGENT_READ_DEVICE] = read_device,
    [AGENT_WRITE_DEVICE] = write_device,
    [AGENT_DISCARD_DEVICE] = discard_device,
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

static Place *here;

Place *place_here(void)
{
    return here;
}

void place_name_mount(uint64_t slot, char name[AGENT_NAME_BYTES])
{
    snprintf(name, AGENT_NAME_BYTES, "%s/%u", here->directory, (unsigned int)slot);
}

void kernel_log_mark(void)
{
    here->mark_log();
}

void reply_kernel_log(Reply *reply)
{
    reply->length = here->read_log((char *)reply->data, LOG_QUOTE_BYTES);
}

int kernel_log_has(const char *text)
{
    static char log[65536];
    here->read_log(log, sizeof(log));
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

static void serve(int device)
{
    uint8_t *message = aligned_alloc(AGENT_PAGE_BYTES, MESSAGE_BYTES);
    uint8_t *answer = aligned_alloc(AGENT_PAGE_BYTES, MESSAGE_BYTES);
    while (message && answer) {
        if (transfer(device, message, AGENT_PAGE_BYTES, AGENT_INBOX, 0) != 0)
            break;
        Reply reply = {.data = answer + AGENT_HEADER_BYTES};
        memcpy(answer, message, AGENT_HEADER_BYTES);
        int failure = carry_out(device, message, &reply);
        if (send_reply(device, answer, failure, &reply) != 0)
            break;
    }
    free(message);
    free(answer);
}

/* AGENT_HOST_WORD FOLDER DESCRIPTOR: on a host; the descriptor is of /dev/fuse. */
int main(int argc, char **argv)
{
    int device = -1;
    umask(0);
    here = argc == 4 && strcmp(argv[1], AGENT_HOST_WORD) == 0 ? &place_host : &place_uml;
    if (here == &place_host) {
        here->fuse_fd = atoi(argv[3]);
        snprintf(here->directory, sizeof(here->directory), "%s", argv[2]);
    }
    int failure = here->enter(&device);
    if (failure == 0)
        serve(device);
    else
        fprintf(stderr, "cannot begin: %s\n", strerror(failure));
    if (here == &place_host) {
        unmount_volumes();
        return failure != 0;
    }
    reboot(RB_POWER_OFF);
    return 1;
}
