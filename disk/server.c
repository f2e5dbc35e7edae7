/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One qemu-nbd per disk image, a child process of ours. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "disk/nbd.h"

#define START_TIMEOUT_US (60 * G_USEC_PER_SEC)
#define POLL_INTERVAL_US 500

struct NbdServer {
    RunChild *child;
    char *directory; /* private, mode 0700 */
    char *socket;
};

/* A runtime directory is small in path and in memory; unix sockets allow 107 bytes. */
static char *make_directory(GError **error)
{
    const char *runtime = g_getenv("XDG_RUNTIME_DIR");
    if (!runtime || access(runtime, W_OK) != 0)
        runtime = g_get_tmp_dir();
    g_autofree char *template = g_build_filename(runtime, "drydock-XXXXXX", NULL);
    if (!g_mkdtemp_full(template, 0700)) {
        drydock_error_set_errno(error, errno, "cannot create a directory in '%s'", runtime);
        return NULL;
    }
    return g_steal_pointer(&template);
}

static gboolean try_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return FALSE;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gboolean connected =
        fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0)
        close(fd);
    return connected;
}

static gboolean wait_until_ready(NbdServer *server, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + START_TIMEOUT_US;
    while (!try_connect(server->socket)) {
        if (!interrupt_check(error))
            return FALSE;
        if (!run_child_check_alive(server->child, error)) {
            if (error && g_error_matches(*error, DRYDOCK_ERROR, DRYDOCK_ERROR_FAILED))
                (*error)->code = DRYDOCK_ERROR_CORRUPT;
            drydock_error_set_hint(error,
                                   "check the image with qemu-img check, or export it again");
            return FALSE;
        }
        if (g_get_monotonic_time() > deadline) {
            drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                              "qemu-nbd did not become ready in time");
            return FALSE;
        }
        g_usleep(POLL_INTERVAL_US);
    }
    return TRUE;
}

NbdServer *nbd_server_start(const char *image_options, gboolean writable, GError **error)
{
    g_autoptr(NbdServer) server = g_new0(NbdServer, 1);
    server->directory = make_directory(error);
    if (!server->directory)
        return NULL;
    server->socket = g_build_filename(server->directory, "nbd", NULL);

    /* cache=unsafe: what is served for writing is an overlay that a failed run throws away whole,
       so flushing it to the platter step by step would only cost time. */
    const char *const argv[] = {"qemu-nbd",
                                "--persistent",
                                "--shared=0",
                                "--image-opts",
                                "--socket",
                                server->socket,
                                writable ? "--cache=unsafe" : "--read-only",
                                "--discard=unmap",
                                image_options,
                                NULL};
    server->child = run_child_start(argv, NULL, 0, error);
    if (!server->child) {
        drydock_error_set_hint(error,
                               "install QEMU's tools (Debian: qemu-utils, Fedora: qemu-img)");
        return NULL;
    }
    if (!wait_until_ready(server, error))
        return NULL;
    return g_steal_pointer(&server);
}

void nbd_server_stop(NbdServer *server)
{
    if (!server)
        return;
    run_child_close(server->child);
    if (server->socket)
        unlink(server->socket);
    if (server->directory)
        rmdir(server->directory);
    g_free(server->socket);
    g_free(server->directory);
    g_free(server);
}

const char *nbd_server_socket(const NbdServer *server)
{
    return server->socket;
}

pid_t nbd_server_pid(const NbdServer *server)
{
    return run_child_pid(server->child);
}
