/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a kind of disk image implements. Only for files of convert/. */
#ifndef CONVERT_SOURCE_FORMAT_H
#define CONVERT_SOURCE_FORMAT_H

#include "convert/machine.h"
#include "convert/source_context.h"
#include "disk/disk.h"

/* An image file, read-only. Its beginning and end are enough to recognise it. */
typedef struct {
    SourcePlace *place;
    Disk *file;          /* the bytes of place as stored */
    uint64_t size_bytes; /* of the file */
    uint8_t head[1024];  /* zero-filled when the file is shorter */
    uint8_t tail[512];   /* the last 512 bytes, likewise */
} SourceFile;

/* Takes place over, also on failure. */
SourceFile *source_file_open(SourcePlace *place, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void source_file_close(SourceFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SourceFile, source_file_close)

typedef struct {
    SourceFormat format;
    /* By magic numbers only. */
    gboolean (*probe)(const SourceFile *file);
    /* Checks everything that would make qemu fail late or read wrongly; fills variant, size_bytes,
       sector_size, parents and image_options of disk. */
    gboolean (*check)(SourceContext *context, const SourceFile *file, MachineDisk *disk,
                      GError **error);
    /* What a child calls its parent by: the CID of a VMDK, the UUID of a VHD, the data write GUID
       of a VHDX, as lower case text. NULL: it has none, or cannot be read. A NULL function: the
       format knows no such thing. */
    char *(*identify)(const SourceFile *file);
} SourceFormatOps;

extern const SourceFormatOps source_parallels_ops, source_qcow2_ops, source_raw_ops, source_vdi_ops,
    source_vhd_ops, source_vhdx_ops, source_vmdk_ops;

/* The kind of an image by its content; NULL: none that is known. */
const SourceFormatOps *source_format_recognise(const SourceFile *file);

/* Reads [offset, offset + length) of the image file; beyond its end is DRYDOCK_ERROR_CORRUPT saying
   that the file is cut short. */
gboolean source_read(const SourceFile *file, uint64_t offset, void *buffer, size_t length,
                     const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The image that child stands on: the file that one of stored_names (NULL-terminated, in the order
   of trust) leads to, else any file at hand of that format with identity. Its identity must be the
   given one (NULL: not known, the name alone decides, and there must be one). Missing:
   DRYDOCK_ERROR_NOT_FOUND with the name that is missing; another identity: DRYDOCK_ERROR_CORRUPT
   saying that the parent was changed after the snapshot. Adds the parent's path to disk->parents;
   a chain that is too long or runs in a circle is DRYDOCK_ERROR_CORRUPT. */
SourceFile *source_open_parent(SourceContext *context, const SourceFile *child, MachineDisk *disk,
                               const SourceFormatOps *format, const char *const *stored_names,
                               const char *identity, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "driver=DRIVER,file.driver=file,file.filename=PATH" with commas in PATH doubled; "host_device"
   for devices; for a part of a file through qemu's raw driver with offset and size. */
char *image_options_for_place(const char *driver, const SourcePlace *place);

#endif
