/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the settings file of the first-boot service; its keys are explained in
   windows/firstboot/settings.h. */
#ifndef WINDOWS_FIRST_BOOT_SETTINGS_H
#define WINDOWS_FIRST_BOOT_SETTINGS_H

#include "windows/first_boot.h"
#include "windows/firstboot/settings.h"

typedef struct {
    GString *text;
    GPtrArray *findings; /* borrowed */
} FirstBootSettings;

void first_boot_settings_init(FirstBootSettings *settings, GPtrArray *findings);
void first_boot_settings_clear(FirstBootSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FirstBootSettings, first_boot_settings_clear)

/* A value the service would not accept is left out: FALSE, and the finding
   WINDOWS_FIRST_BOOT_SETTING. */
gboolean first_boot_settings_add(FirstBootSettings *settings, SettingsKey key, const char *value);
/* The INFs of all chosen drivers with their devices. */
void first_boot_settings_add_drivers(FirstBootSettings *settings, const DriverChoice *choice);
/* addresses: of FirstBootAddress. */
void first_boot_settings_add_network(FirstBootSettings *settings, const GPtrArray *addresses);

/* At the end the service puts a value back to what the guest's hive (name "SYSTEM") has now. */
gboolean first_boot_settings_add_restore(FirstBootSettings *settings, Hive *hive, const char *key,
                                         const char *name,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
