/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows systems on a volume: recognised, and described by their registry. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/finding.h"
#include "inspect/architecture.h"
#include "inspect/guest_hive.h"
#include "inspect/system.h"
#include "inspect/text_file.h"
#include "inspect/windows_boot.h"
#include "inspect/windows_lists.h"
#include "inspect/windows_registry.h"
#include "inspect/windows_state.h"

void windows_facts_clear(GuestWindows *facts)
{
    g_free(facts->system_root);
    g_free(facts->edition);
    g_free(facts->installation_type);
    g_free(facts->product_type);
    g_free(facts->time_zone);
    g_free(facts->hardware_uuid);
    char *const texts[] = {
        facts->release,          facts->build_lab,  facts->service_pack,    facts->install_date,
        facts->domain,           facts->workgroup,  facts->last_shutdown,   facts->hal,
        facts->install_language, facts->hypervisor, facts->default_language};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_clear_pointer(&facts->ui_languages, g_ptr_array_unref);
    g_clear_pointer(&facts->code_policies, g_ptr_array_unref);
    g_clear_pointer(&facts->device_restrictions, g_ptr_array_unref);
    g_clear_pointer(&facts->boot_drivers, g_ptr_array_unref);
    g_clear_pointer(&facts->adapters, g_ptr_array_unref);
    g_clear_pointer(&facts->persistent_routes, g_ptr_array_unref);
    windows_lists_free(facts->lists);
    *facts = (GuestWindows){0};
}

static gboolean has_file(Fs *fs, const char *root, const char *name, gboolean *ret_has,
                         GError **error)
{
    g_autofree char *path = g_strconcat(root, name, NULL);
    gboolean found;
    FsStat stat;
    if (!fs_stat(fs, path, &found, &stat, error))
        return FALSE;
    *ret_has = found && stat.type == FS_TYPE_FILE;
    return TRUE;
}

/* The folder of the default entry of boot.ini (XP, 2003):
   default=multi(0)disk(0)rdisk(0)partition(1)\WINDOWS.0; NULL: none. */
static gboolean read_boot_ini(Fs *fs, char **ret_folder, GError **error)
{
    g_autoptr(FsTree) tree = fs_tree_new();
    g_autofree char *text = NULL;
    fs_tree_mount(tree, "/", fs);
    if (!inspect_read_text(tree, "/boot.ini", &text, error))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit_set(text ? text : "", "\r\n", -1);
    for (guint i = 0; lines[i] && !*ret_folder; i++) {
        const char *folder = strstr(lines[i], ")\\");
        if (g_ascii_strncasecmp(lines[i], "default=", strlen("default=")) == 0 && folder)
            *ret_folder = g_strstrip(g_strdup(folder + strlen(")\\")));
    }
    return TRUE;
}

gboolean windows_find_systems(const Volume *volume, GPtrArray *roots, GError **error)
{
    static const char *const usual_names[] = {"windows", "winnt", "win32", "win", "reactos", NULL};

    if (fs_is_case_sensitive(volume->fs))
        return TRUE;
    g_autoptr(GPtrArray) entries = NULL;
    g_autofree char *boot_ini = NULL;
    if (!fs_list(volume->fs, "/", &entries, error) || !read_boot_ini(volume->fs, &boot_ini, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *folded = g_ascii_strdown(entry->name, -1);
        if (entry->type != FS_TYPE_DIRECTORY ||
            (!g_strv_contains(usual_names, folded) &&
             (!boot_ini || g_ascii_strcasecmp(boot_ini, entry->name) != 0)))
            continue;
        g_autofree char *root = g_strconcat("/", entry->name, NULL);
        gboolean has_system, has_software;
        if (!has_file(volume->fs, root, "/System32/config/SYSTEM", &has_system, error) ||
            !has_file(volume->fs, root, "/System32/config/SOFTWARE", &has_software, error))
            return FALSE;
        if (has_system && has_software) {
            g_ptr_array_add(roots, g_steal_pointer(&root));
            return TRUE;
        }
    }
    return TRUE;
}

static gboolean is_server(const GuestWindows *facts)
{
    if (facts->product_type)
        return g_ascii_strcasecmp(facts->product_type, "WinNT") != 0;
    return facts->installation_type && g_str_has_prefix(facts->installation_type, "Server");
}

/* Windows 11 still calls itself "Windows 10 Pro" in the registry. */
static void correct_product_name(Guest *guest)
{
    const GuestWindows *facts = &guest->windows_facts;
    if (!guest->product_name || is_server(facts) || facts->build < 22000)
        return;
    g_autoptr(GString) name = g_string_new(guest->product_name);
    g_string_replace(name, "Windows 10", "Windows 11", 1);
    g_free(guest->product_name);
    guest->product_name = g_strdup(name->str);
}

void windows_match_profile(Guest *guest)
{
    const GuestWindows *facts = &guest->windows_facts;
    g_autofree char *version = g_strdup_printf("windows:%u.%u", facts->major, facts->minor);
    g_autofree char *build = g_strdup_printf("build:%u", facts->build);
    gboolean is_r2 = guest->product_name && strstr(guest->product_name, "R2");
    const char *words[] = {version, build, is_server(facts) ? "type:server" : "type:client",
                           is_r2 ? "release:r2" : NULL, NULL};
    correct_product_name(guest);
    guest_match_profile(guest, words);
    guest_set_osinfo(guest, NULL);
    if (!guest->product_name)
        guest->product_name = g_strdup(guest_profile_get(guest, "name"));
    if (!guest->product_name)
        guest->product_name = g_strdup_printf("Windows %u.%u", facts->major, facts->minor);
}

static void find_architecture(Guest *guest)
{
    static const char *const programs[] = {"/System32/ntoskrnl.exe", "/System32/cmd.exe"};
    for (guint i = 0; i < G_N_ELEMENTS(programs) && !guest->architecture; i++) {
        g_autofree char *path = g_strconcat(guest->windows_facts.system_root, programs[i], NULL);
        guest->architecture = architecture_of_program(guest->tree, path);
    }
}

/* Before Windows 8 the registry does not say; an EFI system partition that cannot be read counts.
 */
static void find_firmware(const VolumeSet *set, Guest *guest)
{
    if (guest->firmware != FIRMWARE_UNKNOWN)
        return;
    guest->firmware = FIRMWARE_BIOS;
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume_is_esp(volume) && (!volume->fs || windows_boot_has_bcd(volume, WINDOWS_ESP_BCD)))
            guest->firmware = FIRMWARE_UEFI;
    }
}

