/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys in Hyper-V's binary files. After the header of a key table they follow one another, each
   with a header of 21 bytes: u8 type, u8 flags, u32 size of all of it, u16 index of the parent's
   table and u32 offset of the parent in it (0, 0: the root), u32 checksum of what follows, itself
   taken as zeros and unused bytes at the end left out, u32 place among its siblings, u8 length of
   the name with its NUL; then the name and the value. */
#include "convert/config/vmcx.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf16.h"
#include "convert/config/vmcx_store.h"

enum {
    ENTRY_HEADER_BYTES = 21,
    ENTRY_CHECKSUM_FIELD = 12,
    FILE_POINTER_BYTES = 12,
    FLAG_IN_FILE_OBJECT = 1,
    KEYS_LIMIT = 65536, /* real machines have a few hundred */
    VERSION_CURRENT = 0x0400,
};

enum {
    TYPE_FREE = 1,
    TYPE_INTEGER = 3,
    TYPE_UNSIGNED = 4,
    TYPE_DOUBLE = 5,
    TYPE_STRING = 6,
    TYPE_BYTES = 7,
    TYPE_BOOLEAN = 8,
    TYPE_NODE = 9,
};

typedef struct {
    uint64_t id, parent; /* index of the table and offset in it */
    uint32_t place;      /* among its siblings */
    HypervKey *key;      /* owned until it has found its parent */
} Entry;

static void entry_clear(gpointer data)
{
    Entry *entry = data;
    hyperv_key_free(entry->key);
}

static gboolean corrupt(GError **error, const char *text)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                      "export the machine again, or give its disks with --cpus, --memory and "
                      "--firmware",
                      "%s", text);
    return FALSE;
}

static uint64_t make_id(uint16_t table, uint32_t offset)
{
    return (uint64_t)table << 32 | offset;
}

/* One key, cut out of its table. */
typedef struct {
    const uint8_t *bytes; /* the header */
    uint32_t size_bytes;
    uint8_t type, flags;
    const char *name;
    size_t name_length;   /* without NUL */
    const uint8_t *value; /* behind the name */
    size_t value_room;    /* bytes there */
} RawKey;

static gboolean cut_key(const uint8_t *bytes, uint32_t room, RawKey *raw, GError **error)
{
    *raw = (RawKey){
        .bytes = bytes, .size_bytes = get_le32(bytes + 2), .type = bytes[0], .flags = bytes[1]};
    if (raw->size_bytes < ENTRY_HEADER_BYTES || raw->size_bytes > room)
        return corrupt(error, "one of its keys reaches beyond its table");
    if (raw->type == TYPE_FREE)
        return TRUE;
    size_t name_bytes = bytes[20];
    raw->name = (const char *)bytes + ENTRY_HEADER_BYTES;
    if (name_bytes == 0 || name_bytes > raw->size_bytes - ENTRY_HEADER_BYTES ||
        memchr(raw->name, '\0', name_bytes) != raw->name + name_bytes - 1 ||
        !g_utf8_validate(raw->name, (gssize)name_bytes - 1, NULL))
        return corrupt(error, "one of its keys has no proper name");
    raw->name_length = name_bytes - 1;
    raw->value = bytes + ENTRY_HEADER_BYTES + name_bytes;
    raw->value_room = raw->size_bytes - ENTRY_HEADER_BYTES - name_bytes;
    return TRUE;
}

/* How many bytes of value belong to it; FALSE: more than there are, or an unknown type. */
static gboolean measure_value(const RawKey *raw, size_t *ret_length)
{
    size_t length = 0;
    if (raw->flags & FLAG_IN_FILE_OBJECT)
        length = FILE_POINTER_BYTES;
    else if (raw->type == TYPE_INTEGER || raw->type == TYPE_UNSIGNED || raw->type == TYPE_DOUBLE)
        length = 8;
    else if (raw->type == TYPE_BOOLEAN)
        length = 4;
    else if (raw->type == TYPE_NODE)
        length = 12;
    else if (raw->value_room < 4 || get_le32(raw->value) > raw->value_room - 4)
        return FALSE;
    else
        length = 4 + (size_t)get_le32(raw->value);
    *ret_length = length;
    return raw->type > TYPE_FREE + 1 && raw->type <= TYPE_NODE && length <= raw->value_room;
}

