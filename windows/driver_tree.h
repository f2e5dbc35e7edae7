/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A virtio-win driver collection: an ISO image or a folder, in the ISO's or the RPM's layout. */
#ifndef WINDOWS_DRIVER_TREE_H
#define WINDOWS_DRIVER_TREE_H

#include <glib.h>

typedef struct DriverTree DriverTree;

/* path: ISO file or folder. Everything that may be needed later is opened here (files mapped, the
   ISO kept open), so that a process without a file system can go on using it. Missing:
   DRYDOCK_ERROR_MISSING_TOOL; a folder or ISO without a single .inf likewise. */
DriverTree *driver_tree_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same for a place the user names for the sake of one driver: what is wrong with it is
   DRYDOCK_ERROR_USAGE. */
DriverTree *driver_tree_open_named(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* /usr/share/virtio-win/virtio-win.iso, then the folder /usr/share/virtio-win. */
DriverTree *driver_tree_open_default(GError **error) G_GNUC_WARN_UNUSED_RESULT;
void driver_tree_free(DriverTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DriverTree, driver_tree_free)

/* Of the host, for messages and report; "no drivers" of an empty one. */
const char *driver_tree_path(const DriverTree *tree);
/* Paths relative to the tree, '/' between components, case as stored, sorted. */
const char *const *driver_tree_list(const DriverTree *tree);
/* Says that these paths (of char *) will be read soon, which then takes one pass over an image and
   not one for each. */
void driver_tree_prefetch(const DriverTree *tree, const GPtrArray *paths);
gboolean driver_tree_read(const DriverTree *tree, const char *path, GBytes **ret_bytes,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
