/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a block is a tar header. */
#include "convert/archive/archive_tar.h"

#include <string.h>

#define CHECKSUM_OFFSET 148
#define CHECKSUM_LENGTH 8
#define TYPE_OFFSET 156

/* Octal digits after spaces, up to a space or NUL. */
static gboolean read_octal(const uint8_t *field, size_t length, int64_t *ret_value)
{
    size_t i = 0;
    int64_t value = 0;
    while (i < length && field[i] == ' ')
        i++;
    size_t first = i;
    for (; i < length && field[i] >= '0' && field[i] <= '7'; i++)
        value = value * 8 + (field[i] - '0');
    *ret_value = value;
    return i > first && (i == length || field[i] == ' ' || field[i] == '\0');
}

gboolean archive_tar_is_header(const uint8_t *block)
{
    int64_t stored, sum = 0, signed_sum = 0;
    if (!read_octal(block + CHECKSUM_OFFSET, CHECKSUM_LENGTH, &stored))
        return FALSE;
    for (size_t i = 0; i < ARCHIVE_TAR_BLOCK_BYTES; i++) {
        gboolean is_field = i >= CHECKSUM_OFFSET && i < CHECKSUM_OFFSET + CHECKSUM_LENGTH;
        sum += is_field ? ' ' : block[i];
        signed_sum += is_field ? ' ' : (int8_t)block[i]; /* as some old systems had it */
    }
    return stored == sum || stored == signed_sum;
}

gboolean archive_tar_is_plain_file(const uint8_t *block)
{
    uint8_t type = block[TYPE_OFFSET];
    return type == '0' || type == '\0' || type == '7';
}
