/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values: raw cells, big data, and typed reads. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/hive_private.h"

static gboolean value_is_damaged(const Hive *hive, const char *what, uint32_t offset,
                                 GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "the registry hive '%s' is damaged: %s (at 0x%x)", hive->name, what, offset);
    return FALSE;
}

void hive_value_free(HiveValue *value)
{
    if (value == NULL) {
        return;
    }
    g_free(value->name);
    g_clear_pointer(&value->data, g_bytes_unref);
    g_free(value);
}

void hive_raw_value_clear(HiveRawValue *value)
{
    hive_cell_clear(&value->cell);
    *value = (HiveRawValue){0};
}

gboolean hive_raw_value_read(Hive *hive, uint32_t offset, HiveRawValue *ret_value, GError **error)
{
    g_auto(HiveCell) cell = {0};
    hive_raw_value_clear(ret_value);
    if (!hive_cell_read(hive, offset, VK_NAME, VK_NAME + HIVE_LIMIT_VALUE_NAME_BYTES, "a value",
                        &cell, error)) {
        return FALSE;
    }
    if (memcmp(cell.bytes, "vk", 2) != 0) {
        return value_is_damaged(hive, "this is not a value", offset, error);
    }
    size_t name_length = get_le16(cell.bytes + VK_NAME_LENGTH);
    if (!range_is_within(VK_NAME, name_length, cell.length)) {
        return value_is_damaged(hive, "a value's name is longer than its cell", offset, error);
    }
    uint32_t length = get_le32(cell.bytes + VK_DATA_LENGTH);
    *ret_value = (HiveRawValue){
        .cell = cell,
        .name = {.bytes = cell.bytes + VK_NAME,
                 .length = name_length,
                 .is_latin1 = (get_le16(cell.bytes + VK_FLAGS) & VK_FLAG_LATIN1_NAME) != 0},
        .type = get_le32(cell.bytes + VK_TYPE),
        .length = length & ~VK_DATA_IS_INLINE,
        .is_inline = (length & VK_DATA_IS_INLINE) != 0,
        .data = get_le32(cell.bytes + VK_DATA),
    };
    cell = (HiveCell){0};
    return TRUE;
}

gboolean hive_list_value_cells(Hive *hive, const HiveNode *node, GArray **ret_offsets,
                               GError **error)
{
    g_auto(HiveCell) list = {0};
    g_autoptr(GArray) offsets = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (node->value_count > 0) {
        if (node->value_count > hive_bins_end(hive) / VK_SIZE_MIN) {
            return value_is_damaged(hive, "more values than fit into the hive", node->value_list,
                                    error);
        }
        size_t length = (size_t)node->value_count * 4;
        if (!hive_cell_read(hive, node->value_list, length, length, "a list of values", &list,
                            error)) {
            return FALSE;
        }
    }
    for (size_t i = 0; i < node->value_count; i++) {
        uint32_t offset = get_le32(list.bytes + 4 * i);
        g_array_append_val(offsets, offset);
    }
    *ret_offsets = g_steal_pointer(&offsets);
    return TRUE;
}

/* A value above 16344 bytes: a list of segments, all full but the last. */
static gboolean read_big_data(Hive *hive, const HiveRawValue *value, const uint8_t *db,
                              GBytes **ret_data, GError **error)
{
    g_auto(HiveCell) list = {0};
    size_t count = get_le16(db + DB_SEGMENT_COUNT);
    if ((uint64_t)count * DB_SEGMENT_BYTES < value->length) {
        return value_is_damaged(hive, "a long value has too few segments", value->data, error);
    }
    if (!hive_cell_read(hive, get_le32(db + DB_SEGMENT_LIST), count * 4, count * 4,
                        "a list of segments", &list, error)) {
        return FALSE;
    }
    g_autoptr(GByteArray) data = g_byte_array_sized_new(value->length);
    for (size_t i = 0; data->len < value->length; i++) {
        g_auto(HiveCell) segment = {0};
        size_t length = MIN(value->length - data->len, DB_SEGMENT_BYTES);
        if (!hive_cell_read(hive, get_le32(list.bytes + 4 * i), length, length,
                            "a segment of a long value", &segment, error)) {
            return FALSE;
        }
        g_byte_array_append(data, segment.bytes, (guint)length);
    }
    *ret_data = g_byte_array_free_to_bytes(g_steal_pointer(&data));
    return TRUE;
}

gboolean hive_raw_value_read_data(Hive *hive, const HiveRawValue *value, GBytes **ret_data,
                                  GError **error)
{
    g_auto(HiveCell) cell = {0};
    if (value->is_inline) {
        size_t length = MIN(value->length, VK_INLINE_MAX);
        *ret_data = g_bytes_new(value->cell.bytes + VK_DATA, length);
        return TRUE;
    }
    if (value->length == 0) {
        *ret_data = g_bytes_new(NULL, 0);
        return TRUE;
    }
    if (value->length > HIVE_LIMIT_VALUE_BYTES || value->length > hive_bins_end(hive)) {
        return value_is_damaged(hive, "a value is impossibly long", value->data, error);
    }
    /* hivex and others write long values as one cell in any version; read both. */
    if (value->length > DB_SEGMENT_BYTES && hive->header.minor >= DB_MINOR_MIN) {
        if (!hive_cell_read(hive, value->data, DB_SIZE, value->length, "a value's data", &cell,
                            error)) {
            return FALSE;
        }
        if (cell.length < value->length || memcmp(cell.bytes, "db", 2) == 0) {
            if (memcmp(cell.bytes, "db", 2) != 0) {
                return value_is_damaged(hive, "a value is longer than its cell", value->data,
                                        error);
            }
            return read_big_data(hive, value, cell.bytes, ret_data, error);
        }
    } else if (!hive_cell_read(hive, value->data, value->length, value->length, "a value's data",
                               &cell, error)) {
        return FALSE;
    }
    if (cell.owned != NULL) {
        *ret_data = g_bytes_new_take(g_steal_pointer(&cell.owned), value->length);
    } else {
        *ret_data =
            g_bytes_new_from_bytes(hive->bytes, (size_t)(cell.bytes - hive->memory), value->length);
    }
    return TRUE;
}

