/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole change of a Windows guest: gate, drivers, registry, files. */
#include "windows/windows_guest.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "windows/boot_bus.h"
#include "windows/boot_configuration.h"
#include "windows/boot_driver.h"
#include "windows/boot_sector.h"
#include "windows/clean_up.h"
#include "windows/driver_plan.h"
#include "windows/efi_fallback.h"
#include "windows/editable_hive.h"

typedef struct {
    const Guest *guest;
    const DriverSources *sources;
    const WindowsOptions *options;
    GPtrArray *findings;
    EditableHive *system, *software;
    BootConfiguration configuration;
    DriverPlan drivers;
    BootFallbacks fallbacks;
    GPtrArray *products; /* of const char *: guest tools that were switched off */
} Plan;

static void plan_clear(Plan *plan)
{
    editable_hive_free(plan->system);
    editable_hive_free(plan->software);
    boot_configuration_clear(&plan->configuration);
    driver_plan_clear(&plan->drivers);
    boot_fallbacks_clear(&plan->fallbacks);
    g_clear_pointer(&plan->products, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

static gboolean is_blocked(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);

        if (finding_code_severity(finding->code) == FINDING_SEVERITY_BLOCKER)
            return TRUE;
    }
    return FALSE;
}

/* States of the volume in which a write would be lost, or would destroy something. */
static gboolean check_volume(const Guest *guest, GPtrArray *findings, GError **error)
{
    const GuestWindows *windows = &guest->windows_facts;
    const char *name = guest->root ? guest->root->name : windows->system_root;
    gboolean found;
    Fs *fs;
    g_autofree char *path = NULL, *log = NULL;
    FsState state;

    if (!fs_tree_resolve(guest->tree, windows->system_root, TRUE, &fs, &path, &found, error))
        return FALSE;
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "'%s' is not there",
                          windows->system_root);
        return FALSE;
    }
    if (!fs_get_state(fs, &state, error))
        return FALSE;
    log = state.log_refusal ? g_strdup_printf("%s (%s)", name, state.log_refusal) : g_strdup(name);
    if (windows->hibernated)
        findings_add(findings, FINDING_WINDOWS_HIBERNATED, name);
    if (windows->fast_started)
        findings_add(findings, FINDING_WINDOWS_FAST_STARTED, name);
    if (windows->log_dirty)
        findings_add(findings, FINDING_WINDOWS_LOG_DIRTY, log);
    if (state.dirty_flag)
        findings_add(findings, FINDING_WINDOWS_DIRTY_FLAG, name);
    return TRUE;
}

static void report_refused(const Plan *plan)
{
    const GPtrArray *refused = plan->drivers.choice->refused;

    for (guint i = 0; i < refused->len; i++)
        findings_add(plan->findings, FINDING_WINDOWS_DRIVER_REFUSED, g_ptr_array_index(refused, i));
}

static void check_choice(const Plan *plan, WindowsResult *ret_result)
{
    const DriverChoice *choice = plan->drivers.choice;
    const ChosenDriver *block = driver_choice_find(choice, DRIVER_ROLE_BLOCK);
    const ChosenDriver *scsi = driver_choice_find(choice, DRIVER_ROLE_SCSI);
    const ChosenDriver *net = driver_choice_find(choice, DRIVER_ROLE_NET);
    const ChosenDriver *const chosen[] = {block, scsi, net};

    report_refused(plan);
    if (!block && !scsi)
        findings_add(plan->findings, FINDING_WINDOWS_NO_BLOCK_DRIVER, NULL);
    else if (!scsi)
        findings_add(plan->findings, FINDING_WINDOWS_NO_SCSI_DRIVER, NULL);
    if (!net)
        findings_add(plan->findings, FINDING_WINDOWS_NO_NET_DRIVER, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(chosen); i++) {
        if (chosen[i] && chosen[i]->is_legacy_only)
            findings_add(plan->findings, FINDING_WINDOWS_LEGACY_VIRTIO, chosen[i]->name);
    }
    ret_result->virtio_block = block != NULL;
    ret_result->virtio_scsi = scsi != NULL;
    ret_result->virtio_net = net != NULL;
    ret_result->legacy_block = block && block->is_legacy_only;
    ret_result->legacy_net = net && net->is_legacy_only;
}

static gboolean choose_bus(const Plan *plan, WindowsResult *ret_result, GError **error)
{
    const BootBusRequest request = {
        .guest = plan->guest,
        .wanted = plan->options->disk_bus,
        .has_block = ret_result->virtio_block,
        .has_scsi = ret_result->virtio_scsi,
        .fallbacks = &plan->fallbacks,
    };

    return boot_bus_choose(&request, plan->findings, &ret_result->disk_bus, error);
}

static gboolean add_registry(Plan *plan, GError **error)
{
    const GuestWindows *windows = &plan->guest->windows_facts;
    const BootTarget *boot = &plan->drivers.boot;
    HiveEdits *edits = plan->system->edits;
    Hive *system = plan->system->hive;

    return driver_plan_add_registry(&plan->drivers, plan->system, plan->software, error) &&
           boot_fallback_add_edits(boot, system, plan->guest->tree, windows->system_root, edits,
                                   &plan->fallbacks, error) &&
           clean_up_add_services(boot, system, edits, plan->products, error) &&
           clean_up_add_settings(boot, system, edits, plan->findings, error);
}

