/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's kernel asks for the bytes of its disk over /dev/fuse (linux/fuse.h). */
#include "fs/host_fuse.h"

#include <errno.h>
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/driver.h"

#define TRANSFER_BYTES ((size_t)1 << 20)
#define TRANSFER_PAGES (TRANSFER_BYTES / AGENT_PAGE_BYTES)
#define BUFFER_BYTES (TRANSFER_BYTES + AGENT_PAGE_BYTES) /* a write and its headers */
#define FILE_BYTES (AGENT_SLOT_COUNT * AGENT_SLOT_BYTES)
#define MINOR_VERSION 31
#define FOREVER_SECONDS UINT32_MAX

struct HostFuse {
    int fd;
    uint8_t *buffer;         /* a request */
    uint8_t *answer;         /* TRANSFER_BYTES */
    uint64_t waiting;        /* the agent's read of a request that is not there yet; 0: none */
    uint32_t waiting_length; /* how much it reads */
};

typedef struct {
    struct fuse_in_header header;
    const uint8_t *argument;
    size_t length; /* of the argument */
} Request;

HostFuse *host_fuse_new(int fd)
{
    HostFuse *fuse = g_new0(HostFuse, 1);
    fuse->fd = fd;
    fuse->buffer = g_malloc(BUFFER_BYTES);
    fuse->answer = g_malloc(TRANSFER_BYTES);
    return fuse;
}

void host_fuse_free(HostFuse *fuse)
{
    if (!fuse)
        return;
    close(fuse->fd);
    g_free(fuse->buffer);
    g_free(fuse->answer);
    g_free(fuse);
}

/* A request that was interrupted meanwhile is not waited for: ENOENT. */
static gboolean reply(HostFuse *fuse, uint64_t unique, int failure, const void *bytes,
                      size_t length, GError **error)
{
    struct fuse_out_header header = {
        .len = (uint32_t)(sizeof(header) + length), .error = -failure, .unique = unique};
    struct iovec parts[] = {{&header, sizeof(header)}, {(void *)(uintptr_t)bytes, length}};
    if (writev(fuse->fd, parts, length > 0 ? 2 : 1) >= 0 || errno == ENOENT)
        return TRUE;
    drydock_error_set_errno(error, errno, "cannot answer the host's kernel");
    return FALSE;
}

static gboolean begin(HostFuse *fuse, const Request *request, GError **error)
{
    struct fuse_init_in in = {0};
    memcpy(&in, request->argument, MIN(request->length, sizeof(in)));
    struct fuse_init_out out = {
        .major = FUSE_KERNEL_VERSION,
        .minor = MIN(in.minor, MINOR_VERSION),
        .max_readahead = in.max_readahead,
        .flags = in.flags & (FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_MAX_PAGES),
        .max_background = 16,
        .congestion_threshold = 12,
        .max_write = TRANSFER_BYTES,
        .time_gran = 1,
        .max_pages = TRANSFER_PAGES,
    };
    return reply(fuse, request->header.unique, 0, &out, sizeof(out), error);
}

static gboolean tell_attributes(HostFuse *fuse, const Request *request, GError **error)
{
    struct fuse_attr_out out = {
        .attr_valid = FOREVER_SECONDS,
        .attr = {.ino = FUSE_ROOT_ID,
                 .size = FILE_BYTES,
                 .mode = S_IFREG | 0600,
                 .nlink = 1,
                 .blksize = AGENT_PAGE_BYTES},
    };
    return reply(fuse, request->header.unique, 0, &out, sizeof(out), error);
}

/* Loop devices discard in units of bsize. */
static gboolean tell_filesystem(HostFuse *fuse, const Request *request, GError **error)
{
    const struct fuse_statfs_out out = {.st = {.blocks = FILE_BYTES / AGENT_PAGE_BYTES,
                                               .bsize = AGENT_PAGE_BYTES,
                                               .frsize = AGENT_PAGE_BYTES,
                                               .namelen = 255}};
    return reply(fuse, request->header.unique, 0, &out, sizeof(out), error);
}

/* Past the kernel's cache, which would have everything twice, and the mailbox when it is old. */
static gboolean open_file(HostFuse *fuse, const Request *request, GError **error)
{
    const struct fuse_open_out out = {.open_flags = FOPEN_DIRECT_IO};
    return reply(fuse, request->header.unique, 0, &out, sizeof(out), error);
}

