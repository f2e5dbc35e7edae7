/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The geometry that a volume's boot sector was made for. */
#ifndef WINDOWS_BOOT_SECTOR_H
#define WINDOWS_BOOT_SECTOR_H

#include "fs/edits.h"
#include "inspect/guest.h"

typedef struct {
    guint heads, sectors_per_track;
} BootGeometry;

/* As the guest's BIOS (SeaBIOS under QEMU) sees a disk of size_bytes whose first sector is mbr. */
BootGeometry boot_geometry_of_disk(uint64_t size_bytes, const uint8_t mbr[512]);

/* Profiles with the quirk boot-sector-heads, started by BIOS: volumes that boot get the heads and
   sectors per track of their disk as it will be; nothing else of them changes. */
gboolean boot_sector_stage(const Guest *guest, const VolumeSet *set, Edits *edits,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
