/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The qcow2 overlay that takes every change, so that the source is never written. */
#include "convert/overlay.h"

#include "base/run.h"
#include "convert/image_options.h"

gboolean overlay_create(const MachineDisk *disk, const char *path, char **ret_image_options,
                        GError **error)
{
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, disk->size_bytes);
    const char *const argv[] = {"qemu-img", "create", "-q", "-f", "qcow2", path, size, NULL};
    if (!run_program(argv, NULL, NULL, error)) {
        g_prefix_error(
            error, "cannot create the overlay of disk '%s': ", disk->path ? disk->path : "(blank)");
        return FALSE;
    }
    g_autofree char *escaped = image_options_escape(path);
    g_autofree char *overlay =
        g_strdup_printf("driver=qcow2,file.driver=file,file.filename=%s", escaped);
    g_autofree char *backing = image_options_nest("backing", disk->image_options);
    *ret_image_options = g_strdup_printf("%s,%s", overlay, backing);
    return TRUE;
}
