/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kmod's index files, version 2.1: big-endian offsets into nodes, flags in their high bits. */
#include "linux/module_index.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define INDEX_MAGIC 0xb007f457u
#define INDEX_MAJOR 2u
#define INDEX_VERSION 0x00020001u
#define NODE_PREFIX 0x80000000u
#define NODE_VALUES 0x40000000u
#define NODE_CHILDREN 0x20000000u
#define NODE_OFFSET_MASK 0x0fffffffu
#define HEADER_SIZE 12u

/* Longer keys than any alias a kernel has; also bounds the recursion. */
#define KEY_MAX 1024u
#define ENTRIES_MAX 500000u

static void entry_free(gpointer data)
{
    ModuleIndexEntry *entry = data;

    g_free(entry->key);
    g_free(entry->value);
    g_free(entry);
}

GPtrArray *module_index_new(void)
{
    return g_ptr_array_new_with_free_func(entry_free);
}

static void append_entry(GPtrArray *entries, const char *key, const char *value, uint32_t priority)
{
    ModuleIndexEntry *entry = g_new0(ModuleIndexEntry, 1);

    entry->key = g_strdup(key);
    entry->value = g_strdup(value);
    entry->priority = priority;
    g_ptr_array_add(entries, entry);
}

static gboolean key_is_valid(const char *key)
{
    size_t len = strlen(key);

    return len > 0 && len <= KEY_MAX && g_str_is_ascii(key);
}

void module_index_add(GPtrArray *entries, const char *key, const char *value)
{
    uint32_t priority = 0;

    if (!key_is_valid(key))
        return;
    for (guint i = 0; i < entries->len; i++) {
        const ModuleIndexEntry *entry = entries->pdata[i];

        if (g_str_equal(entry->key, key) && g_str_equal(entry->value, value))
            return;
        if (entry->priority >= priority && entry->priority < UINT32_MAX)
            priority = entry->priority + 1;
    }
    append_entry(entries, key, value, priority);
}

char *module_index_normalise_alias(const char *alias)
{
    char *text = g_strdup(alias);
    gboolean in_brackets = FALSE;

    for (char *p = text; *p != '\0'; p++) {
        if (*p == '[')
            in_brackets = TRUE;
        else if (*p == ']')
            in_brackets = FALSE;
        else if (*p == '-' && !in_brackets)
            *p = '_';
    }
    return text;
}

typedef struct {
    const uint8_t *data;
    size_t size;
    GString *key;
    GPtrArray *entries;
    guint nodes; /* visited; a shared node would be visited again and again */
} IndexReader;

static gboolean set_corrupt(GError **error, size_t offset)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "the module index is damaged at offset %zu", offset);
    return FALSE;
}

/* A NUL-terminated string within the index; *position moves behind it. */
static const char *read_string(const IndexReader *reader, size_t *position)
{
    const uint8_t *start = reader->data + *position;
    const uint8_t *end =
        *position < reader->size ? memchr(start, '\0', MIN(reader->size - *position, 65536)) : NULL;

    if (end == NULL)
        return NULL;
    *position += (size_t)(end - start) + 1;
    return (const char *)start;
}

static gboolean read_values(IndexReader *reader, size_t position, GError **error)
{
    if (!range_is_within(position, 4, reader->size))
        return set_corrupt(error, position);

    uint32_t count = get_be32(reader->data + position);

    position += 4;
    for (uint32_t i = 0; i < count; i++) {
        if (!range_is_within(position, 5, reader->size) || reader->entries->len >= ENTRIES_MAX)
            return set_corrupt(error, position);

        uint32_t priority = get_be32(reader->data + position);

        position += 4;

        const char *value = read_string(reader, &position);

        if (value == NULL)
            return set_corrupt(error, position);
        append_entry(reader->entries, reader->key->str, value, priority);
    }
    return TRUE;
}

static gboolean read_node(IndexReader *reader, uint32_t offset, GError **error)
{
    size_t position = offset & NODE_OFFSET_MASK;
    gsize key_length = reader->key->len;
    size_t children = 0, count = 0;
    uint8_t first = 0;

    if (position < HEADER_SIZE || reader->nodes++ >= ENTRIES_MAX)
        return set_corrupt(error, position);
    if ((offset & NODE_PREFIX) != 0) {
        const char *prefix = read_string(reader, &position);

        if (prefix == NULL)
            return set_corrupt(error, position);
        g_string_append(reader->key, prefix);
    }
    if (reader->key->len > KEY_MAX || !g_str_is_ascii(reader->key->str))
        return set_corrupt(error, position);
    if ((offset & NODE_CHILDREN) != 0) {
        if (!range_is_within(position, 2, reader->size) ||
            reader->data[position + 1] < reader->data[position] || reader->data[position + 1] > 127)
            return set_corrupt(error, position);
        first = reader->data[position];
        count = (size_t)(reader->data[position + 1] - first) + 1;
        children = position + 2;
        if (!range_is_within(children, count * 4, reader->size))
            return set_corrupt(error, position);
        position = children + count * 4;
    }
    if ((offset & NODE_VALUES) != 0 && !read_values(reader, position, error))
        return FALSE;

    gsize full_length = reader->key->len;

    for (size_t i = 0; i < count; i++) {
        uint32_t child = get_be32(reader->data + children + i * 4);

        if ((child & NODE_OFFSET_MASK) == 0)
            continue;
        g_string_append_c(reader->key, (char)(first + i));
        if (!read_node(reader, child, error))
            return FALSE;
        g_string_truncate(reader->key, full_length);
    }
    g_string_truncate(reader->key, key_length);
    return TRUE;
}

