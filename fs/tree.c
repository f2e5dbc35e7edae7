/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A guest's namespace: which filesystem holds a path, with links resolved inside the guest. */
#include "fs/tree.h"

#include <string.h>

#include "base/error.h"
#include "fs/path.h"

enum { LINK_LIMIT = 40 }; /* as Linux */

typedef struct {
    char *mount_point; /* normalised */
    char *key;         /* folded by the root's rule of case */
    Fs *fs;            /* borrowed */
    char *folder;      /* of fs that is mounted; "": all of it */
} Mount;

struct FsTree {
    GPtrArray *mounts; /* of Mount; the root first */
};

static void mount_free(gpointer data)
{
    Mount *mount = data;
    g_free(mount->mount_point);
    g_free(mount->key);
    g_free(mount->folder);
    g_free(mount);
}

FsTree *fs_tree_new(void)
{
    FsTree *tree = g_new0(FsTree, 1);
    tree->mounts = g_ptr_array_new_with_free_func(mount_free);
    return tree;
}

void fs_tree_free(FsTree *tree)
{
    if (!tree)
        return;
    g_ptr_array_unref(tree->mounts);
    g_free(tree);
}

/* The rule of the root filesystem holds for mount points and for '\\' in paths. */
static gboolean is_windows(const FsTree *tree)
{
    if (tree->mounts->len == 0)
        return FALSE;
    const Mount *root = tree->mounts->pdata[0];
    return !fs_is_case_sensitive(root->fs);
}

void fs_tree_mount(FsTree *tree, const char *mount_point, Fs *fs)
{
    fs_tree_mount_folder(tree, mount_point, fs, "/");
}

void fs_tree_mount_folder(FsTree *tree, const char *mount_point, Fs *fs, const char *folder)
{
    g_return_if_fail(tree->mounts->len > 0 || g_str_equal(mount_point, "/"));
    Mount *mount = g_new0(Mount, 1);
    mount->fs = fs;
    mount->folder = g_strdup(g_str_equal(folder, "/") ? "" : folder);
    mount->mount_point = fs_path_normalise(mount_point, is_windows(tree));
    mount->key = fs_path_fold(mount->mount_point, !is_windows(tree));
    g_ptr_array_add(tree->mounts, mount);
}

const char *fs_tree_root_folder(const FsTree *tree)
{
    return tree->mounts->len > 0 ? ((const Mount *)tree->mounts->pdata[0])->folder : "";
}

/* The filesystem with the longest mount point above path (normalised), and path's name there. Of
   two at the same place the later one counts, as with mount(8). */
static const Mount *find_mount(const FsTree *tree, const char *path, char **ret_path)
{
    const Mount *best = NULL;
    const char *best_rest = NULL;
    g_autofree char *key = fs_path_fold(path, !is_windows(tree));
    for (guint i = 0; i < tree->mounts->len; i++) {
        const Mount *mount = tree->mounts->pdata[i];
        if (!fs_path_below(key, mount->key))
            continue;
        if (best && strlen(mount->key) < strlen(best->key))
            continue;
        best = mount;
        /* Folding changes lengths, so count components instead of bytes. */
        best_rest = path;
        for (const char *p = mount->key; p[0] != '\0' && p[1] != '\0'; p += strcspn(p + 1, "/") + 1)
            best_rest += strcspn(best_rest + 1, "/") + 1;
    }
    if (best)
        *ret_path = *best->folder || *best_rest ? g_strconcat(best->folder, best_rest, NULL)
                                                : g_strdup("/");
    return best;
}

/* A walk from "/" to a path: what was passed, and what is still to do. */
typedef struct {
    GPtrArray *passed;  /* names, no links among them */
    GPtrArray *pending; /* names, the next one last */
    guint links;
} Walk;

static void walk_push(Walk *walk, const char *path, gboolean backslashes)
{
    g_autoptr(GPtrArray) names = fs_path_split(path, backslashes);
    for (guint i = names->len; i > 0; i--)
        g_ptr_array_add(walk->pending, g_strdup(names->pdata[i - 1]));
}

