/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inbox controller drivers that let a guest boot without virtio. */
#include "windows/boot_fallback.h"

#define REASON_FALLBACK "lets the guest also boot from an emulated SATA, IDE or NVMe disk"
#define REASON_OVERRIDE "would switch a boot driver off for this hardware profile"
#define REASON_BIND "binds emulated SATA and IDE disks to the inbox driver"

#define IDE_CLASS "{4D36E96A-E325-11CE-BFC1-08002BE10318}"
#define DISK_CLASS "{4D36E967-E325-11CE-BFC1-08002BE10318}"

#define SERVICE_KERNEL_DRIVER 1u

/* What a service of XP looks like when setup did not need it and left it out (Microsoft KB
   314082). */
typedef struct {
    const char *group;
    guint32 tag;
} XpService;

static const XpService xp_atapi = {"SCSI miniport", 0x19}, xp_intelide = {"System Bus Extender", 4},
                       xp_pciide = {"System Bus Extender", 3};

/* Not every Windows has every one. Setup sets those it does not need to demand start (msahci and
   pciide on 7), overrides their start (atapi, intelide, storahci, stornvme on 8 and later), or does
   not install them at all (XP, 2003). */
static const struct {
    const char *service;
    const XpService *xp; /* NULL: XP does not have it, or cannot be without it */
    const char *library; /* a driver that XP's imports, and that comes with it; NULL: none */
} fallback_table[] = {
    {"disk", NULL, NULL},
    {"pci", NULL, NULL},
    {"storahci", NULL, NULL},
    {"msahci", NULL, NULL},
    {"atapi", &xp_atapi, NULL},
    {"intelide", &xp_intelide, "pciidex"},
    {"pciide", &xp_pciide, "pciidex"},
    {"stornvme", NULL, NULL},
};

/* XP and 2003 register only the controllers they were installed on; Vista and 7 have all, as long
   as nobody cleaned up. The ids are those of KB 314082 that QEMU's devices have, and of 7's
   mshdc.inf.
 */
static const struct {
    const char *id, *service, *class_guid;
} critical_table[] = {
    {"primary_ide_channel", "atapi", IDE_CLASS},
    {"secondary_ide_channel", "atapi", IDE_CLASS},
    {"internal_ide_channel", "atapi", IDE_CLASS},
    {"*pnp0600", "atapi", IDE_CLASS},
    {"gendisk", "disk", DISK_CLASS},
    {"pci#cc_0101", "pciide", IDE_CLASS},
    {"pci#ven_8086&dev_7010", "intelide", IDE_CLASS},
    {"pci#cc_010601", "msahci", IDE_CLASS},
};

/* A disk on that bus needs one service of each group. Channels are atapi's also below msahci. */
static const struct {
    BootFallbackBus bus;
    gboolean before_8, since_8;
    const char *alternatives[3];
} needs_table[] = {
    {BOOT_FALLBACK_SATA, TRUE, TRUE, {"disk"}},
    {BOOT_FALLBACK_SATA, FALSE, TRUE, {"storahci"}},
    {BOOT_FALLBACK_SATA, TRUE, FALSE, {"msahci"}},
    {BOOT_FALLBACK_SATA, TRUE, FALSE, {"atapi"}},
    {BOOT_FALLBACK_IDE, TRUE, TRUE, {"disk"}},
    {BOOT_FALLBACK_IDE, TRUE, TRUE, {"atapi"}},
    {BOOT_FALLBACK_IDE, TRUE, TRUE, {"intelide", "pciide"}},
};

typedef struct {
    const BootTarget *target;
    Hive *system;
    FsTree *tree;
    const char *system_root;
    HiveEdits *edits;
    gboolean available[G_N_ELEMENTS(fallback_table)]; /* in all control sets */
} Fallback;

void boot_fallbacks_clear(BootFallbacks *fallbacks)
{
    for (guint i = 0; i < BOOT_FALLBACK_COUNT; i++)
        g_clear_pointer(&fallbacks->missing[i], g_free);
}

static gboolean has_file(const Fallback *fallback, const char *driver)
{
    g_autofree char *file =
        g_strdup_printf("%s/System32/drivers/%s.sys", fallback->system_root, driver);

    return fs_tree_is_file(fallback->tree, file);
}

static gboolean is_xp(const Fallback *fallback)
{
    return fallback->target->major == 5;
}

