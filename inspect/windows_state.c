/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In which state a Windows guest was left. */
#include "inspect/windows_state.h"

#include <string.h>

#include "base/bytes.h"
#include "base/finding.h"
#include "inspect/text_file.h"
#include "inspect/windows_values.h"

#define SCSI_CLASS "Control\\Class\\{4d36e97b-e325-11ce-bfc1-08002be10318}"
#define SERVICING "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\"
#define REBOOT_REQUIRED                                                                            \
    "Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired"
#define RESTRICTIONS "Policies\\Microsoft\\Windows\\DeviceInstall\\Restrictions"
#define NETWORK_PROFILES "Microsoft\\Windows NT\\CurrentVersion\\NetworkList\\Profiles"
/* In the name of each file in which the volume shadow service keeps what was overwritten. */
#define SHADOW_COPY_MARK "{3808876b-c176-4e48-b7ae-04046e6cc752}"
#define START_DISABLED 4u
#define NETWORK_PRIVATE 1u
#define ADAPTERS_LIMIT 256u
#define POLICIES_LIMIT 64u

enum { EVENT_LOG_HEADER_BYTES = 128, EVENT_LOG_DIRTY = 1 };

GuestEventLog windows_event_log_state(const uint8_t *header, size_t length)
{
    /* MS-EVEN6 has no file format; offsets as libevtx and libevt document them. */
    static const struct {
        size_t magic_offset, flags_offset;
        const char *magic;
        size_t magic_length;
    } formats[] = {{0, 120, "ElfFile", 8}, {4, 36, "LfLe", 4}};

    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        if (length >= formats[i].flags_offset + 4 &&
            memcmp(header + formats[i].magic_offset, formats[i].magic, formats[i].magic_length) ==
                0)
            return get_le32(header + formats[i].flags_offset) & EVENT_LOG_DIRTY
                       ? GUEST_EVENT_LOG_OPEN
                       : GUEST_EVENT_LOG_CLOSED;
    return GUEST_EVENT_LOG_UNKNOWN;
}

/* A file that cannot be read is stepped over, unless the disk cannot be. */
static gboolean step_over(GError *local, GError **error)
{
    if (inspect_error_is_fatal(local)) {
        g_propagate_error(error, local);
        return FALSE;
    }
    g_debug("%s, skipping", local->message);
    g_error_free(local);
    return TRUE;
}

static gboolean read_event_log(Guest *guest, GError **error)
{
    static const char *const names[] = {"winevt/Logs/System.evtx", "config/SysEvent.Evt"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path =
            g_strdup_printf("%s/System32/%s", guest->windows_facts.system_root, names[i]);
        g_autoptr(FsFile) file = NULL;
        uint8_t header[EVENT_LOG_HEADER_BYTES] = {0};
        GError *local = NULL;
        if (!fs_tree_is_file(guest->tree, path))
            continue;
        if (!fs_tree_file_open(guest->tree, path, &file, &local))
            return step_over(local, error);
        size_t length = (size_t)MIN(fs_file_size(file), sizeof header);
        if (!fs_file_read(file, 0, header, length, &local))
            return step_over(local, error);
        guest->windows_facts.event_log = windows_event_log_state(header, length);
        return TRUE;
    }
    return TRUE;
}

static gboolean find_shadow_copies(const Guest *guest, GPtrArray *findings, GError **error)
{
    g_autoptr(GPtrArray) entries = NULL;
    GError *local = NULL;
    if (!fs_tree_is_directory(guest->tree, "/System Volume Information"))
        return TRUE;
    if (!fs_tree_list(guest->tree, "/System Volume Information", &entries, &local))
        return step_over(local, error);
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *folded = g_ascii_strdown(entry->name, -1);
        /* The one that is nothing but the mark is the catalogue, which stays. */
        if (strstr(folded, SHADOW_COPY_MARK) && !g_str_equal(folded, SHADOW_COPY_MARK))
            findings_add(findings, FINDING_WINDOWS_SHADOW_COPIES, guest->root->name);
    }
    return TRUE;
}

/* Policies that are enforced before any user could be asked: one file of the old format, or a
   folder of those that can be combined (10 1903 and later), on the system's volume or where the
   boot manager is. */
