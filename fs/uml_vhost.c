/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vhost-user protocol (QEMU, docs/interop/vhost-user.rst), as far as Linux' virtio_uml.c speaks
   it: how the kernel tells of its memory and its queue. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/uml_device.h"

#define HEADER_BYTES 12
#define PAYLOAD_LIMIT 1024
#define FD_LIMIT 8
#define FLAG_VERSION 1u
#define FLAG_REPLY 4u
#define VRING_INDEX_MASK 0xffu
#define VRING_NO_FD 0x100u

/* Feature bits: of vhost-user, and of every virtio device. */
#define FEATURE_PROTOCOL_FEATURES (UINT64_C(1) << 30)
#define FEATURE_INDIRECT (UINT64_C(1) << 28)
#define FEATURE_VERSION_1 (UINT64_C(1) << 32)
/* Linux 6.1 has an interrupt for its queues only where we could send requests of our own. */
#define PROTOCOL_FEATURE_REQUESTS (UINT64_C(1) << 5)
#define PROTOCOL_FEATURE_CONFIG (UINT64_C(1) << 9)

#define MEMORY_REGION_BYTES 32
#define CONFIG_HEADER_BYTES 12

enum {
    GET_FEATURES = 1,
    SET_FEATURES = 2,
    SET_OWNER = 3,
    SET_MEMORY_TABLE = 5,
    SET_RING_SIZE = 8,
    SET_RING_ADDRESS = 9,
    SET_RING_BASE = 10,
    SET_RING_KICK = 12,
    SET_RING_CALL = 13,
    GET_PROTOCOL_FEATURES = 15,
    SET_PROTOCOL_FEATURES = 16,
    SET_RING_ENABLE = 18,
    SET_REQUEST_FD = 21,
    GET_CONFIG = 24,
    SET_CONFIG = 25,
};

typedef struct {
    uint32_t request;
    uint32_t size;
    uint8_t payload[PAYLOAD_LIMIT];
    int fds[FD_LIMIT]; /* closed after the message was handled unless taken (-1) */
    guint fd_count;
} Message;

static void message_clear(Message *message)
{
    for (guint i = 0; i < message->fd_count; i++)
        if (message->fds[i] >= 0)
            close(message->fds[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Message, message_clear)

static gboolean fail(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the kernel's message makes no sense: %s",
                      what);
    return FALSE;
}

static void take_fds(struct msghdr *header, Message *message)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control;
         control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
            if (message->fd_count < FD_LIMIT)
                message->fds[message->fd_count++] = fd;
            else
                close(fd);
        }
    }
}

/* length bytes with whatever descriptors come along; *ret_ended: the end of the stream. */
static gboolean receive(int fd, uint8_t *bytes, size_t length, Message *message,
                        gboolean *ret_ended, GError **error)
{
    while (length > 0) {
        union {
            char bytes[CMSG_SPACE(FD_LIMIT * sizeof(int))];
            struct cmsghdr align;
        } control;
        struct iovec vector = {bytes, length};
        struct msghdr header = {.msg_iov = &vector,
                                .msg_iovlen = 1,
                                .msg_control = control.bytes,
                                .msg_controllen = sizeof(control.bytes)};
        ssize_t got = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0 || (got < 0 && errno == ECONNRESET)) {
            *ret_ended = TRUE;
            return TRUE;
        }
        if (got < 0) {
            drydock_error_set_errno(error, errno, "cannot read from the kernel");
            return FALSE;
        }
        take_fds(&header, message);
        bytes += got;
        length -= (size_t)got;
    }
    return TRUE;
}

static gboolean receive_message(int fd, Message *message, gboolean *ret_ended, GError **error)
{
    uint8_t header[HEADER_BYTES];
    if (!receive(fd, header, sizeof(header), message, ret_ended, error) || *ret_ended)
        return *ret_ended;
    message->request = get_le32(header);
    message->size = get_le32(header + 8);
    if (message->size > PAYLOAD_LIMIT)
        return fail(error, "it is too long");
    return receive(fd, message->payload, message->size, message, ret_ended, error);
}

static gboolean reply(int fd, const Message *message, const uint8_t *payload, uint32_t size,
                      GError **error)
{
    uint8_t bytes[HEADER_BYTES + PAYLOAD_LIMIT];
    put_le32(bytes, message->request);
    put_le32(bytes + 4, FLAG_VERSION | FLAG_REPLY);
    put_le32(bytes + 8, size);
    memcpy(bytes + HEADER_BYTES, payload, size);
    size_t done = 0;
    while (done < HEADER_BYTES + size) {
        ssize_t sent = send(fd, bytes + done, HEADER_BYTES + size - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            drydock_error_set_errno(error, errno, "cannot answer the kernel");
            return FALSE;
        }
        done += (size_t)sent;
    }
    return TRUE;
}

