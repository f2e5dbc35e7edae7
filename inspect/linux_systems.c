/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux systems on the volumes, and which of them starts by itself. */
#include <string.h>

#include "base/finding.h"
#include "fs/uml.h"
#include "inspect/boot_loader.h"
#include "inspect/crypttab.h"
#include "inspect/fstab.h"
#include "inspect/linux_mounts.h"
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

static gboolean holds_system(const Volume *volume, const char *folder)
{
    g_autoptr(FsTree) tree = fs_tree_new();
    fs_tree_mount_folder(tree, "/", volume->fs, folder);
    gboolean found = FALSE;
    if (!os_release_exists(tree))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(system_signs) && !found; i++)
        found = inspect_path_exists(tree, system_signs[i]);
    return found;
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

static void add_found(const Volume *volume, const char *folder, GPtrArray *roots)
{
    char *root = find_in_folder(volume, folder);
    if (root)
        g_ptr_array_add(roots, root);
}

gboolean linux_find_systems(const Volume *volume, GPtrArray *roots, GError **error G_GNUC_UNUSED)
{
    if (!fs_is_case_sensitive(volume->fs))
        return TRUE;
    if (!volume->subvolumes) {
        add_found(volume, "/", roots);
        return TRUE;
    }
    /* The default subvolume comes first, which openSUSE's rollback makes a snapshot. */
    for (guint i = 0; i < volume->subvolumes->len; i++) {
        const FsSubvolume *subvolume = g_ptr_array_index(volume->subvolumes, i);
        if (i == 0 || !linux_is_snapshot(subvolume->path))
            add_found(volume, subvolume->path, roots);
    }
    return TRUE;
}

/* What the entry that starts by itself says of its root. */
typedef struct {
    const Volume *volume; /* NULL: nothing, or it is on none of the disks */
    const char *flags;    /* of rootflags=, or "" */
} DefaultRoot;

/* words: of the kernel's command line; borrowed by the result. */
static DefaultRoot find_default_root(const VolumeSet *set, const Guest *near, char **words)
{
    DefaultRoot root = {NULL, ""};
    for (guint i = 0; words[i]; i++) {
        if (g_str_has_prefix(words[i], "root="))
            root.volume = crypttab_find_linux(near->linux_facts.mappings, set, near->root,
                                              words[i] + strlen("root="));
        else if (g_str_has_prefix(words[i], "rootflags="))
            root.flags = words[i] + strlen("rootflags=");
    }
    return root;
}

/* root is that of folder: itself, or a deployment of ostree in it. */
static gboolean is_root_of(const char *root, const char *folder)
{
    gsize length = strlen(folder);
    return g_str_equal(root, folder) ||
           (ostree_is_deployment(root) && g_str_has_prefix(root, folder) && root[length] == '/');
}

static const GuestCandidate *find_at(const GPtrArray *candidates, const Volume *volume,
                                     const char *folder)
{
    for (guint i = 0; i < candidates->len; i++) {
        const GuestCandidate *candidate = g_ptr_array_index(candidates, i);
        if (candidate->kind == GUEST_LINUX && candidate->volume == volume &&
            (!folder || is_root_of(candidate->root, folder)))
            return candidate;
    }
    return NULL;
}

/* Its own fstab says that its root is the subvolume that it is in. */
static gboolean names_itself(const GuestCandidate *candidate)
{
    g_autoptr(FsTree) tree = fs_tree_new();
    g_autoptr(GPtrArray) mounts = NULL;
    g_autofree char *text = NULL;
    fs_tree_mount_folder(tree, "/", candidate->volume->fs, candidate->root);
    if (!fs_tree_read_text(tree, "/etc/fstab", &text, NULL) || !text)
        return FALSE;
    mounts = fstab_parse(text);
    for (guint i = 0; i < mounts->len; i++) {
        const GuestMount *mount = g_ptr_array_index(mounts, i);
        if (!g_str_equal(mount->mount_point, "/"))
            continue;
        g_autofree char *folder = linux_find_subvolume(candidate->volume, mount->options);
        return g_strcmp0(folder, candidate->root) == 0;
    }
    return FALSE;
}

/* Of several systems in one Btrfs, without a word of the boot loader: dracut makes initramfs images
   that go by fstab. */
static const GuestCandidate *find_by_fstab(const GPtrArray *candidates, const Volume *volume)
{
    for (guint i = 0; i < candidates->len; i++) {
        const GuestCandidate *candidate = g_ptr_array_index(candidates, i);
        if (candidate->kind == GUEST_LINUX && candidate->volume == volume &&
            names_itself(candidate))
            return candidate;
    }
    return find_at(candidates, volume, NULL);
}

/* The candidate that root means. A snapshot that is started is one from then on. */
static const GuestCandidate *find_candidate(GPtrArray *candidates, const DefaultRoot *root)
{
    if (!root->volume || !root->volume->subvolumes || !linux_subvolume_is_named(root->flags))
        return root->volume ? find_by_fstab(candidates, root->volume) : NULL;
    g_autofree char *folder = linux_find_subvolume(root->volume, root->flags);
    if (!folder)
        return NULL;
    const GuestCandidate *found = find_at(candidates, root->volume, folder);
    g_autofree char *system =
        found || !root->volume->fs ? NULL : find_in_folder(root->volume, folder);
    if (!system)
        return found;
    GuestCandidate *candidate = g_new0(GuestCandidate, 1);
    candidate->kind = GUEST_LINUX;
    candidate->volume = root->volume;
    candidate->root = g_steal_pointer(&system);
    g_ptr_array_add(candidates, candidate);
    return candidate;
}

gboolean linux_find_default(const VolumeSet *set, GPtrArray *candidates,
                            const GuestCandidate **ret_default, GError **error)
{
    guint count = candidates->len;
    *ret_default = NULL;
    for (guint i = 0; i < count && !*ret_default; i++) {
        const GuestCandidate *candidate = g_ptr_array_index(candidates, i);
        if (candidate->kind != GUEST_LINUX)
            continue;
        Guest guest = {.kind = GUEST_LINUX, .root = candidate->volume, .tree = fs_tree_new()};
        g_autoptr(FsTree) tree = guest.tree;
        g_autoptr(GPtrArray) ignored = findings_new();
        g_auto(BootMenu) menu = {0};
        fs_tree_mount_folder(tree, "/", candidate->volume->fs, candidate->root);
        gboolean ok = linux_mount_filesystems(set, candidate->root, ignored, &guest, error) &&
                      boot_menu_read(tree, guest.linux_facts.esp_mount_point, &menu, error);
        if (ok && menu.default_entry && menu.default_entry->options) {
            g_auto(GStrv) words = g_strsplit(menu.default_entry->options, " ", -1);
            DefaultRoot root = find_default_root(set, &guest, words);
            *ret_default = find_candidate(candidates, &root);
        }
        linux_facts_clear(&guest.linux_facts);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}
