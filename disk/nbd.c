/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk behind an NBD connection. Large transfers are cut into requests that run side by side. */
#include "disk/nbd.h"

#include <errno.h>
#include <libnbd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "disk/driver.h"

/* Larger requests only make qemu-nbd allocate more: 23 instead of 9.5 MiB were seen. */
#define REQUEST_BYTES ((size_t)1024 * 1024)
#define ZERO_REQUEST_BYTES (UINT64_C(1) << 30)
#define MAX_IN_FLIGHT 16
#define POLL_MS 500 /* how soon a signal is noticed */

typedef struct {
    Disk base;
    struct nbd_handle *handle; /* NULL: the connection broke, nothing works any more */
    gboolean can_zero, can_flush;
} Nbd;

typedef struct {
    int64_t cookie;
    uint64_t offset;
} Request;

/* Requests that belong to one call. */
typedef struct {
    Nbd *nbd;
    const char *verb;
    Request in_flight[MAX_IN_FLIGHT];
    size_t count;
    gboolean failed; /* the error is set; the rest is only waited for */
} Pipeline;

static gboolean set_gone(const Nbd *nbd, const char *verb, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL,
                      "cannot %s %s: the connection to its server is broken", verb, nbd->base.name);
    return FALSE;
}

/* The caller's buffers are free again only when nothing is in flight: so when waiting fails, the
   whole connection goes. */
static void nbd_give_up(Nbd *nbd)
{
    nbd_close(nbd->handle);
    nbd->handle = NULL;
}

static void pipeline_fail(Pipeline *pipeline, uint64_t offset, GError **error)
{
    if (pipeline->failed)
        return;
    pipeline->failed = TRUE;
    int failure = nbd_get_errno();
    if (failure == ENOTCONN || nbd_aio_is_dead(pipeline->nbd->handle) == 1)
        set_gone(pipeline->nbd, pipeline->verb, error);
    else
        drydock_error_set_errno(error, failure ? failure : EIO,
                                "cannot %s %s at byte %" G_GUINT64_FORMAT, pipeline->verb,
                                pipeline->nbd->base.name, offset);
}

static void pipeline_reap(Pipeline *pipeline, GError **error)
{
    for (size_t i = 0; i < pipeline->count;) {
        const Request *request = &pipeline->in_flight[i];
        int completed = nbd_aio_command_completed(pipeline->nbd->handle, (uint64_t)request->cookie);
        if (completed == 0) {
            i++;
            continue;
        }
        if (completed < 0)
            pipeline_fail(pipeline, request->offset, error);
        pipeline->in_flight[i] = pipeline->in_flight[--pipeline->count];
    }
}

/* FALSE: the connection is of no use any more, and the error is set. */
static gboolean pipeline_poll(Pipeline *pipeline, GError **error)
{
    struct nbd_handle *handle = pipeline->nbd->handle;
    if (nbd_poll(handle, POLL_MS) < 0 && nbd_get_errno() != EINTR) {
        pipeline_reap(pipeline, error); /* each has an error of its own now */
        if (pipeline->count > 0)
            pipeline_fail(pipeline, pipeline->in_flight[0].offset, error);
        return pipeline->count == 0;
    }
    g_autoptr(GError) interrupted = NULL;
    if (interrupt_check(&interrupted))
        return TRUE;
    if (!pipeline->failed)
        g_propagate_error(error, g_steal_pointer(&interrupted));
    pipeline->failed = TRUE;
    return FALSE;
}

/* Until at most remaining requests are in flight; after a failure, until none is. */
static gboolean pipeline_wait(Pipeline *pipeline, size_t remaining, GError **error)
{
    for (;;) {
        pipeline_reap(pipeline, error);
        if (pipeline->count <= (pipeline->failed ? 0 : remaining))
            return !pipeline->failed;
        if (!pipeline_poll(pipeline, error)) {
            nbd_give_up(pipeline->nbd);
            return FALSE;
        }
    }
}

/* Takes the cookie of a request just sent; -1: it was not. Then waits until there is room. */
static gboolean pipeline_add(Pipeline *pipeline, int64_t cookie, uint64_t offset, GError **error)
{
    if (cookie < 0) {
        pipeline_fail(pipeline, offset, error);
        return pipeline_wait(pipeline, 0, error);
    }
    pipeline->in_flight[pipeline->count++] = (Request){cookie, offset};
    return pipeline_wait(pipeline, MAX_IN_FLIGHT - 1, error);
}

static gboolean nbd_read(Disk *disk, uint64_t offset, void *buffer, size_t length, GError **error)
{
    Pipeline pipeline = {.nbd = (Nbd *)disk, .verb = "read"};
    uint8_t *bytes = buffer;
    if (!pipeline.nbd->handle)
        return set_gone(pipeline.nbd, pipeline.verb, error);
    while (length > 0) {
        size_t chunk = MIN(length, REQUEST_BYTES);
        int64_t cookie =
            nbd_aio_pread(pipeline.nbd->handle, bytes, chunk, offset, NBD_NULL_COMPLETION, 0);
        if (!pipeline_add(&pipeline, cookie, offset, error))
            return FALSE;
        bytes += chunk;
        offset += chunk;
        length -= chunk;
    }
    return pipeline_wait(&pipeline, 0, error);
}

