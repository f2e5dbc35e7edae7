/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of the guest decides about drivers, and what they change in it. */
#include "windows/driver_plan.h"

#include <string.h>

#include "base/error.h"
#include "windows/clean_up.h"
#include "windows/driver_files.h"

static gboolean find_architecture(const Guest *guest, InfArchitecture *ret_architecture,
                                  GError **error)
{
    static const struct {
        const char *name;
        InfArchitecture architecture;
    } table[] = {
        {"i686", INF_ARCHITECTURE_X86},
        {"x86_64", INF_ARCHITECTURE_AMD64},
        {"aarch64", INF_ARCHITECTURE_ARM64},
    };

    for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
        if (g_strcmp0(guest->architecture, table[i].name) == 0) {
            *ret_architecture = table[i].architecture;
            return TRUE;
        }
    }
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "there are no virtio drivers for Windows on '%s'",
                      guest->architecture ? guest->architecture : "unknown");
    return FALSE;
}

static guint find_product_type(const GuestWindows *windows)
{
    if (g_strcmp0(windows->product_type, "LanmanNT") == 0)
        return 2;
    if (g_strcmp0(windows->product_type, "ServerNT") == 0 ||
        (!windows->product_type && windows->installation_type &&
         strstr(windows->installation_type, "Server")))
        return 3;
    return 1;
}

/* Releases with the quirk check SHA-256 signatures from KB3033929 on, which every later rollup
   contains. */
static gboolean find_sha1_need(const Guest *guest, Hive *software, gboolean *ret_needs,
                               GError **error)
{
    static const char *const updates[] = {"KB3033929", "KB4474419", "RollupFix"};
    g_autoptr(GArray) packages = NULL;
    gboolean found;
    HiveKey key;

    *ret_needs = guest_has_quirk(guest, QUIRK_SHA1_SIGNATURES);
    if (!*ret_needs)
        return TRUE;
    if (!hive_find_key(software, hive_root(software),
                       "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages",
                       &found, &key, error))
        return FALSE;
    if (!found)
        return TRUE;
    if (!hive_list_keys(software, key, &packages, error))
        return FALSE;
    for (guint i = 0; i < packages->len && *ret_needs; i++) {
        g_autofree char *name = NULL;

        if (!hive_get_key_name(software, g_array_index(packages, HiveKey, i), &name, error))
            return FALSE;
        for (guint j = 0; j < G_N_ELEMENTS(updates); j++)
            *ret_needs &= strstr(name, updates[j]) == NULL;
    }
    return TRUE;
}

static void find_boot_target(const Guest *guest, InfArchitecture architecture, BootTarget *boot)
{
    const GuestWindows *windows = &guest->windows_facts;

    boot->major = windows->major;
    boot->has_processor_drivers = guest_has_quirk(guest, QUIRK_PROCESSOR_DRIVERS);
    boot->architecture = architecture;
    boot->has_driver_database = windows->has_driver_database;
    boot->control_sets[0] = windows->current_control_set;
    boot->control_sets[1] = windows->default_control_set;
    boot->control_set_count = windows->current_control_set == windows->default_control_set ||
                                      !windows->default_control_set
                                  ? 1
                                  : 2;
}

void driver_plan_clear(DriverPlan *plan)
{
    g_clear_pointer(&plan->choice, driver_choice_free);
}

gboolean driver_plan_make(const Guest *guest, const DriverSources *sources, Hive *software,
                          gboolean test_signing, DriverPlan *ret_plan, GError **error)
{
    const GuestWindows *windows = &guest->windows_facts;
    const char *profile = guest_profile_get(guest, "virtio-dirs");
    g_auto(GStrv) folders = g_strsplit_set(profile ? profile : "", " ", 0);
    g_auto(DriverPlan) plan = {
        .target = {.inf = {.major = windows->major,
                           .minor = windows->minor,
                           .build = windows->build,
                           .product_type = find_product_type(windows)},
                   .test_signing = test_signing},
    };

    if (!find_architecture(guest, &plan.target.inf.architecture, error) ||
        !find_sha1_need(guest, software, &plan.target.needs_sha1, error))
        return FALSE;
    find_boot_target(guest, plan.target.inf.architecture, &plan.boot);
    plan.choice = driver_choice_new(sources, &plan.target, (const char *const *)folders);
    if (!driver_choice_check_named(plan.choice, sources, &plan.target, error))
        return FALSE;
    *ret_plan = plan;
    plan.choice = NULL;
    return TRUE;
}

gboolean driver_plan_add_registry(const DriverPlan *plan, EditableHive *system,
                                  EditableHive *software, GError **error)
{
    g_auto(GStrv) folders = driver_files_device_path(plan->choice);

    for (guint i = 0; i < plan->choice->drivers->len; i++) {
        const ChosenDriver *chosen = g_ptr_array_index(plan->choice->drivers, i);

        if (chosen->boots &&
            !boot_driver_add_edits(chosen, &plan->boot, system->hive, system->edits, error))
            return FALSE;
    }
    return clean_up_add_device_path(software->hive, (const char *const *)folders, software->edits,
                                    error);
}

gboolean driver_plan_stage(const DriverPlan *plan, const char *system_root, Edits *edits,
                           GError **error)
{
    for (guint i = 0; i < plan->choice->drivers->len; i++) {
        const ChosenDriver *chosen = g_ptr_array_index(plan->choice->drivers, i);

        if (chosen->boots && !driver_files_stage_boot(chosen, system_root, edits, error))
            return FALSE;
    }
    return driver_files_stage_packages(plan->choice, system_root, edits, error);
}
