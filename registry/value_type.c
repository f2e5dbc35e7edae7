/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Types of values by their names, and data as people type them. */
#include "registry/value_type.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/hive.h"
#include "registry/text.h"

/* winnt.h; those without a short name are not for typing. */
static const struct {
    uint32_t type;
    const char *name;
    const char *short_name;
} types[] = {
    {HIVE_TYPE_NONE, "REG_NONE", "none"},
    {HIVE_TYPE_SZ, "REG_SZ", "sz"},
    {HIVE_TYPE_EXPAND_SZ, "REG_EXPAND_SZ", "expand"},
    {HIVE_TYPE_BINARY, "REG_BINARY", "binary"},
    {HIVE_TYPE_DWORD, "REG_DWORD", "dword"},
    {HIVE_TYPE_DWORD_BE, "REG_DWORD_BIG_ENDIAN", NULL},
    {HIVE_TYPE_LINK, "REG_LINK", NULL},
    {HIVE_TYPE_MULTI_SZ, "REG_MULTI_SZ", "multi"},
    {8, "REG_RESOURCE_LIST", NULL},
    {9, "REG_FULL_RESOURCE_DESCRIPTOR", NULL},
    {10, "REG_RESOURCE_REQUIREMENTS_LIST", NULL},
    {HIVE_TYPE_QWORD, "REG_QWORD", "qword"},
};

char *hive_type_name(uint32_t type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].type == type) {
            return g_strdup(types[i].name);
        }
    }
    return g_strdup_printf("hex(%x)", type);
}

static gboolean parse_hex_type(const char *text, uint32_t *ret_type)
{
    guint64 number;
    if (g_ascii_strncasecmp(text, "hex(", 4) != 0 || !g_str_has_suffix(text, ")")) {
        return FALSE;
    }
    g_autofree char *digits = g_strndup(text + 4, strlen(text) - 5);
    if (!g_ascii_string_to_unsigned(digits, 16, 0, UINT32_MAX, &number, NULL)) {
        return FALSE;
    }
    *ret_type = (uint32_t)number;
    return TRUE;
}

gboolean hive_type_parse(const char *text, uint32_t *ret_type, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (g_ascii_strcasecmp(text, types[i].name) == 0 ||
            g_ascii_strcasecmp(text, types[i].name + strlen("REG_")) == 0 ||
            (types[i].short_name != NULL && g_ascii_strcasecmp(text, types[i].short_name) == 0)) {
            *ret_type = types[i].type;
            return TRUE;
        }
    }
    if (parse_hex_type(text, ret_type)) {
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                      "use sz, expand, multi, dword, qword, binary, none or hex(N)",
                      "'%s' is not a type of registry values", text);
    return FALSE;
}

static gboolean data_is_wrong(const char *word, const char *what, const char *hint, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint, "'%s' is not %s", word, what);
    return FALSE;
}

static gboolean parse_number(const char *word, gsize size, gboolean is_big_endian,
                             GBytes **ret_data, GError **error)
{
    uint8_t bytes[8];
    guint64 number;
    guint64 maximum = size == 4 ? UINT32_MAX : G_MAXUINT64;
    gboolean is_hex = g_ascii_strncasecmp(word, "0x", 2) == 0;
    if (!g_ascii_string_to_unsigned(is_hex ? word + 2 : word, is_hex ? 16 : 10, 0, maximum, &number,
                                    NULL)) {
        return data_is_wrong(word, size == 4 ? "a number of 32 bits" : "a number of 64 bits",
                             "write it in decimal, or in hexadecimal as 0x1f", error);
    }
    put_le64(bytes, is_big_endian ? GUINT32_SWAP_LE_BE((uint32_t)number) : number);
    *ret_data = g_bytes_new(bytes, size);
    return TRUE;
}

static gboolean parse_bytes(const char *word, GBytes **ret_data, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    for (const char *at = word; *at != '\0';) {
        if (*at == ' ' || *at == ',') {
            at++;
            continue;
        }
        if (!g_ascii_isxdigit(at[0]) || !g_ascii_isxdigit(at[1])) {
            return data_is_wrong(word, "binary data", "write two hexadecimal digits for each byte",
                                 error);
        }
        uint8_t byte = (uint8_t)(g_ascii_xdigit_value(at[0]) * 16 + g_ascii_xdigit_value(at[1]));
        g_byte_array_append(bytes, &byte, 1);
        at += 2;
    }
    *ret_data = g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
    return TRUE;
}

