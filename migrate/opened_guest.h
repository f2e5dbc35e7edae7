/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A guest as the confined process has it before it: disks, volumes, the system on them. */
#ifndef MIGRATE_OPENED_GUEST_H
#define MIGRATE_OPENED_GUEST_H

#include "inspect/guest.h"
#include "migrate/session.h"

typedef struct {
    GPtrArray *disks;    /* of Disk */
    GPtrArray *findings; /* of Finding */
    FsKernel *kernel;    /* NULL: none */
    VolumeSet *set;
    Guest *guest;
} OpenedGuest;

/* Connects to session's disks, confines this process, opens the volumes with session's keys (which
   are wiped then) and looks at what is on them. channel: for the kernel that
   XFS and Btrfs need; NULL: they are left alone. profiles may be NULL: the built-in ones. */
gboolean opened_guest_open(OpenedGuest *opened, const Session *session, WorkerChannel *channel,
                           Profiles *profiles, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void opened_guest_clear(OpenedGuest *opened);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OpenedGuest, opened_guest_clear)

#endif
