/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a driver tree's files come from: a folder or an ISO image behind one table. For
   driver_tree*.c only. */
#ifndef WINDOWS_DRIVER_TREE_SOURCE_H
#define WINDOWS_DRIVER_TREE_SOURCE_H

#include <glib.h>

/* No driver has files of this size (viogpu3d's largest DLL has 40 MiB). */
#define DRIVER_TREE_FILE_LIMIT_BYTES (128u * 1024 * 1024)
/* Of a tree; virtio-win 0.1.271 has 1129 on its ISO. */
#define DRIVER_TREE_FILES_LIMIT 50000u

typedef struct DriverTreeSource DriverTreeSource;

typedef struct {
    void (*free)(DriverTreeSource *source);
    /* path: one of those listed. Must not open files of the host. */
    gboolean (*read)(const DriverTreeSource *source, const char *path, GBytes **ret_bytes,
                     GError **error);
    /* Makes reading these (listed ones) quick; what cannot be read is left for read() to tell.
       NULL: it is quick anyway. */
    void (*prefetch)(const DriverTreeSource *source, const GPtrArray *paths);
} DriverTreeSourceOps;

struct DriverTreeSource {
    const DriverTreeSourceOps *ops;
    GPtrArray *paths; /* of char *, as listed, unsorted */
};

DriverTreeSource *driver_tree_folder_open(const char *path,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
DriverTreeSource *driver_tree_iso_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Symbol files are a third of an ISO and of no use in a guest. */
gboolean driver_tree_path_is_wanted(const char *path);

#endif