static GBytes *encode_multi(const char *const *words)
{
    static const uint8_t nul[2] = {0, 0};
    GByteArray *bytes = g_byte_array_new();
    for (; *words != NULL; words++) {
        g_autoptr(GByteArray) text = hive_text_to_utf16(*words, TRUE);
        g_byte_array_append(bytes, text->data, text->len);
    }
    g_byte_array_append(bytes, nul, sizeof nul);
    return g_byte_array_free_to_bytes(bytes);
}

static gboolean parse_multi(const char *const *words, GBytes **ret_data, GError **error)
{
    for (gsize i = 0; words[i] != NULL; i++) {
        if (*words[i] == '\0') {
            return data_is_wrong("", "a text of a REG_MULTI_SZ", "an empty one would end the list",
                                 error);
        }
    }
    *ret_data = encode_multi(words);
    return TRUE;
}

gboolean hive_data_parse(uint32_t type, const char *const *words, GBytes **ret_data, GError **error)
{
    for (const char *const *word = words; *word != NULL; word++) {
        if (!g_utf8_validate(*word, -1, NULL)) {
            return data_is_wrong(*word, "UTF-8", NULL, error);
        }
    }
    if (type == HIVE_TYPE_MULTI_SZ) {
        return parse_multi(words, ret_data, error);
    }
    if (words[0] == NULL || words[1] != NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "quote data with blanks; only --type multi takes several texts",
                          "exactly one word of data is needed");
        return FALSE;
    }
    switch (type) {
    case HIVE_TYPE_SZ:
    case HIVE_TYPE_EXPAND_SZ:
        *ret_data = g_byte_array_free_to_bytes(hive_text_to_utf16(words[0], TRUE));
        return TRUE;
    case HIVE_TYPE_DWORD:
    case HIVE_TYPE_DWORD_BE:
        return parse_number(words[0], 4, type == HIVE_TYPE_DWORD_BE, ret_data, error);
    case HIVE_TYPE_QWORD:
        return parse_number(words[0], 8, FALSE, ret_data, error);
    default:
        return parse_bytes(words[0], ret_data, error);
    }
}

char *hive_value_get_string(const HiveValue *value)
{
    gsize length;
    const uint8_t *data = g_bytes_get_data(value->data, &length);
    if (value->type != HIVE_TYPE_SZ && value->type != HIVE_TYPE_EXPAND_SZ) {
        return NULL;
    }
    g_autofree char *text = hive_string_decode(data, length);
    g_autoptr(GByteArray) again = hive_text_to_utf16(text, TRUE);
    return again->len == length && memcmp(again->data, data, length) == 0 ? g_steal_pointer(&text)
                                                                          : NULL;
}

char **hive_value_get_strings(const HiveValue *value)
{
    gsize length;
    const uint8_t *data = g_bytes_get_data(value->data, &length);
    if (value->type != HIVE_TYPE_MULTI_SZ) {
        return NULL;
    }
    g_auto(GStrv) texts = hive_multi_string_decode(data, length);
    g_autoptr(GBytes) again = encode_multi((const char *const *)texts);
    return g_bytes_equal(again, value->data) ? g_steal_pointer(&texts) : NULL;
}

gboolean hive_value_get_number(const HiveValue *value, uint64_t *ret_number)
{
    gsize length;
    const uint8_t *data = g_bytes_get_data(value->data, &length);
    if (length == 4 && value->type == HIVE_TYPE_DWORD) {
        *ret_number = get_le32(data);
    } else if (length == 4 && value->type == HIVE_TYPE_DWORD_BE) {
        *ret_number = get_be32(data);
    } else if (length == 8 && value->type == HIVE_TYPE_QWORD) {
        *ret_number = get_le64(data);
    } else {
        return FALSE;
    }
    return TRUE;
}
