/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking through a guest's folders. */
#include "migrate/files_view.h"

#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "fs/path.h"

/* Paths longer than this are no use to anybody, and bound what a circle of folders can do. */
#define DEPTH_LIMIT 256

void files_view_flush(FilesView *view, gsize at_least)
{
    if (view->text->len == 0 || view->text->len < at_least)
        return;
    worker_send_output(view->channel, FILES_OUTPUT_TEXT, view->text->str, view->text->len);
    g_string_truncate(view->text, 0);
}

void files_view_warn(FilesView *view, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *warning = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    worker_send_output(view->channel, FILES_OUTPUT_WARNING, warning, strlen(warning));
}

gboolean files_view_stat(FilesView *view, const char *path, gboolean follow, FsStat *ret_stat,
                         GError **error)
{
    gboolean found;
    gboolean ok = follow ? fs_tree_stat(view->tree, path, &found, ret_stat, error)
                         : fs_tree_stat_link(view->tree, path, &found, ret_stat, error);
    if (!ok)
        return FALSE;
    if (found)
        return TRUE;
    g_autofree char *shown = drives_show(view->drives, path);
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "see migrate files ls",
                      "there is no '%s' in the guest", shown);
    return FALSE;
}

typedef struct {
    FilesView *view;
    gboolean recursive;
    FilesFunc visit;
    GHashTable *seen; /* folders, each of which is entered once: "FS INODE" */
} Walk;

/* Hard links between folders are damage, but nothing that we could not walk round. */
static gboolean enter(Walk *walk, const char *path, gboolean *ret_new, GError **error)
{
    Fs *fs;
    FsStat stat;
    gboolean found;
    g_autofree char *fs_path = NULL;
    if (!fs_tree_resolve(walk->view->tree, path, FALSE, &fs, &fs_path, &found, error) ||
        !fs_tree_stat_link(walk->view->tree, path, &found, &stat, error))
        return FALSE;
    *ret_new = found && g_hash_table_add(walk->seen, g_strdup_printf("%p %" G_GUINT64_FORMAT,
                                                                     (void *)fs, stat.inode));
    return TRUE;
}

static gint compare_entries(gconstpointer a, gconstpointer b)
{
    const FsEntry *first = *(const FsEntry *const *)a;
    const FsEntry *second = *(const FsEntry *const *)b;
    return strcmp(first->name, second->name);
}

static gboolean walk_folder(Walk *walk, const char *path, const char *below, guint depth,
                            GError **error);

static gboolean walk_entry(Walk *walk, const char *folder, const char *below, const char *name,
                           guint depth, GError **error)
{
    g_autofree char *path = fs_path_child(folder, name);
    g_autofree char *below_path = g_strconcat(below, *below ? "/" : "", name, NULL);
    FilesItem item = {path, below_path, {0}};
    gboolean found;
    if (!fs_tree_stat_link(walk->view->tree, path, &found, &item.stat, error))
        return FALSE;
    if (!found)
        return TRUE;
    if (!walk->visit(walk->view, &item, error))
        return FALSE;
    return item.stat.type != FS_TYPE_DIRECTORY || !walk->recursive ||
           walk_folder(walk, path, below_path, depth + 1, error);
}

static gboolean walk_folder(Walk *walk, const char *path, const char *below, guint depth,
                            GError **error)
{
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) local = NULL;
    gboolean is_new = FALSE;
    if (!interrupt_check(error) || !enter(walk, path, &is_new, error))
        return FALSE;
    if (!is_new || depth > DEPTH_LIMIT) {
        files_view_warn(walk->view, "'%s' was seen already or is too deep, skipping", path);
        return TRUE;
    }
    if (!fs_tree_list(walk->view->tree, path, &entries, &local)) {
        files_view_warn(walk->view, "%s, skipping", local->message);
        walk->view->unread++;
        return TRUE;
    }
    g_ptr_array_sort(entries, compare_entries);
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        /* Another drive: no name on Windows has a colon. */
        if (fs_tree_is_windows(walk->view->tree) && strchr(entry->name, ':'))
            continue;
        if (!walk_entry(walk, path, below, entry->name, depth, error))
            return FALSE;
    }
    return TRUE;
}

gboolean files_view_walk(FilesView *view, gboolean recursive, FilesFunc visit, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Walk walk = {view, recursive, visit, seen};
    return walk_folder(&walk, view->path, "", 0, error);
}
