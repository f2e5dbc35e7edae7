/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registry side of a storage driver that must work before anything can be installed. */
#ifndef WINDOWS_BOOT_DRIVER_H
#define WINDOWS_BOOT_DRIVER_H

#include "fs/tree.h"
#include "registry/edit.h"
#include "registry/hive.h"
#include "windows/driver_choice.h"

/* What the edits depend on. */
typedef struct {
    guint major; /* of the Windows version */
    InfArchitecture architecture;
    guint control_sets[2]; /* Select\Current, and Select\Default if it is another one */
    guint control_set_count;
    gboolean has_driver_database;   /* SYSTEM\DriverDatabase: 8 and later; before that the
                                       CriticalDeviceDatabase of each control set */
    gboolean has_processor_drivers; /* made for one maker's processors, see clean_up.c */
} BootTarget;

/* Makes chosen (one that boots) start at boot for all PCI ids its INF knows: service,
   StartOverride, and the database that binds it. Its file is expected in System32\drivers. system:
   as it is, for rows of the INF that depend on it; NULL: empty. */
gboolean boot_driver_add_edits(const ChosenDriver *chosen, const BootTarget *target, Hive *system,
                               HiveEdits *edits, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The 48-byte Version value of a driver package in the DriverDatabase, see boot_driver.c. */
#define BOOT_DRIVER_VERSION_LENGTH 48
void boot_driver_format_version(const InfDriver *driver, InfArchitecture architecture,
                                uint8_t ret_version[BOOT_DRIVER_VERSION_LENGTH]);

#endif
