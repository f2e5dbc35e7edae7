/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives an action can be about, all of them files in one tree. */
#include "migrate/registry_tree.h"

#include "base/error.h"
#include "fs/path.h"
#include "inspect/guest_registry.h"
#include "migrate/confine.h"

void registry_tree_clear(RegistryTree *tree)
{
    opened_guest_clear(&tree->opened);
    fs_tree_free(tree->own_tree);
    fs_close(tree->memory);
    *tree = (RegistryTree){0};
}

static gboolean add_file(RegistryTree *tree, const char *name, GBytes *content, GError **error)
{
    const FsAttributes attributes = {.mode = -1};
    g_autofree char *path = fs_path_child("/", name);
    return fs_tree_write_file(tree->tree, path, content, &attributes, error);
}

static gboolean open_lone(RegistryTree *tree, const HiveFile *file, GError **error)
{
    gboolean files_denied;
    tree->memory = fs_new_memory(FALSE);
    tree->own_tree = fs_tree_new();
    tree->tree = tree->own_tree;
    fs_tree_mount(tree->tree, "/", tree->memory);
    if (!add_file(tree, file->name, file->bytes, error))
        return FALSE;
    for (guint i = 0; i < HIVE_FILE_LOGS; i++) {
        g_autofree char *name = file->logs[i] ? g_path_get_basename(file->log_paths[i]) : NULL;
        if (name && !add_file(tree, name, file->logs[i], error))
            return FALSE;
    }
    return confine_process(&files_denied, error);
}

gboolean registry_tree_open(RegistryTree *tree, const Workpiece *workpiece, const char *user,
                            Profiles *profiles, GError **error)
{
    const HiveFile *file = workpiece_hive_file(workpiece);
    tree->workpiece = workpiece;
    tree->user = user;
    if (file)
        return open_lone(tree, file, error);
    if (!opened_guest_open(&tree->opened, workpiece_session(workpiece), NULL, profiles, error))
        return FALSE;
    tree->tree = tree->opened.guest->tree;
    if (tree->opened.guest->kind == GUEST_WINDOWS)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name the disk of a Windows machine",
                      "%s has no registry", tree->opened.guest->product_name);
    return FALSE;
}

gboolean registry_tree_find(RegistryTree *tree, const HivePlace *place, char **ret_path,
                            char **ret_mount, GError **error)
{
    const HiveFile *file = workpiece_hive_file(tree->workpiece);
    if (file) {
        if (!hive_file_match(file, place, ret_mount, error))
            return FALSE;
        *ret_path = fs_path_child("/", file->name);
        return TRUE;
    }
    if (!guest_registry_find(tree->opened.guest, tree->opened.set, tree->user, place, ret_path,
                             error))
        return FALSE;
    *ret_mount = g_strdup(place->mount);
    return TRUE;
}

gboolean registry_tree_read_lone(RegistryTree *tree, GBytes **ret_hive, GError **error)
{
    const HiveFile *file = workpiece_hive_file(tree->workpiece);
    g_autofree char *path = fs_path_child("/", file->name);
    return fs_tree_read_file(tree->tree, path, G_MAXINT64, ret_hive, error);
}
