/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small hives made cell by cell. */
#include "tests/unit/registry/hive-builder.h"

#include <string.h>

#include "base/bytes.h"

enum {
    BASE = 4096,
    BIN_HEADER = 32,
    SEGMENT = 16344,
};

static void close_bin(HiveBuilder *builder)
{
    if (builder->free < builder->bins->len) {
        put_le32(builder->bins->data + builder->free, builder->bins->len - builder->free);
    }
}

static void open_bin(HiveBuilder *builder, uint32_t cell_size)
{
    uint32_t start = builder->bins->len;
    uint32_t size = (BIN_HEADER + cell_size + 4095) / 4096 * 4096;
    close_bin(builder);
    g_byte_array_set_size(builder->bins, start + size);
    uint8_t *bin = builder->bins->data + start;
    memset(bin, 0, size);
    memcpy(bin, "hbin", 4);
    put_le32(bin + 4, start);
    put_le32(bin + 8, size);
    builder->free = start + BIN_HEADER;
}

uint32_t hive_builder_cell(HiveBuilder *builder, const void *payload, size_t length)
{
    uint32_t size = ((uint32_t)length + 4 + 7) / 8 * 8;
    if (builder->free + size > builder->bins->len) {
        open_bin(builder, size);
    }
    uint32_t offset = builder->free;
    builder->free += size;
    put_le32(builder->bins->data + offset, 0 - size);
    if (length > 0) {
        memcpy(builder->bins->data + offset + 4, payload, length);
    }
    return offset;
}

uint8_t *hive_builder_payload(HiveBuilder *builder, uint32_t cell)
{
    return builder->bins->data + cell + 4;
}

HiveBuilder *hive_builder_new(uint32_t minor)
{
    HiveBuilder *builder = g_new0(HiveBuilder, 1);
    uint8_t security[28] = "sk";
    builder->bins = g_byte_array_new();
    builder->minor = minor;
    builder->security = hive_builder_cell(builder, security, sizeof security);
    uint8_t *payload = hive_builder_payload(builder, builder->security);
    put_le32(payload + 4, builder->security);
    put_le32(payload + 8, builder->security);
    put_le32(payload + 12, 1000);
    put_le32(payload + 16, 8);
    builder->root = hive_builder_key(builder, 0, "ROOT");
    put_le16(hive_builder_payload(builder, builder->root) + 2, 0x2C);
    return builder;
}

void hive_builder_free(HiveBuilder *builder)
{
    g_byte_array_unref(builder->bins);
    g_free(builder);
}

uint32_t hive_builder_key_units(HiveBuilder *builder, uint32_t parent, const uint16_t *units,
                                size_t count, gboolean is_latin1)
{
    g_autofree uint8_t *node = g_malloc0(76 + 2 * count);
    size_t length = is_latin1 ? count : 2 * count;
    memcpy(node, "nk", 2);
    put_le16(node + 2, is_latin1 ? 0x20 : 0);
    put_le32(node + 16, parent);
    put_le32(node + 28, BUILDER_NO_CELL);
    put_le32(node + 32, BUILDER_NO_CELL);
    put_le32(node + 40, BUILDER_NO_CELL);
    put_le32(node + 44, builder->security);
    put_le32(node + 48, BUILDER_NO_CELL);
    put_le16(node + 72, (uint16_t)length);
    for (size_t i = 0; i < count; i++) {
        if (is_latin1) {
            node[76 + i] = (uint8_t)units[i];
        } else {
            put_le16(node + 76 + 2 * i, units[i]);
        }
    }
    return hive_builder_cell(builder, node, 76 + length);
}

uint32_t hive_builder_key(HiveBuilder *builder, uint32_t parent, const char *name)
{
    uint16_t units[256];
    size_t count = strlen(name);
    g_assert_cmpuint(count, <, G_N_ELEMENTS(units));
    for (size_t i = 0; i < count; i++) {
        units[i] = (uint8_t)name[i];
    }
    return hive_builder_key_units(builder, parent, units, count, TRUE);
}

/* The second half of an lf or lh element. */
static void list_hint(HiveBuilder *builder, const char *kind, uint32_t key, uint8_t *hint)
{
    const uint8_t *node = hive_builder_payload(builder, key);
    gboolean is_latin1 = (get_le16(node + 2) & 0x20) != 0;
    size_t units = get_le16(node + 72) / (is_latin1 ? 1u : 2u);
    uint32_t hash = 0;
    for (size_t i = 0; i < units; i++) {
        uint32_t unit = is_latin1 ? node[76 + i] : get_le16(node + 76 + 2 * i);
        hash = hash * 37 + g_unichar_toupper(unit);
        if (kind[1] == 'f' && i < 4 && unit < 256) {
            hint[i] = (uint8_t)unit;
        }
    }
    if (kind[1] == 'h') {
        put_le32(hint, hash);
    }
}

