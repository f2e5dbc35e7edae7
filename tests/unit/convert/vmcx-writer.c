/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes Hyper-V's binary files for tests. */
#include "tests/unit/convert/vmcx-writer.h"

#include <string.h>

#include "base/bytes.h"
#include "convert/config/vmcx_store.h"

enum {
    TABLE_BYTES = 0x1000,
    KEY_HEADER_BYTES = 21,
    SPARE_BYTES = 12, /* Hyper-V leaves them behind every value */
    LONG_VALUE_BYTES = 0x800,
    SIGN_LIMIT = 5000,
};

typedef struct {
    char *path;
    uint8_t type;
    GByteArray *value; /* of strings and bytes without their length */
    guint parent;      /* in keys; G_MAXUINT: the root */
    guint place;
    uint16_t table; /* where it was put */
    uint32_t offset;
} Key;

struct VmcxWriter {
    GPtrArray *keys; /* of Key, parents before their children */
};

static void key_free(gpointer data)
{
    Key *key = data;
    g_free(key->path);
    g_byte_array_unref(key->value);
    g_free(key);
}

VmcxWriter *vmcx_writer_new(void)
{
    VmcxWriter *writer = g_new0(VmcxWriter, 1);
    writer->keys = g_ptr_array_new_with_free_func(key_free);
    return writer;
}

void vmcx_writer_free(VmcxWriter *writer)
{
    if (!writer)
        return;
    g_ptr_array_unref(writer->keys);
    g_free(writer);
}

static guint find_node(const VmcxWriter *writer, const char *path)
{
    for (guint i = 0; i < writer->keys->len; i++) {
        const Key *key = g_ptr_array_index(writer->keys, i);
        if (key->type == 9 && g_str_equal(key->path, path))
            return i;
    }
    return G_MAXUINT;
}

static void add_key(VmcxWriter *writer, const char *path, uint8_t type, const void *bytes,
                    size_t length)
{
    g_autofree char *folder = g_path_get_dirname(path);
    guint parent = G_MAXUINT;
    if (!g_str_equal(folder, ".")) {
        vmcx_add_node(writer, folder);
        parent = find_node(writer, folder);
    }
    Key *key = g_new0(Key, 1);
    key->path = g_strdup(path);
    key->type = type;
    key->value = g_byte_array_new();
    g_byte_array_append(key->value, bytes, (guint)length);
    key->parent = parent;
    key->place = writer->keys->len + 1;
    g_ptr_array_add(writer->keys, key);
}

void vmcx_add_node(VmcxWriter *writer, const char *path)
{
    static const uint8_t value[12] = {0};
    if (find_node(writer, path) == G_MAXUINT)
        add_key(writer, path, 9, value, sizeof(value));
}

static void add_number(VmcxWriter *writer, const char *path, uint8_t type, uint64_t bits)
{
    uint8_t value[8];
    put_le64(value, bits);
    add_key(writer, path, type, value, sizeof(value));
}

void vmcx_add_integer(VmcxWriter *writer, const char *path, gint64 value)
{
    add_number(writer, path, 3, (uint64_t)value);
}

void vmcx_add_unsigned(VmcxWriter *writer, const char *path, guint64 value)
{
    add_number(writer, path, 4, value);
}

void vmcx_add_double(VmcxWriter *writer, const char *path, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    add_number(writer, path, 5, bits);
}

void vmcx_add_boolean(VmcxWriter *writer, const char *path, gboolean value)
{
    uint8_t bytes[4] = {value != 0};
    add_key(writer, path, 8, bytes, sizeof(bytes));
}

void vmcx_add_string(VmcxWriter *writer, const char *path, const char *value)
{
    glong units;
    g_autofree gunichar2 *text = g_utf8_to_utf16(value, -1, NULL, &units, NULL);
    g_assert_nonnull(text);
    size_t length = ((size_t)units + 1) * 2;
    g_autofree uint8_t *bytes = g_malloc(length);
    for (size_t i = 0; i <= (size_t)units; i++)
        put_le16(bytes + i * 2, text[i]);
    add_key(writer, path, 6, bytes, length);
}

void vmcx_add_bytes(VmcxWriter *writer, const char *path, const void *bytes, size_t length)
{
    add_key(writer, path, 7, bytes, length);
}

size_t vmcx_append_object(GByteArray *file, uint8_t type, uint32_t size_bytes)
{
    size_t offset = file->len;
    uint8_t *entry = file->data + VMCX_OBJECT_TABLE + 8;
    while (entry[0] != 0)
        entry += 18;
    entry[0] = type;
    put_le64(entry + 5, offset);
    put_le32(entry + 13, size_bytes);
    entry[17] = 1;
    g_byte_array_set_size(file, (guint)(offset + size_bytes));
    memset(file->data + offset, 0, size_bytes);
    return offset;
}

