/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guest tools of other hypervisors are switched off, never removed. */
#include "windows/clean_up.h"

#include <string.h>

#include "base/finding.h"

#define START_DISABLED 4u

/* Seen in guests of VMware Workstation and ESXi (Windows 7 and 10), and in the INFs of the other
   products. Left alone: vmci and vsock (load without their device and do nothing; Winsock's
   catalogue names vsock), pvscsi and vmxnet3 (not started without their device), Hyper-V's inbox
   services, NSX's vsepflt and vnetflt (other security products depend on them). */
static const struct {
    const char *service, *product;
} tools_table[] = {
    {"VMTools", "VMware Tools"},
    {"VGAuthService", "VMware Tools"},
    {"vm3dservice", "VMware Tools"},
    {"vmvss", "VMware Tools"},
    {"vmhgfs", "VMware Tools"},
    {"vmrawdsk", "VMware Tools"},
    {"VMMemCtl", "VMware Tools"},
    {"vmdebug", "VMware Tools"},
    {"VMUpgradeHelper", "VMware Tools"},
    {"VMwareCAFCommAmqpListener", "VMware Tools"},
    {"VMwareCAFManagementAgentHost", "VMware Tools"},
    {"VBoxService", "VirtualBox Guest Additions"},
    {"VBoxGuest", "VirtualBox Guest Additions"},
    {"VBoxMouse", "VirtualBox Guest Additions"},
    {"VBoxSF", "VirtualBox Guest Additions"},
    {"prl_boot", "Parallels Tools"},
    {"prl_dd", "Parallels Tools"},
    {"prl_eth5", "Parallels Tools"},
    {"prl_fs", "Parallels Tools"},
    {"prl_memdev", "Parallels Tools"},
    {"prl_mouf", "Parallels Tools"},
    {"prl_pv32", "Parallels Tools"},
    {"prl_pv64", "Parallels Tools"},
    {"prl_scsi", "Parallels Tools"},
    {"prl_sound", "Parallels Tools"},
    {"prl_strg", "Parallels Tools"},
    {"prl_tg", "Parallels Tools"},
    {"prl_time", "Parallels Tools"},
    {"prl_uprof", "Parallels Tools"},
    {"prl_va", "Parallels Tools"},
    {"rhelscsi", "Xen paravirtual drivers"},
};

/* Power-state drivers of one maker's processors, which stop XP and 2003 (0x7E) on another one or on
   a virtual one; later versions check what they run on. */
static const char *const processor_services[] = {"intelppm", "amdk8", "amdppm", "p3", "crusoe"};

static const char *find_product(const char *service)
{
    for (guint i = 0; i < G_N_ELEMENTS(tools_table); i++) {
        if (g_ascii_strcasecmp(tools_table[i].service, service) == 0)
            return tools_table[i].product;
    }
    return NULL;
}

static gboolean disable_services(guint control_set, Hive *system, HiveEdits *edits,
                                 GPtrArray *findings, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(tools_table); i++) {
        g_autofree char *key =
            g_strdup_printf("ControlSet%03u\\Services\\%s", control_set, tools_table[i].service);
        g_autofree char *reason = NULL;
        gboolean found;
        uint32_t start;

        if (!hive_read_dword(system, key, "Start", &found, &start, error))
            return FALSE;
        if (!found || start == START_DISABLED)
            continue;
        reason = g_strdup_printf("part of %s, which has no host here (Start was %u)",
                                 tools_table[i].product, start);
        hive_edits_set_dword(edits, key, "Start", START_DISABLED, reason);
        findings_add(findings, FINDING_WINDOWS_TOOLS_DISABLED, tools_table[i].product);
    }
    return TRUE;
}

static gboolean disable_processors(guint control_set, Hive *system, HiveEdits *edits,
                                   GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(processor_services); i++) {
        g_autofree char *key =
            g_strdup_printf("ControlSet%03u\\Services\\%s", control_set, processor_services[i]);
        gboolean found;
        uint32_t start;

        if (!hive_read_dword(system, key, "Start", &found, &start, error))
            return FALSE;
        if (found)
            hive_edits_set_dword(edits, key, "Start", START_DISABLED,
                                 "drives the old host's processor");
    }
    return TRUE;
}

