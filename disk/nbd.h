/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disk images served by qemu-nbd, a child process of ours, and read through libnbd. */
#ifndef DISK_NBD_H
#define DISK_NBD_H

#include "base/run.h"
#include "disk/disk.h"

/* One qemu-nbd, its unix socket in a private directory (mode 0700) below $XDG_RUNTIME_DIR or the
   temporary directory. Both end with the handle. The server also ends with this process, whatever
   kills it; the directory then stays behind, with nothing in it but a dead socket. */
typedef struct NbdServer NbdServer;

/* image_options: what qemu calls a block node, as "driver=…,file.filename=…" (the value of
   --image-opts; commas in values doubled). The format is always named: qemu never guesses.
   Writable exports are meant for overlays that can be made again: a flush does not wait for the
   host's storage unless image_options say cache.no-flush=off.
   Waits until the export answers. */
NbdServer *nbd_server_start(const char *image_options, gboolean writable,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* For an image or device that is changed itself: it can be written, a flush waits for the host's
   storage, and nothing but what is written changes. */
NbdServer *nbd_server_start_durable(const char *image_options,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
void nbd_server_stop(NbdServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NbdServer, nbd_server_stop)

const char *nbd_server_socket(const NbdServer *server); /* path of the unix socket */
pid_t nbd_server_pid(const NbdServer *server);

/* Until another server of ours, whose process child is, answers on its unix socket. When it ends
   instead, *error says how. program: for messages. */
gboolean nbd_server_wait(const char *socket_path, RunChild *child, const char *program,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Connects to the export behind a unix socket. The disk does not need the file system afterwards,
   so it can be used in a process that has none. name: for messages. */
Disk *disk_connect_nbd(const char *socket_path, const char *name, gboolean writable,
                       uint32_t sector_size, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An export of somebody else's server. */
typedef struct {
    const char *socket_path; /* NULL: host and port */
    const char *host, *port; /* numbers or names */
    const char *export_name; /* "": the server's default */
} NbdAddress;

/* The size of an export, which is not opened for writing. No answer within half a minute or a
   refused connection is DRYDOCK_ERROR_SYSTEM; an export that the server does not have is
   DRYDOCK_ERROR_NOT_FOUND. */
gboolean disk_query_nbd(const NbdAddress *address, uint64_t *ret_size_bytes,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
