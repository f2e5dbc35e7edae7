/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fixed part at the beginning of a VHDX: headers and region tables ([MS-VHDX] 2.2). Only for
   files of convert/. */
#ifndef CONVERT_IMAGE_VHDX_HEADER_H
#define CONVERT_IMAGE_VHDX_HEADER_H

#include "convert/image/flat_file.h"

#define VHDX_GUID_BYTES 16

typedef struct {
    uint8_t data_write_guid[VHDX_GUID_BYTES]; /* as stored; what a child calls this content by */
    uint8_t log_guid[VHDX_GUID_BYTES];
    gboolean has_log; /* changes in it are not in the file yet */
    uint16_t log_version;
    uint32_t log_length;
    uint64_t log_offset;
} VhdxHeader;

/* The valid header with the higher sequence number. */
gboolean vhdx_header_read(const FlatFile *file, VhdxHeader *ret_header,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    uint64_t bat_offset, bat_length; /* bytes */
    uint64_t metadata_offset, metadata_length;
} VhdxRegions;

/* Of file after its log was played back. A region that is required and not known to us is
   DRYDOCK_ERROR_UNSUPPORTED. */
gboolean vhdx_regions_read(const FlatFile *file, VhdxRegions *ret_regions,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lower case, with dashes, without braces. */
char *vhdx_guid_to_text(const uint8_t guid[VHDX_GUID_BYTES]);

#endif