static gboolean find_in_file_object(const VmcxStore *store, const RawKey *raw,
                                    const uint8_t **ret_data, size_t *ret_length, GError **error)
{
    uint32_t length = get_le32(raw->value);
    uint64_t offset = get_le64(raw->value + 4);
    for (guint i = 0; i < store->file_objects->len; i++) {
        VmcxObject object = g_array_index(store->file_objects, VmcxObject, i);
        if (offset < object.offset ||
            !range_is_within(offset - object.offset, length, object.size_bytes))
            continue;
        *ret_data = store->bytes + offset;
        *ret_length = length;
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export the machine again",
                      "the value of its key '%s' lies outside of its objects", raw->name);
    return FALSE;
}

static double decode_double(const uint8_t *bytes)
{
    uint64_t bits = get_le64(bytes);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* values_left: bytes of long values that may still be taken; many keys can point to one object. */
static HypervKey *decode_value(const VmcxStore *store, const RawKey *raw, uint64_t *values_left,
                               GError **error)
{
    static const HypervKeyType types[] = {
        [TYPE_INTEGER] = HYPERV_KEY_INTEGER, [TYPE_UNSIGNED] = HYPERV_KEY_INTEGER,
        [TYPE_DOUBLE] = HYPERV_KEY_DOUBLE,   [TYPE_STRING] = HYPERV_KEY_STRING,
        [TYPE_BYTES] = HYPERV_KEY_BYTES,     [TYPE_BOOLEAN] = HYPERV_KEY_BOOLEAN,
        [TYPE_NODE] = HYPERV_KEY_NODE};
    g_autoptr(HypervKey) key = hyperv_key_new(raw->name, raw->name_length, types[raw->type]);
    if (raw->type != TYPE_STRING && raw->type != TYPE_BYTES) {
        if (raw->flags & FLAG_IN_FILE_OBJECT) {
            corrupt(error, "one of its numbers lies in an object of its own");
            return NULL;
        }
        if (raw->type == TYPE_DOUBLE)
            key->real = decode_double(raw->value);
        else if (raw->type == TYPE_BOOLEAN)
            key->integer = get_le32(raw->value) != 0;
        else if (raw->type != TYPE_NODE)
            key->integer = (gint64)get_le64(raw->value);
        return g_steal_pointer(&key);
    }

    const uint8_t *data = raw->value + 4;
    size_t length = get_le32(raw->value);
    if ((raw->flags & FLAG_IN_FILE_OBJECT) &&
        !find_in_file_object(store, raw, &data, &length, error))
        return NULL;
    if (length > *values_left) {
        corrupt(error, "its values are longer than the file");
        return NULL;
    }
    *values_left -= length;
    if (raw->type == TYPE_STRING) {
        g_free(key->string);
        key->string = utf16_to_utf8(data, length, UTF16_LITTLE_ENDIAN);
    } else {
        g_bytes_unref(key->bytes);
        key->bytes = g_bytes_new(data, length);
    }
    return g_steal_pointer(&key);
}

static gboolean check_key(const VmcxStore *store, const RawKey *raw, GError **error)
{
    size_t length;
    if (!measure_value(raw, &length) ||
        vmcx_checksum(raw->bytes, (size_t)(raw->value - raw->bytes) + length,
                      ENTRY_CHECKSUM_FIELD) != get_le32(raw->bytes + ENTRY_CHECKSUM_FIELD)) {
        if (store->version >= VERSION_CURRENT)
            return corrupt(error, "one of its keys is damaged");
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "update the machine's configuration version in Hyper-V "
                          "(Update-VMVersion), then export it again",
                          "its keys are damaged, or laid out as in format version %u.%u, which is "
                          "not known",
                          store->version >> 8, store->version & 0xff);
        return FALSE;
    }
    return TRUE;
}

