/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate files ls, stat and find. */
#include <fnmatch.h>
#include <string.h>

#include "base/error.h"
#include "inspect/windows_values.h"
#include "migrate/files_view.h"
#include "migrate/json.h"
#include "migrate/printable.h"

#define FLUSH_BYTES ((gsize)64 << 10)

/* FILE_ATTRIBUTE_* (winnt.h). */
static const struct {
    uint32_t bit;
    char letter;
    const char *name;
} attribute_rows[] = {
    {0x0001, 'R', "readonly"},  {0x0002, 'H', "hidden"},  {0x0004, 'S', "system"},
    {0x0020, 'A', "archive"},   {0x0400, 'L', "reparse"}, {0x0800, 'C', "compressed"},
    {0x4000, 'E', "encrypted"}, {0x0200, 'P', "sparse"},
};

static const struct {
    char letter;
    const char *name;
} type_rows[] = {
    [FS_TYPE_FILE] = {'-', "file"},
    [FS_TYPE_DIRECTORY] = {'d', "folder"},
    [FS_TYPE_SYMLINK] = {'l', "link"},
    [FS_TYPE_OTHER] = {'?', "other"},
};

static gboolean read_target(FilesView *view, const FilesItem *item, char **ret_target,
                            GError **error)
{
    return item->stat.type != FS_TYPE_SYMLINK ||
           fs_tree_read_link(view->tree, item->path, ret_target, error);
}

static char *format_mode(const FilesView *view, const FsStat *stat)
{
    GString *text = g_string_new(NULL);
    g_string_append_c(text, type_rows[stat->type].letter);
    if (!fs_tree_is_windows(view->tree)) {
        for (guint i = 0; i < 9; i++)
            g_string_append_c(text, stat->mode & (0400u >> i) ? "rwxrwxrwx"[i] : '-');
        g_string_append_printf(text, " %5u %5u", stat->uid, stat->gid);
        return g_string_free(text, FALSE);
    }
    for (guint i = 0; i < G_N_ELEMENTS(attribute_rows); i++)
        g_string_append_c(text, stat->attributes & attribute_rows[i].bit ? attribute_rows[i].letter
                                                                         : '-');
    return g_string_free(text, FALSE);
}

static void add_json(JsonBuilder *builder, const FilesView *view, const FilesItem *item,
                     const char *shown, const char *target)
{
    g_autofree char *modified = windows_format_time(item->stat.mtime);
    json_builder_begin_object(builder);
    json_member_add_text(builder, "path", shown);
    json_member_add_text(builder, "type", type_rows[item->stat.type].name);
    json_member_add_number(builder, "size_bytes", json_member_size(item->stat.size_bytes));
    json_member_add_text(builder, "modified", modified);
    json_member_add_number(builder, "inode", json_member_size(item->stat.inode));
    json_member_add_number(builder, "links", item->stat.links);
    if (fs_tree_is_windows(view->tree)) {
        json_builder_set_member_name(builder, "attributes");
        json_builder_begin_array(builder);
        for (guint i = 0; i < G_N_ELEMENTS(attribute_rows); i++)
            if (item->stat.attributes & attribute_rows[i].bit)
                json_builder_add_string_value(builder, attribute_rows[i].name);
        json_builder_end_array(builder);
    } else {
        g_autofree char *mode = g_strdup_printf("%04o", item->stat.mode);
        json_member_add_text(builder, "mode", mode);
        json_member_add_number(builder, "uid", item->stat.uid);
        json_member_add_number(builder, "gid", item->stat.gid);
    }
    if (target)
        json_member_add_text(builder, "target", target);
    json_builder_end_object(builder);
}

