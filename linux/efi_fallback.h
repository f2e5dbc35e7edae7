/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What firmware that has lost its boot entries starts: UEFI 2.10, 3.5.1.1 "Removable Media Boot
   Behavior". */
#ifndef LINUX_EFI_FALLBACK_H
#define LINUX_EFI_FALLBACK_H

#include "linux/plan.h"

/* Stages copies of the guest's own loader in \EFI\BOOT of its EFI system partition: shim with GRUB,
   MokManager and their configuration; GRUB alone; systemd-boot. Boot entries are kept in the old
   machine's NVRAM, which stays there. Nothing happens in guests of a BIOS and where such a loader
   is already; a partition without any loader is a finding. */
gboolean efi_fallback_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
