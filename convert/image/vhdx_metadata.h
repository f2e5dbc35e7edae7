/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a VHDX says of its disk: size, blocks, sectors and parent ([MS-VHDX] 2.6). Only for files of
   convert/. */
#ifndef CONVERT_IMAGE_VHDX_METADATA_H
#define CONVERT_IMAGE_VHDX_METADATA_H

#include "convert/image/flat_file.h"

typedef struct {
    uint64_t disk_bytes;
    uint64_t block_bytes;
    uint32_t sector_bytes; /* logical: 512 or 4096 */
    gboolean is_fixed;     /* all blocks stay allocated */
    gboolean has_parent;

    /* With a parent; both NULL-terminated. */
    char **parent_identities; /* data write GUIDs, lower case: it has to have one of these */
    char **parent_names;      /* as stored, in the order of trust */
} VhdxMetadata;

/* Reads the metadata region at offset. An item that is required and not known to us is
   DRYDOCK_ERROR_UNSUPPORTED. */
gboolean vhdx_metadata_read(const FlatFile *file, uint64_t offset, VhdxMetadata *ret_metadata,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vhdx_metadata_clear(VhdxMetadata *metadata);

#endif