static gboolean nbd_write_many(Disk *disk, const DiskWrite *writes, size_t count, GError **error)
{
    Pipeline pipeline = {.nbd = (Nbd *)disk, .verb = "write"};
    if (!pipeline.nbd->handle)
        return set_gone(pipeline.nbd, pipeline.verb, error);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *bytes = writes[i].buffer;
        for (size_t done = 0; done < writes[i].length;) {
            size_t chunk = MIN(writes[i].length - done, REQUEST_BYTES);
            uint64_t offset = writes[i].offset + done;
            int64_t cookie = nbd_aio_pwrite(pipeline.nbd->handle, bytes + done, chunk, offset,
                                            NBD_NULL_COMPLETION, 0);
            if (!pipeline_add(&pipeline, cookie, offset, error))
                return FALSE;
            done += chunk;
        }
    }
    return pipeline_wait(&pipeline, 0, error);
}

static gboolean nbd_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                          GError **error)
{
    DiskWrite write = {.offset = offset, .buffer = buffer, .length = length};
    return nbd_write_many(disk, &write, 1, error);
}

/* A server that cannot zero gets zeros: what it trims, it may still show (NBD protocol,
   NBD_CMD_TRIM). */
static gboolean write_zeros(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    g_autofree uint8_t *zeros = g_malloc0(REQUEST_BYTES);
    while (length > 0) {
        size_t chunk = (size_t)MIN(length, REQUEST_BYTES);
        if (!nbd_write(disk, offset, zeros, chunk, error))
            return FALSE;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

static gboolean nbd_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    Pipeline pipeline = {.nbd = (Nbd *)disk, .verb = "discard"};
    if (!pipeline.nbd->handle)
        return set_gone(pipeline.nbd, pipeline.verb, error);
    if (!pipeline.nbd->can_zero)
        return write_zeros(disk, offset, length, error);
    while (length > 0) {
        uint64_t chunk = MIN(length, ZERO_REQUEST_BYTES);
        /* Without NO_HOLE the server may give the room back. */
        int64_t cookie = nbd_aio_zero(pipeline.nbd->handle, chunk, offset, NBD_NULL_COMPLETION, 0);
        if (!pipeline_add(&pipeline, cookie, offset, error))
            return FALSE;
        offset += chunk;
        length -= chunk;
    }
    return pipeline_wait(&pipeline, 0, error);
}

static gboolean nbd_flush_disk(Disk *disk, GError **error)
{
    Pipeline pipeline = {.nbd = (Nbd *)disk, .verb = "flush"};
    if (!pipeline.nbd->handle)
        return set_gone(pipeline.nbd, pipeline.verb, error);
    if (!pipeline.nbd->can_flush)
        return TRUE;
    int64_t cookie = nbd_aio_flush(pipeline.nbd->handle, NBD_NULL_COMPLETION, 0);
    return pipeline_add(&pipeline, cookie, 0, error) && pipeline_wait(&pipeline, 0, error);
}

static void nbd_free(Disk *disk)
{
    Nbd *nbd = (Nbd *)disk;
    /* A goodbye keeps qemu-nbd from complaining on its stderr. */
    if (nbd->handle && nbd_aio_is_ready(nbd->handle) == 1)
        nbd_shutdown(nbd->handle, 0);
    nbd_close(nbd->handle);
    g_free(nbd);
}

static const DiskOps nbd_ops = {
    .read = nbd_read,
    .write = nbd_write,
    .write_many = nbd_write_many,
    .discard = nbd_discard,
    .flush = nbd_flush_disk,
    .free = nbd_free,
};

static gboolean negotiate(struct nbd_handle *handle, const char *socket_path)
{
    /* Every successful read fills its buffer: no need to clear it before. */
    if (nbd_set_pread_initialize(handle, false) < 0)
        return FALSE;
#if LIBNBD_HAVE_NBD_SET_REQUEST_BLOCK_SIZE
    /* A client that does not ask for block sizes may use any (NBD protocol, "Block size
       constraints"): qemu then rounds for itself. */
    if (nbd_set_request_block_size(handle, false) < 0)
        return FALSE;
#endif
    return nbd_connect_unix(handle, socket_path) == 0;
}

Disk *disk_connect_nbd(const char *socket_path, const char *name, gboolean writable,
                       uint32_t sector_size, GError **error)
{
    struct nbd_handle *handle = nbd_create();
    int64_t size = -1;
    if (!handle || !negotiate(handle, socket_path) || (size = nbd_get_size(handle)) < 0) {
        /* A signal makes connecting fail, too. */
        if (interrupt_check(error))
            drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL,
                              "cannot connect to the server of %s: %s", name, nbd_get_error());
        nbd_close(handle);
        return NULL;
    }
    Nbd *nbd = g_new0(Nbd, 1);
    disk_init(&nbd->base, &nbd_ops, NULL, name, (uint64_t)size, sector_size, writable);
    nbd->handle = handle;
    nbd->can_zero = nbd_can_zero(handle) == 1;
    nbd->can_flush = nbd_can_flush(handle) == 1;
    if (writable && nbd_is_read_only(handle) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, NULL, "the server of %s is read-only",
                          name);
        disk_unref(&nbd->base);
        return NULL;
    }
    return &nbd->base;
}
