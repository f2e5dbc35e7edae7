/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a machine starts: said by its source, shown by its disks, chosen for its domain XML. */
#ifndef BASE_FIRMWARE_H
#define BASE_FIRMWARE_H

typedef enum {
    FIRMWARE_UNKNOWN, /* inspection decides: an EFI system partition means UEFI */
    FIRMWARE_BIOS,
    FIRMWARE_UEFI,
} Firmware;

const char *firmware_name(Firmware firmware); /* "unknown", "bios", "uefi" */

#endif
