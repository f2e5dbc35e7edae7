/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where disks, CD and floppy drives hang. Every place is written out: left to itself, libvirt puts
   seven disks on a SCSI controller and takes an LSI 53C895A, not virtio's, for the eighth (seen in
   9.0), and counts places by the letters of the target name. */
#ifndef DOMAIN_DRIVES_H
#define DOMAIN_DRIVES_H

#include "domain/domain.h"

typedef enum {
    DRIVE_DISK,
    DRIVE_CDROM,
    DRIVE_FLOPPY,
} DriveKind;

typedef struct {
    DriveKind kind;
    DomainBus bus;
    char *name;       /* "vda", "sdb": distinct in a domain */
    guint disk;       /* DRIVE_DISK: its index in the machine */
    guint controller; /* not of DOMAIN_BUS_VIRTIO, where a disk is a PCI card of its own */
    guint channel, target, unit; /* as libvirt's <address type='drive'> has them; it says bus */
} Drive;

/* disk_bus: one the board has. Of Drive; disks come first and in the machine's order, so that the
   first of a bus is where firmware starts. findings may be NULL. DRYDOCK_ERROR_UNSUPPORTED: a disk
   with sectors of 4096 bytes on a bus that has none. */
gboolean drives_place(const Machine *machine, gboolean has_ide, gboolean has_sata,
                      DomainBus disk_bus, GPtrArray *findings, GPtrArray **ret_drives,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many controllers of bus the drives need. */
guint drives_count_controllers(const GPtrArray *drives, DomainBus bus);

const char *drives_bus_name(DomainBus bus); /* as libvirt says it */

#endif