static int read_mailbox(UmlDevice *device, const Request *request, uint64_t offset, uint32_t length)
{
    HostFuse *fuse = device->fuse;
    if (offset < AGENT_INBOX) {
        memset(fuse->answer, 0, length);
        return 0;
    }
    offset -= AGENT_INBOX;
    /* A request that was answered is still there. */
    if (offset == 0 && (device->inbox->len == 0 || device->replied) && fuse->waiting == 0) {
        fuse->waiting = request->header.unique;
        fuse->waiting_length = length;
        return -1;
    }
    if (!range_is_within(offset, length, device->inbox->len))
        return EIO;
    memcpy(fuse->answer, device->inbox->data + offset, length);
    return 0;
}

/* Reading ahead goes beyond the end of a volume: there are zeros. */
static int read_volume(UmlSlot *slot, uint64_t offset, uint8_t *bytes, uint32_t length)
{
    GError *error = NULL;
    uint64_t size = slot->disk ? disk_size(slot->disk) : 0;
    size_t there = offset < size ? (size_t)MIN(length, size - offset) : 0;
    memset(bytes + there, 0, length - there);
    if (there == 0 || disk_read(slot->disk, offset, bytes, there, &error))
        return 0;
    uml_slot_note_error(slot, error);
    return EIO;
}

static gboolean read_file(UmlDevice *device, const Request *request, GError **error)
{
    HostFuse *fuse = device->fuse;
    struct fuse_read_in in = {0};
    uint64_t offset;
    memcpy(&in, request->argument, MIN(request->length, sizeof(in)));
    UmlSlot *slot = uml_device_find_slot(device, in.offset, in.size, &offset);
    int failure = EIO;
    if (slot == &device->slots[0] && in.size <= TRANSFER_BYTES)
        failure = read_mailbox(device, request, offset, in.size);
    else if (slot && in.size <= TRANSFER_BYTES)
        failure = read_volume(slot, offset, fuse->answer, in.size);
    if (failure < 0) /* later */
        return TRUE;
    return reply(fuse, request->header.unique, failure, fuse->answer, failure == 0 ? in.size : 0,
                 error);
}

static int write_mailbox(UmlDevice *device, uint64_t offset, const uint8_t *bytes, uint32_t length)
{
    uint8_t *target;
    if (offset < AGENT_OUTBOX ||
        !uml_device_extend_outbox(device, offset - AGENT_OUTBOX, length, &target))
        return EIO;
    memcpy(target, bytes, length);
    if (offset == AGENT_OUTBOX)
        device->replied = TRUE;
    return 0;
}

static int write_volume(UmlSlot *slot, uint64_t offset, const uint8_t *bytes, uint32_t length)
{
    GError *error = NULL;
    if (!slot->disk || !range_is_within(offset, length, disk_size(slot->disk)))
        return EIO;
    if (disk_write(slot->disk, offset, bytes, length, &error))
        return 0;
    uml_slot_note_error(slot, error);
    return EIO;
}

static gboolean write_file(UmlDevice *device, const Request *request, GError **error)
{
    struct fuse_write_in in = {0};
    struct fuse_write_out out = {0};
    uint64_t offset;
    memcpy(&in, request->argument, MIN(request->length, sizeof(in)));
    const uint8_t *bytes = request->argument + sizeof(in);
    UmlSlot *slot = uml_device_find_slot(device, in.offset, in.size, &offset);
    int failure = EIO;
    if (slot && request->length >= sizeof(in) && request->length - sizeof(in) >= in.size)
        failure = slot == &device->slots[0] ? write_mailbox(device, offset, bytes, in.size)
                                            : write_volume(slot, offset, bytes, in.size);
    out.size = in.size;
    return reply(device->fuse, request->header.unique, failure, &out,
                 failure == 0 ? sizeof(out) : 0, error);
}

/* Discards are written down where somebody asks for them; at other times the kernel may mean zeros
   by it, and writes them itself when this is refused. */
