/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that somebody's NBD server exports, named by a URI: "nbd://HOST[:PORT]/EXPORT" or
   "nbd+unix:///EXPORT?socket=PATH" (the NBD project's doc/uri.md). */
#ifndef CONVERT_IMAGE_NBD_URI_H
#define CONVERT_IMAGE_NBD_URI_H

#include <glib.h>

#include "convert/machine.h"

/* TRUE when text begins with one of the schemes of NBD, also those that are then refused. */
gboolean nbd_uri_is(const char *text);

/* Asks the server for the export's size and fills path (the URI), format, size_bytes, sector_size
   and image_options of disk. NBD does not tell how large the guest's sectors are: 512 is assumed.
   Malformed URIs are DRYDOCK_ERROR_USAGE, TLS and vsock DRYDOCK_ERROR_UNSUPPORTED, servers that do
   not answer DRYDOCK_ERROR_SYSTEM, exports that are not there DRYDOCK_ERROR_NOT_FOUND. */
gboolean nbd_uri_open_disk(const char *uri, MachineDisk *disk,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