static gboolean value_load(Hive *hive, const HiveRawValue *raw, HiveValue **ret_value,
                           GError **error)
{
    g_autoptr(GBytes) data = NULL;
    if (!hive_raw_value_read_data(hive, raw, &data, error)) {
        return FALSE;
    }
    HiveValue *value = g_new0(HiveValue, 1);
    value->name = hive_name_to_utf8(&raw->name, NULL);
    value->type = raw->type;
    value->data = g_steal_pointer(&data);
    *ret_value = value;
    return TRUE;
}

static gboolean open_values(Hive *hive, HiveKey key, GArray **ret_offsets, GError **error)
{
    g_auto(HiveNode) node = {0};
    return hive_node_read(hive, key, &node, error) &&
           hive_list_value_cells(hive, &node, ret_offsets, error);
}

gboolean hive_list_values(Hive *hive, HiveKey key, GPtrArray **ret_values, GError **error)
{
    g_autoptr(GArray) offsets = NULL;
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)hive_value_free);
    /* Values may not share data, so all of them together fit into the hive; a list that says the
       same value again and again would make us copy for ever. */
    uint64_t bytes_left = hive_bins_end(hive);
    if (!open_values(hive, key, &offsets, error)) {
        return FALSE;
    }
    for (size_t i = 0; i < offsets->len; i++) {
        g_auto(HiveRawValue) raw = {0};
        HiveValue *value;
        if (!hive_raw_value_read(hive, g_array_index(offsets, uint32_t, i), &raw, error)) {
            return FALSE;
        }
        if (raw.length > bytes_left) {
            return value_is_damaged(hive, "the values are longer than the hive",
                                    g_array_index(offsets, uint32_t, i), error);
        }
        bytes_left -= raw.length;
        if (!value_load(hive, &raw, &value, error)) {
            return FALSE;
        }
        g_ptr_array_add(values, value);
    }
    *ret_values = g_steal_pointer(&values);
    return TRUE;
}

gboolean hive_get_value(Hive *hive, HiveKey key, const char *name, HiveValue **ret_value,
                        GError **error)
{
    g_autoptr(GArray) offsets = NULL;
    g_autoptr(GByteArray) wanted_bytes = hive_text_to_utf16(name, FALSE);
    HiveName wanted = {.bytes = wanted_bytes->data, .length = wanted_bytes->len};
    if (!open_values(hive, key, &offsets, error)) {
        return FALSE;
    }
    for (size_t i = 0; i < offsets->len; i++) {
        g_auto(HiveRawValue) raw = {0};
        if (!hive_raw_value_read(hive, g_array_index(offsets, uint32_t, i), &raw, error)) {
            return FALSE;
        }
        if (hive_name_compare(&raw.name, &wanted) == 0) {
            return value_load(hive, &raw, ret_value, error);
        }
    }
    *ret_value = NULL;
    return TRUE;
}

/* *ret_value NULL: key or value is not there. */
static gboolean read_value(Hive *hive, const char *key_path, const char *name,
                           HiveValue **ret_value, GError **error)
{
    gboolean found;
    HiveKey key;
    if (!hive_find_key(hive, hive_root(hive), key_path, &found, &key, error)) {
        return FALSE;
    }
    if (!found) {
        *ret_value = NULL;
        return TRUE;
    }
    if (!hive_get_value(hive, key, name, ret_value, error)) {
        g_prefix_error(error, "cannot read the value '%s' of '%s': ", name, key_path);
        return FALSE;
    }
    return TRUE;
}

gboolean hive_read_string(Hive *hive, const char *key_path, const char *name, gboolean *ret_found,
                          char **ret_text, GError **error)
{
    g_autoptr(HiveValue) value = NULL;
    if (!read_value(hive, key_path, name, &value, error)) {
        return FALSE;
    }
    *ret_found =
        value != NULL && (value->type == HIVE_TYPE_SZ || value->type == HIVE_TYPE_EXPAND_SZ);
    if (*ret_found) {
        size_t length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        *ret_text = hive_string_decode(data, length);
    }
    return TRUE;
}

gboolean hive_read_dword(Hive *hive, const char *key_path, const char *name, gboolean *ret_found,
                         uint32_t *ret_value, GError **error)
{
    g_autoptr(HiveValue) value = NULL;
    if (!read_value(hive, key_path, name, &value, error)) {
        return FALSE;
    }
    *ret_found = value != NULL && g_bytes_get_size(value->data) == 4 &&
                 (value->type == HIVE_TYPE_DWORD || value->type == HIVE_TYPE_DWORD_BE);
    if (*ret_found) {
        const uint8_t *data = g_bytes_get_data(value->data, NULL);
        *ret_value = value->type == HIVE_TYPE_DWORD ? get_le32(data) : get_be32(data);
    }
    return TRUE;
}

gboolean hive_read_multi_string(Hive *hive, const char *key_path, const char *name,
                                gboolean *ret_found, char ***ret_strings, GError **error)
{
    g_autoptr(HiveValue) value = NULL;
    if (!read_value(hive, key_path, name, &value, error)) {
        return FALSE;
    }
    *ret_found = value != NULL && value->type == HIVE_TYPE_MULTI_SZ;
    if (*ret_found) {
        size_t length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        *ret_strings = hive_multi_string_decode(data, length);
    }
    return TRUE;
}
