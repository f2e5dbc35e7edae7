/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header and the tables of a qcow2 image (docs/interop/qcow2.txt of QEMU). Only for files of
   convert/. */
#ifndef CONVERT_IMAGE_QCOW2_HEADER_H
#define CONVERT_IMAGE_QCOW2_HEADER_H

#include "convert/source_format.h"

typedef struct {
    uint32_t version; /* 2 or 3 */
    guint cluster_bits;
    uint64_t size_bytes;
    uint64_t l1_offset;
    uint32_t l1_entries;
    gboolean has_extended_l2;
    char *backing_name;   /* NULL: no backing file */
    char *backing_format; /* as qemu names it; NULL: not said */
} Qcow2Header;

void qcow2_header_clear(Qcow2Header *header);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Qcow2Header, qcow2_header_clear)

/* Refuses what qemu cannot read, what is encrypted or damaged, and what keeps its data elsewhere.
   header: zeroed; to be cleared also on failure. */
gboolean qcow2_header_read(const SourceFile *file, Qcow2Header *header,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* No table and no cluster begins beyond the end of the file, where qemu would read zeros. Of very
   many tables only some are read, evenly spread. */
gboolean qcow2_header_check_tables(const SourceFile *file, const Qcow2Header *header,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