static void put_header(uint8_t *header, uint16_t sequence)
{
    put_le32(header, 0x01282014);
    put_le16(header + 8, sequence);
    put_le32(header + 10, 0x0400);
    put_le32(header + 22, 0x1000);
    put_le64(header + 26, VMCX_LOG);
    put_le64(header + 34, VMCX_LOG_BYTES);
    put_le32(header + 42, 0x1000);
}

static void end_key_table(GByteArray *file, size_t table, uint32_t used)
{
    if (TABLE_BYTES - used <= KEY_HEADER_BYTES)
        return;
    file->data[table + used] = 1;
    put_le32(file->data + table + used + 2, TABLE_BYTES - used);
}

static size_t begin_key_table(GByteArray *file, uint16_t index)
{
    size_t table = vmcx_append_object(file, 2, TABLE_BYTES);
    put_le16(file->data + table, 2);
    put_le16(file->data + table + 2, index);
    put_le16(file->data + table + 4, 1);
    return table;
}

static uint32_t measure_key(const Key *key, const char *name)
{
    gboolean is_long = key->value->len >= LONG_VALUE_BYTES;
    gboolean has_length = !is_long && (key->type == 6 || key->type == 7);
    return (uint32_t)(KEY_HEADER_BYTES + strlen(name) + 1 + (has_length ? 4 : 0) +
                      (is_long ? 12 : key->value->len) + SPARE_BYTES);
}

static void put_key(const VmcxWriter *writer, GByteArray *file, size_t at, const Key *key,
                    const char *name)
{
    uint8_t *bytes = file->data + at;
    const Key *parent =
        key->parent == G_MAXUINT ? NULL : g_ptr_array_index(writer->keys, key->parent);
    bytes[0] = key->type;
    put_le32(bytes + 2, measure_key(key, name));
    put_le16(bytes + 6, parent ? parent->table : 0);
    put_le32(bytes + 8, parent ? parent->offset : 0);
    put_le32(bytes + 16, key->place);
    bytes[20] = (uint8_t)(strlen(name) + 1);
    memcpy(bytes + KEY_HEADER_BYTES, name, strlen(name) + 1);
    uint8_t *value = bytes + KEY_HEADER_BYTES + strlen(name) + 1;
    if (key->value->len >= LONG_VALUE_BYTES) {
        bytes[1] = 1;
        put_le32(value, key->value->len); /* where: put_long_values() */
        return;
    }
    if (key->type == 6 || key->type == 7) {
        put_le32(value, key->value->len);
        value += 4;
    }
    if (key->value->len > 0)
        memcpy(value, key->value->data, key->value->len);
}

static void put_long_values(const VmcxWriter *writer, GByteArray *file)
{
    for (guint i = 0; i < writer->keys->len; i++) {
        const Key *key = g_ptr_array_index(writer->keys, i);
        if (key->value->len < LONG_VALUE_BYTES)
            continue;
        g_autofree char *name = g_path_get_basename(key->path);
        size_t at = VMCX_OBJECTS + (size_t)(key->table - 1) * TABLE_BYTES + key->offset +
                    KEY_HEADER_BYTES + strlen(name) + 1;
        size_t object = vmcx_append_object(
            file, 3, (key->value->len + TABLE_BYTES - 1) / TABLE_BYTES * TABLE_BYTES);
        put_le64(file->data + at + 4, object);
        memcpy(file->data + object, key->value->data, key->value->len);
    }
}

GByteArray *vmcx_writer_make(VmcxWriter *writer)
{
    GByteArray *file = g_byte_array_new();
    g_byte_array_set_size(file, VMCX_OBJECTS);
    memset(file->data, 0, file->len);
    put_header(file->data, 7);
    put_header(file->data + VMCX_SECOND_HEADER, 6);
    put_le32(file->data + VMCX_OBJECT_TABLE, 0x01110001);
    put_le32(file->data + VMCX_OBJECT_TABLE + 4, (0x1000 - 8) / 18);
    put_le32(file->data + VMCX_LOG, 0x01110003);
    put_le32(file->data + VMCX_LOG + 13, (0x1000 - 34) / 28);

    uint16_t index = 1;
    size_t table = begin_key_table(file, index);
    uint32_t used = VMCX_KEY_TABLE_HEADER_BYTES;
    for (guint i = 0; i < writer->keys->len; i++) {
        Key *key = g_ptr_array_index(writer->keys, i);
        g_autofree char *name = g_path_get_basename(key->path);
        uint32_t size_bytes = measure_key(key, name);
        if (used + size_bytes + KEY_HEADER_BYTES >= TABLE_BYTES) {
            end_key_table(file, table, used);
            table = begin_key_table(file, ++index);
            used = VMCX_KEY_TABLE_HEADER_BYTES;
        }
        key->table = index;
        key->offset = used;
        put_key(writer, file, table + used, key, name);
        used += size_bytes;
    }
    end_key_table(file, table, used);
    put_long_values(writer, file);
    vmcx_sign(file->data, file->len);
    return file;
}

