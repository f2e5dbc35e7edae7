/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux systems on a volume: recognised, mounted as their fstab says, described. */
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "fs/path.h"
#include "inspect/architecture.h"
#include "inspect/boot_loader.h"
#include "inspect/crypttab.h"
#include "inspect/fstab.h"
#include "inspect/kernels.h"
#include "inspect/mdadm_conf.h"
#include "inspect/os_release.h"
#include "inspect/ostree.h"
#include "inspect/system.h"
#include "inspect/text_file.h"
#include "inspect/usr_image.h"

/* A root filesystem has one of these, even where /usr is a volume of its own. */
static const char *const system_signs[] = {
    "/sbin/init", "/lib/modules", "/usr/lib/modules", "/usr/lib/systemd/systemd",
    "/bin/sh",    "/usr/bin/sh",  "/etc/inittab",     "/etc/fstab",
};

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

static gboolean exists(FsTree *tree, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean found;
    FsStat stat;
    if (!fs_tree_stat_link(tree, path, &found, &stat, &error)) {
        g_debug("%s: %s", path, error->message);
        return FALSE;
    }
    return found;
}

static gboolean holds_system(const Volume *volume, const char *folder)
{
    g_autoptr(FsTree) tree = fs_tree_new();
    fs_tree_mount_folder(tree, "/", volume->fs, folder);
    gboolean found = FALSE;
    if (!os_release_exists(tree))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(system_signs) && !found; i++)
        found = exists(tree, system_signs[i]);
    return found;
}

/* What snapper and timeshift keep of earlier states: a system, but not the one that starts. */
static gboolean is_snapshot(const char *folder)
{
    return strstr(folder, "/.snapshots/") || strstr(folder, "/timeshift-btrfs/");
}

/* Where in folder, a subvolume's or the volume's own root, there is a system; NULL: nowhere. */
static char *find_in_folder(const Volume *volume, const char *folder)
{
    if (holds_system(volume, folder) || (g_str_equal(folder, "/") && usr_image_is_root(volume)))
        return g_strdup(folder);
    g_autoptr(GPtrArray) deployments = ostree_list_deployments(volume, folder);
    for (guint i = 0; i < deployments->len; i++)
        if (holds_system(volume, g_ptr_array_index(deployments, i)))
            return g_strdup(g_ptr_array_index(deployments, i));
    return NULL;
}

gboolean linux_find_system(const Volume *volume, char **ret_root, GError **error G_GNUC_UNUSED)
{
    *ret_root = NULL;
    if (!fs_is_case_sensitive(volume->fs))
        return TRUE;
    if (!volume->subvolumes) {
        *ret_root = find_in_folder(volume, "/");
        return TRUE;
    }
    /* The default subvolume comes first, which openSUSE's rollback makes a snapshot. */
    for (guint i = 0; i < volume->subvolumes->len && !*ret_root; i++) {
        const char *folder = g_ptr_array_index(volume->subvolumes, i);
        if (i == 0 || !is_snapshot(folder))
            *ret_root = find_in_folder(volume, folder);
    }
    return TRUE;
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
            if (exists(tree, initramfs_tools[i].programs[j]))
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

static gboolean is_below_root(const char *mount_point)
{
    return mount_point[0] == '/' && mount_point[1] != '\0';
}

static gboolean read_mappings(const VolumeSet *set, Guest *guest, GError **error)
{
    g_autofree char *text = NULL;
    if (!inspect_read_text(guest->tree, "/etc/crypttab", &text, error))
        return FALSE;
    guest->linux_facts.mappings = crypttab_parse(text ? text : "");
    crypttab_resolve(guest->linux_facts.mappings, set, guest->root);
    return TRUE;
}

/* Of Btrfs: the folder of volume's filesystem that mount means, by its subvol= or the default. */
static char *find_mount_folder(const Volume *volume, const GuestMount *mount)
{
    if (!volume->subvolumes)
        return g_strdup("/");
    g_auto(GStrv) options = g_strsplit(mount->options, ",", -1);
    for (guint i = 0; options[i]; i++)
        if (g_str_has_prefix(options[i], "subvol="))
            return fs_path_normalise(options[i] + strlen("subvol="), FALSE);
    return g_strdup(g_ptr_array_index(volume->subvolumes, 0));
}

/* A mount besides the root, of what the disks have. */
static void mount_filesystem(Guest *guest, const char *system_root, const GuestMount *mount)
{
    const Volume *volume = mount->volume;
    g_autofree char *folder = find_mount_folder(volume, mount);
    if (volume == guest->root && g_str_equal(folder, system_root))
        return;
    fs_tree_mount_folder(guest->tree, mount->mount_point, volume->fs, folder);
    if (volume_is_esp(volume) && !guest->linux_facts.esp_mount_point)
        guest->linux_facts.esp_mount_point = g_strdup(mount->mount_point);
}

/* What the guest's mdadm.conf calls so comes before what the array itself was called. */
static gboolean find_array(const VolumeSet *set, FsTree *tree, GuestMount *mount, GError **error)
{
    g_autofree char *uuid = NULL;
    if (!g_str_has_prefix(mount->spec, "/dev/md"))
        return TRUE;
    if (!mdadm_conf_read_uuid(tree, mount->spec, &uuid, error))
        return FALSE;
    for (guint i = 0; uuid && i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume->layer == VOLUME_RAID && !volume->partition &&
            mdadm_conf_same_uuid(volume->layer_uuid, uuid))
            mount->volume = volume;
    }
    return TRUE;
}

