/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the old hypervisor left in a guest, and settings that fit a guest on KVM better. */
#ifndef WINDOWS_CLEAN_UP_H
#define WINDOWS_CLEAN_UP_H

#include "windows/boot_driver.h"

/* Switches the guest tools' services off (Start 4, keys stay: their uninstallers want them), after
   taking them out of class filter lists and network provider orders. products gets the names of
   what they belong to, constants. Filters of disks and their controllers whose service is missing
   are taken out too. Targets with processor drivers lose those. */
gboolean clean_up_add_services(const BootTarget *target, Hive *system, HiveEdits *edits,
                               GPtrArray *products, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* AutoReboot off, fast startup and hibernation off; findings for what is left as it is. */
gboolean clean_up_add_settings(const BootTarget *target, Hive *system, HiveEdits *edits,
                               GPtrArray *findings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* SOFTWARE: folders (NULL-terminated, "%SystemRoot%\\Drivers\\VirtIO") are appended to DevicePath.
 */
gboolean clean_up_add_device_path(Hive *software, const char *const *folders, HiveEdits *edits,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
