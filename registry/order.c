/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subkeys in Windows' order. hivex compares names in lower case, so that a name with one of
   [ \ ] ^ _ ` lands on the other side of letters than Windows, which compares in upper case,
   expects; such a key cannot be found. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/edit_private.h"

typedef struct {
    uint8_t element[8]; /* as in the list */
    HiveName name;
} SortKey;

typedef struct {
    uint8_t *bins;
    size_t length;
    uint8_t kind;        /* of all leaves: 'i', 'f', 'h'; 0: none seen */
    size_t element_size; /* 4 or 8 */
    GArray *places;      /* of uint8_t *: where each element is */
    GArray *keys;        /* of SortKey */
} Sorter;

/* The payload of a cell that holds at least minimum bytes. */
static uint8_t *sorter_cell(const Sorter *sorter, uint32_t offset, size_t minimum)
{
    if (!range_is_within(offset, HIVE_CELL_HEADER_SIZE + minimum, sorter->length)) {
        return NULL;
    }
    return sorter->bins + offset + HIVE_CELL_HEADER_SIZE;
}

static gboolean sorter_add(Sorter *sorter, uint8_t *element)
{
    SortKey key = {0};
    memcpy(key.element, element, sorter->element_size);
    const uint8_t *node = sorter_cell(sorter, get_le32(element), NK_NAME);
    if (node == NULL) {
        return FALSE;
    }
    key.name = (HiveName){
        .bytes = node + NK_NAME,
        .length = get_le16(node + NK_NAME_LENGTH),
        .is_latin1 = (get_le16(node + NK_FLAGS) & NK_FLAG_LATIN1_NAME) != 0,
    };
    if (!range_is_within((size_t)(key.name.bytes - sorter->bins), key.name.length,
                         sorter->length)) {
        return FALSE;
    }
    g_array_append_val(sorter->places, element);
    g_array_append_val(sorter->keys, key);
    return TRUE;
}

static gboolean sorter_add_leaf(Sorter *sorter, uint32_t offset)
{
    uint8_t *leaf = sorter_cell(sorter, offset, LIST_ELEMENTS);
    if (leaf == NULL || leaf[0] != 'l' || (sorter->kind != 0 && sorter->kind != leaf[1])) {
        return FALSE;
    }
    size_t count = get_le16(leaf + LIST_COUNT);
    sorter->kind = leaf[1];
    sorter->element_size = sorter->kind == 'i' ? 4 : 8;
    if (sorter_cell(sorter, offset, LIST_ELEMENTS + count * sorter->element_size) == NULL) {
        return FALSE;
    }
    for (size_t i = 0; i < count; i++) {
        if (!sorter_add(sorter, leaf + LIST_ELEMENTS + i * sorter->element_size)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean sorter_add_list(Sorter *sorter, uint32_t offset)
{
    uint8_t *list = sorter_cell(sorter, offset, LIST_ELEMENTS);
    if (list == NULL || memcmp(list, "ri", 2) != 0) {
        return sorter_add_leaf(sorter, offset);
    }
    size_t count = get_le16(list + LIST_COUNT);
    if (sorter_cell(sorter, offset, LIST_ELEMENTS + 4 * count) == NULL) {
        return FALSE;
    }
    for (size_t i = 0; i < count; i++) {
        if (!sorter_add_leaf(sorter, get_le32(list + LIST_ELEMENTS + 4 * i))) {
            return FALSE;
        }
    }
    return TRUE;
}

static int compare_sort_keys(gconstpointer a, gconstpointer b)
{
    const SortKey *a_key = a;
    const SortKey *b_key = b;
    return hive_name_compare(&a_key->name, &b_key->name);
}

gboolean hive_sort_subkeys(uint8_t *bytes, size_t length, HiveKey parent, GError **error)
{
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(uint8_t *));
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(SortKey));
    Sorter sorter = {.bins = bytes + HIVE_BASE_SIZE,
                     .length = length - HIVE_BASE_SIZE,
                     .places = places,
                     .keys = keys};
    const uint8_t *node = sorter_cell(&sorter, parent, NK_NAME);
    if (node == NULL || !sorter_add_list(&sorter, get_le32(node + NK_SUBKEY_LIST))) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "the subkeys of the key at 0x%x are in lists of several kinds", parent);
        return FALSE;
    }
    g_array_sort(keys, compare_sort_keys);
    for (guint i = 0; i < keys->len; i++) {
        memcpy(g_array_index(places, uint8_t *, i), g_array_index(keys, SortKey, i).element,
               sorter.element_size);
    }
    return TRUE;
}
