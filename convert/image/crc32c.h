/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32C (Castagnoli, RFC 3720 appendix B.4), which VHDX uses everywhere. */
#ifndef CONVERT_IMAGE_CRC32C_H
#define CONVERT_IMAGE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of bytes, with the four bytes at zeroed_field taken as zeros (where the sum itself is kept). */
uint32_t crc32c_without_field(const uint8_t *bytes, size_t length, size_t zeroed_field);

#endif
