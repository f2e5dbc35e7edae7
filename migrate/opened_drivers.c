/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The driver collections of a run. */
#include "migrate/opened_drivers.h"

static void tree_drop(gpointer tree)
{
    driver_tree_free(tree);
}

void opened_drivers_clear(OpenedDrivers *drivers)
{
    g_clear_pointer(&drivers->collection, driver_tree_free);
    g_clear_error(&drivers->why_none);
    g_clear_pointer(&drivers->named, g_ptr_array_unref);
}

gboolean opened_drivers_open(OpenedDrivers *drivers, const char *virtio_win,
                             const char *const *named, gboolean has_default, GError **error)
{
    drivers->named = g_ptr_array_new_with_free_func(tree_drop);
    if (virtio_win) {
        drivers->collection = driver_tree_open(virtio_win, error);
        if (!drivers->collection)
            return FALSE;
    } else if (has_default) {
        drivers->collection = driver_tree_open_default(&drivers->why_none);
    }
    for (; named && *named; named++) {
        DriverTree *tree = driver_tree_open_named(*named, error);
        if (!tree)
            return FALSE;
        g_ptr_array_add(drivers->named, tree);
    }
    return TRUE;
}