/* A disabled driver in a filter list stops its whole class: no mouse, no keyboard, no disk. */
static gboolean clean_filter_list(Hive *system, const char *key, const char *name, HiveEdits *edits,
                                  GError **error)
{
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    g_auto(GStrv) filters = NULL;
    gboolean found;

    if (!hive_read_multi_string(system, key, name, &found, &filters, error))
        return FALSE;
    if (!found)
        return TRUE;
    for (guint i = 0; filters[i]; i++) {
        if (!find_product(filters[i]))
            g_ptr_array_add(kept, filters[i]);
    }
    if (kept->len == g_strv_length(filters))
        return TRUE;
    g_ptr_array_add(kept, NULL);
    if (kept->len == 1)
        hive_edits_delete_value(edits, key, name,
                                "the only filter belongs to the old hypervisor's tools");
    else
        hive_edits_set_multi_string(edits, key, name, (const char *const *)kept->pdata,
                                    "a filter that is switched off would stop the whole class");
    return TRUE;
}

static gboolean clean_filters(guint control_set, Hive *system, HiveEdits *edits, GError **error)
{
    static const char *const lists[] = {"UpperFilters", "LowerFilters"};
    g_autofree char *classes_key = g_strdup_printf("ControlSet%03u\\Control\\Class", control_set);
    g_autoptr(GArray) classes = NULL;
    gboolean found;
    HiveKey key;

    if (!hive_find_key(system, hive_root(system), classes_key, &found, &key, error))
        return FALSE;
    if (!found)
        return TRUE;
    if (!hive_list_keys(system, key, &classes, error))
        return FALSE;
    for (guint i = 0; i < classes->len; i++) {
        g_autofree char *name = NULL;
        g_autofree char *path = NULL;

        if (!hive_get_key_name(system, g_array_index(classes, HiveKey, i), &name, error))
            return FALSE;
        path = g_strdup_printf("%s\\%s", classes_key, name);
        for (guint j = 0; j < G_N_ELEMENTS(lists); j++) {
            if (!clean_filter_list(system, path, lists[j], edits, error))
                return FALSE;
        }
    }
    return TRUE;
}

/* Comma-separated services; one that does not start only delays every logon. */
static gboolean clean_provider_order(guint control_set, Hive *system, HiveEdits *edits,
                                     GError **error)
{
    static const char *const orders[] = {"Order", "HwOrder"};

    for (guint i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autofree char *key =
            g_strdup_printf("ControlSet%03u\\Control\\NetworkProvider\\%s", control_set, orders[i]);
        g_autoptr(GPtrArray) kept = g_ptr_array_new();
        g_autofree char *text = NULL;
        g_autofree char *joined = NULL;
        g_auto(GStrv) providers = NULL;
        gboolean found;

        if (!hive_read_string(system, key, "ProviderOrder", &found, &text, error))
            return FALSE;
        if (!found)
            continue;
        providers = g_strsplit(text, ",", 0);
        for (guint j = 0; providers[j]; j++) {
            if (!find_product(g_strstrip(providers[j])))
                g_ptr_array_add(kept, providers[j]);
        }
        if (kept->len == g_strv_length(providers))
            continue;
        g_ptr_array_add(kept, NULL);
        joined = g_strjoinv(",", (char **)kept->pdata);
        hive_edits_set_string(edits, key, "ProviderOrder", HIVE_TYPE_SZ, joined,
                              "a network provider of the old hypervisor's tools");
    }
    return TRUE;
}

gboolean clean_up_add_services(const BootTarget *target, Hive *system, HiveEdits *edits,
                               GPtrArray *findings, GError **error)
{
    for (guint i = 0; i < target->control_set_count; i++) {
        guint control_set = target->control_sets[i];

        if (!clean_filters(control_set, system, edits, error) ||
            !clean_provider_order(control_set, system, edits, error) ||
            !disable_services(control_set, system, edits, findings, error))
            return FALSE;
        if (target->has_processor_drivers && !disable_processors(control_set, system, edits, error))
            return FALSE;
    }
    return TRUE;
}
