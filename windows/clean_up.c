/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guest tools of other hypervisors are switched off, never removed. */
#include "windows/clean_up.h"

#define START_DISABLED 4u
#define CLASSES "Control\\Class"
#define VMWARE "VMware Tools"
#define VIRTUALBOX "VirtualBox Guest Additions"
#define PARALLELS "Parallels Tools"
#define XEN "Xen paravirtual drivers"

/* Seen in guests of VMware Workstation and ESXi (Windows 7 and 10), and in the INFs of the other
   products; Xen's are those of XenServer 6 (xenevtchn, scsifilt …), of XenServer 7 and later and
   XCP-ng (xenbus, xenfilt …), of GPLPV (xenpci, xenhide) and of RHEL. Left alone: vmci and vsock
   (load without their device and do nothing; Winsock's catalogue names vsock), pvscsi and vmxnet3
   (not started without their device, and missed where the disk goes back), vmmouse and vm3dmp
   (likewise), Hyper-V's inbox services, NSX's vsepflt and vnetflt (other security products depend
   on them). */
static const struct {
    const char *service, *product;
} tools_table[] = {
    {"VMTools", VMWARE},
    {"VGAuthService", VMWARE},
    {"vm3dservice", VMWARE},
    {"vmvss", VMWARE},
    {"vmhgfs", VMWARE},
    {"vmrawdsk", VMWARE},
    {"VMMemCtl", VMWARE},
    {"vmdebug", VMWARE},
    {"VMUpgradeHelper", VMWARE},
    {"VMwareCAFCommAmqpListener", VMWARE},
    {"VMwareCAFManagementAgentHost", VMWARE},
    {"VBoxService", VIRTUALBOX},
    {"VBoxGuest", VIRTUALBOX},
    {"VBoxMouse", VIRTUALBOX},
    {"VBoxSF", VIRTUALBOX},
    {"prl_boot", PARALLELS},
    {"prl_dd", PARALLELS},
    {"prl_eth5", PARALLELS},
    {"prl_fs", PARALLELS},
    {"prl_memdev", PARALLELS},
    {"prl_mouf", PARALLELS},
    {"prl_pv32", PARALLELS},
    {"prl_pv64", PARALLELS},
    {"prl_scsi", PARALLELS},
    {"prl_sound", PARALLELS},
    {"prl_strg", PARALLELS},
    {"prl_tg", PARALLELS},
    {"prl_time", PARALLELS},
    {"prl_uprof", PARALLELS},
    {"prl_va", PARALLELS},
    {"VBoxVideo", VIRTUALBOX},
    {"VBoxWddm", VIRTUALBOX},
    {"rhelscsi", XEN},
    {"rhelfltr", XEN},
    {"rhelnet", XEN},
    {"rhelsvc", XEN},
    {"xenagent", XEN},
    {"xenbus", XEN},
    {"xenbus_monitor", XEN},
    {"xencrsh", XEN},
    {"xendisk", XEN},
    {"xenevtchn", XEN},
    {"xenfilt", XEN},
    {"xenhide", XEN},
    {"xeniface", XEN},
    {"xenlite", XEN},
    {"xennet", XEN},
    {"xennet6", XEN},
    {"xenpci", XEN},
    {"xensvc", XEN},
    {"xenutil", XEN},
    {"xenvbd", XEN},
    {"xenvif", XEN},
    {"scsifilt", XEN},
};

/* Power-state drivers of one maker's processors, which stop XP and 2003 (0x7E) on another one or on
   a virtual one; later versions check what they run on. agp440 drives the bridge of the chip set
   that the same advice names. */
static const char *const processor_services[] = {"intelppm", "processor", "amdk8", "amdppm",
                                                 "p3",       "crusoe",    "agp440"};

static const char *find_product(const char *service)
{
    for (guint i = 0; i < G_N_ELEMENTS(tools_table); i++) {
        if (g_ascii_strcasecmp(tools_table[i].service, service) == 0)
            return tools_table[i].product;
    }
    return NULL;
}

