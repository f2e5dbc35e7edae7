/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Booting without virtio: the drivers Windows has itself for the SATA and IDE controllers that QEMU
   emulates. */
#ifndef WINDOWS_BOOT_FALLBACK_H
#define WINDOWS_BOOT_FALLBACK_H

#include "windows/boot_driver.h"

typedef enum {
    BOOT_FALLBACK_SATA, /* ICH9's AHCI controller, which q35 has */
    BOOT_FALLBACK_IDE,  /* PIIX3's, which pc has */
    BOOT_FALLBACK_COUNT,
} BootFallbackBus;

typedef struct {
    char *missing[BOOT_FALLBACK_COUNT]; /* what Windows lacks to boot from a disk there, "msahci";
                                           NULL: nothing */
} BootFallbacks;

void boot_fallbacks_clear(BootFallbacks *fallbacks);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BootFallbacks, boot_fallbacks_clear)

/* The inbox drivers of SATA, IDE and NVMe controllers, and disk.sys itself, start at boot where
   Windows has them, whatever it was installed on: Start, StartOverride (8 and later), and before
   that the CriticalDeviceDatabase. system_root as in GuestWindows. */
gboolean boot_fallback_add_edits(const BootTarget *target, Hive *system, FsTree *tree,
                                 const char *system_root, HiveEdits *edits,
                                 BootFallbacks *ret_fallbacks,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
