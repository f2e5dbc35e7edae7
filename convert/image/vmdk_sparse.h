/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sparse extents: hosted ones ("KDMV": VMware's Virtual Disk Format 5.0, "Hosted Sparse Extents";
   also streamOptimized), those of ESX server ("COWD": the same, "ESX Server Sparse Extents") and
   seSparse (not documented; layout as QEMU 7.2 reads it). Only for files of convert/. */
#ifndef CONVERT_IMAGE_VMDK_SPARSE_H
#define CONVERT_IMAGE_VMDK_SPARSE_H

#include "convert/source_format.h"

typedef enum {
    VMDK_SPARSE_HOSTED,
    VMDK_SPARSE_COWD,
    VMDK_SPARSE_SE,
} VmdkSparseKind;

typedef struct {
    VmdkSparseKind kind;
    uint64_t sectors; /* of the guest, 512 bytes */
    gboolean is_compressed;
    gboolean has_footer; /* its real header is at the end */
    /* Hosted: the descriptor inside; 0 bytes: none. */
    uint64_t descriptor_offset, descriptor_bytes;
} VmdkSparse;

/* FALSE: file is no sparse extent. */
gboolean vmdk_sparse_probe(const SourceFile *file, VmdkSparseKind *ret_kind);

/* Checks header and grains: whatever qemu would refuse late or read as something else. */
gboolean vmdk_sparse_check(const SourceFile *file, VmdkSparse *ret_sparse,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
