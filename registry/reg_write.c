/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writer of .reg files, in the form regedit of Windows 7 to 11 gives them. */
#include "base/bytes.h"
#include "registry/reg_file.h"
#include "registry/text.h"
#include "registry/value_type.h"

enum {
    LINE_WIDTH = 80,
    BYTE_WIDTH = 3, /* "ff," */
};

void reg_file_append_header(GString *text)
{
    g_string_append(text, "Windows Registry Editor Version 5.00\r\n");
}

void reg_file_append_key(GString *text, const char *key)
{
    g_string_append_printf(text, "\r\n[%s]\r\n", key);
}

static void append_quoted(GString *text, const char *string)
{
    g_string_append_c(text, '"');
    for (; *string != '\0'; string++) {
        if (*string == '"' || *string == '\\') {
            g_string_append_c(text, '\\');
        }
        g_string_append_c(text, *string);
    }
    g_string_append_c(text, '"');
}

static void append_hex(GString *text, size_t line_start, const uint8_t *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        const char byte[BYTE_WIDTH] = {digits[data[i] >> 4], digits[data[i] & 15], ','};
        gboolean is_last = i + 1 == length;
        g_string_append_len(text, byte, is_last ? BYTE_WIDTH - 1 : BYTE_WIDTH);
        if (is_last) {
            return;
        }
        if (text->len - line_start + BYTE_WIDTH > LINE_WIDTH - 1) {
            g_string_append(text, "\\\r\n");
            line_start = text->len;
            g_string_append(text, "  ");
        }
    }
}

/* The text of a REG_SZ that can stand in one line; NULL: it cannot, or is no text. */
static char *plain_string(const HiveValue *value)
{
    g_autofree char *text = value->type == HIVE_TYPE_SZ ? hive_value_get_string(value) : NULL;
    for (const char *p = text; p != NULL && *p != '\0'; p++) {
        if (g_ascii_iscntrl(*p)) {
            return NULL;
        }
    }
    return g_steal_pointer(&text);
}

void reg_file_append_value(GString *text, const HiveValue *value)
{
    size_t line_start = text->len;
    size_t length;
    const uint8_t *data = g_bytes_get_data(value->data, &length);
    g_autofree char *string = plain_string(value);
    if (*value->name == '\0') {
        g_string_append_c(text, '@');
    } else {
        append_quoted(text, value->name);
    }
    g_string_append_c(text, '=');
    if (string != NULL) {
        append_quoted(text, string);
    } else if (value->type == HIVE_TYPE_DWORD && length == 4) {
        g_string_append_printf(text, "dword:%08x", get_le32(data));
    } else {
        if (value->type == HIVE_TYPE_BINARY) {
            g_string_append(text, "hex:");
        } else {
            g_string_append_printf(text, "hex(%x):", value->type);
        }
        append_hex(text, line_start, data, length);
    }
    g_string_append(text, "\r\n");
}

GBytes *reg_file_encode(const char *text, gboolean is_beginning)
{
    GByteArray *bytes = hive_text_to_utf16(text, FALSE);
    if (is_beginning) {
        static const uint8_t mark[] = {0xFF, 0xFE};
        g_byte_array_prepend(bytes, mark, sizeof mark);
    }
    return g_byte_array_free_to_bytes(bytes);
}
