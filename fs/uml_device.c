/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the agent, and the loop that serves its kernel meanwhile. */
#include "fs/uml_device.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "fs/host_fuse.h"

/* A kernel starts in 2 s and answers in milliseconds. Replaying the journal of a large volume takes
   longer, but then it reads and writes all the time. */
#define SILENCE_LIMIT_SECONDS 90
#define CALL_LIMIT_SECONDS 900
#define POLL_MS 1000

static gboolean is_socket(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

UmlDevice *uml_device_new(int fd)
{
    UmlDevice *device = g_new0(UmlDevice, 1);
    device->fuse = is_socket(fd) ? NULL : host_fuse_new(fd);
    device->socket_fd = device->fuse ? -1 : fd;
    device->request_fd = -1;
    device->inbox = g_byte_array_new();
    device->outbox = g_byte_array_new();
    uml_queue_init(&device->queue);
    return device;
}

void uml_device_remove(UmlDevice *device, guint slot)
{
    g_clear_pointer(&device->slots[slot].disk, disk_unref);
    g_clear_error(&device->slots[slot].error);
    device->slots[slot].passes_discards = FALSE;
}

void uml_device_free(UmlDevice *device)
{
    if (!device)
        return;
    for (guint i = 0; i < AGENT_SLOT_COUNT; i++)
        uml_device_remove(device, i);
    uml_queue_clear(&device->queue);
    host_fuse_free(device->fuse);
    if (device->socket_fd >= 0)
        close(device->socket_fd);
    if (device->request_fd >= 0)
        close(device->request_fd);
    g_byte_array_unref(device->inbox);
    g_byte_array_unref(device->outbox);
    g_free(device->waiting);
    g_free(device);
}

void uml_reply_clear(UmlReply *reply)
{
    g_clear_pointer(&reply->data, g_byte_array_unref);
}

guint uml_device_add(UmlDevice *device, Disk *disk)
{
    for (guint i = 1; i < AGENT_SLOT_COUNT; i++) {
        if (!device->slots[i].disk) {
            device->slots[i].disk = disk_ref(disk);
            return i;
        }
    }
    return 0;
}

/* Everything the request says, in whole pages. */
static gboolean write_inbox(UmlDevice *device, const UmlRequest *request, GError **error)
{
    uint8_t header[AGENT_HEADER_BYTES] = {0};
    GByteArray *inbox = device->inbox;
    g_byte_array_set_size(inbox, 0);
    g_byte_array_append(inbox, header, sizeof(header));
    for (guint i = 0; i < G_N_ELEMENTS(request->texts) && request->texts[i]; i++)
        g_byte_array_append(inbox, (const guint8 *)request->texts[i],
                            (guint)strlen(request->texts[i]) + 1);
    if (request->byte_count > AGENT_DATA_LIMIT ||
        inbox->len + request->byte_count > AGENT_HEADER_BYTES + AGENT_DATA_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "the request is too long");
        return FALSE;
    }
    if (request->byte_count > 0)
        g_byte_array_append(inbox, request->bytes, (guint)request->byte_count);
    put_le32(inbox->data + AGENT_HEADER_CODE, request->operation);
    put_le32(inbox->data + AGENT_HEADER_LENGTH, inbox->len - AGENT_HEADER_BYTES);
    put_le64(inbox->data + AGENT_HEADER_SERIAL, ++device->serial);
    for (guint i = 0; i < AGENT_NUMBERS; i++)
        put_le64(inbox->data + AGENT_HEADER_NUMBERS + 8 * (size_t)i, request->numbers[i]);
    guint length = inbox->len, whole = (length + AGENT_PAGE_BYTES - 1) / AGENT_PAGE_BYTES;
    g_byte_array_set_size(inbox, whole * AGENT_PAGE_BYTES);
    memset(inbox->data + length, 0, inbox->len - length);
    return TRUE;
}

static gboolean read_outbox(UmlDevice *device, UmlReply *ret_reply, GError **error)
{
    const GByteArray *outbox = device->outbox;
    uint32_t length = 0;
    if (outbox->len >= AGENT_HEADER_BYTES)
        length = get_le32(outbox->data + AGENT_HEADER_LENGTH);
    if (outbox->len < AGENT_HEADER_BYTES || length > outbox->len - AGENT_HEADER_BYTES ||
        get_le64(outbox->data + AGENT_HEADER_SERIAL) != device->serial) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "the answer from the kernel makes no sense");
        return FALSE;
    }
    *ret_reply = (UmlReply){.failure = (int)get_le32(outbox->data + AGENT_HEADER_CODE)};
    for (guint i = 0; i < AGENT_NUMBERS; i++)
        ret_reply->numbers[i] = get_le64(outbox->data + AGENT_HEADER_NUMBERS + 8 * (size_t)i);
    ret_reply->data = g_byte_array_new();
    g_byte_array_append(ret_reply->data, outbox->data + AGENT_HEADER_BYTES, length);
    return TRUE;
}

