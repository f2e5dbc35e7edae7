/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device names in the configuration of boot loaders, and of what makes it. */
#ifndef LINUX_BOOT_FILES_H
#define LINUX_BOOT_FILES_H

#include "linux/plan.h"

gboolean boot_files_plan(LinuxPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One file's text. Each has unknown (of char *): names that stay as they are. */
char *boot_menu_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);
char *boot_defaults_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);
/* "(hd0) /dev/sda" for GRUB legacy's tools, which know no other way; the disks are virtio's now. */
char *device_map_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);
/* A GRUB environment block keeps its size: what does not fit is left as it was. */
char *grub_environment_rewrite(const char *text, const Guest *guest, GPtrArray *unknown);

#endif