static gboolean reply_number(int fd, const Message *message, uint64_t number, GError **error)
{
    uint8_t payload[8];
    put_le64(payload, number);
    return reply(fd, message, payload, sizeof(payload), error);
}

static gboolean reply_config(int fd, Message *message, GError **error)
{
    uint8_t config[UML_BLOCK_CONFIG_BYTES];
    if (message->size < CONFIG_HEADER_BYTES)
        return fail(error, "a short request for the configuration");
    uint32_t offset = get_le32(message->payload), size = get_le32(message->payload + 4);
    if (size > message->size - CONFIG_HEADER_BYTES)
        return fail(error, "a request for more of the configuration than it has room for");
    uml_block_config(config);
    memset(message->payload + CONFIG_HEADER_BYTES, 0, size);
    if (range_is_within(offset, size, sizeof(config)))
        memcpy(message->payload + CONFIG_HEADER_BYTES, config + offset, size);
    return reply(fd, message, message->payload, message->size, error);
}

static gboolean set_memory(UmlQueue *queue, const Message *message, GError **error)
{
    uint32_t count = message->size >= 8 ? get_le32(message->payload) : 0;
    if (count == 0 || count > UML_REGIONS || message->fd_count != count ||
        message->size < 8 + count * MEMORY_REGION_BYTES)
        return fail(error, "its table of memory");
    uml_queue_unmap(queue);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *region = message->payload + 8 + i * MEMORY_REGION_BYTES;
        if (!uml_queue_map(queue, message->fds[i], get_le64(region), get_le64(region + 8),
                           get_le64(region + 24), error))
            return FALSE;
    }
    return TRUE;
}

/* *fd is replaced; -1 where the message brings none. */
static void take_fd(Message *message, int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    if (message->fd_count == 1) {
        *fd = message->fds[0];
        message->fds[0] = -1;
    }
}

static gboolean set_fd(Message *message, int *fd, GError **error)
{
    if (message->size < 8)
        return fail(error, "a short message about a descriptor");
    uint64_t value = get_le64(message->payload);
    if ((value & VRING_INDEX_MASK) != 0)
        return fail(error, "a second queue");
    if ((value & VRING_NO_FD) != 0 && message->fd_count > 0)
        return fail(error, "a descriptor where it says that there is none");
    take_fd(message, fd);
    return TRUE;
}

static gboolean set_ring(UmlQueue *queue, const Message *message, GError **error)
{
    const uint8_t *payload = message->payload;
    if (message->size < 8 || get_le32(payload) != 0)
        return fail(error, "a second queue");
    uint32_t number = get_le32(payload + 4);
    switch (message->request) {
    case SET_RING_SIZE:
        queue->size = number;
        return TRUE;
    case SET_RING_BASE:
        queue->next_available = queue->next_used = (uint16_t)number;
        return TRUE;
    case SET_RING_ENABLE:
        queue->enabled = number != 0;
        return TRUE;
    default:
        if (message->size < 32)
            return fail(error, "a short message about the queue");
        queue->descriptors = get_le64(payload + 8);
        queue->used = get_le64(payload + 16);
        queue->available = get_le64(payload + 24);
        return TRUE;
    }
}

static gboolean handle(UmlDevice *device, Message *message, GError **error)
{
    UmlQueue *queue = &device->queue;
    switch (message->request) {
    case GET_FEATURES:
        return reply_number(device->socket_fd, message,
                            uml_block_features() | FEATURE_PROTOCOL_FEATURES | FEATURE_INDIRECT |
                                FEATURE_VERSION_1,
                            error);
    case GET_PROTOCOL_FEATURES:
        return reply_number(device->socket_fd, message,
                            PROTOCOL_FEATURE_CONFIG | PROTOCOL_FEATURE_REQUESTS, error);
    case GET_CONFIG:
        return reply_config(device->socket_fd, message, error);
    case SET_MEMORY_TABLE:
        return set_memory(queue, message, error);
    case SET_REQUEST_FD:
        take_fd(message, &device->request_fd);
        return TRUE;
    case SET_RING_KICK:
        return set_fd(message, &queue->kick_fd, error);
    case SET_RING_CALL:
        return set_fd(message, &queue->call_fd, error);
    case SET_RING_SIZE:
    case SET_RING_ADDRESS:
    case SET_RING_BASE:
    case SET_RING_ENABLE:
        return set_ring(queue, message, error);
    case SET_FEATURES:
    case SET_PROTOCOL_FEATURES:
    case SET_OWNER:
    case SET_CONFIG:
        return TRUE;
    default:
        return fail(error, "a request that we did not offer");
    }
}

gboolean uml_vhost_handle(UmlDevice *device, gboolean *ret_ended, GError **error)
{
    g_auto(Message) message = {0};
    *ret_ended = FALSE;
    if (!receive_message(device->socket_fd, &message, ret_ended, error))
        return FALSE;
    return *ret_ended || handle(device, &message, error);
}
