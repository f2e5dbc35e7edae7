/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single values that are set, or only reported. */
#include <string.h>

#include "base/finding.h"
#include "windows/clean_up.h"

#define DEVICE_PATH_KEY "Microsoft\\Windows\\CurrentVersion"

/* Set where the value exists: a Windows without it does not know it. */
static const struct {
    const char *key, *name;
    guint32 value;
    const char *reason;
} settings_table[] = {
    {"Control\\CrashControl", "AutoReboot", 0, "a stop code at the first boot stays on the screen"},
    {"Control\\Session Manager\\Power", "HiberbootEnabled", 0,
     "fast startup leaves a state on the disk that belongs to the old machine"},
    {"Control\\Power", "HibernateEnabled", 0,
     "a hibernated guest could be neither moved nor repaired from outside"},
    {"Services\\W32Time\\TimeProviders\\vmwTimeProvider", "Enabled", 0,
     "VMware's host is not there to give the time"},
};

/* Component servicing that goes on at the next boot runs poqexec.exe from here. */
static gboolean report_pending_update(guint control_set, Hive *system, GPtrArray *findings,
                                      GError **error)
{
    g_autofree char *key = g_strdup_printf("ControlSet%03u\\Control\\Session Manager", control_set);
    g_auto(GStrv) commands = NULL;
    gboolean found;

    if (!hive_read_multi_string(system, key, "SetupExecute", &found, &commands, error))
        return FALSE;
    for (guint i = 0; found && commands[i]; i++) {
        g_autofree char *folded = g_ascii_strdown(commands[i], -1);

        if (strstr(folded, "poqexec.exe"))
            findings_add(findings, FINDING_WINDOWS_UPDATE_PENDING, NULL);
    }
    return TRUE;
}

gboolean clean_up_add_settings(const BootTarget *target, Hive *system, HiveEdits *edits,
                               GPtrArray *findings, GError **error)
{
    for (guint i = 0; i < target->control_set_count; i++) {
        guint control_set = target->control_sets[i];

        for (guint j = 0; j < G_N_ELEMENTS(settings_table); j++) {
            g_autofree char *key =
                g_strdup_printf("ControlSet%03u\\%s", control_set, settings_table[j].key);
            gboolean found;
            uint32_t value;

            if (!hive_read_dword(system, key, settings_table[j].name, &found, &value, error))
                return FALSE;
            if (found && value != settings_table[j].value)
                hive_edits_set_dword(edits, key, settings_table[j].name, settings_table[j].value,
                                     settings_table[j].reason);
        }
        if (!report_pending_update(control_set, system, findings, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean path_has_folder(const char *const *folders, const char *folder)
{
    for (guint i = 0; folders[i]; i++) {
        if (g_ascii_strcasecmp(folders[i], folder) == 0)
            return TRUE;
    }
    return FALSE;
}

gboolean clean_up_add_device_path(Hive *software, const char *const *folders, HiveEdits *edits,
                                  GError **error)
{
    g_autofree char *old_path = NULL;
    g_auto(GStrv) present = NULL;
    g_autoptr(GString) path = NULL;
    gboolean found;

    if (!folders[0])
        return TRUE;
    if (!hive_read_string(software, DEVICE_PATH_KEY, "DevicePath", &found, &old_path, error))
        return FALSE;
    path = g_string_new(found ? old_path : "%SystemRoot%\\inf");
    present = g_strsplit(path->str, ";", 0);
    for (guint i = 0; folders[i]; i++) {
        if (!path_has_folder((const char *const *)present, folders[i]))
            g_string_append_printf(path, ";%s", folders[i]);
    }
    hive_edits_set_string(edits, DEVICE_PATH_KEY, "DevicePath", HIVE_TYPE_EXPAND_SZ, path->str,
                          "Plug and Play finds the staged virtio drivers");
    return TRUE;
}
