/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate files cat and get: contents on their way out. */
#include "base/error.h"
#include "migrate/files_view.h"

#define CHUNK_BYTES ((gsize)1 << 20)

/* At least one message, so that an empty file is one too. */
static gboolean send_file(FilesView *view, const char *path, const char *name, GError **error)
{
    g_autoptr(FsFile) file = NULL;
    g_autofree uint8_t *buffer = g_malloc(CHUNK_BYTES);
    uint64_t offset = 0;
    if (!fs_tree_file_open(view->tree, path, &file, error))
        return FALSE;
    uint64_t size = fs_file_size(file);
    do {
        gsize length = (gsize)MIN(size - offset, CHUNK_BYTES);
        if (!fs_file_read(file, offset, buffer, length, error))
            return FALSE;
        worker_send_output(view->channel, name, buffer, length);
        offset += length;
    } while (offset < size);
    return TRUE;
}

static gboolean send_item(FilesView *view, const FilesItem *item, GError **error)
{
    g_autofree char *shown = drives_show(view->drives, item->path);
    g_autofree char *file = g_strconcat(FILES_OUTPUT_FILE, item->below, NULL);
    g_autofree char *folder = g_strconcat(FILES_OUTPUT_FOLDER, item->below, NULL);
    switch (item->stat.type) {
    case FS_TYPE_FILE:
        return send_file(view, item->path, file, error);
    case FS_TYPE_DIRECTORY:
        worker_send_output(view->channel, folder, NULL, 0);
        return TRUE;
    case FS_TYPE_SYMLINK:
        files_view_warn(view, "'%s' is a link, skipping", shown);
        return TRUE;
    case FS_TYPE_OTHER:
        files_view_warn(view, "'%s' is neither file nor folder, skipping", shown);
        return TRUE;
    }
    g_assert_not_reached();
}

gboolean files_copy_out(FilesView *view, GError **error)
{
    FsStat stat;
    g_autofree char *shown = drives_show(view->drives, view->path);
    if (!files_view_stat(view, view->path, TRUE, &stat, error))
        return FALSE;
    if (stat.type == FS_TYPE_DIRECTORY && view->job->action == FILES_GET) {
        if (view->job->options->recursive) {
            worker_send_output(view->channel, FILES_OUTPUT_FOLDER, NULL, 0);
            return files_view_walk(view, TRUE, send_item, error);
        }
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "copy all of it with --recursive",
                          "'%s' is a folder", shown);
        return FALSE;
    }
    if (stat.type != FS_TYPE_FILE) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name a file", "'%s' is no file", shown);
        return FALSE;
    }
    return send_file(view, view->path, FILES_OUTPUT_FILE, error);
}
