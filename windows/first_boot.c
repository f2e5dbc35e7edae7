/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first-boot service as edits of a guest. */
#include "windows/first_boot.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "windows/first_boot_settings.h"
#include "windows/firstboot/programs.h"

#define FOLDER "Drydock"
#define SERVICE_TYPE_OWN_PROCESS 0x10u
#define SERVICE_START_AUTO 2u
#define SERVICE_START_DISABLED 4u
#define REASON_SERVICE "the service that finishes the migration at the first start, then leaves"

/* VDS_SAN_POLICY: under two of them disks on a new kind of bus, other than the boot disk, stay
   offline. */
#define SAN_POLICY_ONLINE_ALL 1u
#define SAN_POLICY_OFFLINE_SHARED 2u
#define SAN_POLICY_OFFLINE_ALL 3u

typedef struct {
    const FirstBootRequest *request;
    EditableHive *system, *software;
    Edits *edits;
    FirstBootSettings settings;
    char *folder;     /* "/Windows/Drydock" */
    const char *like; /* whose protection the folders get; NULL: that of the Windows folder */
    const FirstBootProgram *program; /* NULL: none is put in place */
    gboolean is_clustered;           /* in one of the control sets */
} Plan;

static void plan_clear(Plan *plan)
{
    first_boot_settings_clear(&plan->settings);
    g_free(plan->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

/* ARM64 Windows runs x86 programs; amd64 Windows gets its own, because a server may have been
   installed without the 32-bit subsystem. */
static const FirstBootProgram *find_program(InfArchitecture architecture)
{
    const char *name = inf_architecture_name(
        architecture == INF_ARCHITECTURE_ARM64 ? INF_ARCHITECTURE_X86 : architecture);

    for (const FirstBootProgram *program = first_boot_programs; program->architecture; program++) {
        if (g_str_equal(program->architecture, name))
            return program;
    }
    return NULL;
}

static char *control_set_key(guint control_set, const char *below)
{
    return g_strdup_printf("ControlSet%03u\\%s", control_set, below);
}

static gboolean has_service(Hive *system, guint control_set, const char *service, gboolean *ret_has,
                            GError **error)
{
    g_autofree char *below = g_strdup_printf("Services\\%s", service);
    g_autofree char *key = control_set_key(control_set, below);
    uint32_t start;

    if (!hive_read_dword(system, key, "Start", ret_has, &start, error))
        return FALSE;
    *ret_has = *ret_has && start != SERVICE_START_DISABLED;
    return TRUE;
}

/* Only services that are there: one that is missing would keep ours from starting. */
static gboolean set_dependencies(Plan *plan, guint control_set, const char *key, GError **error)
{
    static const char *const services[] = {"PlugPlay", "RpcSs"};
    const char *present[G_N_ELEMENTS(services) + 1] = {NULL};
    guint count = 0;

    for (guint i = 0; i < G_N_ELEMENTS(services); i++) {
        gboolean has;

        if (!has_service(plan->system->hive, control_set, services[i], &has, error))
            return FALSE;
        if (has)
            present[count++] = services[i];
    }
    if (count > 0)
        hive_edits_set_multi_string(plan->system->edits, key, "DependOnService", present,
                                    REASON_SERVICE);
    return TRUE;
}

static gboolean add_service(Plan *plan, guint control_set, GError **error)
{
    static const char *const modes[] = {"Minimal", "Network"};
    g_autofree char *key = control_set_key(control_set, "Services\\" SETTINGS_SERVICE_NAME);
    g_autofree char *own_key = g_strconcat("SYSTEM\\", key, NULL);
    HiveEdits *edits = plan->system->edits;

    hive_edits_set_dword(edits, key, "Type", SERVICE_TYPE_OWN_PROCESS, REASON_SERVICE);
    hive_edits_set_dword(edits, key, "Start", SERVICE_START_AUTO, REASON_SERVICE);
    /* Whatever becomes of it, Windows goes on starting. */
    hive_edits_set_dword(edits, key, "ErrorControl", 0, REASON_SERVICE);
    hive_edits_set_string(edits, key, "ImagePath", HIVE_TYPE_EXPAND_SZ,
                          "%SystemRoot%\\" FOLDER "\\firstboot.exe", REASON_SERVICE);
    hive_edits_set_string(edits, key, "DisplayName", HIVE_TYPE_SZ, "Drydock first boot",
                          REASON_SERVICE);
    hive_edits_set_string(edits, key, "Description", HIVE_TYPE_SZ,
                          "Finishes the migration of this machine, then removes itself.",
                          REASON_SERVICE);
    hive_edits_set_string(edits, key, "ObjectName", HIVE_TYPE_SZ, "LocalSystem", REASON_SERVICE);
    /* Of an earlier migration, when Windows was not restarted in between. */
    hive_edits_delete_value(edits, key, "DeleteFlag", REASON_SERVICE);
    if (!set_dependencies(plan, control_set, key, error))
        return FALSE;
    (void)first_boot_settings_add(&plan->settings, SETTINGS_DELETE_KEY, own_key);
    for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autofree char *below =
            g_strdup_printf("Control\\SafeBoot\\%s\\" SETTINGS_SERVICE_NAME, modes[i]);
        g_autofree char *mode_key = control_set_key(control_set, below);
        g_autofree char *full_key = g_strconcat("SYSTEM\\", mode_key, NULL);

        hive_edits_set_string(edits, mode_key, "", HIVE_TYPE_SZ, "Service",
                              "the service may run in safe mode too, to install drivers there");
        (void)first_boot_settings_add(&plan->settings, SETTINGS_DELETE_KEY, full_key);
    }
    return TRUE;
}

/* XP and 2003 ask about every new device, and nobody is there to answer. */
static gboolean suppress_wizard(Plan *plan, guint control_set, GError **error)
{
    static const char policy_key[] = "Policies\\Microsoft\\Windows\\DeviceInstall\\Settings";
    static const char reason[] = "no questions about new hardware at the first start";
    g_autofree char *key = control_set_key(control_set, "Services\\PlugPlay\\Parameters");

    if (!guest_has_quirk(plan->request->guest, QUIRK_HARDWARE_WIZARD))
        return TRUE;
    hive_edits_set_dword(plan->system->edits, key, "SuppressUI", 1, reason);
    hive_edits_set_dword(plan->software->edits, policy_key, "SuppressNewHWUI", 1, reason);
    return first_boot_settings_add_restore(&plan->settings, plan->system->hive, key, "SuppressUI",
                                           error) &&
           first_boot_settings_add_restore(&plan->settings, plan->software->hive, policy_key,
                                           "SuppressNewHWUI", error);
}

/* Disks of a cluster belong to whichever node its service says: they are left alone. */
static gboolean plan_disks(Plan *plan, guint control_set, GError **error)
{
    g_autofree char *key = control_set_key(control_set, "Services\\partmgr\\Parameters");
    GPtrArray *findings = plan->settings.findings;
    gboolean found, is_clustered;
    uint32_t policy = 0;

    if (!hive_read_dword(plan->system->hive, key, "SanPolicy", &found, &policy, error) ||
        !has_service(plan->system->hive, control_set, "ClusSvc", &is_clustered, error))
        return FALSE;
    plan->is_clustered |= is_clustered;
    found = found && (policy == SAN_POLICY_OFFLINE_SHARED || policy == SAN_POLICY_OFFLINE_ALL);
    if (!plan->program || is_clustered) {
        g_autofree char *subject = g_strdup_printf("%u", policy);

        if (found)
            findings_add(findings, FINDING_WINDOWS_SAN_POLICY, subject);
        return TRUE;
    }
    if (!found)
        return TRUE;
    hive_edits_set_dword(plan->system->edits, key, "SanPolicy", SAN_POLICY_ONLINE_ALL,
                         "disks on the new bus come online at the first start; put back after it");
    return first_boot_settings_add_restore(&plan->settings, plan->system->hive, key, "SanPolicy",
                                           error);
}

static const char *find_agent(const DriverTree *tree, InfArchitecture architecture)
{
    static const struct {
        InfArchitecture architecture;
        const char *name;
    } names[] = {
        {INF_ARCHITECTURE_AMD64, "qemu-ga-x86_64.msi"}, {INF_ARCHITECTURE_AMD64, "qemu-ga-x64.msi"},
        {INF_ARCHITECTURE_X86, "qemu-ga-i386.msi"},     {INF_ARCHITECTURE_X86, "qemu-ga-x86.msi"},
        {INF_ARCHITECTURE_ARM64, "qemu-ga-arm64.msi"},
    };
    const char *const *paths = tree ? driver_tree_list(tree) : NULL;

    for (guint i = 0; paths && i < G_N_ELEMENTS(names); i++) {
        for (guint j = 0; names[i].architecture == architecture && paths[j]; j++) {
            const char *slash = strrchr(paths[j], '/');

            if (g_ascii_strcasecmp(slash ? slash + 1 : paths[j], names[i].name) == 0)
                return paths[j];
        }
    }
    return NULL;
}

static gboolean write_file(Plan *plan, const char *name, GBytes *content, const char *reason,
                           GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%s", plan->folder, name);

    return edits_write_file(plan->edits, path, content, NULL, -1, reason, error);
}

static gboolean make_folder(Plan *plan, const char *name, const char *reason, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s%s", plan->folder, name);

    return edits_make_directory(plan->edits, path, plan->like, -1, reason, error);
}

static gboolean add_agent(Plan *plan, GError **error)
{
    const FirstBootRequest *request = plan->request;
    const char *path = guest_has_quirk(request->guest, QUIRK_NO_GUEST_AGENT)
                           ? NULL
                           : find_agent(request->drivers, request->target->architecture);
    g_autofree char *base = path ? g_path_get_basename(path) : NULL;
    g_autofree char *value = base ? g_strconcat("agent\\", base, NULL) : NULL;
    g_autofree char *name = base ? g_strconcat("agent/", base, NULL) : NULL;
    g_autoptr(GBytes) content = NULL;

    if (!path)
        return TRUE;
    (void)first_boot_settings_add(&plan->settings, SETTINGS_AGENT, value);
    return driver_tree_read(request->drivers, path, &content, error) &&
           make_folder(plan, "/agent", "for the guest agent's installer", error) &&
           write_file(plan, name, content, "the QEMU guest agent, installed at the first start",
                      error);
}

static gboolean add_scripts(Plan *plan, GError **error)
{
    const GPtrArray *scripts = plan->request->scripts;
    g_autofree char *powershell =
        g_strdup_printf("%s/System32/WindowsPowerShell/v1.0/powershell.exe",
                        plan->request->guest->windows_facts.system_root);

    if (scripts && scripts->len > 0 &&
        !make_folder(plan, "/scripts", "for the scripts that are run at the first start", error))
        return FALSE;
    for (guint i = 0; scripts && i < scripts->len; i++) {
        const FirstBootScript *script = g_ptr_array_index(scripts, i);
        g_autofree char *value = g_strdup_printf("%04u-%s", i + 1, script->name);
        g_autofree char *name = g_strdup_printf("scripts/%s", value);
        g_autofree char *folded = g_ascii_strdown(script->name, -1);

        (void)first_boot_settings_add(&plan->settings, SETTINGS_SCRIPT, value);
        if (!write_file(plan, name, script->content, "a script of yours, run at the first start",
                        error))
            return FALSE;
        if (g_str_has_suffix(folded, ".ps1") &&
            !fs_tree_is_file(plan->request->guest->tree, powershell))
            findings_add(plan->settings.findings, FINDING_WINDOWS_NO_POWERSHELL, script->name);
    }
    return TRUE;
}

static gboolean add_files(Plan *plan, GError **error)
{
    g_autoptr(GBytes) program = g_bytes_new_static(plan->program->data, plan->program->size_bytes);
    g_autoptr(GBytes) settings = NULL;

    if (!make_folder(plan, "", REASON_SERVICE, error) ||
        !write_file(plan, "firstboot.exe", program, REASON_SERVICE, error) ||
        !add_agent(plan, error) || !add_scripts(plan, error))
        return FALSE;
    settings = g_bytes_new(plan->settings.text->str, plan->settings.text->len);
    return write_file(plan, "firstboot.ini", settings, "what that service has to do", error);
}

static gboolean check_program(Plan *plan, GError **error)
{
    const FirstBootRequest *request = plan->request;

    if (!request->is_wanted)
        return TRUE;
    plan->program = find_program(request->target->architecture);
    if (plan->program)
        return TRUE;
    if (request->scripts && request->scripts->len > 0) {
        drydock_error_set(error, DRYDOCK_ERROR_MISSING_TOOL,
                          "build it with mingw-w64, or leave out the scripts",
                          "this program was built without the first-boot service for %s",
                          inf_architecture_name(request->target->architecture));
        return FALSE;
    }
    findings_add(plan->settings.findings, FINDING_WINDOWS_NO_FIRST_BOOT, NULL);
    return TRUE;
}

static gboolean add_control_sets(Plan *plan, GError **error)
{
    const BootTarget *target = plan->request->target;

    for (guint i = 0; i < target->control_set_count; i++) {
        if (!plan_disks(plan, target->control_sets[i], error))
            return FALSE;
        if (plan->program && (!add_service(plan, target->control_sets[i], error) ||
                              !suppress_wizard(plan, target->control_sets[i], error)))
            return FALSE;
    }
    return TRUE;
}

gboolean first_boot_plan(const FirstBootRequest *request, EditableHive *system,
                         EditableHive *software, Edits *edits, GPtrArray *findings,
                         gboolean *ret_staged, GError **error)
{
    const GuestWindows *windows = &request->guest->windows_facts;
    g_autofree char *protected = g_strdup_printf("%s/System32/config", windows->system_root);
    g_auto(Plan) plan = {
        .request = request,
        .system = system,
        .software = software,
        .edits = edits,
        .folder = g_strdup_printf("%s/" FOLDER, windows->system_root),
    };
    g_autofree char *log = g_strdup_printf("%s/firstboot.log", plan.folder);

    first_boot_settings_init(&plan.settings, findings);
    if (fs_tree_is_directory(request->guest->tree, protected))
        plan.like = protected;
    if (!check_program(&plan, error) || !add_control_sets(&plan, error))
        return FALSE;
    if (plan.program) {
        (void)first_boot_settings_add(&plan.settings, SETTINGS_REBOOT, "when-wanted");
        (void)first_boot_settings_add(&plan.settings, SETTINGS_UNINSTALL, "tools");
        if (!guest_has_quirk(request->guest, QUIRK_NO_DISK_POLICY) && !plan.is_clustered)
            (void)first_boot_settings_add(&plan.settings, SETTINGS_DISKS, "online");
        first_boot_settings_add_drivers(&plan.settings, request->choice);
        if (request->addresses)
            first_boot_settings_add_network(&plan.settings, request->addresses);
        if (!add_files(&plan, error))
            return FALSE;
        findings_add(findings, FINDING_WINDOWS_FIRST_BOOT, log);
    }
    *ret_staged = plan.program != NULL;
    return TRUE;
}
