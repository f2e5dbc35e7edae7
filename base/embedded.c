/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks built-in files up by their names. */
#include "base/embedded.h"

GBytes *embedded_file_get(const EmbeddedFile *files, const char *name)
{
    while (files->name && !g_str_equal(files->name, name))
        files++;
    g_assert(files->name);
    return g_bytes_new_static(files->content, files->length);
}
