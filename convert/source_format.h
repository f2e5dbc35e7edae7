/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a kind of disk image implements. Only for files of convert/. */
#ifndef CONVERT_SOURCE_FORMAT_H
#define CONVERT_SOURCE_FORMAT_H

#include "convert/machine.h"
#include "disk/disk.h"

/* The beginning and the end of an image file are enough to recognise it. */
typedef struct {
    const char *path;    /* absolute */
    Disk *file;          /* the image file itself, bytes as stored, read-only */
    uint64_t size_bytes; /* of the file */
    uint8_t head[1024];  /* zero-filled when the file is shorter */
    uint8_t tail[512];   /* the last 512 bytes, likewise */
} SourceFile;

typedef struct {
    SourceFormat format;
    /* By magic numbers only. */
    gboolean (*probe)(const SourceFile *file);
    /* Checks everything that would make qemu fail late or read wrongly; fills variant, size_bytes,
       sector_size and image_options of disk. */
    gboolean (*check)(const SourceFile *file, MachineDisk *disk, GError **error);
} SourceFormatOps;

extern const SourceFormatOps source_qcow2_ops, source_raw_ops, source_vhd_ops, source_vhdx_ops,
    source_vmdk_ops;

/* Reads [offset, offset + length) of the image file; beyond its end is DRYDOCK_ERROR_CORRUPT saying
   that the file is cut short. */
gboolean source_read(const SourceFile *file, uint64_t offset, void *buffer, size_t length,
                     const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "driver=DRIVER,file.driver=file,file.filename=PATH" with commas in PATH doubled. */
char *image_options_for_file(const char *driver, const char *path);

#endif
