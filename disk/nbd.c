/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An NBD export as a disk, through libnbd. */
#include "disk/nbd.h"

#include <errno.h>
#include <libnbd.h>

#include "base/error.h"
#include "disk/driver.h"

/* Larger requests make qemu-nbd's memory grow with them; several in flight keep it busy. */
#define REQUEST_LIMIT_BYTES ((size_t)1 << 20)
#define DISCARD_LIMIT_BYTES (UINT64_C(1) << 30)
#define IN_FLIGHT 8

typedef struct {
    Disk base;
    struct nbd_handle *handle;
} Nbd;

static gboolean set_nbd_error(GError **error, const Disk *disk, const char *verb, uint64_t offset)
{
    int errno_value = nbd_get_errno();
    const char *text = nbd_get_error();
    DrydockError code = errno_value == ENOSPC ? DRYDOCK_ERROR_NO_SPACE : DRYDOCK_ERROR_SYSTEM;
    drydock_error_set(error, code, NULL, "cannot %s %s at byte %" G_GUINT64_FORMAT ": %s", verb,
                      disk->name, offset, text ? text : g_strerror(errno_value));
    return FALSE;
}

/* Splits [offset, offset + length) into requests and keeps several of them in flight. Exactly one
   of into and from is set. */
static gboolean transfer(Nbd *nbd, uint64_t offset, uint8_t *into, const uint8_t *from,
                         size_t length, GError **error)
{
    const char *verb = into ? "read" : "write";
    int64_t cookies[IN_FLIGHT];
    size_t done = 0, first = 0, count = 0;
    gboolean ok = TRUE;
    while (ok && (done < length || count > 0)) {
        if (done < length && count < IN_FLIGHT) {
            size_t chunk = MIN(length - done, REQUEST_LIMIT_BYTES);
            int64_t cookie = into ? nbd_aio_pread(nbd->handle, into + done, chunk, offset + done,
                                                  NBD_NULL_COMPLETION, 0)
                                  : nbd_aio_pwrite(nbd->handle, from + done, chunk, offset + done,
                                                   NBD_NULL_COMPLETION, 0);
            if (cookie < 0) {
                ok = set_nbd_error(error, &nbd->base, verb, offset + done);
                break;
            }
            cookies[(first + count++) % IN_FLIGHT] = cookie;
            done += chunk;
            continue;
        }
        int completed = nbd_aio_command_completed(nbd->handle, (uint64_t)cookies[first]);
        if (completed < 0)
            ok = set_nbd_error(error, &nbd->base, verb, offset);
        if (completed != 0) {
            first = (first + 1) % IN_FLIGHT;
            count--;
        } else if (nbd_poll(nbd->handle, -1) < 0 && nbd_get_errno() != EINTR) {
            ok = set_nbd_error(error, &nbd->base, verb, offset);
        }
    }
    /* The buffers are the caller's: nothing may still be under way for them. */
    while (count > 0 && nbd_aio_in_flight(nbd->handle) > 0 && nbd_poll(nbd->handle, -1) >= 0)
        continue;
    return ok;
}

static gboolean nbd_disk_read(Disk *disk, uint64_t offset, void *buffer, size_t length,
                              GError **error)
{
    Nbd *nbd = (Nbd *)disk;
    if (length > REQUEST_LIMIT_BYTES)
        return transfer(nbd, offset, buffer, NULL, length, error);
    return nbd_pread(nbd->handle, buffer, length, offset, 0) == 0 ||
           set_nbd_error(error, disk, "read", offset);
}

static gboolean nbd_disk_write(Disk *disk, uint64_t offset, const void *buffer, size_t length,
                               GError **error)
{
    Nbd *nbd = (Nbd *)disk;
    if (length > REQUEST_LIMIT_BYTES)
        return transfer(nbd, offset, NULL, buffer, length, error);
    return nbd_pwrite(nbd->handle, buffer, length, offset, 0) == 0 ||
           set_nbd_error(error, disk, "write", offset);
}

static gboolean nbd_disk_discard(Disk *disk, uint64_t offset, uint64_t length, GError **error)
{
    Nbd *nbd = (Nbd *)disk;
    while (length > 0) {
        uint64_t chunk = MIN(length, DISCARD_LIMIT_BYTES);
        /* Zeroing may leave a hole; trimming alone would let an overlay's source shine through. */
        if (nbd_zero(nbd->handle, chunk, offset, 0) != 0)
            return set_nbd_error(error, disk, "discard", offset);
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

static gboolean nbd_disk_flush(Disk *disk, GError **error)
{
    Nbd *nbd = (Nbd *)disk;
    if (nbd_can_flush(nbd->handle) != 1 || nbd_flush(nbd->handle, 0) == 0)
        return TRUE;
    return set_nbd_error(error, disk, "flush", 0);
}

static void nbd_disk_free(Disk *disk)
{
    Nbd *nbd = (Nbd *)disk;
    nbd_close(nbd->handle);
    g_free(nbd);
}

static const DiskOps nbd_ops = {nbd_disk_read, nbd_disk_write, nbd_disk_discard, nbd_disk_flush,
                                nbd_disk_free};

Disk *disk_connect_nbd(const char *socket_path, const char *name, gboolean writable,
                       uint32_t sector_size, GError **error)
{
    struct nbd_handle *handle = nbd_create();
    int64_t size = -1;
    if (handle && nbd_connect_unix(handle, socket_path) == 0)
        size = nbd_get_size(handle);
    if (size < 0 || (writable && nbd_is_read_only(handle) != 0)) {
        const char *text = size < 0 ? nbd_get_error() : "the export is read-only";
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "cannot connect to %s: %s", name,
                          text ? text : "unknown error");
        if (handle)
            nbd_close(handle);
        return NULL;
    }
    Nbd *nbd = g_new0(Nbd, 1);
    disk_init(&nbd->base, &nbd_ops, NULL, name, (uint64_t)size, sector_size, writable);
    nbd->handle = handle;
    return &nbd->base;
}
