/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a guest's text files, stepping over those that are none. */
#include "inspect/text_file.h"

#include "base/error.h"

gboolean inspect_error_is_fatal(const GError *error)
{
    return g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM) ||
           g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_INTERRUPTED);
}

gboolean inspect_read_text(FsTree *tree, const char *path, char **ret_text, GError **error)
{
    g_autoptr(GError) local = NULL;
    *ret_text = NULL;
    if (fs_tree_read_text(tree, path, ret_text, &local))
        return TRUE;
    if (inspect_error_is_fatal(local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_debug("%s, skipping", local->message);
    return TRUE;
}

gboolean inspect_path_exists(FsTree *tree, const char *path)
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
