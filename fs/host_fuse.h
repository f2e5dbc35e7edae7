/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's kernel asks for the bytes of its disk over /dev/fuse: one file, of which only reads,
   writes and what goes with them are answered. Only for files of fs/uml* and fs/host*. */
#ifndef FS_HOST_FUSE_H
#define FS_HOST_FUSE_H

#include "fs/uml_device.h"

/* Takes over fd, of /dev/fuse, mounted or about to be. */
HostFuse *host_fuse_new(int fd);
void host_fuse_free(HostFuse *fuse); /* NULL is fine */

/* Waits for requests, and answers those that are there. *ret_any: there were some. */
gboolean host_fuse_serve(UmlDevice *device, int wait_ms, gboolean *ret_any,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Gives the waiting agent its request. */
gboolean host_fuse_deliver(UmlDevice *device, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
