/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several structures on disks share. Only for files of disk/. */
#ifndef DISK_ON_DISK_H
#define DISK_ON_DISK_H

#include <glib.h>
#include <stdint.h>

#define GUID_BYTES 16

/* CRC-32 as in ISO 3309: what UEFI and BitLocker mean by it. For a few MiB at most. */
uint32_t crc32_compute(const uint8_t *bytes, size_t length);

/* The same polynomial without inversions, from a start value of the caller's. */
uint32_t crc32_update(uint32_t crc, const uint8_t *bytes, size_t length);

/* The first three fields of a GUID are little-endian on disk. Lower case, with hyphens. */
char *guid_to_text(const uint8_t guid[GUID_BYTES]);

#endif