GPtrArray *module_index_read(GBytes *index, GError **error)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(index, &size);
    g_autoptr(GPtrArray) entries = module_index_new();

    if (size < HEADER_SIZE || get_be32(data) != INDEX_MAGIC ||
        get_be32(data + 4) >> 16 != INDEX_MAJOR) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "not a module index of version 2");
        return NULL;
    }

    g_autoptr(GString) key = g_string_new(NULL);
    IndexReader reader = {.data = data, .size = size, .key = key, .entries = entries};
    uint32_t root = get_be32(data + 8);

    /* depmod writes a root without anything when there is nothing to index. */
    if ((root & NODE_OFFSET_MASK) != 0 && (root & ~NODE_OFFSET_MASK) != 0 &&
        !read_node(&reader, root, error))
        return NULL;
    return g_steal_pointer(&entries);
}

static int compare_entries(gconstpointer a, gconstpointer b)
{
    const ModuleIndexEntry *left = *(const ModuleIndexEntry *const *)a;
    const ModuleIndexEntry *right = *(const ModuleIndexEntry *const *)b;
    int order = strcmp(left->key, right->key);

    if (order != 0)
        return order;
    return left->priority < right->priority ? -1 : left->priority > right->priority;
}

static void append_be32(GByteArray *bytes, uint32_t value)
{
    uint8_t buffer[4];

    put_be32(buffer, value);
    g_byte_array_append(bytes, buffer, sizeof(buffer));
}

static const char *entry_key(const GPtrArray *entries, guint index)
{
    return ((const ModuleIndexEntry *)entries->pdata[index])->key;
}

/* The node of the sorted entries [first, end), whose keys agree in their first depth characters.
   Children are written before their parent, which needs their offsets. */
static uint32_t write_node(GByteArray *bytes, const GPtrArray *entries, guint first, guint end,
                           size_t depth)
{
    const char *low = entry_key(entries, first), *high = entry_key(entries, end - 1);
    size_t full = depth;
    guint values_end = first;
    uint32_t children[128] = {0};
    uint32_t flags = 0;
    uint8_t first_char = 127, last_char = 0;

    while (low[full] != '\0' && low[full] == high[full])
        full++;
    while (values_end < end && entry_key(entries, values_end)[full] == '\0')
        values_end++;
    for (guint i = values_end; i < end;) {
        uint8_t c = (uint8_t)entry_key(entries, i)[full];
        guint next = i;

        while (next < end && (uint8_t)entry_key(entries, next)[full] == c)
            next++;
        children[c] = write_node(bytes, entries, i, next, full + 1);
        first_char = MIN(first_char, c);
        last_char = MAX(last_char, c);
        i = next;
    }

    uint32_t offset = bytes->len;

    if (full > depth) {
        g_byte_array_append(bytes, (const uint8_t *)low + depth, (guint)(full - depth));
        g_byte_array_append(bytes, (const uint8_t *)"", 1);
        flags |= NODE_PREFIX;
    }
    if (values_end < end) {
        g_byte_array_append(bytes, &first_char, 1);
        g_byte_array_append(bytes, &last_char, 1);
        for (guint c = first_char; c <= last_char; c++)
            append_be32(bytes, children[c]);
        flags |= NODE_CHILDREN;
    }
    if (values_end > first) {
        append_be32(bytes, values_end - first);
        for (guint i = first; i < values_end; i++) {
            const ModuleIndexEntry *entry = entries->pdata[i];

            append_be32(bytes, entry->priority);
            g_byte_array_append(bytes, (const uint8_t *)entry->value,
                                (guint)strlen(entry->value) + 1);
        }
        flags |= NODE_VALUES;
    }
    return offset | flags;
}

GBytes *module_index_write(GPtrArray *entries)
{
    GByteArray *bytes = g_byte_array_new();
    uint32_t root = HEADER_SIZE;

    g_ptr_array_sort(entries, compare_entries);
    append_be32(bytes, INDEX_MAGIC);
    append_be32(bytes, INDEX_VERSION);
    append_be32(bytes, 0);
    if (entries->len > 0)
        root = write_node(bytes, entries, 0, entries->len, 0);
    put_be32(bytes->data + 8, root);
    return g_byte_array_free_to_bytes(bytes);
}
