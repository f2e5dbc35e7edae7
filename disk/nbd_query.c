/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How large is the export of somebody else's NBD server, and is it there at all. */
#include <errno.h>
#include <libnbd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "disk/nbd.h"

#define LIMIT_SECONDS 30 /* hosts that are not there say so late, or never */
#define POLL_MS 500      /* how soon a signal is noticed */

typedef struct {
    struct nbd_handle *handle;
    gint64 deadline;
    int refusal; /* errno that stands for the server's answer to our choice of export; 0: none */
} Query;

static void query_clear(Query *query)
{
    nbd_close(query->handle);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Query, query_clear)

static gboolean set_libnbd_error(GError **error)
{
    /* A signal makes waiting fail, too. */
    if (interrupt_check(error))
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM,
                          "check the address, and that the server runs", "cannot connect: %s",
                          nbd_get_error());
    return FALSE;
}

/* Until the handshake stands still or is over. */
static gboolean query_wait(const Query *query, GError **error)
{
    while (nbd_aio_is_connecting(query->handle) == 1) {
        if (nbd_poll(query->handle, POLL_MS) < 0)
            return set_libnbd_error(error);
        if (!interrupt_check(error))
            return FALSE;
        if (g_get_monotonic_time() < query->deadline)
            continue;
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM,
                          "check the address, and that the server runs",
                          "there was no answer within %d seconds", LIMIT_SECONDS);
        return FALSE;
    }
    /* A connection that ended meanwhile has no error of its own any more. */
    if (nbd_aio_is_negotiating(query->handle) == 1 || nbd_aio_is_ready(query->handle) == 1)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, "check that it is an NBD server",
                      "the server closed the connection");
    return FALSE;
}

static gboolean query_connect(const Query *query, const NbdAddress *address, GError **error)
{
    /* Option mode: a refused export is then told apart from everything else. */
    if (nbd_set_opt_mode(query->handle, true) < 0 ||
        nbd_set_export_name(query->handle, address->export_name) < 0)
        return set_libnbd_error(error);
    int result = address->socket_path
                     ? nbd_aio_connect_unix(query->handle, address->socket_path)
                     : nbd_aio_connect_tcp(query->handle, address->host, address->port);
    return result < 0 ? set_libnbd_error(error) : query_wait(query, error);
}

static int note_answer(void *data, int *answer)
{
    Query *query = data;
    query->refusal = *answer;
    return 1;
}

static gboolean query_choose_export(Query *query, const NbdAddress *address, GError **error)
{
    if (nbd_aio_is_negotiating(query->handle) != 1)
        return TRUE; /* a server of the old kind has one export only */
    nbd_completion_callback completion = {.callback = note_answer, .user_data = query};
    if (nbd_aio_opt_go(query->handle, completion) < 0)
        return set_libnbd_error(error);
    if (!query_wait(query, error))
        return FALSE;
    if (nbd_aio_is_ready(query->handle) == 1)
        return TRUE;
    if (query->refusal == ENOENT)
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND,
                          "'nbdinfo --list' shows what a server exports",
                          "the server has no export named '%s'", address->export_name);
    else
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "servers that insist on TLS are not read",
                          "the server refuses to serve '%s': %s", address->export_name,
                          g_strerror(query->refusal));
    return FALSE;
}

gboolean disk_query_nbd(const NbdAddress *address, uint64_t *ret_size_bytes, GError **error)
{
    g_auto(Query) query = {
        .handle = nbd_create(),
        .deadline = g_get_monotonic_time() + LIMIT_SECONDS * G_USEC_PER_SEC,
    };
    if (!query.handle)
        return set_libnbd_error(error);
    if (!query_connect(&query, address, error) || !query_choose_export(&query, address, error))
        return FALSE;
    int64_t size = nbd_get_size(query.handle);
    if (size < 0)
        return set_libnbd_error(error);
    nbd_shutdown(query.handle, 0); /* a goodbye keeps the server from complaining */
    *ret_size_bytes = (uint64_t)size;
    return TRUE;
}
