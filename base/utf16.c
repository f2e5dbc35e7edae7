/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-16 in bytes to UTF-8. */
#include "base/utf16.h"

#include "base/bytes.h"

#define REPLACEMENT 0xfffd

static gboolean is_high_surrogate(uint16_t unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static gboolean is_low_surrogate(uint16_t unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

char *utf16_to_utf8(const uint8_t *bytes, size_t length, Utf16Order order)
{
    uint16_t (*get)(const uint8_t *) = order == UTF16_BIG_ENDIAN ? get_be16 : get_le16;
    GString *text = g_string_sized_new(length / 2);
    for (size_t i = 0; i + 1 < length; i += 2) {
        uint16_t unit = get(bytes + i);
        if (unit == 0)
            break;
        gunichar character = unit;
        if (is_high_surrogate(unit) && i + 3 < length && is_low_surrogate(get(bytes + i + 2))) {
            character = 0x10000 + ((gunichar)(unit - 0xd800) << 10) +
                        (gunichar)(get(bytes + i + 2) - 0xdc00);
            i += 2;
        } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
            character = REPLACEMENT;
        }
        g_string_append_unichar(text, character);
    }
    return g_string_free(text, FALSE);
}