size_t vmcx_find_key(const GByteArray *file, const char *name)
{
    size_t length = strlen(name) + 1;
    for (size_t i = VMCX_OBJECTS; i + length <= file->len; i++)
        if (memcmp(file->data + i, name, length) == 0 && file->data[i - 1] == length)
            return i - KEY_HEADER_BYTES;
    g_assert_not_reached();
}

void vmcx_log_change(GByteArray *file, uint64_t target, const void *bytes, uint32_t length)
{
    uint8_t *log = file->data + VMCX_LOG;
    uint32_t count = get_le32(log + 8);
    uint64_t data = 0x1000;
    for (uint32_t i = 0; i < count; i++)
        data += get_le32(log + 34 + i * 28 + 8);
    g_assert_cmpuint(data + length, <=, VMCX_LOG_BYTES);
    uint8_t *entry = log + 34 + count * 28;
    put_le64(entry, target);
    put_le32(entry + 8, length);
    put_le64(entry + 12, data);
    put_le32(entry + 24, vmcx_checksum(bytes, length, length));
    memcpy(log + data, bytes, length);
    put_le32(log + 8, count + 1);
    vmcx_sign(file->data, file->len);
}

static void sign(uint8_t *bytes, size_t length, size_t field)
{
    put_le32(bytes + field, vmcx_checksum(bytes, length, field));
}

/* Bytes of a key that its checksum covers; 0: more than there are. */
static size_t measure_content(const uint8_t *key, size_t room)
{
    static const size_t lengths[] = {[3] = 8, [4] = 8, [5] = 8, [8] = 4, [9] = 12};
    size_t length = KEY_HEADER_BYTES + (size_t)key[20];
    if (key[1] & 1)
        length += 12;
    else if (key[0] != 6 && key[0] != 7)
        length += key[0] < G_N_ELEMENTS(lengths) ? lengths[key[0]] : 0;
    else if (length + 4 <= room)
        length += 4 + (size_t)get_le32(key + length);
    return length <= room ? length : 0;
}

static void sign_key_table(uint8_t *table, size_t length, guint *left)
{
    if (length < VMCX_KEY_TABLE_HEADER_BYTES)
        return;
    sign(table, VMCX_KEY_TABLE_HEADER_BYTES, 6);
    for (size_t at = VMCX_KEY_TABLE_HEADER_BYTES; at + KEY_HEADER_BYTES<length && * left> 0;) {
        uint8_t *key = table + at;
        size_t content = measure_content(key, length - at);
        uint32_t size_bytes = get_le32(key + 2);
        (*left)--;
        if (content > 0 && key[0] != 1)
            sign(key, content, 12);
        if (size_bytes < KEY_HEADER_BYTES || size_bytes > length - at)
            return;
        at += size_bytes;
    }
}

static void sign_log(uint8_t *file, size_t length, const uint8_t *header)
{
    uint64_t log = get_le64(header + 26);
    if (!range_is_within(log, 34, length))
        return;
    sign(file + log, 34, 4);
    uint32_t count = get_le32(file + log + 8);
    for (uint32_t i = 0; i < MIN(count, SIGN_LIMIT); i++) {
        uint64_t entry = log + 34 + (uint64_t)i * 28;
        if (range_is_within(entry, 28, length))
            sign(file + entry, 28, 20);
    }
}

void vmcx_sign(uint8_t *file, size_t length)
{
    guint left = SIGN_LIMIT;
    for (size_t at = 0; at <= VMCX_SECOND_HEADER && at + 46 <= length; at += VMCX_SECOND_HEADER) {
        sign_log(file, length, file + at);
        sign(file + at, 46, 4);
    }
    for (size_t at = VMCX_OBJECT_TABLE + 8; at + 18 <= MIN(length, VMCX_LOG); at += 18) {
        uint8_t *entry = file + at;
        uint64_t offset = get_le64(entry + 5);
        uint32_t size_bytes = get_le32(entry + 13);
        if (entry[0] == 2 && range_is_within(offset, size_bytes, length))
            sign_key_table(file + offset, size_bytes, &left);
        sign(entry, 18, 1);
    }
}
