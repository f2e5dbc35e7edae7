/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images that qemu refuses or reads wrongly, served to it over NBD: differencing VHD and VHDX, VHDX
   with 4096-byte sectors or a log that was not played back. The reader is ours (vhd_image,
   vhdx_image), the server is nbdkit with a plugin around it. Only for files of convert/. */
#ifndef CONVERT_IMAGE_FLAT_SERVER_H
#define CONVERT_IMAGE_FLAT_SERVER_H

#include "convert/source_context.h"

/* Starts a read-only server for the chain of places (of SourcePlace, the topmost image first; all
   of one format: VHD or VHDX) and adds it to context->servers. *ret_image_options: how qemu reads
   it. The server ends with the source. */
gboolean flat_server_start(SourceContext *context, SourceFormat format, const GPtrArray *places,
                           char **ret_image_options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
