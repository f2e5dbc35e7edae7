/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a Windows guest keeps its recovery environment (WinRE). */
#ifndef WINDOWS_WINRE_LOCATION_H
#define WINDOWS_WINRE_LOCATION_H

#include "inspect/guest.h"

/* Where the recovery partition is in the guest's tree once winre_location_mount() has put it there.
 */
#define WINRE_MOUNT "/Recovery Partition"

typedef struct {
    const Volume *volume;
    char *path; /* in the volume's filesystem: "/Recovery/WindowsRE/Winre.wim" */
    FsStat stat;
} WinreLocation;

void winre_location_clear(WinreLocation *location);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WinreLocation, winre_location_clear)

/* In this order: where ReAgent.xml says; \Recovery\WindowsRE of any volume, the guest's own last;
   \Windows\System32\Recovery, where it is while it is switched off. *ret_found FALSE and no error:
   nowhere. A place that ReAgent.xml names on a volume that cannot be read is
   DRYDOCK_ERROR_UNSUPPORTED. */
gboolean winre_location_find(const Guest *guest, const VolumeSet *set, gboolean *ret_found,
                             WinreLocation *ret_location, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same place in the guest's tree, which then has the volume; owned. */
char *winre_location_mount(const Guest *guest, const WinreLocation *location);

#endif