/* NTFS stores absolute targets as "\??\C:\dir", "C:\dir" or "\dir"; the tree's root is C:. */
static const char *skip_drive(const char *target)
{
    if (g_str_has_prefix(target, "\\??\\"))
        target += strlen("\\??\\");
    if (g_ascii_isalpha(target[0]) && target[1] == ':')
        return target + 2;
    return target;
}

static gboolean walk_follow(Walk *walk, Fs *fs, const char *fs_path, const char *path,
                            GError **error)
{
    if (++walk->links > LINK_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "cannot look up '%s': more than %d symbolic links on the way", path,
                          LINK_LIMIT);
        return FALSE;
    }
    g_autofree char *stored = NULL;
    if (!fs_read_link(fs, fs_path, &stored, error))
        return FALSE;
    gboolean backslashes = !fs_is_case_sensitive(fs);
    const char *target = backslashes ? skip_drive(stored) : stored;
    gboolean absolute = target[0] == '/' || (backslashes && target[0] == '\\');
    guint keep = absolute ? 0 : walk->passed->len - 1;
    g_ptr_array_set_size(walk->passed, (gint)keep);
    walk_push(walk, target, backslashes);
    return TRUE;
}

static gboolean walk_run(FsTree *tree, Walk *walk, const char *path, gboolean follow_last,
                         gboolean *ret_found, GError **error)
{
    gboolean found = TRUE;
    while (walk->pending->len > 0) {
        g_autofree char *name = g_ptr_array_steal_index(walk->pending, walk->pending->len - 1);
        if (g_str_equal(name, "..")) {
            if (walk->passed->len > 0)
                g_ptr_array_set_size(walk->passed, (gint)walk->passed->len - 1);
            found = TRUE; /* the next name decides again */
            continue;
        }
        g_ptr_array_add(walk->passed, g_steal_pointer(&name));
        if (!found || (walk->pending->len == 0 && !follow_last))
            continue; /* the last name, or below something that is not there: taken as text */
        g_autofree char *guest_path = fs_path_join(walk->passed);
        g_autofree char *fs_path = NULL;
        const Mount *mount = find_mount(tree, guest_path, &fs_path);
        FsStat stat = {0};
        if (!fs_stat(mount->fs, fs_path, &found, &stat, error))
            return FALSE;
        if (found && stat.type == FS_TYPE_SYMLINK &&
            !walk_follow(walk, mount->fs, fs_path, path, error))
            return FALSE;
    }
    *ret_found = found;
    return TRUE;
}

static gboolean resolve_slowly(FsTree *tree, const char *path, gboolean follow_last, Fs **ret_fs,
                               char **ret_path, gboolean *ret_found, GError **error)
{
    g_autoptr(GPtrArray) passed = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) pending = g_ptr_array_new_with_free_func(g_free);
    Walk walk = {.passed = passed, .pending = pending};
    walk_push(&walk, path, is_windows(tree));
    gboolean found = FALSE;
    if (!walk_run(tree, &walk, path, follow_last, &found, error))
        return FALSE;
    g_autofree char *guest_path = fs_path_join(passed);
    g_autofree char *fs_path = NULL;
    const Mount *mount = find_mount(tree, guest_path, &fs_path);
    if (found && !fs_stat(mount->fs, fs_path, &found, NULL, error))
        return FALSE;
    *ret_fs = mount->fs;
    *ret_path = g_steal_pointer(&fs_path);
    *ret_found = found;
    return TRUE;
}

/* TRUE in *ret_done when path is found by its text alone: then none of its directories is a link,
   because fs_stat() follows none. ".." is only text where nothing before it is a link. */
