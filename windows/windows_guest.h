/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a Windows guest needs to boot on KVM, as edits. */
#ifndef WINDOWS_WINDOWS_GUEST_H
#define WINDOWS_WINDOWS_GUEST_H

#include "fs/edits.h"
#include "inspect/guest.h"
#include "windows/driver_choice.h"
#include "windows/driver_tree.h"
#include "windows/first_boot.h"
#include "windows/network.h"

/* What the user wants done otherwise, and what else is known of the machine; all zero: nothing. */
typedef struct {
    gboolean no_first_boot_service;
    GPtrArray *first_boot_scripts; /* of FirstBootScript; may be NULL */
    const WindowsNic *nics;        /* of the machine, in the source's order; may be NULL */
    guint nic_count;
    const VolumeSet *volumes; /* whose boot sectors may be changed; may be NULL */
    const char *disk_bus;     /* "virtio", "scsi", "sata", "ide"; NULL: the best that will boot */
} WindowsOptions;

typedef struct {
    const char *disk_bus;  /* as above, never NULL: what the guest boots from, or was wanted; a
                              constant */
    gboolean virtio_block; /* viostor is bootable */
    gboolean virtio_scsi;  /* vioscsi is bootable too (there is none for XP and 2003) */
    gboolean virtio_net;   /* netkvm is staged */
    gboolean legacy_block, legacy_net; /* those drivers know transitional devices only: the device
                                          must not be a modern one */
    DriverChoice
        *drivers;        /* what was looked at and taken; NULL when the guest was refused before */
    gboolean first_boot; /* the service for the first start is staged */
} WindowsResult;

void windows_result_clear(WindowsResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WindowsResult, windows_result_clear)

/* Stages drivers, registry and clean-up for guest. A state that forbids it (hibernated, log not
   clean, hive dirty beyond repair) adds a blocker to findings and returns TRUE with nothing staged
   and a zero result. A driver that Windows would refuse, or none at all, is a finding, and the
   guest boots from an emulated disk; where it has no driver for that either:
   DRYDOCK_ERROR_MISSING_TOOL with a hint. A named folder without a driver for it:
   DRYDOCK_ERROR_USAGE. The sources must outlive the result. */
gboolean windows_guest_plan(const Guest *guest, const DriverSources *sources,
                            const WindowsOptions *options, Edits *edits, GPtrArray *findings,
                            WindowsResult *ret_result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Stages drivers and nothing else, for a guest that stays where it is: the disks' are made
   bootable, the others found by Plug and Play. States that forbid it as above; *ret_drivers is not
   set then. None that fits: DRYDOCK_ERROR_USAGE. */
gboolean windows_guest_plan_drivers(const Guest *guest, const DriverSources *sources, Edits *edits,
                                    GPtrArray *findings, DriverChoice **ret_drivers,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
