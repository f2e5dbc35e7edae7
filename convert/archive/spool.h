/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks of an OVF that cannot be used in place: compressed files and files in chunks become plain
   temporary ones. Only for files of convert/. */
#ifndef CONVERT_ARCHIVE_SPOOL_H
#define CONVERT_ARCHIVE_SPOOL_H

#include "convert/source_context.h"

/* disk has is_gzip or chunk_bytes; config: the file that names it. The result lies in the work
   directory of context. */
gboolean spool_disk(SourceContext *context, const SourcePlace *config, const MachineDisk *disk,
                    SourcePlace **ret_place, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
