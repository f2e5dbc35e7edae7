/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of our own that are gone when we are. */
#include "base/folder.h"

#include <glib.h>
#include <unistd.h>

void folder_remove(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        unlink(file);
    }
    rmdir(path);
}