uint32_t hive_builder_list(HiveBuilder *builder, const char *kind, const uint32_t *cells,
                           size_t count)
{
    size_t element = kind[1] == 'f' || kind[1] == 'h' ? 8 : 4;
    g_autofree uint8_t *list = g_malloc0(4 + element * count);
    memcpy(list, kind, 2);
    put_le16(list + 2, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        put_le32(list + 4 + element * i, cells[i]);
        if (element == 8) {
            list_hint(builder, kind, cells[i], list + 4 + element * i + 4);
        }
    }
    return hive_builder_cell(builder, list, 4 + element * count);
}

void hive_builder_set_subkeys(HiveBuilder *builder, uint32_t key, uint32_t list, uint32_t count)
{
    put_le32(hive_builder_payload(builder, key) + 20, count);
    put_le32(hive_builder_payload(builder, key) + 28, list);
}

static uint32_t big_data(HiveBuilder *builder, const uint8_t *data, size_t length)
{
    uint8_t db[8] = "db";
    uint32_t count = (uint32_t)((length + SEGMENT - 1) / SEGMENT);
    g_autofree uint8_t *list = g_malloc0(4 * (size_t)count);
    for (uint32_t i = 0; i < count; i++) {
        size_t start = (size_t)i * SEGMENT;
        put_le32(list + 4 * (size_t)i,
                 hive_builder_cell(builder, data + start, MIN(length - start, SEGMENT)));
    }
    put_le16(db + 2, (uint16_t)count);
    put_le32(db + 4, hive_builder_cell(builder, list, 4 * (size_t)count));
    return hive_builder_cell(builder, db, sizeof db);
}

uint32_t hive_builder_value(HiveBuilder *builder, const char *name, uint32_t type, const void *data,
                            size_t length, gboolean as_one_cell)
{
    size_t name_length = strlen(name);
    g_autofree uint8_t *value = g_malloc0(20 + name_length);
    memcpy(value, "vk", 2);
    put_le16(value + 2, (uint16_t)name_length);
    put_le32(value + 4, (uint32_t)length);
    put_le32(value + 12, type);
    put_le16(value + 16, name_length > 0 ? 1 : 0);
    memcpy(value + 20, name, name_length);
    if (length <= 4) {
        put_le32(value + 4, 0x80000000u | (uint32_t)length);
        if (length > 0) {
            memcpy(value + 8, data, length);
        }
    } else if (length > SEGMENT && builder->minor > 3 && !as_one_cell) {
        put_le32(value + 8, big_data(builder, data, length));
    } else {
        put_le32(value + 8, hive_builder_cell(builder, data, length));
    }
    return hive_builder_cell(builder, value, 20 + name_length);
}

void hive_builder_set_values(HiveBuilder *builder, uint32_t key, const uint32_t *values,
                             size_t count)
{
    g_autofree uint8_t *list = g_malloc0(4 * count);
    for (size_t i = 0; i < count; i++) {
        put_le32(list + 4 * i, values[i]);
    }
    uint32_t cell = hive_builder_cell(builder, list, 4 * count);
    put_le32(hive_builder_payload(builder, key) + 36, (uint32_t)count);
    put_le32(hive_builder_payload(builder, key) + 40, cell);
}

void hive_builder_fill(HiveBuilder *builder, uint32_t parent, const char *kind, const char *prefix,
                       size_t count, size_t leaf_size)
{
    g_autofree uint32_t *keys = g_new(uint32_t, count);
    g_autoptr(GArray) leaves = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (size_t i = 0; i < count; i++) {
        g_autofree char *name = g_strdup_printf("%s%04" G_GSIZE_FORMAT, prefix, i);
        keys[i] = hive_builder_key(builder, parent, name);
    }
    for (size_t i = 0; i < count; i += leaf_size) {
        uint32_t leaf = hive_builder_list(builder, kind, keys + i, MIN(leaf_size, count - i));
        g_array_append_val(leaves, leaf);
    }
    const uint32_t *cells = (const uint32_t *)(const void *)leaves->data;
    uint32_t list =
        leaves->len == 1 ? cells[0] : hive_builder_list(builder, "ri", cells, leaves->len);
    hive_builder_set_subkeys(builder, parent, list, (uint32_t)count);
}

void hive_header_set(uint8_t *header, uint32_t primary, uint32_t secondary)
{
    uint32_t sum = 0;
    put_le32(header + 4, primary);
    put_le32(header + 8, secondary);
    for (size_t i = 0; i < 508; i += 4) {
        sum ^= get_le32(header + i);
    }
    put_le32(header + 508, sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum);
}

GBytes *hive_builder_finish(HiveBuilder *builder, uint32_t sequence)
{
    size_t length = BASE + builder->bins->len;
    uint8_t *bytes = g_malloc0(length);
    close_bin(builder);
    memcpy(bytes, "regf", 4);
    put_le64(bytes + 12, UINT64_C(0x01D80000DEADBEEF));
    put_le32(bytes + 20, 1);
    put_le32(bytes + 24, builder->minor);
    put_le32(bytes + 32, 1);
    put_le32(bytes + 36, builder->root);
    put_le32(bytes + 40, builder->bins->len);
    put_le32(bytes + 44, 1);
    hive_header_set(bytes, sequence, sequence);
    memcpy(bytes + BASE, builder->bins->data, builder->bins->len);
    return g_bytes_new_take(bytes, length);
}
