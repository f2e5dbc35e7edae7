/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boot loader at the place where firmware without boot entries looks for one. */
#ifndef WINDOWS_EFI_FALLBACK_H
#define WINDOWS_EFI_FALLBACK_H

#include "fs/edits.h"
#include "inspect/guest.h"

/* The new machine has no NVRAM entry for Windows Boot Manager: a missing \EFI\BOOT\BOOTX64.EFI is
   made a copy of bootmgfw.efi. One that exists stays, whoever made it. Adds findings; does nothing
   for BIOS guests. */
gboolean efi_fallback_stage(const Guest *guest, Edits *edits, GPtrArray *findings,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
