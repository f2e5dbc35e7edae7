/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where drivers are put in a guest.

   The file of a boot driver goes to System32\drivers, where its service points. The package of
   every driver goes to a folder of its own, %SystemRoot%\Drivers\VirtIO\<driver>, or
   Drivers\Vendor\<driver> for one the user names: one flat folder for all would mix files of the
   same name and different content (Readme.md, WdfCoInstaller*.dll), and a catalogue vouches for the
   exact files of its package. DevicePath then names each of these folders, because Plug and Play
   does not look below the ones it names; pnputil is given each .inf by path. */
#ifndef WINDOWS_DRIVER_FILES_H
#define WINDOWS_DRIVER_FILES_H

#include "fs/edits.h"
#include "windows/driver_choice.h"

/* The driver file of chosen, which boots, and what it is called in System32\drivers. */
gboolean driver_files_read_boot(const ChosenDriver *chosen, char **ret_name, GBytes **ret_content,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* That file as System32\drivers\<file>. system_root: "/Windows". */
gboolean driver_files_stage_boot(const ChosenDriver *chosen, const char *system_root, Edits *edits,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The packages of all chosen drivers. */
gboolean driver_files_stage_packages(const DriverChoice *choice, const char *system_root,
                                     Edits *edits, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Where stage_packages() puts one of chosen's files, and its INF:
   "Drivers\\VirtIO\\netkvm\\netkvm.inf" below %SystemRoot%. */
char *driver_files_package_path(const ChosenDriver *chosen, const char *source);
char *driver_files_inf_path(const ChosenDriver *chosen);
/* The folders as DevicePath names them, NULL-terminated, none when no driver was chosen; free with
   g_strfreev(). */
char **driver_files_device_path(const DriverChoice *choice);

#endif