static gboolean disable_services(guint control_set, Hive *system, HiveEdits *edits,
                                 GPtrArray *products, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(tools_table); i++) {
        g_autofree char *key =
            g_strdup_printf("ControlSet%03u\\Services\\%s", control_set, tools_table[i].service);
        gpointer product = (gpointer)(uintptr_t)tools_table[i].product;
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
        if (!g_ptr_array_find(products, product, NULL))
            g_ptr_array_add(products, product);
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

/* Of disks, volumes and their controllers: classes that get devices of a kind they did not have
   before. What filters them without being there was no harm as long as the class was empty. */
static const char *const storage_classes[] = {
    "{4d36e967-e325-11ce-bfc1-08002be10318}", "{4d36e96a-e325-11ce-bfc1-08002be10318}",
    "{4d36e97b-e325-11ce-bfc1-08002be10318}", "{71a27cdd-812a-11d0-bec7-08002be2092f}"};

static gboolean is_storage_class(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(storage_classes); i++) {
        if (g_ascii_strcasecmp(name, storage_classes[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

/* NULL: the filter stays; else why it does not. */
static gboolean judge_filter(Hive *system, guint control_set, const char *filter,
                             gboolean is_storage, const char **ret_reason, GError **error)
{
    g_autofree char *key = g_strdup_printf("ControlSet%03u\\Services\\%s", control_set, filter);
    gboolean found = TRUE;
    HiveKey service;

    *ret_reason = NULL;
    if (find_product(filter)) {
        *ret_reason = "a filter that is switched off would stop the whole class";
        return TRUE;
    }
    if (!is_storage || !*filter)
        return TRUE;
    if (!hive_find_key(system, hive_root(system), key, &found, &service, error))
        return FALSE;
    if (!found)
        *ret_reason = "a filter without a service would stop disks of a new kind";
    return TRUE;
}

/* A disabled driver in a filter list stops its whole class: no mouse, no keyboard, no disk. */
static gboolean clean_filter_list(Hive *system, guint control_set, const char *class_name,
                                  const char *name, HiveEdits *edits, GError **error)
{
    g_autofree char *key =
        g_strdup_printf("ControlSet%03u\\" CLASSES "\\%s", control_set, class_name);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    g_auto(GStrv) filters = NULL;
    const char *reason = NULL;
    gboolean found;

    if (!hive_read_multi_string(system, key, name, &found, &filters, error))
        return FALSE;
    for (guint i = 0; found && filters[i]; i++) {
        const char *against;

        if (!judge_filter(system, control_set, filters[i], is_storage_class(class_name), &against,
                          error))
            return FALSE;
        if (against)
            reason = against;
        else
            g_ptr_array_add(kept, filters[i]);
    }
    if (!reason)
        return TRUE;
    if (kept->len == 0) {
        hive_edits_delete_value(edits, key, name, reason);
        return TRUE;
    }
    g_ptr_array_add(kept, NULL);
    hive_edits_set_multi_string(edits, key, name, (const char *const *)kept->pdata, reason);
    return TRUE;
}

static gboolean clean_filters(guint control_set, Hive *system, HiveEdits *edits, GError **error)
{
    static const char *const lists[] = {"UpperFilters", "LowerFilters"};
    g_autofree char *classes_key = g_strdup_printf("ControlSet%03u\\" CLASSES, control_set);
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

        if (!hive_get_key_name(system, g_array_index(classes, HiveKey, i), &name, error))
            return FALSE;
        for (guint j = 0; j < G_N_ELEMENTS(lists); j++) {
            if (!clean_filter_list(system, control_set, name, lists[j], edits, error))
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
                               GPtrArray *products, GError **error)
{
    for (guint i = 0; i < target->control_set_count; i++) {
        guint control_set = target->control_sets[i];

        if (!clean_filters(control_set, system, edits, error) ||
            !clean_provider_order(control_set, system, edits, error) ||
            !disable_services(control_set, system, edits, products, error))
            return FALSE;
        if (target->has_processor_drivers && !disable_processors(control_set, system, edits, error))
            return FALSE;
    }
    return TRUE;
}