/* Mounts what fstab names and the disks have. */
static gboolean mount_filesystems(const VolumeSet *set, const char *system_root,
                                  GPtrArray *findings, Guest *guest, GError **error)
{
    g_autofree char *text = NULL;
    if (!fs_tree_read_text(guest->tree, "/etc/fstab", &text, error)) {
        g_prefix_error(error, "cannot read the mount table: ");
        return FALSE;
    }
    GuestLinux *facts = &guest->linux_facts;
    facts->mounts = fstab_parse(text ? text : "");
    if (!read_mappings(set, guest, error))
        return FALSE;

    for (guint i = 0; i < facts->mounts->len; i++) {
        GuestMount *mount = g_ptr_array_index(facts->mounts, i);
        mount->volume = crypttab_find_linux(facts->mappings, set, guest->root, mount->spec);
        if (!find_array(set, guest->tree, mount, error))
            return FALSE;
        if (g_str_equal(mount->mount_point, "/")) {
            mount->volume = guest->root;
        } else if (mount->volume && mount->volume->fs && is_below_root(mount->mount_point)) {
            mount_filesystem(guest, system_root, mount);
        } else if (!mount->volume && g_str_has_prefix(mount->mount_point, "/boot")) {
            /* Kernels and boot files are then out of reach. */
            g_autofree char *subject = g_strdup_printf("%s (%s)", mount->mount_point, mount->spec);
            findings_add(findings, FINDING_LINUX_BOOT_NOT_FOUND, subject);
        }
    }

    if (ostree_is_deployment(system_root)) {
        facts->usr = USR_OSTREE;
        ostree_mount(set, system_root, guest);
    } else if (usr_image_is_root(guest->root) && usr_image_mount(set, guest)) {
        facts->usr = USR_PARTITION;
    } else if (is_snapshot(system_root) && exists(guest->tree, "/usr/sbin/transactional-update")) {
        facts->usr = USR_SNAPSHOT;
    }
    const Volume *esp = volume_set_find_esp(set, guest->root->disk_index);
    if (esp && !facts->esp_mount_point) {
        fs_tree_mount(guest->tree, GUEST_ESP_MOUNT, esp->fs);
        facts->esp_mount_point = g_strdup(GUEST_ESP_MOUNT);
    }
    return TRUE;
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
    if (!mount_filesystems(set, root, findings, guest, error) ||
        !os_release_read(guest->tree, &release, error) ||
        !boot_menu_read(guest->tree, facts->esp_mount_point, &menu, error) ||
        !kernels_read(guest->tree, &menu, &facts->kernels, error) ||
        !read_hostname(guest->tree, &guest->hostname, error))
        return FALSE;

    facts->id = release.id ? g_steal_pointer(&release.id) : g_strdup("linux");
    facts->id_like = g_steal_pointer(&release.id_like);
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

/* root= on the kernel's command line of the entry that starts by itself. */
static const Volume *find_default_root(const VolumeSet *set, const Guest *near,
                                       const BootEntry *entry)
{
    g_auto(GStrv) words = g_strsplit(entry->options ? entry->options : "", " ", -1);
    for (guint i = 0; words[i]; i++)
        if (g_str_has_prefix(words[i], "root="))
            return crypttab_find_linux(near->linux_facts.mappings, set, near->root,
                                       words[i] + strlen("root="));
    return NULL;
}

gboolean linux_find_default(const VolumeSet *set, const GPtrArray *candidates,
                            const GuestCandidate **ret_default, GError **error)
{
    *ret_default = NULL;
    for (guint i = 0; i < candidates->len && !*ret_default; i++) {
        const GuestCandidate *candidate = g_ptr_array_index(candidates, i);
        if (candidate->kind != GUEST_LINUX)
            continue;
        Guest guest = {.kind = GUEST_LINUX, .root = candidate->volume, .tree = fs_tree_new()};
        g_autoptr(FsTree) tree = guest.tree;
        g_autoptr(GPtrArray) ignored = findings_new();
        g_auto(BootMenu) menu = {0};
        fs_tree_mount_folder(tree, "/", candidate->volume->fs, candidate->root);
        gboolean ok = mount_filesystems(set, candidate->root, ignored, &guest, error) &&
                      boot_menu_read(tree, guest.linux_facts.esp_mount_point, &menu, error);
        const Volume *root =
            ok && menu.default_entry ? find_default_root(set, &guest, menu.default_entry) : NULL;
        linux_facts_clear(&guest.linux_facts);
        if (!ok)
            return FALSE;
        for (guint j = 0; j < candidates->len && root; j++) {
            const GuestCandidate *other = g_ptr_array_index(candidates, j);
            if (other->kind == GUEST_LINUX && other->volume == root)
                *ret_default = other;
        }
    }
    return TRUE;
}
