/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a machine starts. */
#include "base/firmware.h"

const char *firmware_name(Firmware firmware)
{
    static const char *const names[] = {"unknown", "bios", "uefi"};
    return names[firmware];
}
