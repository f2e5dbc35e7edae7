/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripts that a Linux guest runs once, at its first start on KVM. */
#ifndef LINUX_FIRST_BOOT_H
#define LINUX_FIRST_BOOT_H

#include "fs/edits.h"

#define LINUX_FIRST_BOOT_FOLDER "/etc/drydock"
#define LINUX_FIRST_BOOT_LOG "/var/log/drydock-firstboot.log"

typedef struct {
    char *name;      /* of a file, without '/' */
    GBytes *content; /* begins with "#!" */
} LinuxScript;

void linux_script_free(LinuxScript *script);

/* Stages scripts (of LinuxScript), what runs them in their order, and the service that does it
   after the network is up. Each is run once: one that restarts the guest is not run again, the next
   ones are. What they print goes to LINUX_FIRST_BOOT_LOG and the console; in the end everything but
   the log is removed. DRYDOCK_ERROR_UNSUPPORTED: it is not known what starts the guest's services.
 */
gboolean first_boot_stage(Edits *edits, const GPtrArray *scripts,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
