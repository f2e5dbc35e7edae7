/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of a VHDX that was not closed cleanly ([MS-VHDX] 2.3). Only for files of convert/. */
#ifndef CONVERT_IMAGE_VHDX_LOG_H
#define CONVERT_IMAGE_VHDX_LOG_H

#include "convert/image/vhdx_header.h"

/* Lays over file what its log holds: the file itself is not written. A log without a valid sequence
   of entries, or of a file that has lost its end since, is DRYDOCK_ERROR_CORRUPT. */
gboolean vhdx_log_replay(FlatFile *file, const VhdxHeader *header,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