static gboolean find_code_policies(Guest *guest, GPtrArray *findings, GError **error)
{
    static const char *const firmware_folder = GUEST_ESP_MOUNT "/EFI/Microsoft/Boot";
    GPtrArray *policies = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *folder =
        g_strconcat(guest->windows_facts.system_root, "/System32/CodeIntegrity", NULL);
    const char *const folders[] = {folder, firmware_folder};

    guest->windows_facts.code_policies = policies;
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *single = g_strconcat(folders[i], "/SiPolicy.p7b", NULL);
        g_autofree char *active = g_strconcat(folders[i], "/CIPolicies/Active", NULL);
        g_autoptr(GPtrArray) entries = NULL;
        GError *local = NULL;

        if (fs_tree_is_file(guest->tree, single))
            g_ptr_array_add(policies, g_steal_pointer(&single));
        if (!fs_tree_is_directory(guest->tree, active))
            continue;
        if (!fs_tree_list(guest->tree, active, &entries, &local)) {
            if (!step_over(local, error))
                return FALSE;
            continue;
        }
        for (guint j = 0; j < MIN(entries->len, POLICIES_LIMIT); j++) {
            const FsEntry *entry = g_ptr_array_index(entries, j);
            g_autofree char *folded = g_ascii_strdown(entry->name, -1);
            if (g_str_has_suffix(folded, ".cip"))
                g_ptr_array_add(policies, g_strconcat(active, "/", entry->name, NULL));
        }
    }
    if (policies->len > 0) {
        g_autofree char *subject =
            policies->len == 1
                ? g_strdup(g_ptr_array_index(policies, 0))
                : g_strdup_printf("%s and %u more", (const char *)g_ptr_array_index(policies, 0),
                                  policies->len - 1);
        findings_add(findings, FINDING_WINDOWS_CODE_INTEGRITY, subject);
    }
    return TRUE;
}

gboolean windows_state_read_files(Guest *guest, GPtrArray *findings, GError **error)
{
    GuestWindows *facts = &guest->windows_facts;
    g_autofree char *pending = g_strconcat(facts->system_root, "/WinSxS/pending.xml", NULL);
    if (!read_event_log(guest, error) || !find_shadow_copies(guest, findings, error) ||
        !find_code_policies(guest, findings, error))
        return FALSE;
    facts->updates.pending_file = fs_tree_is_file(guest->tree, pending);
    if (facts->event_log == GUEST_EVENT_LOG_OPEN)
        findings_add(findings, FINDING_WINDOWS_EVENT_LOG_OPEN, NULL);
    if (facts->updates.pending_file || facts->updates.servicing || facts->updates.reboot_required)
        findings_add(findings, FINDING_WINDOWS_UPDATE_PENDING, NULL);
    return TRUE;
}

/* Component servicing that goes on at the next boot runs poqexec.exe. */
static gboolean read_session_manager(Guest *guest, Hive *system, GError **error)
{
    GuestWindowsUpdates *updates = &guest->windows_facts.updates;
    g_autofree char *path = windows_control_key(guest, "Control\\Session Manager");
    g_autoptr(GPtrArray) values = NULL;
    gboolean found;
    HiveKey key;
    if (!hive_find_key(system, hive_root(system), path, &found, &key, error) ||
        (found && !hive_list_values(system, key, &values, error)))
        return FALSE;
    if (!values)
        return TRUE;
    g_autoptr(GPtrArray) commands = windows_value_texts(values, "SetupExecute");
    for (guint i = 0; i < commands->len; i++) {
        g_autofree char *folded = g_ascii_strdown(g_ptr_array_index(commands, i), -1);
        updates->servicing |= strstr(folded, "poqexec") != NULL;
    }
    g_autoptr(GPtrArray) renames = windows_value_texts(values, "PendingFileRenameOperations");
    for (guint i = 0; i < renames->len; i++)
        if (g_str_has_prefix(g_ptr_array_index(renames, i), "\\??\\"))
            updates->renames++;
    return TRUE;
}

/* Of disks on other machines, which the initiator connects to at every start. */
static gboolean find_iscsi(const Guest *guest, Hive *system, GPtrArray *findings, GError **error)
{
    g_autofree char *path = windows_control_key(guest, SCSI_CLASS);
    g_autoptr(GArray) adapters = NULL;
    if (!windows_list_keys(system, path, &adapters, error))
        return FALSE;
    for (guint i = 0; i < MIN(adapters->len, ADAPTERS_LIMIT); i++) {
        g_autoptr(GArray) targets = NULL;
        gboolean found;
        HiveKey key;
        if (!hive_find_key(system, g_array_index(adapters, HiveKey, i), "PersistentTargets", &found,
                           &key, error) ||
            (found && !hive_list_keys(system, key, &targets, error)))
            return FALSE;
        if (targets && targets->len > 0)
            findings_add(findings, FINDING_WINDOWS_ISCSI, NULL);
    }
    return TRUE;
}

