/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qemu-nbd as a child process: it alone reads disk formats. */
#include <errno.h>
#include <libnbd.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "disk/nbd.h"

/* An image with a long backing chain on a slow share; a healthy local one takes 10 ms. */
#define START_LIMIT_SECONDS 60
#define RETRY_USEC 500

struct NbdServer {
    RunChild *child;
    char *directory;
    char *socket_path;
};

/* A unix socket's path has to fit into sockaddr_un; temporary directories are sometimes long. */
static gboolean make_directory(NbdServer *server, GError **error)
{
    const char *bases[] = {g_getenv("XDG_RUNTIME_DIR"), g_get_tmp_dir(), "/tmp"};
    int failure = ENAMETOOLONG;
    for (guint i = 0; i < G_N_ELEMENTS(bases); i++) {
        if (!bases[i] || !g_path_is_absolute(bases[i]))
            continue;
        g_autofree char *directory = g_build_filename(bases[i], "drydock-nbd-XXXXXX", NULL);
        g_autofree char *socket_path = g_build_filename(directory, "socket", NULL);
        if (strlen(socket_path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
            continue;
        if (!g_mkdtemp_full(directory, 0700)) {
            failure = errno;
            continue;
        }
        server->socket_path = g_build_filename(directory, "socket", NULL);
        server->directory = g_steal_pointer(&directory);
        return TRUE;
    }
    drydock_error_set_errno(error, failure, "cannot create a directory for the socket of qemu-nbd");
    return FALSE;
}

/* What qemu-nbd says when it cannot open an image, and what it means to us. Everything else it ends
   with is about the image's content. */
static const struct {
    const char *text;
    DrydockError code;
    const char *hint;
} open_failures[] = {
    {"No space left on device", DRYDOCK_ERROR_NO_SPACE, "free some space for temporary files"},
    {"Permission denied", DRYDOCK_ERROR_SYSTEM, "check the permissions of the image"},
    {"Operation not permitted", DRYDOCK_ERROR_SYSTEM, "check the permissions of the image"},
    {"No such file or directory", DRYDOCK_ERROR_NOT_FOUND, "give all files of the disk"},
    {"Failed to get", DRYDOCK_ERROR_PRECONDITION, /* … "write" lock */
     "another program uses the image: stop it and try again"},
    {"Unknown driver", DRYDOCK_ERROR_UNSUPPORTED,
     "install the package with qemu's driver for this format"},
    {"Too many open files", DRYDOCK_ERROR_SYSTEM, NULL},
    {"Cannot allocate memory", DRYDOCK_ERROR_SYSTEM, NULL},
};

static void classify_exit(GError **error)
{
    if (!g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_FAILED) ||
        !strstr((*error)->message, "exit status"))
        return;
    DrydockError code = DRYDOCK_ERROR_CORRUPT;
    const char *hint = "check the image with qemu-img check, and export it again";
    for (guint i = 0; i < G_N_ELEMENTS(open_failures); i++) {
        if (strstr((*error)->message, open_failures[i].text)) {
            code = open_failures[i].code;
            hint = open_failures[i].hint;
            break;
        }
    }
    (*error)->code = (int)code;
    drydock_error_set_hint(error, hint);
}

/* One attempt; FALSE: not yet. qemu-nbd listens before it opens the image: only a finished
   handshake says that it could. */
static gboolean try_handshake(const char *socket_path, gint64 deadline)
{
    if (access(socket_path, F_OK) != 0)
        return FALSE;
    struct nbd_handle *handle = nbd_create();
    if (!handle)
        return FALSE;
    gboolean ready = FALSE;
    if (nbd_aio_connect_unix(handle, socket_path) == 0) {
        while (nbd_aio_is_connecting(handle) == 1 && !interrupt_is_pending() &&
               g_get_monotonic_time() < deadline && nbd_poll(handle, 100) >= 0)
            continue;
        ready = nbd_aio_is_ready(handle) == 1;
    }
    if (ready)
        nbd_shutdown(handle, 0);
    nbd_close(handle);
    return ready;
}

gboolean nbd_server_wait(const char *socket_path, RunChild *child, const char *program,
                         GError **error)
{
    gint64 deadline = g_get_monotonic_time() + START_LIMIT_SECONDS * G_USEC_PER_SEC;
    while (!try_handshake(socket_path, deadline)) {
        if (!interrupt_check(error) || !run_child_check_alive(child, error))
            return FALSE;
        if (g_get_monotonic_time() >= deadline) {
            drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                              "%s did not answer within %d seconds", program, START_LIMIT_SECONDS);
            return FALSE;
        }
        g_usleep(RETRY_USEC);
    }
    return TRUE;
}

