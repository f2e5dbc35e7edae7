/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Windows boot manager's store (BCD): which installation starts by itself. */
#ifndef INSPECT_WINDOWS_BOOT_H
#define INSPECT_WINDOWS_BOOT_H

#include "inspect/volume.h"

#define WINDOWS_ESP_BCD "/EFI/Microsoft/Boot/BCD"
#define WINDOWS_BIOS_BCD "/Boot/BCD"

/* Whether the volume has the file. Read errors count as no. */
gboolean windows_boot_has_bcd(const Volume *volume, const char *path);

/* The volume that the default entry of the BCD at path on volume starts; NULL and no error when it
   does not say, or names something that is not in set. */
gboolean windows_boot_find_default(const VolumeSet *set, const Volume *volume, const char *path,
                                   const Volume **ret_default,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
