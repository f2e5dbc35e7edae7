/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys: nodes, subkey lists and the way down a path. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/hive_private.h"

static gboolean hive_set_damaged(const Hive *hive, const char *what, uint32_t offset,
                                 GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "the registry hive '%s' is damaged: %s (at 0x%x)", hive->name, what, offset);
    return FALSE;
}

void hive_node_clear(HiveNode *node)
{
    hive_cell_clear(&node->cell);
    *node = (HiveNode){0};
}

gboolean hive_node_read(Hive *hive, HiveKey key, HiveNode *ret_node, GError **error)
{
    g_auto(HiveCell) cell = {0};
    hive_node_clear(ret_node);
    if (!hive_cell_read(hive, key, NK_NAME, NK_NAME + HIVE_LIMIT_KEY_NAME_BYTES, "the key", &cell,
                        error)) {
        return FALSE;
    }
    if (memcmp(cell.bytes, "nk", 2) != 0) {
        return hive_set_damaged(hive, "this is not a key", key, error);
    }
    size_t name_length = get_le16(cell.bytes + NK_NAME_LENGTH);
    if (!range_is_within(NK_NAME, name_length, cell.length)) {
        return hive_set_damaged(hive, "the key's name is longer than its cell", key, error);
    }
    *ret_node = (HiveNode){
        .cell = cell,
        .name = {.bytes = cell.bytes + NK_NAME,
                 .length = name_length,
                 .is_latin1 = (get_le16(cell.bytes + NK_FLAGS) & NK_FLAG_LATIN1_NAME) != 0},
        .parent = get_le32(cell.bytes + NK_PARENT),
        .subkey_count = get_le32(cell.bytes + NK_SUBKEY_COUNT),
        .subkey_list = get_le32(cell.bytes + NK_SUBKEY_LIST),
        .value_count = get_le32(cell.bytes + NK_VALUE_COUNT),
        .value_list = get_le32(cell.bytes + NK_VALUE_LIST),
    };
    cell = (HiveCell){0};
    return TRUE;
}

static size_t leaf_element_size(HiveListKind kind)
{
    return kind == HIVE_LIST_PLAIN ? 4 : 8;
}

uint32_t hive_leaf_key(const HiveLeaf *leaf, size_t index)
{
    return get_le32(leaf->cell.bytes + LIST_ELEMENTS + index * leaf_element_size(leaf->kind));
}

static uint32_t leaf_hash(const HiveLeaf *leaf, size_t index)
{
    return get_le32(leaf->cell.bytes + LIST_ELEMENTS + index * 8 + 4);
}

/* Decodes a list cell into a leaf, taking the cell over; ri and unknown lists give kind NONE. */
static gboolean leaf_decode(Hive *hive, uint32_t offset, HiveCell *cell, HiveLeaf *ret_leaf,
                            GError **error)
{
    HiveListKind kind = memcmp(cell->bytes, "li", 2) == 0   ? HIVE_LIST_PLAIN
                        : memcmp(cell->bytes, "lf", 2) == 0 ? HIVE_LIST_HINTS
                        : memcmp(cell->bytes, "lh", 2) == 0 ? HIVE_LIST_HASHES
                                                            : HIVE_LIST_NONE;
    size_t count = get_le16(cell->bytes + LIST_COUNT);
    if (kind == HIVE_LIST_NONE) {
        return hive_set_damaged(hive, "this is not a list of subkeys", offset, error);
    }
    if (!range_is_within(LIST_ELEMENTS, count * leaf_element_size(kind), cell->length)) {
        return hive_set_damaged(hive, "a list of subkeys is longer than its cell", offset, error);
    }
    *ret_leaf = (HiveLeaf){.kind = kind, .cell = *cell, .count = count};
    *cell = (HiveCell){0};
    return TRUE;
}

static gboolean list_read(Hive *hive, uint32_t offset, HiveCell *cell, GError **error)
{
    return hive_cell_read(hive, offset, LIST_ELEMENTS, LIST_ELEMENTS + 8 * (size_t)UINT16_MAX,
                          "a list of subkeys", cell, error);
}

