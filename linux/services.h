/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services of a Linux guest: systemd.unit(5), OpenRC, System V. */
#ifndef LINUX_SERVICES_H
#define LINUX_SERVICES_H

#include "fs/edits.h"

typedef enum {
    INIT_SYSTEM_UNKNOWN,
    INIT_SYSTEM_SYSTEMD,
    INIT_SYSTEM_OPENRC,
    INIT_SYSTEM_SYSV, /* also Upstart, which runs its links */
} InitSystem;

/* What starts the guest's services; what is staged counts. */
gboolean services_find_init(FsTree *tree, InitSystem *ret_init,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As `systemctl enable`, `rc-update add`, `update-rc.d enable` would. name: without ".service".
   DRYDOCK_ERROR_NOT_FOUND: no such unit. DRYDOCK_ERROR_UNSUPPORTED: it says nothing of how it is
   enabled, or the init system is not known. */
gboolean services_enable(Edits *edits, const char *name, const char *reason,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* As `systemctl disable` would. Fine if it is not enabled. */
gboolean services_disable(Edits *edits, const char *name, const char *reason,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* System V only: start links become stop links. *done is set to TRUE if there were any. */
gboolean services_stop_links(Edits *edits, const char *name, const char *reason, gboolean *done,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
