/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AddReg and DelReg lines: root, subkey, name, flags, value… (Microsoft: "INF AddReg Directive",
   "INF DelReg Directive"; flags: setupapi.h). */
#include "windows/inf_registry.h"

#include <string.h>

#include "base/bytes.h"
#include "registry/hive.h"

/* virtio-win's longest list has eight rows; what is longer is cut. */
#define ROWS_LIMIT 512u

/* FLG_ADDREG_… */
#define FLAG_BINARY_TYPE 0x1u
#define FLAG_NO_CLOBBER 0x2u
#define FLAG_DELETE_VALUE 0x4u
#define FLAG_APPEND 0x8u
#define FLAG_KEY_ONLY 0x10u
#define FLAG_OVERWRITE_ONLY 0x20u
#define FLAG_KEY_ONLY_COMMON 0x2000u
/* FLG_DELREG_MULTI_SZ_DELSTRING without the type. */
#define FLAG_DELETE_REGISTRY 0x8000u
/* FLG_ADDREG_BINVALUETYPE and the type in the upper half; the rest says how to merge. */
#define TYPE_SHIFT 16
#define TYPE_MASK 0xffff0001u

enum { FIELD_ROOT, FIELD_SUBKEY, FIELD_NAME, FIELD_FLAGS, FIELD_VALUE };

static const struct {
    guint32 flags;
    guint32 type;
} type_table[] = {
    {0x00000000, HIVE_TYPE_SZ},        {0x00010000, HIVE_TYPE_MULTI_SZ},
    {0x00020000, HIVE_TYPE_EXPAND_SZ}, {0x00000001, HIVE_TYPE_BINARY},
    {0x00010001, HIVE_TYPE_DWORD},     {0x00020001, HIVE_TYPE_NONE},
};

void inf_registry_row_free(InfRegistryRow *row)
{
    if (!row)
        return;
    g_free(row->root);
    g_free(row->subkey);
    g_free(row->name);
    if (row->data)
        g_bytes_unref(row->data);
    g_free(row);
}

guint32 inf_parse_number(const char *text)
{
    gboolean negative = *text == '-';
    const char *digits = negative ? text + 1 : text;
    gboolean hex = g_ascii_strncasecmp(digits, "0x", 2) == 0;
    guint64 value = 0;

    if (!g_ascii_string_to_unsigned(hex ? digits + 2 : digits, hex ? 16 : 10, 0, G_MAXUINT32,
                                    &value, NULL))
        return 0;
    return negative ? 0 - (guint32)value : (guint32)value;
}

static void append_utf16(GByteArray *data, const char *text)
{
    glong count = 0;
    g_autofree gunichar2 *units = g_utf8_to_utf16(text, -1, NULL, &count, NULL);

    for (glong i = 0; units && i < count; i++) {
        uint8_t pair[2];

        put_le16(pair, units[i]);
        g_byte_array_append(data, pair, sizeof pair);
    }
    g_byte_array_append(data, (const uint8_t *)"\0", 2);
}

static void append_bytes(GByteArray *data, const InfLine *line)
{
    for (guint i = FIELD_VALUE; i < line->fields->len; i++) {
        guint64 byte = 0;
        uint8_t value;

        g_ascii_string_to_unsigned(inf_line_field(line, i), 16, 0, 0xff, &byte, NULL);
        value = (uint8_t)byte;
        g_byte_array_append(data, &value, 1);
    }
}

static GBytes *encode_value(const InfLine *line, guint32 flags, guint32 type)
{
    GByteArray *data = g_byte_array_new();
    gboolean is_list = line->fields->len > FIELD_VALUE + 1;

    if ((flags & FLAG_BINARY_TYPE) && type != HIVE_TYPE_DWORD) {
        append_bytes(data, line);
        return g_byte_array_free_to_bytes(data);
    }
    switch (type) {
    case HIVE_TYPE_DWORD:
        if (is_list) {
            append_bytes(data, line);
        } else {
            uint8_t number[4];

            put_le32(number, inf_parse_number(inf_line_field(line, FIELD_VALUE)));
            g_byte_array_append(data, number, sizeof number);
        }
        break;
    case HIVE_TYPE_MULTI_SZ:
        for (guint i = FIELD_VALUE; i < line->fields->len; i++)
            append_utf16(data, inf_line_field(line, i));
        g_byte_array_append(data, (const uint8_t *)"\0", 2);
        break;
    case HIVE_TYPE_SZ:
    case HIVE_TYPE_EXPAND_SZ:
        append_utf16(data, inf_line_field(line, FIELD_VALUE));
        break;
    default:
        append_bytes(data, line);
    }
    return g_byte_array_free_to_bytes(data);
}