/* In a list that is not recursive the name is enough for people. */
static gboolean show_item(FilesView *view, const FilesItem *item, GError **error)
{
    const Options *options = view->job->options;
    g_autofree char *shown = drives_show(view->drives, item->path);
    g_autofree char *target = NULL;
    gboolean is_short = view->job->action == FILES_LS && !options->recursive && *item->below;
    if ((options->long_form || view->builder) && !read_target(view, item, &target, error))
        return FALSE;
    if (view->builder) {
        add_json(view->builder, view, item, shown, target);
        return TRUE;
    }
    if (options->long_form) {
        g_autofree char *mode = format_mode(view, &item->stat);
        g_autofree char *modified = windows_format_time(item->stat.mtime);
        g_string_append_printf(view->text, "%s %12" G_GUINT64_FORMAT " %-20s ", mode,
                               item->stat.size_bytes, modified ? modified : "-");
    }
    printable_append(view->text, is_short ? item->below : shown);
    if (target) {
        g_string_append(view->text, " -> ");
        printable_append(view->text, target);
    }
    g_string_append_c(view->text, '\n');
    files_view_flush(view, FLUSH_BYTES);
    return TRUE;
}

static gboolean match_item(FilesView *view, const FilesItem *item, GError **error)
{
    const char *slash = strrchr(item->path, '/');
    int flags = fs_tree_is_windows(view->tree) ? FNM_CASEFOLD : 0;
    return (view->job->pattern && fnmatch(view->job->pattern, slash + 1, flags) != 0) ||
           show_item(view, item, error);
}

/* Everything that walk shows, as one array where it is JSON. */
static gboolean show_all(FilesView *view, gboolean recursive, FilesFunc visit, GError **error)
{
    if (view->builder)
        json_builder_begin_array(view->builder);
    if (!files_view_walk(view, recursive, visit, error))
        return FALSE;
    if (view->builder)
        json_builder_end_array(view->builder);
    return TRUE;
}

gboolean files_show_list(FilesView *view, GError **error)
{
    FsStat stat;
    FilesItem item = {view->path, "", {0}};
    if (!files_view_stat(view, view->path, TRUE, &stat, error))
        return FALSE;
    if (stat.type == FS_TYPE_DIRECTORY)
        return show_all(view, view->job->options->recursive, show_item, error);
    if (!files_view_stat(view, view->path, FALSE, &item.stat, error))
        return FALSE;
    if (view->builder)
        json_builder_begin_array(view->builder);
    if (!show_item(view, &item, error))
        return FALSE;
    if (view->builder)
        json_builder_end_array(view->builder);
    return TRUE;
}

gboolean files_show_find(FilesView *view, GError **error)
{
    FsStat stat;
    if (!files_view_stat(view, view->path, TRUE, &stat, error))
        return FALSE;
    if (stat.type == FS_TYPE_DIRECTORY)
        return show_all(view, TRUE, match_item, error);
    g_autofree char *shown = drives_show(view->drives, view->path);
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name a folder", "'%s' is no folder", shown);
    return FALSE;
}

static void append_line(GString *text, const char *name, const char *value)
{
    g_string_append_printf(text, "%-11s ", name);
    printable_append(text, value);
    g_string_append_c(text, '\n');
}

gboolean files_show_stat(FilesView *view, GError **error)
{
    FilesItem item = {view->path, "", {0}};
    g_autofree char *shown = drives_show(view->drives, view->path);
    g_autofree char *target = NULL;
    if (!files_view_stat(view, view->path, FALSE, &item.stat, error) ||
        !read_target(view, &item, &target, error))
        return FALSE;
    if (view->builder) {
        add_json(view->builder, view, &item, shown, target);
        return TRUE;
    }
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, item.stat.size_bytes);
    g_autofree char *modified = windows_format_time(item.stat.mtime);
    g_autofree char *mode = format_mode(view, &item.stat);
    append_line(view->text, "path", shown);
    append_line(view->text, "type", type_rows[item.stat.type].name);
    append_line(view->text, "size", size);
    append_line(view->text, "modified", modified ? modified : "-");
    append_line(view->text, fs_tree_is_windows(view->tree) ? "attributes" : "mode", mode);
    if (target)
        append_line(view->text, "target", target);
    return TRUE;
}
