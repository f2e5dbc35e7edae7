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

/* Writes a qcow2 image at target (which must not exist; a failed copy is removed). sync: waits
   until it is on stable storage. progress (may be NULL) hears per mille. */
gboolean copy_to_qcow2(const char *image_options, const char *target, gboolean sync,
                       ProgressFunc progress, void *progress_data,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
