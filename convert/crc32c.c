/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32C, bit by bit: only a few dozen KiB of headers pass through it. */
#include "convert/crc32c.h"

#define POLYNOMIAL_REFLECTED UINT32_C(0x82f63b78)

uint32_t crc32c_without_field(const uint8_t *bytes, size_t length, size_t zeroed_field)
{
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < length; i++) {
        crc ^= i >= zeroed_field && i < zeroed_field + 4 ? 0 : bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL_REFLECTED : 0);
    }
    return ~crc;
}