static gboolean visit_leaf(Hive *hive, uint32_t offset, HiveCell *cell, HiveLeafFunc visit,
                           void *data, uint64_t *keys_left, gboolean *stop, GError **error)
{
    HiveLeaf leaf = {0};
    if (!leaf_decode(hive, offset, cell, &leaf, error)) {
        return FALSE;
    }
    gboolean ok;
    if (leaf.count > *keys_left) {
        ok = hive_set_damaged(hive, "more subkeys than fit into the hive", offset, error);
    } else {
        *keys_left -= leaf.count;
        ok = visit(hive, &leaf, data, stop, error);
    }
    hive_cell_clear(&leaf.cell);
    return ok;
}

gboolean hive_visit_leaves(Hive *hive, const HiveNode *node, HiveLeafFunc visit, void *data,
                           GError **error)
{
    g_auto(HiveCell) list = {0};
    /* Each key needs a cell of its own, so lists that name more of them are a loop. */
    uint64_t keys_left = hive_bins_end(hive) / NK_SIZE_MIN;
    gboolean stop = FALSE;

    if (node->subkey_count == 0) {
        return TRUE;
    }
    if (!list_read(hive, node->subkey_list, &list, error)) {
        return FALSE;
    }
    if (memcmp(list.bytes, "ri", 2) != 0) {
        return visit_leaf(hive, node->subkey_list, &list, visit, data, &keys_left, &stop, error);
    }
    size_t count = get_le16(list.bytes + LIST_COUNT);
    if (!range_is_within(LIST_ELEMENTS, count * 4, list.length)) {
        return hive_set_damaged(hive, "a list of subkeys is longer than its cell",
                                node->subkey_list, error);
    }
    for (size_t i = 0; i < count && !stop; i++) {
        g_auto(HiveCell) cell = {0};
        uint32_t offset = get_le32(list.bytes + LIST_ELEMENTS + 4 * i);
        if (!list_read(hive, offset, &cell, error) ||
            !visit_leaf(hive, offset, &cell, visit, data, &keys_left, &stop, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

typedef struct {
    HiveName name;
    gboolean is_ascii;
    uint32_t hash;
    gboolean is_found;
    HiveKey key;
} Search;

/* Compares the key at index with what is searched; *ret_order as strcmp(). */
static gboolean search_compare(Hive *hive, const HiveLeaf *leaf, size_t index, Search *search,
                               int *ret_order, GError **error)
{
    g_auto(HiveNode) node = {0};
    HiveKey key = hive_leaf_key(leaf, index);
    if (!hive_node_read(hive, key, &node, error)) {
        return FALSE;
    }
    *ret_order = hive_name_compare(&search->name, &node.name);
    if (*ret_order == 0) {
        search->is_found = TRUE;
        search->key = key;
    }
    return TRUE;
}

/* An lf element's hint is the first four characters as they are stored; a name with others than
   Latin-1 has none. */
static gboolean hint_may_match(const HiveLeaf *leaf, size_t index, const Search *search)
{
    const uint8_t *hint = leaf->cell.bytes + LIST_ELEMENTS + index * 8 + 4;
    for (size_t i = 0; i < 4 && hint[i] != 0; i++) {
        if (hint[i] >= 0x80) {
            return TRUE;
        }
        if (2 * i >= search->name.length ||
            g_ascii_toupper((char)hint[i]) != g_ascii_toupper((char)search->name.bytes[2 * i])) {
            return FALSE;
        }
    }
    return TRUE;
}

/* In order of the list, reading only keys whose hash or hint fits. A name beyond ASCII is compared
   with every key: its upper case, and so its hash, may differ from what Windows took. */
static gboolean search_linear(Hive *hive, const HiveLeaf *leaf, Search *search, GError **error)
{
    for (size_t i = 0; i < leaf->count && !search->is_found; i++) {
        int order;
        if (search->is_ascii &&
            ((leaf->kind == HIVE_LIST_HASHES && leaf_hash(leaf, i) != search->hash) ||
             (leaf->kind == HIVE_LIST_HINTS && !hint_may_match(leaf, i, search)))) {
            continue;
        }
        if (!search_compare(hive, leaf, i, search, &order, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean search_binary(Hive *hive, const HiveLeaf *leaf, Search *search, GError **error)
{
    size_t low = 0;
    size_t high = leaf->count;
    while (low < high && !search->is_found) {
        size_t middle = low + (high - low) / 2;
        int order;
        if (!search_compare(hive, leaf, middle, search, &order, error)) {
            return FALSE;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return TRUE;
}

static gboolean search_leaf(Hive *hive, const HiveLeaf *leaf, void *data, gboolean *stop,
                            GError **error)
{
    Search *search = data;
    if (leaf->kind == HIVE_LIST_PLAIN && !search_binary(hive, leaf, search, error)) {
        return FALSE;
    }
    /* A plain list in wrong order would make keys unfindable, so look again. */
    if (!search->is_found && !search_linear(hive, leaf, search, error)) {
        return FALSE;
    }
    *stop = search->is_found;
    return TRUE;
}

static gboolean find_child(Hive *hive, HiveKey parent, const char *component, Search *search,
                           GError **error)
{
    g_auto(HiveNode) node = {0};
    g_autoptr(GByteArray) name = hive_text_to_utf16(component, FALSE);
    *search = (Search){.name = {.bytes = name->data, .length = name->len}};
    search->is_ascii = hive_name_is_ascii(&search->name);
    search->hash = hive_name_hash(&search->name);
    if (name->len > HIVE_LIMIT_KEY_NAME_BYTES) {
        return TRUE;
    }
    return hive_node_read(hive, parent, &node, error) &&
           hive_visit_leaves(hive, &node, search_leaf, search, error);
}

gboolean hive_find_key(Hive *hive, HiveKey start, const char *path, gboolean *ret_found,
                       HiveKey *ret_key, GError **error)
{
    g_auto(GStrv) components = g_strsplit(path, "\\", -1);
    HiveKey key = start;
    for (size_t i = 0; components[i] != NULL; i++) {
        Search search;
        if (*components[i] == '\0') {
            continue;
        }
        if (!find_child(hive, key, components[i], &search, error)) {
            g_prefix_error(error, "cannot look up the key '%s': ", path);
            return FALSE;
        }
        if (!search.is_found) {
            *ret_found = FALSE;
            return TRUE;
        }
        key = search.key;
    }
    *ret_found = TRUE;
    *ret_key = key;
    return TRUE;
}

gboolean hive_get_key_name(Hive *hive, HiveKey key, char **ret_name, GError **error)
{
    g_auto(HiveNode) node = {0};
    if (!hive_node_read(hive, key, &node, error)) {
        return FALSE;
    }
    *ret_name = hive_name_to_utf8(&node.name, NULL);
    return TRUE;
}

/* FILETIME: 100 ns since 1601. */
static int64_t unix_seconds(uint64_t filetime)
{
    return (int64_t)(filetime / 10000000) - INT64_C(11644473600);
}

gboolean hive_get_key_facts(Hive *hive, HiveKey key, HiveKeyFacts *ret_facts, GError **error)
{
    g_auto(HiveNode) node = {0};
    if (!hive_node_read(hive, key, &node, error)) {
        return FALSE;
    }
    *ret_facts = (HiveKeyFacts){
        .subkeys = node.subkey_count,
        .values = node.value_count,
        .written = unix_seconds(get_le64(node.cell.bytes + NK_WRITTEN)),
    };
    return TRUE;
}

static gboolean collect_leaf(Hive *hive, const HiveLeaf *leaf, void *data, gboolean *stop,
                             GError **error)
{
    GArray *keys = data;
    (void)hive;
    (void)stop;
    (void)error;
    for (size_t i = 0; i < leaf->count; i++) {
        HiveKey key = hive_leaf_key(leaf, i);
        g_array_append_val(keys, key);
    }
    return TRUE;
}

gboolean hive_list_keys(Hive *hive, HiveKey key, GArray **ret_keys, GError **error)
{
    g_auto(HiveNode) node = {0};
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(HiveKey));
    if (!hive_node_read(hive, key, &node, error) ||
        !hive_visit_leaves(hive, &node, collect_leaf, keys, error)) {
        return FALSE;
    }
    *ret_keys = g_steal_pointer(&keys);
    return TRUE;
}