static gboolean read_services(Guest *guest, Hive *system, GPtrArray *findings, GError **error)
{
    GuestWindows *facts = &guest->windows_facts;
    g_autofree char *cluster = windows_control_key(guest, "Services\\ClusSvc");
    g_autofree char *guard = windows_control_key(guest, "Control\\DeviceGuard");
    guint start = START_DISABLED, security = 0;
    if (!windows_read_number(system, cluster, "Start", &start, error) ||
        !windows_read_number(system, guard, "EnableVirtualizationBasedSecurity", &security, error))
        return FALSE;
    facts->is_clustered = start < START_DISABLED;
    facts->virtualization_security = security != 0;
    if (facts->is_clustered)
        findings_add(findings, FINDING_WINDOWS_CLUSTER, NULL);
    if (g_strcmp0(facts->product_type, "LanmanNT") == 0)
        findings_add(findings, FINDING_WINDOWS_DOMAIN_CONTROLLER, NULL);
    return TRUE;
}

static gboolean read_setup(Hive *system, GPtrArray *findings, GError **error)
{
    guint in_progress = 0;
    if (!windows_read_number(system, "Setup", "SystemSetupInProgress", &in_progress, error))
        return FALSE;
    if (in_progress != 0)
        findings_add(findings, FINDING_WINDOWS_SETUP, NULL);
    return TRUE;
}

gboolean windows_state_read_system(Guest *guest, Hive *system, GPtrArray *findings, GError **error)
{
    return read_session_manager(guest, system, error) &&
           read_services(guest, system, findings, error) && read_setup(system, findings, error) &&
           find_iscsi(guest, system, findings, error);
}

/* What keeps Windows from installing drivers, unless an exception allows them. */
static gboolean read_restrictions(GuestWindows *facts, Hive *software, GPtrArray *findings,
                                  GError **error)
{
    static const char *const names[] = {"DenyUnspecified", "DenyDeviceIDs", "DenyDeviceClasses",
                                        "DenyInstanceIDs"};
    g_autoptr(GString) subject = g_string_new(NULL);
    facts->device_restrictions = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        guint value = 0;
        if (!windows_read_number(software, RESTRICTIONS, names[i], &value, error))
            return FALSE;
        if (value == 0)
            continue;
        g_ptr_array_add(facts->device_restrictions, g_strdup(names[i]));
        g_string_append_printf(subject, "%s%s", subject->len ? ", " : "", names[i]);
    }
    if (subject->len)
        findings_add(findings, FINDING_WINDOWS_DEVICE_POLICY, subject->str);
    return TRUE;
}

static gboolean read_servicing(GuestWindowsUpdates *updates, Hive *software, GError **error)
{
    gboolean rebooting, waiting;
    g_autoptr(GArray) packages = NULL;
    if (!windows_has_key(software, SERVICING "RebootPending", &rebooting, error) ||
        !windows_has_key(software, REBOOT_REQUIRED, &waiting, error) ||
        !windows_list_keys(software, SERVICING "PackagesPending", &packages, error))
        return FALSE;
    updates->servicing |= rebooting || packages->len > 0;
    updates->reboot_required = waiting;
    return TRUE;
}

/* A network is known by its gateway's MAC; behind another one Windows asks again, and takes it for
   a public one. In a domain the domain tells. */
static gboolean find_private_network(const GuestWindows *facts, Hive *software, GPtrArray *findings,
                                     GError **error)
{
    g_autoptr(GArray) keys = NULL;
    if (facts->is_domain_member)
        return TRUE;
    if (!windows_list_keys(software, NETWORK_PROFILES, &keys, error))
        return FALSE;
    for (guint i = 0; i < MIN(keys->len, ADAPTERS_LIMIT); i++) {
        g_autoptr(GPtrArray) values = NULL;
        if (!hive_list_values(software, g_array_index(keys, HiveKey, i), &values, error))
            return FALSE;
        if (windows_value_number(values, "Category", 0) == NETWORK_PRIVATE)
            findings_add(findings, FINDING_WINDOWS_NETWORK_CATEGORY, NULL);
    }
    return TRUE;
}

static gboolean find_generalised(Hive *software, GPtrArray *findings, GError **error)
{
    g_autofree char *state = NULL;
    if (!windows_read_text(software, "Microsoft\\Windows\\CurrentVersion\\Setup\\State",
                           "ImageState", &state, error))
        return FALSE;
    if (state && strstr(state, "GENERALIZE"))
        findings_add(findings, FINDING_WINDOWS_GENERALISED, NULL);
    return TRUE;
}

gboolean windows_state_read_software(Guest *guest, Hive *software, GPtrArray *findings,
                                     GError **error)
{
    GuestWindows *facts = &guest->windows_facts;
    return read_restrictions(facts, software, findings, error) &&
           read_servicing(&facts->updates, software, error) &&
           find_private_network(facts, software, findings, error) &&
           find_generalised(software, findings, error);
}
