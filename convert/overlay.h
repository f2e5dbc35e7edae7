/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The qcow2 overlay that takes every change, so that the source is never written. */
#ifndef CONVERT_OVERLAY_H
#define CONVERT_OVERLAY_H

#include "convert/machine.h"

/* Creates an empty overlay at path (which must not exist) for disk. *ret_image_options: how qemu
   reads overlay and source together; the source stays named there and not in the overlay, so
   nothing can follow a stored name. The caller removes path. */
gboolean overlay_create(const MachineDisk *disk, const char *path, char **ret_image_options,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