static gboolean resolve_quickly(FsTree *tree, const char *path, gboolean follow_last,
                                gboolean *ret_done, Fs **ret_fs, char **ret_path, GError **error)
{
    g_autoptr(GPtrArray) names = fs_path_split(path, is_windows(tree));
    *ret_done = FALSE;
    if (g_ptr_array_find_with_equal_func(names, "..", g_str_equal, NULL))
        return TRUE;
    g_autofree char *guest_path = fs_path_join(names);
    g_autofree char *fs_path = NULL;
    const Mount *mount = find_mount(tree, guest_path, &fs_path);
    FsStat stat = {0};
    gboolean found = FALSE;
    if (!fs_stat(mount->fs, fs_path, &found, &stat, error))
        return FALSE;
    if (!found || (stat.type == FS_TYPE_SYMLINK && follow_last))
        return TRUE;
    *ret_fs = mount->fs;
    *ret_path = g_steal_pointer(&fs_path);
    *ret_done = TRUE;
    return TRUE;
}

gboolean fs_tree_resolve(FsTree *tree, const char *path, gboolean follow_last, Fs **ret_fs,
                         char **ret_path, gboolean *ret_found, GError **error)
{
    if (tree->mounts->len == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL,
                          "cannot look up '%s': nothing is mounted", path);
        return FALSE;
    }
    if (path[0] != '/' && !(is_windows(tree) && path[0] == '\\')) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL,
                          "cannot look up '%s': not an absolute path", path);
        return FALSE;
    }
    gboolean done = FALSE;
    if (!resolve_quickly(tree, path, follow_last, &done, ret_fs, ret_path, error))
        return FALSE;
    if (!done)
        return resolve_slowly(tree, path, follow_last, ret_fs, ret_path, ret_found, error);
    *ret_found = TRUE;
    return TRUE;
}

gboolean fs_tree_is_windows(const FsTree *tree)
{
    return is_windows(tree);
}

/* Mount points that the directory itself does not hold, or not as directories. */
static void add_mount_points(const FsTree *tree, Fs *fs, const char *fs_path, GPtrArray *entries)
{
    for (guint i = 1; i < tree->mounts->len; i++) {
        const Mount *mount = tree->mounts->pdata[i];
        g_autofree char *parent = g_path_get_dirname(mount->mount_point);
        g_autofree char *name = g_path_get_basename(mount->mount_point);
        g_autofree char *parent_in_fs = NULL;
        const Mount *holder = find_mount(tree, parent, &parent_in_fs);
        if (holder->fs != fs || !g_str_equal(parent_in_fs, fs_path))
            continue;
        FsEntry *entry = NULL;
        for (guint j = 0; j < entries->len && !entry; j++) {
            FsEntry *candidate = entries->pdata[j];
            g_autofree char *a = fs_path_fold(candidate->name, !is_windows(tree));
            g_autofree char *b = fs_path_fold(name, !is_windows(tree));
            if (g_str_equal(a, b))
                entry = candidate;
        }
        if (!entry) {
            entry = g_new0(FsEntry, 1);
            entry->name = g_steal_pointer(&name);
            g_ptr_array_add(entries, entry);
        }
        entry->type = FS_TYPE_DIRECTORY;
    }
}

gboolean fs_tree_list(FsTree *tree, const char *path, GPtrArray **ret_entries, GError **error)
{
    Fs *fs = NULL;
    g_autofree char *fs_path = NULL;
    gboolean found = FALSE;
    g_autoptr(GPtrArray) entries = NULL;
    if (!fs_tree_resolve(tree, path, TRUE, &fs, &fs_path, &found, error) ||
        !fs_list(fs, fs_path, &entries, error))
        return FALSE;
    add_mount_points(tree, fs, fs_path, entries);
    *ret_entries = g_steal_pointer(&entries);
    return TRUE;
}

gboolean fs_tree_sync(FsTree *tree, GError **error)
{
    for (guint i = 0; i < tree->mounts->len; i++) {
        const Mount *mount = tree->mounts->pdata[i];
        if (!fs_sync(mount->fs, error))
            return FALSE;
    }
    return TRUE;
}
