/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of a .reg file as text. */
#include "registry/reg_text.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

/* Windows-1252 is Latin-1 but for these; five bytes stand for nothing and stay controls. */
static const uint16_t ansi_80[32] = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

gunichar reg_text_from_ansi(uint8_t byte)
{
    return byte >= 0x80 && byte < 0xA0 ? ansi_80[byte - 0x80] : byte;
}

static guint count_lines(const char *text, size_t length)
{
    guint lines = 1;
    for (size_t i = 0; i < length; i++) {
        lines += text[i] == '\n';
    }
    return lines;
}

static gboolean text_is_bad(const char *file_name, const GString *before, const char *what,
                            GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "save the file as UTF-16 or UTF-8", "%s:%u: %s",
                      file_name, count_lines(before->str, before->len), what);
    return FALSE;
}

static gboolean decode_utf16(const uint8_t *bytes, size_t length, gboolean is_big_endian,
                             const char *file_name, GString *text, GError **error)
{
    for (size_t i = 0; i + 1 < length; i += 2) {
        gunichar unit = is_big_endian ? get_be16(bytes + i) : get_le16(bytes + i);
        if (unit >= 0xD800 && unit <= 0xDBFF && i + 3 < length) {
            gunichar low = is_big_endian ? get_be16(bytes + i + 2) : get_le16(bytes + i + 2);
            if (low >= 0xDC00 && low <= 0xDFFF) {
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        if (unit == 0 || (unit >= 0xD800 && unit <= 0xDFFF)) {
            return text_is_bad(file_name, text, "this is not UTF-16", error);
        }
        g_string_append_unichar(text, unit);
    }
    if (length % 2 != 0) {
        return text_is_bad(file_name, text, "half a character of UTF-16 is missing", error);
    }
    return TRUE;
}

static gboolean decode_bytes(const char *bytes, size_t length, const char *file_name, GString *text,
                             GError **error)
{
    const char *nul = memchr(bytes, '\0', length);
    if (nul != NULL) {
        g_string_append_len(text, bytes, nul - bytes);
        return text_is_bad(file_name, text, "there is a NUL in the text", error);
    }
    if (g_utf8_validate(bytes, (gssize)length, NULL)) {
        g_string_append_len(text, bytes, (gssize)length);
        return TRUE;
    }
    for (size_t i = 0; i < length; i++) {
        g_string_append_unichar(text, reg_text_from_ansi((uint8_t)bytes[i]));
    }
    return TRUE;
}

gboolean reg_text_decode(GBytes *content, const char *file_name, char **ret_text, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t length;
    const uint8_t *bytes = g_bytes_get_data(content, &length);
    gboolean ok;
    if (length >= 2 && get_le16(bytes) == 0xFEFF) {
        ok = decode_utf16(bytes + 2, length - 2, FALSE, file_name, text, error);
    } else if (length >= 2 && get_be16(bytes) == 0xFEFF) {
        ok = decode_utf16(bytes + 2, length - 2, TRUE, file_name, text, error);
    } else if (length >= 2 && bytes[0] != 0 && bytes[1] == 0) {
        ok = decode_utf16(bytes, length, FALSE, file_name, text, error);
    } else {
        size_t mark = length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        ok = length == mark ||
             decode_bytes((const char *)bytes + mark, length - mark, file_name, text, error);
    }
    if (!ok) {
        return FALSE;
    }
    *ret_text = g_string_free(g_steal_pointer(&text), FALSE);
    return TRUE;
}
