/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Integers in bytes of either order, at any alignment, and range checks. */
#include "base/bytes.h"

#include <string.h>

uint16_t get_le16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof(value));
    return GUINT16_FROM_LE(value);
}

uint32_t get_le32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_LE(value);
}

uint64_t get_le64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return GUINT64_FROM_LE(value);
}

uint16_t get_be16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof(value));
    return GUINT16_FROM_BE(value);
}

uint32_t get_be32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_BE(value);
}

uint64_t get_be64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return GUINT64_FROM_BE(value);
}

void put_le16(uint8_t *bytes, uint16_t value)
{
    value = GUINT16_TO_LE(value);
    memcpy(bytes, &value, sizeof(value));
}

void put_le32(uint8_t *bytes, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(bytes, &value, sizeof(value));
}

void put_le64(uint8_t *bytes, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(bytes, &value, sizeof(value));
}

void put_be16(uint8_t *bytes, uint16_t value)
{
    value = GUINT16_TO_BE(value);
    memcpy(bytes, &value, sizeof(value));
}

void put_be32(uint8_t *bytes, uint32_t value)
{
    value = GUINT32_TO_BE(value);
    memcpy(bytes, &value, sizeof(value));
}

void put_be64(uint8_t *bytes, uint64_t value)
{
    value = GUINT64_TO_BE(value);
    memcpy(bytes, &value, sizeof(value));
}

gboolean range_is_within(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

gboolean round_up_checked(uint64_t value, uint64_t unit, uint64_t *ret_rounded)
{
    uint64_t remainder = value % unit;
    if (remainder == 0) {
        *ret_rounded = value;
        return TRUE;
    }
    return g_uint64_checked_add(ret_rounded, value, unit - remainder);
}

char *hex_format(GBytes *bytes)
{
    gsize length;
    const uint8_t *data = g_bytes_get_data(bytes, &length);
    GString *text = g_string_sized_new(3 * length);

    for (gsize i = 0; i < length; i++)
        g_string_append_printf(text, "%s%02x", i > 0 ? " " : "", data[i]);
    return g_string_free(text, FALSE);
}
