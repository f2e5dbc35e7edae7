/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The driver collections of a run, opened while files of the host can be. */
#ifndef MIGRATE_OPENED_DRIVERS_H
#define MIGRATE_OPENED_DRIVERS_H

#include "windows/driver_tree.h"

typedef struct {
    DriverTree *collection; /* virtio-win; NULL: none */
    GError *why_none;       /* of the default places; told when a guest needs drivers */
    GPtrArray *named;       /* of DriverTree, as --driver names them; never NULL */
} OpenedDrivers;

/* virtio_win: NULL for the default places, where has_default says so; named may be NULL. Whatever
   the user names has to be there. */
gboolean opened_drivers_open(OpenedDrivers *drivers, const char *virtio_win,
                             const char *const *named, gboolean has_default,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void opened_drivers_clear(OpenedDrivers *drivers);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OpenedDrivers, opened_drivers_clear)

#endif
