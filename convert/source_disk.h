/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One disk of a source. Only for files of convert/. */
#ifndef CONVERT_SOURCE_DISK_H
#define CONVERT_SOURCE_DISK_H

#include "convert/source_context.h"

/* Finds the image that disk names, compares its checksum where one is known, and passes it through
   its format's gate: fills format, sizes and image_options. config: what names it; NULL: the user.
 */
gboolean source_disk_open(SourceContext *context, const SourcePlace *config, MachineDisk *disk,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
