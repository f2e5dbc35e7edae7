/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the folder names of a virtio-win collection say: "viostor/w10/amd64",
 * "drivers/by-os/amd64/w10". */
#ifndef WINDOWS_DRIVER_DIRECTORY_H
#define WINDOWS_DRIVER_DIRECTORY_H

#include <glib.h>

#include "windows/inf_target.h"

/* Ranks at and above this are folders for another Windows: a last resort. */
#define DRIVER_DIRECTORY_FOREIGN 100u

/* order: folders for the guest's Windows, the best first, NULL-terminated (the "virtio-dirs" of its
   profile), any case; NULL: none are known. 0 is the first of them, 1 the next best and so on;
   folders that name no Windows lie between those and the foreign ones. FALSE: a folder for another
   architecture. */
gboolean driver_directory_rank(const char *path, const char *const *order,
                               InfArchitecture architecture, guint *ret_rank);

#endif
