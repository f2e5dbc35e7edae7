/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Integers in bytes of either order, at any alignment, and the two range checks that hostile sizes
   need. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <glib.h>
#include <stdint.h>

uint16_t get_le16(const uint8_t *bytes);
uint32_t get_le32(const uint8_t *bytes);
uint64_t get_le64(const uint8_t *bytes);
uint16_t get_be16(const uint8_t *bytes);
uint32_t get_be32(const uint8_t *bytes);
uint64_t get_be64(const uint8_t *bytes);

void put_le16(uint8_t *bytes, uint16_t value);
void put_le32(uint8_t *bytes, uint32_t value);
void put_le64(uint8_t *bytes, uint64_t value);
void put_be16(uint8_t *bytes, uint16_t value);
void put_be32(uint8_t *bytes, uint32_t value);
void put_be64(uint8_t *bytes, uint64_t value);

/* TRUE if [offset, offset + length) lies within [0, size), without overflow. */
gboolean range_is_within(uint64_t offset, uint64_t length, uint64_t size);

/* value rounded up to a multiple of unit (unit > 0); FALSE if that overflows. */
gboolean round_up_checked(uint64_t value, uint64_t unit, uint64_t *ret_rounded);

/* "3f 00 ff": two lower-case hexadecimal digits per byte. */
char *hex_format(GBytes *bytes);

#endif
