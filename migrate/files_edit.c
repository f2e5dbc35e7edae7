/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate files put, rm and mkdir. */
#include <string.h>

#include "base/error.h"
#include "fs/path.h"
#include "migrate/files_view.h"

#define REASON "asked for by hand"

/* What does not exist yet of path has names that Windows can have. */
static gboolean check_new_names(FilesView *view, const char *path, GError **error)
{
    g_autoptr(GPtrArray) names = fs_path_split(path, FALSE);
    g_autofree char *so_far = g_strdup("/");
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        char *longer = fs_path_child(so_far, name);
        gboolean found;
        FsStat stat;
        g_free(so_far);
        so_far = longer;
        if (!fs_tree_stat_link(view->tree, so_far, &found, &stat, error) ||
            (!found && !drives_check_new_name(view->drives, name, error)))
            return FALSE;
    }
    return TRUE;
}

/* Into a folder that is there, or to that name. */
static char *find_target(FilesView *view)
{
    return fs_tree_is_directory(view->tree, view->path)
               ? fs_path_child(view->path, view->job->host_name)
               : g_strdup(view->path);
}

static gboolean put_entry(FilesView *view, Edits *edits, const char *target, const HostEntry *entry,
                          GError **error)
{
    g_autofree char *path = *entry->path ? fs_path_child(target, entry->path) : g_strdup(target);
    if (!check_new_names(view, path, error))
        return FALSE;
    if (entry->content)
        return edits_write_file(edits, path, entry->content, NULL, entry->mode, REASON, error);
    return edits_make_directory(edits, path, NULL, entry->mode, REASON, error);
}

static gboolean put(FilesView *view, Edits *edits, GError **error)
{
    g_autofree char *target = find_target(view);
    for (guint i = 0; i < view->job->entries->len; i++)
        if (!put_entry(view, edits, target, g_ptr_array_index(view->job->entries, i), error))
            return FALSE;
    return TRUE;
}

static gboolean collect(FilesView *view, const FilesItem *item, G_GNUC_UNUSED GError **error)
{
    g_ptr_array_add(view->collected, g_strdup(item->path));
    return TRUE;
}

/* The links in it are removed, not what they lead to. */
static gboolean remove_folder(FilesView *view, Edits *edits, GError **error)
{
    g_autofree char *shown = drives_show(view->drives, view->path);
    if (!files_view_walk(view, TRUE, collect, error))
        return FALSE;
    if (view->unread > 0) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                          "'%s' is not removed: not all of it can be read", shown);
        return FALSE;
    }
    if (view->collected->len > 0 && !view->job->options->recursive) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "remove all of it with --recursive",
                          "the folder '%s' is not empty", shown);
        return FALSE;
    }
    for (guint i = view->collected->len; i > 0; i--)
        if (!edits_remove(edits, g_ptr_array_index(view->collected, i - 1), REASON, error))
            return FALSE;
    return TRUE;
}

static gboolean remove_path(FilesView *view, Edits *edits, GError **error)
{
    g_autofree char *shown = drives_show(view->drives, view->path);
    g_autoptr(GPtrArray) names = fs_path_split(view->path, FALSE);
    FsStat stat;
    if (names->len == 0 || drives_is_root(view->drives, view->path)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name what is in it",
                          "'%s' is the root of a filesystem", shown);
        return FALSE;
    }
    if (!files_view_stat(view, view->path, FALSE, &stat, error) ||
        (stat.type == FS_TYPE_DIRECTORY && !remove_folder(view, edits, error)))
        return FALSE;
    return edits_remove(edits, view->path, REASON, error);
}

static gboolean make_folder(FilesView *view, Edits *edits, GError **error)
{
    return check_new_names(view, view->path, error) &&
           edits_make_directory(edits, view->path, NULL, -1, REASON, error);
}

gboolean files_edit_stage(FilesView *view, Edits *edits, GError **error)
{
    switch (view->job->action) {
    case FILES_PUT:
        return put(view, edits, error);
    case FILES_RM:
        return remove_path(view, edits, error);
    case FILES_MKDIR:
        return make_folder(view, edits, error);
    case FILES_LS:
    case FILES_STAT:
    case FILES_FIND:
    case FILES_CAT:
    case FILES_GET:
        break;
    }
    g_assert_not_reached();
}