static const char *kernel_name(const UmlDevice *device)
{
    return device->fuse ? "host's" : "User-Mode Linux";
}

static gboolean fail_ended(const UmlDevice *device, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                      "the filesystem may be damaged: check it inside the guest, and try again",
                      "the %s kernel that reads the volume ended unexpectedly",
                      kernel_name(device));
    return FALSE;
}

UmlSlot *uml_device_find_slot(UmlDevice *device, uint64_t position, uint64_t length,
                              uint64_t *ret_offset)
{
    uint64_t index = position / AGENT_SLOT_BYTES;
    *ret_offset = position % AGENT_SLOT_BYTES;
    if (index >= AGENT_SLOT_COUNT || !range_is_within(*ret_offset, length, AGENT_SLOT_BYTES))
        return NULL;
    return &device->slots[index];
}

void uml_slot_note_error(UmlSlot *slot, GError *error)
{
    g_debug("%s", error->message);
    if (slot->error)
        g_error_free(error);
    else
        slot->error = error;
}

gboolean uml_device_extend_outbox(UmlDevice *device, uint64_t offset, uint64_t length,
                                  uint8_t **ret_bytes)
{
    if (!range_is_within(offset, length, 2 * AGENT_PAGE_BYTES + AGENT_DATA_LIMIT))
        return FALSE;
    if (device->outbox->len < offset + length)
        g_byte_array_set_size(device->outbox, (guint)(offset + length));
    *ret_bytes = device->outbox->data + offset;
    return TRUE;
}

/* *ret_any: the kernel did something. */
static gboolean serve_events(UmlDevice *device, int wait_ms, gboolean *ret_any, GError **error)
{
    struct pollfd fds[] = {{.fd = device->socket_fd, .events = POLLIN},
                           {.fd = device->queue.kick_fd, .events = POLLIN}};
    int ready = poll(fds, G_N_ELEMENTS(fds), wait_ms);
    *ret_any = ready > 0;
    if (ready < 0 && errno != EINTR) {
        drydock_error_set_errno(error, errno, "cannot wait for the kernel");
        return FALSE;
    }
    if (ready <= 0)
        return TRUE;
    if ((fds[1].revents & POLLIN) != 0) {
        uint64_t count;
        if (read(device->queue.kick_fd, &count, sizeof(count)) == (ssize_t)sizeof(count) &&
            !uml_block_serve(device, error))
            return FALSE;
    }
    if (fds[0].revents != 0) {
        gboolean ended = FALSE;
        if (!uml_vhost_handle(device, &ended, error))
            return FALSE;
        if (ended)
            return fail_ended(device, error);
    }
    return TRUE;
}

static gboolean serve_until_reply(UmlDevice *device, GError **error)
{
    gint64 start = g_get_monotonic_time(), last = start;
    while (!device->replied) {
        gboolean any = FALSE;
        gboolean ok = device->fuse ? host_fuse_serve(device, POLL_MS, &any, error)
                                   : serve_events(device, POLL_MS, &any, error);
        if (!ok || !interrupt_check(error))
            return FALSE;
        gint64 now = g_get_monotonic_time();
        if (any)
            last = now;
        if (now - last > SILENCE_LIMIT_SECONDS * G_USEC_PER_SEC ||
            now - start > CALL_LIMIT_SECONDS * G_USEC_PER_SEC) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                              "the filesystem may be damaged: check it inside the guest",
                              "the %s kernel that reads the volume does not answer",
                              kernel_name(device));
            return FALSE;
        }
    }
    return TRUE;
}

gboolean uml_device_call(UmlDevice *device, const UmlRequest *request, UmlReply *ret_reply,
                         GError **error)
{
    if (device->broken)
        return fail_ended(device, error);
    if (!write_inbox(device, request, error))
        return FALSE;
    device->replied = FALSE;
    g_byte_array_set_size(device->outbox, 0);
    gboolean delivered =
        device->fuse ? host_fuse_deliver(device, error) : uml_block_deliver(device, error);
    device->broken =
        !delivered || !serve_until_reply(device, error) || !read_outbox(device, ret_reply, error);
    g_byte_array_set_size(device->inbox, 0);
    return !device->broken;
}
