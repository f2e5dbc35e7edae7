/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and strings of a hive to and from UTF-8. */
#include "registry/text.h"

#include <string.h>

#include "base/bytes.h"
#include "registry/hive.h"

#define REPLACEMENT 0xFFFDu

enum {
    TEXT_HEX_BYTES = 64, /* shown of long binary data */
};

size_t hive_name_units(const HiveName *name)
{
    return name->is_latin1 ? name->length : name->length / 2;
}

static uint16_t name_unit(const HiveName *name, size_t index)
{
    return name->is_latin1 ? name->bytes[index] : get_le16(name->bytes + 2 * index);
}

/* As RtlUpcaseUnicodeChar: one code unit to one code unit; the few characters whose Unicode upper
   case is ASCII or changes script (dotless i, long s, micro sign) stay as they are. */
static uint16_t unit_upcase(uint16_t unit)
{
    if (unit < 0x80) {
        return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 0x20) : unit;
    }
    if (unit == 0xB5 || (unit >= 0xD800 && unit <= 0xDFFF)) {
        return unit;
    }
    gunichar upper = g_unichar_toupper(unit);
    return upper >= 0x80 && upper <= 0xFFFF ? (uint16_t)upper : unit;
}

int hive_name_compare(const HiveName *a, const HiveName *b)
{
    size_t a_units = hive_name_units(a);
    size_t b_units = hive_name_units(b);
    for (size_t i = 0; i < a_units && i < b_units; i++) {
        uint16_t a_unit = name_unit(a, i);
        uint16_t b_unit = name_unit(b, i);
        if (a_unit != b_unit) {
            int difference = unit_upcase(a_unit) - unit_upcase(b_unit);
            if (difference != 0) {
                return difference;
            }
        }
    }
    return a_units < b_units ? -1 : a_units > b_units;
}

gboolean hive_name_is_ascii(const HiveName *name)
{
    size_t units = hive_name_units(name);
    for (size_t i = 0; i < units; i++) {
        if (name_unit(name, i) >= 0x80) {
            return FALSE;
        }
    }
    return TRUE;
}

uint32_t hive_name_hash(const HiveName *name)
{
    uint32_t hash = 0;
    size_t units = hive_name_units(name);
    for (size_t i = 0; i < units; i++) {
        hash = hash * 37 + unit_upcase(name_unit(name, i));
    }
    return hash;
}

char *hive_name_to_utf8(const HiveName *name, gboolean *ret_is_exact)
{
    gboolean is_exact = TRUE;
    size_t units = hive_name_units(name);
    GString *text = g_string_sized_new(units);
    for (size_t i = 0; i < units; i++) {
        gunichar character = name_unit(name, i);
        if (character >= 0xD800 && character <= 0xDBFF && i + 1 < units) {
            gunichar low = name_unit(name, i + 1);
            if (low >= 0xDC00 && low <= 0xDFFF) {
                character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
                i++;
            }
        }
        if (character == 0 || (character >= 0xD800 && character <= 0xDFFF)) {
            character = REPLACEMENT;
            is_exact = FALSE;
        }
        g_string_append_unichar(text, character);
    }
    if (ret_is_exact != NULL) {
        *ret_is_exact = is_exact;
    }
    return g_string_free(text, FALSE);
}

static uint8_t *put_unit(uint8_t *at, uint32_t unit)
{
    put_le16(at, (uint16_t)(unit & 0xFFFF));
    return at + 2;
}

GByteArray *hive_text_to_utf16(const char *text, gboolean with_nul)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    /* A character never takes more units than it has bytes. */
    size_t longest = 2 * (strlen(valid) + 1);
    GByteArray *bytes = g_byte_array_sized_new((guint)longest);
    g_byte_array_set_size(bytes, (guint)longest);
    uint8_t *at = bytes->data;
    for (char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        if (character >= 0x10000) {
            at = put_unit(at, 0xD800 + ((character - 0x10000) >> 10));
            at = put_unit(at, 0xDC00 + ((character - 0x10000) & 0x3FF));
        } else {
            at = put_unit(at, character);
        }
    }
    if (with_nul) {
        at = put_unit(at, 0);
    }
    g_byte_array_set_size(bytes, (guint)(at - bytes->data));
    return bytes;
}