static void create_xp_service(const Fallback *fallback, const char *key, const char *service,
                              const XpService *xp)
{
    g_autofree char *image = g_strdup_printf("system32\\DRIVERS\\%s.sys", service);
    HiveEdits *edits = fallback->edits;

    hive_edits_set_dword(edits, key, "Type", SERVICE_KERNEL_DRIVER, REASON_FALLBACK);
    hive_edits_set_dword(edits, key, "ErrorControl", 1, REASON_FALLBACK);
    hive_edits_set_string(edits, key, "Group", HIVE_TYPE_SZ, xp->group, REASON_FALLBACK);
    hive_edits_set_dword(edits, key, "Tag", xp->tag, REASON_FALLBACK);
    hive_edits_set_string(edits, key, "ImagePath", HIVE_TYPE_EXPAND_SZ, image, REASON_FALLBACK);
}

/* What is bound to another driver is the machine's own business only if that driver fits QEMU's
   device too, which none but these do. */
static gboolean add_critical_devices(const Fallback *fallback, guint control_set,
                                     const char *service, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(critical_table); i++) {
        g_autofree char *key =
            g_strdup_printf("ControlSet%03u\\Control\\CriticalDeviceDatabase\\%s", control_set,
                            critical_table[i].id);
        g_autofree char *bound = NULL;
        gboolean found;

        if (!g_str_equal(critical_table[i].service, service))
            continue;
        if (!hive_read_string(fallback->system, key, "Service", &found, &bound, error))
            return FALSE;
        if (found && g_ascii_strcasecmp(bound, service) == 0)
            continue;
        hive_edits_set_string(fallback->edits, key, "Service", HIVE_TYPE_SZ, service, REASON_BIND);
        hive_edits_set_string(fallback->edits, key, "ClassGUID", HIVE_TYPE_SZ,
                              critical_table[i].class_guid, REASON_BIND);
    }
    return TRUE;
}

static gboolean add_service(Fallback *fallback, guint control_set, guint row, GError **error)
{
    const char *service = fallback_table[row].service, *library = fallback_table[row].library;
    const XpService *xp = is_xp(fallback) ? fallback_table[row].xp : NULL;
    g_autofree char *key = g_strdup_printf("ControlSet%03u\\Services\\%s", control_set, service);
    g_autofree char *override = g_strdup_printf("%s\\StartOverride", key);
    gboolean found;
    HiveKey service_key;

    if (!hive_find_key(fallback->system, hive_root(fallback->system), key, &found, &service_key,
                       error))
        return FALSE;
    if (!has_file(fallback, service) || (!found && !xp) ||
        (is_xp(fallback) && library && !has_file(fallback, library))) {
        fallback->available[row] = FALSE;
        return TRUE;
    }
    if (!found)
        create_xp_service(fallback, key, service, xp);
    hive_edits_set_dword(fallback->edits, key, "Start", 0, REASON_FALLBACK);
    hive_edits_delete_key(fallback->edits, override, REASON_OVERRIDE);
    return fallback->target->has_driver_database ||
           add_critical_devices(fallback, control_set, service, error);
}

static gboolean has_one_of(const Fallback *fallback, const char *const *alternatives)
{
    for (guint i = 0; i < G_N_ELEMENTS(fallback_table); i++) {
        if (fallback->available[i] && g_strv_contains(alternatives, fallback_table[i].service))
            return TRUE;
    }
    return FALSE;
}

static void note_missing(char **missing, const char *what)
{
    char *text = *missing ? g_strdup_printf("%s, %s", *missing, what) : g_strdup(what);

    g_free(*missing);
    *missing = text;
}

static void find_missing(const Fallback *fallback, BootFallbacks *fallbacks)
{
    gboolean is_8 = fallback->target->has_driver_database;

    for (guint i = 0; i < G_N_ELEMENTS(needs_table); i++) {
        if ((is_8 ? needs_table[i].since_8 : needs_table[i].before_8) &&
            !has_one_of(fallback, needs_table[i].alternatives))
            note_missing(&fallbacks->missing[needs_table[i].bus], needs_table[i].alternatives[0]);
    }
}

gboolean boot_fallback_add_edits(const BootTarget *target, Hive *system, FsTree *tree,
                                 const char *system_root, HiveEdits *edits,
                                 BootFallbacks *ret_fallbacks, GError **error)
{
    Fallback fallback = {target, system, tree, system_root, edits, {FALSE}};

    for (guint row = 0; row < G_N_ELEMENTS(fallback_table); row++) {
        fallback.available[row] = TRUE;
        for (guint i = 0; i < target->control_set_count; i++) {
            if (!add_service(&fallback, target->control_sets[i], row, error))
                return FALSE;
        }
    }
    *ret_fallbacks = (BootFallbacks){{NULL}};
    find_missing(&fallback, ret_fallbacks);
    return TRUE;
}
