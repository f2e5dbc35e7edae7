/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The libvirt domain XML of a migrated machine. Shape: libvirt.org/formatdomain.html, checked
   against libvirt's RNG schema in the tests. */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include "convert/machine.h"
#include "inspect/guest.h"
#include "profiles/target.h"

typedef enum {
    DOMAIN_BUS_VIRTIO, /* virtio-blk */
    DOMAIN_BUS_SCSI,   /* virtio-scsi */
    DOMAIN_BUS_SATA,
    DOMAIN_BUS_IDE,
    DOMAIN_BUS_FDC, /* of floppy drives alone */
    DOMAIN_BUS_LAST
} DomainBus;

typedef struct {
    DomainBus disk_bus;
    const char *nic_model;         /* "virtio", "virtio-transitional", "e1000e", … */
    const char *const *disk_paths; /* of the host, absolute, one per machine disk */
    const char *disk_format;       /* of these, as qemu says it; NULL: "qcow2" */
    const char *network;           /* libvirt network for the NICs, or "bridge:NAME" of a bridge of
                                      the host; NULL: as the target profile says */
    gboolean disk_transitional;    /* the guest's virtio-blk driver knows virtio 0.9 only */

    /* NULL-terminated "SOURCE=TARGET" pairs; NULL: none. SOURCE is the MAC address of a NIC, or the
       name of its network in the source, written exactly as there; behind the last '=' is a libvirt
       network, or "bridge:NAME". A pair with the NIC's MAC wins over one with its network, both win
       over network; of several alike the first counts. */
    const char *const *network_map;
    const TargetProfile *target; /* NULL: the default one */
    GPtrArray *findings; /* takes what of the source the domain cannot have; NULL: not wanted */
} DomainOptions;

/* guest may be NULL (disks without a known system). DRYDOCK_ERROR_USAGE: disk_paths or network_map
   are wrong; DRYDOCK_ERROR_UNSUPPORTED: a disk's sectors of 4096 bytes do not go with its bus. */
gboolean domain_format(const Machine *machine, const Guest *guest, const DomainOptions *options,
                       char **ret_xml, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with DRYDOCK_ERROR_USAGE for a pair without '=', without SOURCE, or whose TARGET cannot be
   the name of a libvirt network. domain_format() checks too; this is for telling early. */
gboolean domain_network_map_check(const char *const *map, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
