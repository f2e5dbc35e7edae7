/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Describes a Linux system that was found. */
#include <string.h>

#include "base/error.h"
#include "inspect/architecture.h"
#include "inspect/boot_loader.h"
#include "inspect/kernels.h"
#include "inspect/linux_mounts.h"
#include "inspect/os_release.h"
#include "inspect/ostree.h"
#include "inspect/system.h"
#include "inspect/text_file.h"

/* The first one found is the guest's; dracut installs a compatible mkinitrd. */
static const struct {
    const char *tool;
    const char *programs[4];
} initramfs_tools[] = {
    {"initramfs-tools", {"/usr/sbin/update-initramfs", "/usr/sbin/mkinitramfs"}},
    {"dracut", {"/usr/bin/dracut", "/sbin/dracut", "/usr/sbin/dracut"}},
    {"mkinitcpio", {"/usr/bin/mkinitcpio", "/sbin/mkinitcpio"}},
    {"booster", {"/usr/bin/booster"}},
    {"mkinitfs", {"/sbin/mkinitfs", "/usr/sbin/mkinitfs"}},
    {"mkinitrd", {"/sbin/mkinitrd", "/usr/sbin/mkinitrd"}},
};

void linux_facts_clear(GuestLinux *facts)
{
    g_free(facts->id);
    g_free(facts->id_like);
    g_free(facts->version_id);
    g_free(facts->boot_loader);
    g_free(facts->boot_loader_config);
    g_free(facts->esp_mount_point);
    g_free(facts->initramfs_tool);
    g_clear_pointer(&facts->kernels, g_ptr_array_unref);
    g_clear_pointer(&facts->mounts, g_ptr_array_unref);
    g_clear_pointer(&facts->mappings, g_ptr_array_unref);
    *facts = (GuestLinux){0};
}

static gboolean read_hostname(FsTree *tree, char **ret_hostname, GError **error)
{
    static const struct {
        const char *path;
        const char *key; /* NULL: the first line that is no comment */
    } sources[] = {
        {"/etc/hostname", NULL},
        {"/etc/HOSTNAME", NULL},
        {"/etc/sysconfig/network", "HOSTNAME"},
        {"/etc/conf.d/hostname", "hostname"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_autofree char *text = NULL;
        g_autofree char *name = NULL;
        if (!inspect_read_text(tree, sources[i].path, &text, error))
            return FALSE;
        if (text && sources[i].key) {
            name = shell_file_get(text, sources[i].key);
        } else if (text) {
            g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
            for (guint j = 0; lines[j] && !name; j++)
                if (*g_strstrip(lines[j]) && lines[j][0] != '#')
                    name = g_strdup(lines[j]);
        }
        if (name && *name) {
            *ret_hostname = g_steal_pointer(&name);
            return TRUE;
        }
    }
    return TRUE;
}

static char *find_initramfs_tool(FsTree *tree)
{
    for (guint i = 0; i < G_N_ELEMENTS(initramfs_tools); i++)
        for (guint j = 0; initramfs_tools[i].programs[j]; j++)
            if (inspect_path_exists(tree, initramfs_tools[i].programs[j]))
                return g_strdup(initramfs_tools[i].tool);
    return NULL;
}

static char *find_architecture(FsTree *tree, const GPtrArray *kernels)
{
    static const char *const programs[] = {"/bin/sh", "/sbin/init", "/usr/bin/sh", "/bin/ls"};
    static const struct {
        const char *suffix, *architecture;
    } kernel_names[] = {
        {"x86_64", "x86_64"},   {"amd64", "x86_64"},  {"i686", "i686"},
        {"aarch64", "aarch64"}, {"arm64", "aarch64"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        char *architecture = architecture_of_program(tree, programs[i]);
        if (architecture)
            return architecture;
    }
    for (guint i = 0; i < kernels->len; i++) {
        const GuestKernel *kernel = g_ptr_array_index(kernels, i);
        for (guint j = 0; j < G_N_ELEMENTS(kernel_names); j++)
            if (g_str_has_suffix(kernel->version, kernel_names[j].suffix))
                return g_strdup(kernel_names[j].architecture);
    }
    return NULL;
}

/* An EFI system partition means UEFI; cloud images that also have GRUB's BIOS boot partition were
   started by BIOS unless somebody says otherwise. */
static Firmware find_firmware(const VolumeSet *set)
{
    gboolean has_esp = FALSE;
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume->partition &&
            g_strcmp0(volume->partition->type_guid, PARTITION_TYPE_BIOS_BOOT) == 0)
            return FIRMWARE_BIOS;
        has_esp = has_esp || volume_is_esp(volume);
    }
    return has_esp ? FIRMWARE_UEFI : FIRMWARE_BIOS;
}

static void match_profile(Guest *guest)
{
    const GuestLinux *facts = &guest->linux_facts;
    g_autofree char *id = g_strconcat("id:", facts->id, NULL);
    g_autofree char *version = g_strconcat("version:", facts->version_id, NULL);
    const char *words[] = {id, version, NULL};
    guest_match_profile(guest, words);

    /* os-release(5): the words of ID_LIKE go from the closest relative on. */
    g_auto(GStrv) relatives = g_strsplit(facts->id_like ? facts->id_like : "", " ", -1);
    for (guint i = 0; relatives[i]; i++) {
        g_autofree char *family = g_strconcat("family:", relatives[i], NULL);
        const char *family_words[] = {family, NULL};
        guest_match_profile(guest, family_words);
    }
    const char *any_words[] = {"family:linux", NULL};
    guest_match_profile(guest, any_words);
    guest_set_osinfo(guest, facts->version_id);
}

gboolean linux_read_guest(const VolumeSet *set, const char *system_root, GPtrArray *findings,
                          Guest *guest, GError **error)
{
    GuestLinux *facts = &guest->linux_facts;
    g_auto(OsRelease) release = {0};
    g_auto(BootMenu) menu = {0};
    g_autofree char *root = NULL;

    if (!ostree_find_default(set, guest->root, system_root, &root, error))
        return FALSE;
    guest->tree = fs_tree_new();
    fs_tree_mount_folder(guest->tree, "/", guest->root->fs, root);
    if (!linux_mount_filesystems(set, root, findings, guest, error) ||
        !os_release_read(guest->tree, &release, error) ||
        !boot_menu_read(guest->tree, facts->esp_mount_point, &menu, error) ||
        !kernels_read(guest->tree, &menu, &facts->kernels, error) ||
        !read_hostname(guest->tree, &guest->hostname, error))
        return FALSE;

    facts->id = release.id ? g_steal_pointer(&release.id) : g_strdup("linux");
    facts->id_like = g_steal_pointer(&release.id_like);
    if (g_str_equal(facts->id, "nixos"))
        facts->usr = USR_STORE;
    facts->version_id = g_steal_pointer(&release.version_id);
    facts->boot_loader = g_strdup(menu.loader);
    facts->boot_loader_config = g_strdup(menu.config);
    facts->initramfs_tool = find_initramfs_tool(guest->tree);
    match_profile(guest);

    guest->product_name = g_steal_pointer(&release.pretty_name);
    if (!guest->product_name)
        guest->product_name = g_strdup(guest_profile_get(guest, "name"));
    if (!guest->product_name)
        guest->product_name = g_strdup("Linux");
    guest->architecture = find_architecture(guest->tree, facts->kernels);
    guest->firmware = find_firmware(set);
    return TRUE;
}