static void add_version_findings(const Guest *guest, GPtrArray *findings)
{
    if (guest->firmware == FIRMWARE_UEFI && guest_has_quirk(guest, QUIRK_UEFI_VGA))
        findings_add(findings, FINDING_WINDOWS_UEFI_VGA, guest->product_name);
    if (guest_has_quirk(guest, QUIRK_ACTIVATION))
        findings_add(findings, FINDING_WINDOWS_ACTIVATION, guest->product_name);
}

static gboolean read_volume_state(Guest *guest, GError **error)
{
    FsState state;
    if (!fs_get_state(guest->root->fs, &state, error))
        return FALSE;
    guest->windows_facts.hibernated = state.hibernated;
    guest->windows_facts.fast_started = state.fast_started;
    guest->windows_facts.log_dirty = state.log_dirty && !state.journal_replayed;
    return TRUE;
}

gboolean windows_read_guest(const VolumeSet *set, const char *system_root, GPtrArray *findings,
                            Guest *guest, GError **error)
{
    guest->tree = fs_tree_new();
    fs_tree_mount(guest->tree, "/", guest->root->fs);
    const Volume *esp = volume_set_find_esp(set, guest->root->disk_index);
    if (esp)
        fs_tree_mount(guest->tree, GUEST_ESP_MOUNT, esp->fs);

    guest->windows_facts.system_root = g_strdup(system_root);
    if (!windows_registry_read(guest, findings, error) ||
        !windows_state_read_files(guest, findings, error) || !read_volume_state(guest, error))
        return FALSE;
    find_architecture(guest);
    find_firmware(set, guest);
    add_version_findings(guest, findings);
    return TRUE;
}

/* The volumes that the default entries of all stores start, of const Volume. */
static GPtrArray *list_started(const VolumeSet *set, GError **error)
{
    static const char *const stores[] = {WINDOWS_ESP_BCD, WINDOWS_BIOS_BCD};
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    for (guint i = 0; i < set->volumes->len * G_N_ELEMENTS(stores); i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i / G_N_ELEMENTS(stores));
        const char *store = stores[i % G_N_ELEMENTS(stores)];
        const Volume *started;
        if (!windows_boot_has_bcd(volume, store))
            continue;
        if (!windows_boot_find_default(set, volume, store, &started, error))
            return NULL;
        if (started)
            g_ptr_array_add(list, (gpointer)(uintptr_t)started);
    }
    return g_steal_pointer(&list);
}

gboolean windows_find_default(const VolumeSet *set, const GPtrArray *candidates,
                              const GuestCandidate **ret_default, GError **error)
{
    g_autoptr(GPtrArray) list = list_started(set, error);

    *ret_default = NULL;
    for (guint i = 0; list && i < list->len && !*ret_default; i++)
        for (guint j = 0; j < candidates->len; j++) {
            const GuestCandidate *candidate = g_ptr_array_index(candidates, j);
            if (candidate->kind == GUEST_WINDOWS && candidate->volume == g_ptr_array_index(list, i))
                *ret_default = candidate;
        }
    return list != NULL;
}

gboolean windows_default_is_locked(const VolumeSet *set, const Volume *chosen, gboolean *ret_locked,
                                   GError **error)
{
    gboolean has_locked = FALSE;

    *ret_locked = FALSE;
    for (guint i = 0; i < set->volumes->len; i++)
        has_locked |= volume_is_locked(g_ptr_array_index(set->volumes, i));
    if (!has_locked)
        return TRUE;
    g_autoptr(GPtrArray) list = list_started(set, error);
    if (!list)
        return FALSE;
    for (guint i = 0; i < list->len; i++)
        *ret_locked |= volume_is_locked(g_ptr_array_index(list, i));
    if (g_ptr_array_find(list, chosen, NULL))
        *ret_locked = FALSE;
    return TRUE;
}
