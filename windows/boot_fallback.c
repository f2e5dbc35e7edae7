/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inbox controller drivers that let a guest boot without virtio. */
#include "windows/boot_driver.h"

#define REASON_FALLBACK "lets the guest also boot from an emulated SATA, IDE or NVMe disk"
#define REASON_OVERRIDE "would switch a boot driver off for this hardware profile"
#define REASON_BIND "binds emulated IDE disks to the inbox driver"

#define IDE_CLASS "{4D36E96A-E325-11CE-BFC1-08002BE10318}"
#define DISK_CLASS "{4D36E967-E325-11CE-BFC1-08002BE10318}"

/* Not every Windows has every one. Setup sets those it does not need to demand start (msahci and
   pciide on 7) or overrides their start (atapi, intelide, storahci, stornvme on 8 and later). */
static const char *const fallback_services[] = {
    "disk", "pci", "storahci", "msahci", "atapi", "intelide", "pciide", "stornvme",
};

/* XP and 2003 register only the controllers they were installed on (Microsoft KB 314082). */
static const struct {
    const char *id, *service, *class_guid;
} ide_table[] = {
    {"primary_ide_channel", "atapi", IDE_CLASS},
    {"secondary_ide_channel", "atapi", IDE_CLASS},
    {"*pnp0600", "atapi", IDE_CLASS},
    {"gendisk", "disk", DISK_CLASS},
    {"pci#cc_0101", "pciide", IDE_CLASS},
    {"pci#ven_8086&dev_7010", "intelide", IDE_CLASS},
};

static gboolean is_available(Hive *system, guint control_set, const char *service, FsTree *tree,
                             const char *system_root, gboolean *ret_available, GError **error)
{
    g_autofree char *key = g_strdup_printf("ControlSet%03u\\Services\\%s", control_set, service);
    g_autofree char *file = g_strdup_printf("%s/System32/drivers/%s.sys", system_root, service);
    HiveKey found;

    if (!hive_find_key(system, hive_root(system), key, ret_available, &found, error))
        return FALSE;
    *ret_available = *ret_available && fs_tree_is_file(tree, file);
    return TRUE;
}

static void add_start(guint control_set, const char *service, HiveEdits *edits)
{
    g_autofree char *key = g_strdup_printf("ControlSet%03u\\Services\\%s", control_set, service);
    g_autofree char *override = g_strdup_printf("%s\\StartOverride", key);

    hive_edits_set_dword(edits, key, "Start", 0, REASON_FALLBACK);
    hive_edits_delete_key(edits, override, REASON_OVERRIDE);
}

static void add_ide_devices(guint control_set, const char *service, HiveEdits *edits)
{
    for (guint i = 0; i < G_N_ELEMENTS(ide_table); i++) {
        g_autofree char *key = g_strdup_printf(
            "ControlSet%03u\\Control\\CriticalDeviceDatabase\\%s", control_set, ide_table[i].id);

        if (!g_str_equal(ide_table[i].service, service))
            continue;
        hive_edits_set_string(edits, key, "Service", HIVE_TYPE_SZ, service, REASON_BIND);
        hive_edits_set_string(edits, key, "ClassGUID", HIVE_TYPE_SZ, ide_table[i].class_guid,
                              REASON_BIND);
    }
}

gboolean boot_driver_add_fallbacks(const BootTarget *target, Hive *system, FsTree *tree,
                                   const char *system_root, HiveEdits *edits, GError **error)
{
    for (guint i = 0; i < target->control_set_count; i++) {
        guint control_set = target->control_sets[i];

        for (guint j = 0; j < G_N_ELEMENTS(fallback_services); j++) {
            gboolean available;

            if (!is_available(system, control_set, fallback_services[j], tree, system_root,
                              &available, error))
                return FALSE;
            if (!available)
                continue;
            add_start(control_set, fallback_services[j], edits);
            if (target->major < 6)
                add_ide_devices(control_set, fallback_services[j], edits);
        }
    }
    return TRUE;
}