typedef enum {
    MODE_READ_ONLY,
    MODE_OVERLAY,
    MODE_DURABLE,
    MODE_COUNT,
} Mode;

/* unsafe: an overlay that did not survive a power cut is made again from the source, which is never
   written. So nobody waits for its flushes. Discarded ranges and zeros take no room in it, and then
   need not be copied. */
static const char *const mode_options[MODE_COUNT][4] = {
    [MODE_READ_ONLY] = {"--read-only"},
    [MODE_OVERLAY] = {"--cache=unsafe", "--discard=unmap", "--detect-zeroes=unmap"},
    [MODE_DURABLE] = {"--cache=writeback", "--discard=ignore", "--detect-zeroes=off"},
};

static RunChild *start_child(const NbdServer *server, const char *image_options, Mode mode,
                             GError **error)
{
    g_autofree char *socket_option = g_strconcat("--socket=", server->socket_path, NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    const char *const always[] = {"qemu-nbd", "--persistent", "--shared=0", socket_option,
                                  "--image-opts"};
    for (guint i = 0; i < G_N_ELEMENTS(always); i++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)always[i]);
    for (guint i = 0; mode_options[mode][i]; i++)
        g_ptr_array_add(argv, (gpointer)(uintptr_t)mode_options[mode][i]);
    g_ptr_array_add(argv, (gpointer)(uintptr_t)image_options);
    g_ptr_array_add(argv, NULL);

    RunChild *child = run_child_start((const char *const *)argv->pdata, NULL, 0, error);
    if (!child && error && g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_MISSING_TOOL))
        drydock_error_set_hint(error, "install qemu-utils (Debian, Ubuntu) or qemu-img (Fedora)");
    return child;
}

static NbdServer *start_server(const char *image_options, Mode mode, GError **error)
{
    g_autoptr(NbdServer) server = g_new0(NbdServer, 1);
    g_autoptr(GError) local = NULL; /* classify_exit() looks at it even when the caller does not */
    if (make_directory(server, &local) &&
        (server->child = start_child(server, image_options, mode, &local)) != NULL &&
        nbd_server_wait(server->socket_path, server->child, "qemu-nbd", &local))
        return g_steal_pointer(&server);
    classify_exit(&local);
    g_propagate_error(error, g_steal_pointer(&local));
    return NULL;
}

NbdServer *nbd_server_start(const char *image_options, gboolean writable, GError **error)
{
    return start_server(image_options, writable ? MODE_OVERLAY : MODE_READ_ONLY, error);
}

NbdServer *nbd_server_start_durable(const char *image_options, GError **error)
{
    return start_server(image_options, MODE_DURABLE, error);
}

void nbd_server_stop(NbdServer *server)
{
    if (!server)
        return;
    run_child_close(server->child);
    if (server->directory) {
        g_unlink(server->socket_path);
        g_rmdir(server->directory);
    }
    g_free(server->socket_path);
    g_free(server->directory);
    g_free(server);
}

const char *nbd_server_socket(const NbdServer *server)
{
    return server->socket_path;
}

pid_t nbd_server_pid(const NbdServer *server)
{
    return run_child_pid(server->child);
}
