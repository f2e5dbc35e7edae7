/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds ostree's deployments, the one that starts, and what belongs to it. */
#include "inspect/ostree.h"

#include <string.h>

#include "inspect/boot_menu.h"

#define DEPLOY "/ostree/deploy/"
#define ARGUMENT "ostree="
#define LIST_MAX 256u /* names in a folder; ostree keeps two deployments, and what was pinned */

/* Names of the directories in folder of the tree. */
static GPtrArray *list_directories(FsTree *tree, const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    if (!fs_tree_is_directory(tree, folder))
        return names;
    if (!fs_tree_list(tree, folder, &entries, &error)) {
        g_debug("%s: %s", folder, error->message);
        return names;
    }
    for (guint i = 0; i < entries->len && names->len < LIST_MAX; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        if (entry->type == FS_TYPE_DIRECTORY)
            g_ptr_array_add(names, g_strdup(entry->name));
    }
    return names;
}

GPtrArray *ostree_list_deployments(const Volume *volume, const char *folder)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(FsTree) tree = fs_tree_new();
    fs_tree_mount_folder(tree, "/", volume->fs, folder);
    const char *prefix = g_str_equal(folder, "/") ? "" : folder;
    g_autoptr(GPtrArray) names = list_directories(tree, DEPLOY);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path =
            g_strconcat(DEPLOY, (const char *)g_ptr_array_index(names, i), "/deploy/", NULL);
        g_autoptr(GPtrArray) deployments = list_directories(tree, path);
        for (guint j = 0; j < deployments->len; j++)
            g_ptr_array_add(
                found,
                g_strconcat(prefix, path, (const char *)g_ptr_array_index(deployments, j), NULL));
    }
    return found;
}

/* What is before "/ostree/deploy/NAME/deploy/…" in folder, and with name what is before the second
   "/deploy/"; NULL: folder is no deployment's. */
static char *find_parent(const char *folder, gboolean with_name)
{
    const char *deploy = strstr(folder, DEPLOY);
    const char *name = deploy ? deploy + strlen(DEPLOY) : NULL;
    const char *end = name ? strchr(name, '/') : NULL;
    if (!end || !g_str_has_prefix(end, "/deploy/"))
        return NULL;
    return g_strndup(folder, (gsize)((with_name ? end : deploy) - folder));
}

gboolean ostree_is_deployment(const char *folder)
{
    g_autofree char *parent = find_parent(folder, FALSE);
    return parent != NULL;
}

/* The volume that is /boot although no fstab says so: Fedora CoreOS finds it by its label. */
static const Volume *find_boot(const VolumeSet *set, const Volume *root)
{
    for (guint i = 0; i < set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(set->volumes, i);
        if (volume == root || !volume->fs || !fs_is_case_sensitive(volume->fs))
            continue;
        g_autoptr(FsTree) tree = fs_tree_new();
        fs_tree_mount(tree, "/", volume->fs);
        if (fs_tree_is_directory(tree, "/ostree") && fs_tree_is_directory(tree, "/loader/entries"))
            return volume;
    }
    return NULL;
}

/* The path behind "ostree=" among the words of options. */
static char *find_argument(const char *options)
{
    g_auto(GStrv) words = g_strsplit(options ? options : "", " ", -1);
    for (guint i = 0; words[i]; i++)
        if (g_str_has_prefix(words[i], ARGUMENT "/"))
            return g_strdup(words[i] + strlen(ARGUMENT));
    return NULL;
}

char *ostree_find_root(const char *options)
{
    g_autofree char *path = find_argument(options);
    return path ? g_strconcat("/sysroot", path, NULL) : NULL;
}

/* ostree= of the entry that starts by itself; of the newest one where nothing but entries is there.
 */
static gboolean read_argument(FsTree *tree, char **ret_path, GError **error)
{
    g_auto(BootMenu) menu = {0};
    if (!boot_menu_read(tree, NULL, &menu, error))
        return FALSE;
    if (!menu.default_entry) {
        if (!bls_read_entries(tree, "/boot/loader/entries", &menu, error))
            return FALSE;
        if (menu.entries->len > 0)
            menu.default_entry = g_ptr_array_index(menu.entries, 0);
    }
    *ret_path = menu.default_entry ? find_argument(menu.default_entry->options) : NULL;
    return TRUE;
}

gboolean ostree_find_default(const VolumeSet *set, const Volume *volume, const char *folder,
                             char **ret_folder, GError **error)
{
    g_autofree char *parent = find_parent(folder, FALSE);
    g_autofree char *path = NULL, *resolved = NULL;
    g_autoptr(FsTree) tree = fs_tree_new();
    const Volume *boot = find_boot(set, volume);
    gboolean found = FALSE;
    Fs *fs = NULL;

    *ret_folder = g_strdup(folder);
    if (!parent)
        return TRUE;
    fs_tree_mount_folder(tree, "/", volume->fs, *parent ? parent : "/");
    if (boot)
        fs_tree_mount(tree, "/boot", boot->fs);
    if (!read_argument(tree, &path, error) ||
        (path && !fs_tree_resolve(tree, path, TRUE, &fs, &resolved, &found, error)))
        return FALSE;
    if (found && fs == volume->fs && ostree_is_deployment(resolved)) {
        g_free(*ret_folder);
        *ret_folder = g_steal_pointer(&resolved);
    }
    return TRUE;
}

static gboolean is_mounted(const GuestLinux *facts, const char *mount_point)
{
    for (guint i = 0; i < facts->mounts->len; i++) {
        const GuestMount *mount = g_ptr_array_index(facts->mounts, i);
        if (mount->volume && g_str_equal(mount->mount_point, mount_point))
            return TRUE;
    }
    return FALSE;
}

void ostree_mount(const VolumeSet *set, const char *folder, Guest *guest)
{
    const Volume *root = guest->root;
    g_autofree char *parent = find_parent(folder, FALSE);
    g_autofree char *stateroot = find_parent(folder, TRUE);
    g_autofree char *var = g_strconcat(stateroot, "/var", NULL);
    g_autofree char *boot_folder = g_strconcat(parent, "/boot", NULL);

    fs_tree_mount_folder(guest->tree, "/sysroot", root->fs, *parent ? parent : "/");
    if (!is_mounted(&guest->linux_facts, "/var"))
        fs_tree_mount_folder(guest->tree, "/var", root->fs, var);
    if (is_mounted(&guest->linux_facts, "/boot"))
        return;
    const Volume *boot = find_boot(set, root);
    if (boot)
        fs_tree_mount(guest->tree, "/boot", boot->fs);
    else
        fs_tree_mount_folder(guest->tree, "/boot", root->fs, boot_folder);
}
