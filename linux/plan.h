/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the steps of a Linux guest's plan share. */
#ifndef LINUX_PLAN_H
#define LINUX_PLAN_H

#include "base/finding.h"
#include "linux/device_names.h"
#include "linux/linux_guest.h"

typedef struct {
    const Guest *guest;
    const LinuxNic *nics; /* of the machine, in its order */
    guint nic_count;
    Edits *edits;
    GPtrArray *findings;
    GPtrArray *network_files; /* of InitramfsFile: interface names, for initramfs images too */
    GPtrArray *network_moves; /* of NetworkMove: addresses that are others now */
    LinuxNic adopted;         /* what nics is when the guest knew better */
    LinuxResult result;
} LinuxPlan;

/* Stages rewritten if it is another text; the file keeps its attributes. */
gboolean linux_plan_write_changed(LinuxPlan *plan, const char *path, const char *text,
                                  const char *rewritten, const char *reason,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One finding per name: "/dev/sdc1 in /etc/fstab". */
void linux_plan_report_unknown(LinuxPlan *plan, const char *path, const GPtrArray *unknown);

/* Paths of the files in folder whose names end in suffix, sorted, with the folder; empty if there
   is no such folder. */
GPtrArray *linux_plan_list(LinuxPlan *plan, const char *folder, const char *suffix);

#endif
