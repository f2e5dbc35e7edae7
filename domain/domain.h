/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The libvirt domain XML of a migrated machine. Shape: libvirt.org/formatdomain.html, checked
   against libvirt's RNG schema in the tests. */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include "convert/machine.h"
#include "inspect/guest.h"

typedef enum {
    DOMAIN_BUS_VIRTIO, /* virtio-blk */
    DOMAIN_BUS_SCSI,   /* virtio-scsi */
    DOMAIN_BUS_SATA,
    DOMAIN_BUS_IDE,
} DomainBus;

typedef struct {
    DomainBus disk_bus;
    const char *nic_model;         /* "virtio", "virtio-transitional", "e1000e", … */
    const char *const *disk_paths; /* of the host, absolute, one per machine disk */
    const char *network;           /* libvirt network for the NICs; NULL: "default" */
    gboolean disk_transitional;    /* the guest's virtio-blk driver knows virtio 0.9 only */
} DomainOptions;

/* guest may be NULL (disks without a known system). */
gboolean domain_format(const Machine *machine, const Guest *guest, const DomainOptions *options,
                       char **ret_xml, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