static gboolean read_key_table(const VmcxStore *store, VmcxKeyTable table, GArray *entries,
                               uint64_t *values_left, GError **error)
{
    const uint8_t *bytes = store->bytes + table.object.offset;
    uint32_t size_bytes = table.object.size_bytes;
    uint32_t position = VMCX_KEY_TABLE_HEADER_BYTES;
    /* A rest that has no room for a key is not one. */
    while (size_bytes - position > ENTRY_HEADER_BYTES) {
        RawKey raw;
        if (!cut_key(bytes + position, size_bytes - position, &raw, error))
            return FALSE;
        if (raw.type != TYPE_FREE) {
            if (!check_key(store, &raw, error))
                return FALSE;
            if (entries->len == KEYS_LIMIT)
                return corrupt(error, "it has more keys than any machine needs");
            Entry entry = {make_id(table.index, position),
                           make_id(get_le16(raw.bytes + 6), get_le32(raw.bytes + 8)),
                           get_le32(raw.bytes + 16), decode_value(store, &raw, values_left, error)};
            if (!entry.key)
                return FALSE;
            g_array_append_val(entries, entry);
        }
        position += raw.size_bytes;
    }
    return TRUE;
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
    const Entry *left = a, *right = b;
    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    return left->id < right->id ? -1 : left->id > right->id;
}

/* TRUE in *ret_is_alive when the root is above entry; a key above that is not there was deleted. */
static gboolean climb_to_root(GHashTable *by_id, const Entry *entry, gboolean *ret_is_alive,
                              GError **error)
{
    for (guint depth = 0; depth < HYPERV_TREE_DEPTH_LIMIT; depth++) {
        if (entry->parent == 0) {
            *ret_is_alive = TRUE;
            return TRUE;
        }
        entry = g_hash_table_lookup(by_id, &entry->parent);
        if (!entry || entry->key->type != HYPERV_KEY_NODE) {
            *ret_is_alive = FALSE;
            return TRUE;
        }
    }
    return corrupt(error, "its keys lead in a circle, or deeper than those of any machine");
}

static HypervKey *build_tree(GArray *entries, GError **error)
{
    g_autoptr(HypervKey) root = hyperv_key_new("", 0, HYPERV_KEY_NODE);
    g_autoptr(GHashTable) by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autofree gboolean *is_alive = g_new0(gboolean, entries->len + 1);
    g_array_sort(entries, compare_places);
    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = &g_array_index(entries, Entry, i);
        g_hash_table_insert(by_id, &entry->id, entry);
    }
    for (guint i = 0; i < entries->len; i++)
        if (!climb_to_root(by_id, &g_array_index(entries, Entry, i), &is_alive[i], error))
            return NULL;
    /* Only now: a loop of keys that own each other could not be freed. */
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    for (guint i = 0; i < entries->len; i++)
        g_ptr_array_add(keys, g_array_index(entries, Entry, i).key);
    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = &g_array_index(entries, Entry, i);
        if (!is_alive[i])
            continue;
        const Entry *parent = entry->parent ? g_hash_table_lookup(by_id, &entry->parent) : NULL;
        HypervKey *node = root;
        if (parent)
            node = g_ptr_array_index(keys, (guint)(parent - (const Entry *)(void *)entries->data));
        hyperv_key_add(node, entry->key);
        entry->key = NULL;
    }
    return g_steal_pointer(&root);
}

HypervKey *vmcx_read(GBytes *content, GError **error)
{
    g_autoptr(VmcxStore) store = vmcx_store_open(content, error);
    if (!store)
        return NULL;
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_array_set_clear_func(entries, entry_clear);
    uint64_t values_left = store->size_bytes;
    for (guint i = 0; i < store->key_tables->len; i++)
        if (!read_key_table(store, g_array_index(store->key_tables, VmcxKeyTable, i), entries,
                            &values_left, error))
            return NULL;
    return build_tree(entries, error);
}
