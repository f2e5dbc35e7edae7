/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a Windows guest keeps the hives of its registry. */
#include "inspect/guest_registry.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "fs/path.h"
#include "inspect/drives.h"
#include "inspect/windows_boot.h"
#include "inspect/windows_lists.h"
#include "inspect/windows_values.h"

#define PROFILES "Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define CLASSES_SUFFIX "_Classes"
#define BCD_MOUNT "BCD00000000"
#define BOOT_MOUNT "/Boot volume:"

static gboolean hive_is_missing(const char *hint, const HivePlace *place, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, hint, "this machine has no hive %s",
                      place->mount);
    return FALSE;
}

static gboolean take_file(const Guest *guest, const HivePlace *place, const char *path,
                          const char *hint, char **ret_path, GError **error)
{
    if (!fs_tree_is_file(guest->tree, path))
        return hive_is_missing(hint, place, error);
    *ret_path = g_strdup(path);
    return TRUE;
}

/* On UEFI in the EFI system partition; on BIOS where the boot manager is, which since Windows 7 is
   usually a volume of its own. It gets a place in the tree; a colon is in no name there. */
static char *find_boot_configuration(const Guest *guest, const VolumeSet *set)
{
    static const char bios[] = "/Boot/BCD";
    if (guest->firmware == FIRMWARE_UEFI)
        return g_strdup(GUEST_ESP_MOUNT "/EFI/Microsoft/Boot/BCD");
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume == guest->root || volume->disk_index != guest->root->disk_index ||
            !volume->partition || !volume->partition->bootable ||
            !windows_boot_has_bcd(volume, bios))
            continue;
        fs_tree_mount(guest->tree, BOOT_MOUNT, volume->fs);
        return g_strconcat(BOOT_MOUNT, bios, NULL);
    }
    return g_strdup(bios);
}

static gboolean find_machine_hive(const Guest *guest, const VolumeSet *set, const HivePlace *place,
                                  char **ret_path, GError **error)
{
    static const char *const names[] = {"SOFTWARE", "SYSTEM",     "SAM",    "SECURITY",
                                        "DEFAULT",  "COMPONENTS", "DRIVERS"};
    static const char hint[] = "there are HKLM\\SOFTWARE, SYSTEM, SAM, SECURITY and " BCD_MOUNT;
    if (g_ascii_strcasecmp(place->hive, BCD_MOUNT) == 0) {
        g_autofree char *bcd = find_boot_configuration(guest, set);
        return take_file(guest, place, bcd, hint, ret_path, error);
    }
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(place->hive, names[i]) != 0)
            continue;
        g_autofree char *path =
            g_strdup_printf("%s/System32/config/%s", guest->windows_facts.system_root, names[i]);
        return take_file(guest, place, path, hint, ret_path, error);
    }
    return hive_is_missing(hint, place, error);
}

/* Also of the accounts that services run under: these are in the list of profiles only. */
static gboolean read_profile_of_sid(Hive *software, const char *sid, char **ret_profile,
                                    GError **error)
{
    g_autofree char *key = g_strconcat(PROFILES "\\", sid, NULL);
    return windows_read_text(software, key, "ProfileImagePath", ret_profile, error);
}

static gboolean is_user(const GuestWindowsUser *user, const char *who)
{
    const char *backslash = user->profile ? strrchr(user->profile, '\\') : NULL;
    return (user->sid && g_ascii_strcasecmp(user->sid, who) == 0) ||
           (user->name && g_ascii_strcasecmp(user->name, who) == 0) ||
           (backslash && g_ascii_strcasecmp(backslash + 1, who) == 0);
}