static size_t string_length(const uint8_t *data, size_t length)
{
    size_t end = 0;
    while (end + 1 < length && get_le16(data + end) != 0) {
        end += 2;
    }
    return end;
}

char *hive_string_decode(const uint8_t *data, size_t length)
{
    HiveName name = {.bytes = data, .length = string_length(data, length)};
    return hive_name_to_utf8(&name, NULL);
}

char **hive_multi_string_decode(const uint8_t *data, size_t length)
{
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    size_t at = 0;
    while (at + 1 < length) {
        size_t end = string_length(data + at, length - at);
        g_ptr_array_add(strings, hive_string_decode(data + at, end));
        at += end + 2;
    }
    while (strings->len > 0 && *(const char *)strings->pdata[strings->len - 1] == '\0') {
        g_ptr_array_remove_index(strings, strings->len - 1);
    }
    g_ptr_array_add(strings, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&strings), FALSE);
}

static void append_quoted(GString *text, char *string)
{
    g_string_append_c(text, '"');
    for (char *p = string; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar character = g_utf8_get_char(p);
        if (character == '"' || character == '\\') {
            g_string_append_c(text, '\\');
            g_string_append_c(text, (char)character);
        } else if (g_unichar_iscntrl(character)) {
            g_string_append_printf(text, "\\u%04x", character);
        } else {
            g_string_append_unichar(text, character);
        }
    }
    g_string_append_c(text, '"');
}

static void append_hex(GString *text, const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length && i < TEXT_HEX_BYTES; i++) {
        g_string_append_printf(text, i == 0 ? "%02x" : ",%02x", data[i]);
    }
    if (length > TEXT_HEX_BYTES) {
        g_string_append_printf(text, ",… (%" G_GSIZE_FORMAT " bytes)", length);
    }
}

/* Nothing is lost when these bytes are shown as text: whole code units, no NUL but the last. */
static gboolean is_plain_string(const uint8_t *data, size_t length)
{
    size_t end = string_length(data, length);
    return length % 2 == 0 && (end == length || end + 2 == length);
}

static gboolean is_plain_multi_string(const uint8_t *data, size_t length)
{
    return length % 2 == 0 && length >= 2 && get_le16(data + length - 2) == 0 &&
           (length == 2 || (length >= 4 && get_le16(data + length - 4) == 0));
}

static void append_multi_string(GString *text, const uint8_t *data, size_t length)
{
    g_auto(GStrv) strings = hive_multi_string_decode(data, length);
    g_string_append(text, "multi:");
    for (size_t i = 0; strings[i] != NULL; i++) {
        if (i > 0) {
            g_string_append_c(text, ',');
        }
        append_quoted(text, strings[i]);
    }
}

char *hive_value_to_text(uint32_t type, const uint8_t *data, size_t length)
{
    GString *text = g_string_new(NULL);
    if (type == HIVE_TYPE_DWORD && length == 4) {
        g_string_append_printf(text, "dword:%08x", get_le32(data));
    } else if (type == HIVE_TYPE_QWORD && length == 8) {
        g_string_append_printf(text, "qword:%016" G_GINT64_MODIFIER "x", get_le64(data));
    } else if ((type == HIVE_TYPE_SZ || type == HIVE_TYPE_EXPAND_SZ) &&
               is_plain_string(data, length)) {
        g_autofree char *string = hive_string_decode(data, length);
        g_string_append(text, type == HIVE_TYPE_EXPAND_SZ ? "expand:" : "");
        append_quoted(text, string);
    } else if (type == HIVE_TYPE_MULTI_SZ && is_plain_multi_string(data, length)) {
        append_multi_string(text, data, length);
    } else {
        if (type == HIVE_TYPE_BINARY) {
            g_string_append(text, "hex:");
        } else {
            g_string_append_printf(text, "hex(%x):", type);
        }
        append_hex(text, data, length);
    }
    return g_string_free(text, FALSE);
}