static gboolean punch_hole(UmlDevice *device, const Request *request, GError **error)
{
    struct fuse_fallocate_in in = {0};
    uint64_t offset;
    memcpy(&in, request->argument, MIN(request->length, sizeof(in)));
    UmlSlot *slot = uml_device_find_slot(device, in.offset, in.length, &offset);
    gboolean ok = slot && slot->disk && slot->discards && (in.mode & FALLOC_FL_PUNCH_HOLE) != 0 &&
                  range_is_within(offset, in.length, disk_size(slot->disk));
    if (ok) {
        FsExtent extent = {offset, in.length};
        g_array_append_val(slot->discards, extent);
    }
    return reply(device->fuse, request->header.unique, ok ? 0 : EOPNOTSUPP, NULL, 0, error);
}

static gboolean interrupt(HostFuse *fuse, const Request *request, GError **error)
{
    struct fuse_interrupt_in in = {0};
    memcpy(&in, request->argument, MIN(request->length, sizeof(in)));
    if (fuse->waiting == 0 || in.unique != fuse->waiting)
        return TRUE;
    fuse->waiting = 0;
    return reply(fuse, in.unique, EINTR, NULL, 0, error);
}

static gboolean carry_out(UmlDevice *device, const Request *request, GError **error)
{
    HostFuse *fuse = device->fuse;
    switch (request->header.opcode) {
    case FUSE_INIT:
        return begin(fuse, request, error);
    case FUSE_GETATTR:
        return tell_attributes(fuse, request, error);
    case FUSE_STATFS:
        return tell_filesystem(fuse, request, error);
    case FUSE_OPEN:
        return open_file(fuse, request, error);
    case FUSE_READ:
        return read_file(device, request, error);
    case FUSE_WRITE:
        return write_file(device, request, error);
    case FUSE_FALLOCATE:
        return punch_hole(device, request, error);
    case FUSE_INTERRUPT:
        return interrupt(fuse, request, error);
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
        return TRUE;
    case FUSE_FSYNC: /* syncing a filesystem flushes its volume: until then nothing counts */
    case FUSE_FLUSH:
    case FUSE_RELEASE:
    case FUSE_DESTROY:
        return reply(fuse, request->header.unique, 0, NULL, 0, error);
    default:
        return reply(fuse, request->header.unique, ENOSYS, NULL, 0, error);
    }
}

/* *ret_found FALSE: there is none now. */
static gboolean serve_one(UmlDevice *device, gboolean *ret_found, GError **error)
{
    HostFuse *fuse = device->fuse;
    Request request;
    ssize_t got = read(fuse->fd, fuse->buffer, BUFFER_BYTES);
    *ret_found = got > 0;
    /* ENOENT: it was interrupted before it was read. EPERM: not mounted yet. */
    if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOENT || errno == EPERM))
        return TRUE;
    if (got < (ssize_t)sizeof(request.header)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "the filesystem may be damaged: check it inside the guest, and try again",
                          "the helper through which the host's kernel reads the volume ended "
                          "unexpectedly");
        return FALSE;
    }
    memcpy(&request.header, fuse->buffer, sizeof(request.header));
    request.argument = fuse->buffer + sizeof(request.header);
    request.length = (size_t)got - sizeof(request.header);
    return carry_out(device, &request, error);
}

gboolean host_fuse_serve(UmlDevice *device, int wait_ms, gboolean *ret_any, GError **error)
{
    struct pollfd waiting = {.fd = device->fuse->fd, .events = POLLIN};
    gboolean found = TRUE;
    *ret_any = FALSE;
    int ready = poll(&waiting, 1, wait_ms);
    if (ready < 0 && errno != EINTR) {
        drydock_error_set_errno(error, errno, "cannot wait for the host's kernel");
        return FALSE;
    }
    while (ready > 0 && found) {
        if (!serve_one(device, &found, error))
            return FALSE;
        *ret_any = *ret_any || found;
    }
    return TRUE;
}

gboolean host_fuse_deliver(UmlDevice *device, GError **error)
{
    HostFuse *fuse = device->fuse;
    uint64_t unique = fuse->waiting;
    uint32_t length = MIN(fuse->waiting_length, device->inbox->len);
    if (unique == 0)
        return TRUE;
    fuse->waiting = 0;
    return reply(fuse, unique, 0, device->inbox->data, length, error);
}