static gboolean find_profile_of_name(const Guest *guest, Hive *software, const char *who,
                                     char **ret_profile, GError **error)
{
    g_autoptr(GPtrArray) findings = findings_new();
    g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func((GDestroyNotify)windows_user_free);
    g_autoptr(GuestHive) sam = NULL;
    g_autoptr(GString) names = g_string_new(NULL);
    if (!windows_hive_open_optional(guest, "SAM", findings, &sam, error) ||
        !windows_users_read(sam ? guest_hive_get(sam) : NULL, software, users, findings, error))
        return FALSE;
    for (guint i = 0; i < users->len; i++) {
        const GuestWindowsUser *user = g_ptr_array_index(users, i);
        if (!user->profile)
            continue;
        if (is_user(user, who)) {
            *ret_profile = g_strdup(user->profile);
            return TRUE;
        }
        g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
                               user->name ? user->name : user->sid);
    }
    g_autofree char *hint = names->len > 0 ? g_strdup_printf("there are %s", names->str) : NULL;
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, hint, "no profile of a user '%s' is there",
                      who);
    return FALSE;
}

static gboolean find_profile(const Guest *guest, const char *who, char **ret_profile,
                             GError **error)
{
    g_autoptr(GuestHive) software = windows_hive_open(guest, "SOFTWARE", error);
    if (!software || (g_str_has_prefix(who, "S-1-") &&
                      !read_profile_of_sid(guest_hive_get(software), who, ret_profile, error)))
        return FALSE;
    return *ret_profile ||
           find_profile_of_name(guest, guest_hive_get(software), who, ret_profile, error);
}

/* Vista and later, and before. */
static const char *const classes_places[] = {
    "AppData/Local/Microsoft/Windows/UsrClass.dat",
    "Local Settings/Application Data/Microsoft/Windows/UsrClass.dat",
};

static gboolean find_user_hive(Guest *guest, const VolumeSet *set, const HivePlace *place,
                               const char *who, char **ret_path, GError **error)
{
    gboolean is_classes = g_str_has_suffix(who, CLASSES_SUFFIX);
    g_autofree char *name = g_strndup(who, strlen(who) - (is_classes ? strlen(CLASSES_SUFFIX) : 0));
    g_autofree char *profile = NULL;
    g_autofree char *folder = NULL;
    g_autoptr(Drives) drives = NULL;
    if (!find_profile(guest, name, &profile, error) || !drives_open(guest, set, &drives, error) ||
        !drives_locate(drives, profile, &folder, error)) {
        g_prefix_error(error, "cannot find %s: ", place->mount);
        return FALSE;
    }
    g_autofree char *ntuser = fs_path_child(folder, "NTUSER.DAT");
    if (!is_classes)
        return take_file(guest, place, ntuser, NULL, ret_path, error);
    for (guint i = 0; i < G_N_ELEMENTS(classes_places); i++) {
        g_autofree char *path = fs_path_child(folder, classes_places[i]);
        if (fs_tree_is_file(guest->tree, path)) {
            *ret_path = g_steal_pointer(&path);
            return TRUE;
        }
    }
    return hive_is_missing(NULL, place, error);
}

static gboolean is_system_account(const char *who)
{
    return g_ascii_strcasecmp(who, ".DEFAULT") == 0 || g_ascii_strcasecmp(who, "S-1-5-18") == 0;
}

gboolean guest_registry_find(Guest *guest, const VolumeSet *set, const char *user,
                             const HivePlace *place, char **ret_path, GError **error)
{
    g_autofree char *default_path =
        g_strconcat(guest->windows_facts.system_root, "/System32/config/DEFAULT", NULL);
    switch (place->root) {
    case HIVE_PLACE_MACHINE:
        return find_machine_hive(guest, set, place, ret_path, error);
    case HIVE_PLACE_USERS:
        if (is_system_account(place->hive))
            return take_file(guest, place, default_path, NULL, ret_path, error);
        return find_user_hive(guest, set, place, place->hive, ret_path, error);
    case HIVE_PLACE_CURRENT_USER:
        if (user)
            return find_user_hive(guest, set, place, user, ret_path, error);
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "say with --user whose it is",
                          "HKEY_CURRENT_USER is a different hive for every user");
        return FALSE;
    case HIVE_PLACE_RELATIVE:
        break;
    }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                      "begin with HKLM\\SOFTWARE, HKLM\\SYSTEM, HKLM\\SAM, HKLM\\SECURITY, "
                      "HKLM\\" BCD_MOUNT ", HKU\\USER or HKCU",
                      "'%s' does not say in which hive of the machine it is", place->key);
    return FALSE;
}