/* Adds to both hives, so it comes before they are staged. The old adapters lose their settings only
   to a service that gives them to the new ones. */
static gboolean add_first_boot(const Plan *plan, Edits *edits, gboolean *ret_staged, GError **error)
{
    g_auto(NetworkPlan) network = {0};
    network_plan_make(&plan->guest->windows_facts, plan->options->nics, plan->options->nic_count,
                      &network);
    const FirstBootRequest request = {
        .is_wanted = !plan->options->no_first_boot_service,
        .guest = plan->guest,
        .target = &plan->drivers.boot,
        .drivers = plan->sources->collection,
        .choice = plan->drivers.choice,
        .addresses = network.addresses,
        .scripts = plan->options->first_boot_scripts,
    };

    if (!first_boot_plan(&request, plan->system, plan->software, edits, plan->findings, ret_staged,
                         error))
        return FALSE;
    if (!network_plan_check(plan->options->nics, plan->options->nic_count, *ret_staged, error))
        return FALSE;
    network_plan_report(&network, *ret_staged, plan->findings);
    for (guint i = 0; i < plan->products->len; i++)
        findings_add(plan->findings,
                     *ret_staged ? FINDING_WINDOWS_TOOLS_UNINSTALLED
                                 : FINDING_WINDOWS_TOOLS_DISABLED,
                     g_ptr_array_index(plan->products, i));
    return !*ret_staged || network_plan_add_edits(&network, &plan->drivers.boot, plan->system->hive,
                                                  plan->system->edits, error);
}

static gboolean stage(const Plan *plan, Edits *edits, GError **error)
{
    return driver_plan_stage(&plan->drivers, plan->guest->windows_facts.system_root, edits,
                             error) &&
           editable_hive_stage(plan->system, edits, error) &&
           editable_hive_stage(plan->software, edits, error) &&
           boot_configuration_stage(plan->guest, &plan->configuration, edits, error) &&
           efi_fallback_stage(plan->guest, edits, plan->findings, error) &&
           (!plan->options->volumes ||
            boot_sector_stage(plan->guest, plan->options->volumes, edits, error));
}

void windows_result_clear(WindowsResult *result)
{
    g_clear_pointer(&result->drivers, driver_choice_free);
}

/* The gate: everything that forbids the change is known before the first edit is staged. Then the
   drivers are chosen. */
static gboolean begin(Plan *plan, gboolean *ret_blocked, GError **error)
{
    const Guest *guest = plan->guest;

    if (!check_volume(guest, plan->findings, error))
        return FALSE;
    plan->system = editable_hive_open(guest, "SYSTEM", plan->findings, error);
    plan->software =
        plan->system ? editable_hive_open(guest, "SOFTWARE", plan->findings, error) : NULL;
    if (!plan->software)
        return FALSE;
    *ret_blocked = is_blocked(plan->findings);
    if (*ret_blocked)
        return TRUE;
    boot_configuration_read(guest, &plan->configuration);
    return driver_plan_make(guest, plan->sources, plan->software->hive,
                            plan->configuration.test_signing, &plan->drivers, error);
}

gboolean windows_guest_plan(const Guest *guest, const DriverSources *sources,
                            const WindowsOptions *options, Edits *edits, GPtrArray *findings,
                            WindowsResult *ret_result, GError **error)
{
    g_auto(Plan)
        plan = {.guest = guest, .sources = sources, .options = options, .findings = findings};
    WindowsResult result = {0};
    gboolean blocked;

    if (!begin(&plan, &blocked, error))
        return FALSE;
    if (blocked) {
        *ret_result = result;
        return TRUE;
    }
    plan.products = g_ptr_array_new();
    check_choice(&plan, &result);
    if (!add_registry(&plan, error) || !choose_bus(&plan, &result, error) ||
        !add_first_boot(&plan, edits, &result.first_boot, error) || !stage(&plan, edits, error))
        return FALSE;
    result.drivers = g_steal_pointer(&plan.drivers.choice);
    *ret_result = result;
    return TRUE;
}

gboolean windows_guest_plan_drivers(const Guest *guest, const DriverSources *sources, Edits *edits,
                                    GPtrArray *findings, DriverChoice **ret_drivers, GError **error)
{
    g_auto(Plan) plan = {.guest = guest, .sources = sources, .findings = findings};
    gboolean blocked;

    if (!begin(&plan, &blocked, error))
        return FALSE;
    if (blocked)
        return TRUE;
    report_refused(&plan);
    if (!plan.drivers.choice->drivers->len) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "migrate plan says of each why",
                          "none of these drivers is for '%s' (%s)", guest->product_name,
                          guest->architecture);
        return FALSE;
    }
    if (!driver_plan_add_registry(&plan.drivers, plan.system, plan.software, error) ||
        !driver_plan_stage(&plan.drivers, guest->windows_facts.system_root, edits, error) ||
        !editable_hive_stage(plan.system, edits, error) ||
        !editable_hive_stage(plan.software, edits, error))
        return FALSE;
    *ret_drivers = g_steal_pointer(&plan.drivers.choice);
    return TRUE;
}
