/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of a libvirt domain. Only for config_libvirt.c. */
#ifndef CONVERT_CONFIG_LIBVIRT_DEVICES_H
#define CONVERT_CONFIG_LIBVIRT_DEVICES_H

#include <libxml/tree.h>

#include "convert/machine.h"

/* devices: the element; NULL: there is none. Appends disks, drives and NICs to machine, disks in
   the order in which the domain looks for one to boot from; findings for what is lost. */
void config_libvirt_read_devices(const xmlNode *devices, Machine *machine, GPtrArray *findings);

#endif
