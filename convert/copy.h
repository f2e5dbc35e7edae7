/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bulk copy: qemu-img convert, from an overlay in which what is worth nothing was discarded. */
#ifndef CONVERT_COPY_H
#define CONVERT_COPY_H

#include <glib.h>
#include <stdint.h>

#include "base/progress.h"

/* Bytes that the copy of image_options will take at most as a qcow2 file. */
gboolean copy_measure(const char *image_options, uint64_t *ret_bytes,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    const char *format;   /* "qcow2" or "raw"; NULL: qcow2 */
    const char *compress; /* of qcow2: "zstd" or "zlib"; NULL: not */
    gboolean sync;        /* wait until it is on stable storage */
} CopyOptions;

/* Writes an image at target (which must not exist; a failed copy is removed). progress (may be
   NULL) hears per mille. */
gboolean copy_image(const char *image_options, const char *target, const CopyOptions *options,
                    ProgressFunc progress, void *progress_data,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