/* Any other type stands in the upper half as it is in winnt.h. */
static guint32 find_type(guint32 flags)
{
    for (guint i = 0; i < G_N_ELEMENTS(type_table); i++) {
        if (type_table[i].flags == (flags & TYPE_MASK))
            return type_table[i].type;
    }
    return flags & FLAG_BINARY_TYPE ? flags >> TYPE_SHIFT : HIVE_TYPE_NONE;
}

static InfRegistryAction find_added_action(const InfLine *line, guint32 flags)
{
    if (flags & FLAG_DELETE_VALUE)
        return INF_REGISTRY_DELETE_VALUE;
    /* "HKR, key,, 0x10" and a bare "HKR, key" both make a key and no value. */
    if ((flags & (FLAG_KEY_ONLY | FLAG_KEY_ONLY_COMMON)) ||
        (!*inf_line_field(line, FIELD_NAME) && line->fields->len <= FIELD_VALUE))
        return INF_REGISTRY_CREATE_KEY;
    return flags & FLAG_APPEND ? INF_REGISTRY_APPEND : INF_REGISTRY_SET;
}

static InfRegistryAction find_deleted_action(const InfLine *line, guint32 flags)
{
    if ((flags & FLAG_KEY_ONLY_COMMON) || !*inf_line_field(line, FIELD_NAME))
        return INF_REGISTRY_DELETE_KEY;
    return flags & FLAG_DELETE_REGISTRY ? INF_REGISTRY_REMOVE_STRING : INF_REGISTRY_DELETE_VALUE;
}

static void append_row(const InfLine *line, gboolean is_deletion, GPtrArray *rows)
{
    guint32 flags = inf_parse_number(inf_line_field(line, FIELD_FLAGS));
    InfRegistryRow *row;

    if (line->key || !*inf_line_field(line, FIELD_ROOT) || rows->len >= ROWS_LIMIT)
        return;
    row = g_new0(InfRegistryRow, 1);
    row->root = g_ascii_strup(inf_line_field(line, FIELD_ROOT), -1);
    row->subkey = g_strdup(inf_line_field(line, FIELD_SUBKEY));
    row->name = g_strdup(inf_line_field(line, FIELD_NAME));
    row->type = find_type(flags);
    row->action = is_deletion ? find_deleted_action(line, flags) : find_added_action(line, flags);
    row->keeps_existing = !is_deletion && (flags & FLAG_NO_CLOBBER);
    row->needs_existing = !is_deletion && (flags & FLAG_OVERWRITE_ONLY);
    row->data = encode_value(line, flags, row->type);
    g_ptr_array_add(rows, row);
}

static void collect(const Inf *inf, const char *section, gboolean is_deletion, GPtrArray *rows)
{
    g_autoptr(GPtrArray) lists =
        inf_list_directive(inf, section, is_deletion ? "DelReg" : "AddReg");

    for (guint i = 0; i < lists->len && rows->len < ROWS_LIMIT; i++) {
        const GPtrArray *lines = inf_get_section(inf, g_ptr_array_index(lists, i));

        for (guint j = 0; lines && j < lines->len && rows->len < ROWS_LIMIT; j++)
            append_row(g_ptr_array_index(lines, j), is_deletion, rows);
    }
}

void inf_registry_collect(const Inf *inf, const char *section, GPtrArray *rows)
{
    collect(inf, section, TRUE, rows);
    collect(inf, section, FALSE, rows);
}
