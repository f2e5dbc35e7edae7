/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device ids under which a boot driver is registered. */
#ifndef WINDOWS_BOOT_DEVICE_IDS_H
#define WINDOWS_BOOT_DEVICE_IDS_H

#include "windows/inf_driver.h"

typedef struct {
    char *id;   /* "PCI\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00" */
    guint rank; /* 1: the hardware id of its line, 2: its first compatible id, … */
    const InfModel *model;
} BootDeviceId;

/* All PCI ids of the INF's models in order, then the ids of the same devices with and without
   subsystem that the INF leaves out: an id that Windows generates and nobody registered is a 0x7B.
   A device the INF does not know is not added. Of BootDeviceId. */
GPtrArray *boot_device_ids_new(const InfDriver *driver);

/* The same for the CriticalDeviceDatabase, of char * with '#': also the forms with revision only.
 */
GPtrArray *boot_device_ids_new_critical(const InfDriver *driver);

#endif
