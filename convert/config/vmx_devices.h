/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of a VMX. Only for config_vmx.c. */
#ifndef CONVERT_CONFIG_VMX_DEVICES_H
#define CONVERT_CONFIG_VMX_DEVICES_H

#include "convert/machine.h"
#include "convert/config/vmx.h"

/* Appends disks, drives and NICs to machine, disks in the order in which the machine looks for one
   to boot from; findings for what is lost. */
void config_vmx_read_devices(const Vmx *vmx, Machine *machine, GPtrArray *findings);

#endif
