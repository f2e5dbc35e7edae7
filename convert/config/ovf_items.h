/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices in a VirtualHardwareSection (DSP0243 2.1, section 8; ResourceType is CIM's). Only for
   convert/ovf*.c and convert/config_ovf.c. */
#ifndef CONVERT_CONFIG_OVF_ITEMS_H
#define CONVERT_CONFIG_OVF_ITEMS_H

#include "convert/machine.h"
#include "convert/config/ovf_package.h"

/* hardware: the section; system: the machine it belongs to. Adds what it has to machine. Disks that
   are in system's boot order get one. */
gboolean ovf_items_read(const OvfPackage *package, const xmlNode *system, const xmlNode *hardware,
                        Machine *machine, GPtrArray *findings,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
