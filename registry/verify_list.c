/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subkey lists as Windows searches them: sorted, hashed and complete, or keys cannot be found. */
#include <string.h>

#include "base/bytes.h"
#include "registry/verify_private.h"

typedef struct {
    HiveKey parent;
    uint32_t depth;
    uint32_t count;    /* keys seen so far */
    HiveName previous; /* the last of them */
} ListWalk;

/* An lf hint is the first four characters; a name with others than Latin-1 has none, and one beyond
   ASCII may differ from the name in case or code page (seen in hives of Windows 7). */
static gboolean hint_is_right(const uint8_t *hint, const HiveName *name)
{
    size_t units = hive_name_units(name);
    size_t unit_size = name->is_latin1 ? 1 : 2;
    for (size_t i = 0; i < 4 && hint[i] != 0; i++) {
        HiveName stored = {.bytes = hint + i, .length = 1, .is_latin1 = TRUE};
        if (i >= units) {
            return FALSE;
        }
        HiveName wanted = {.bytes = name->bytes + unit_size * i,
                           .length = unit_size,
                           .is_latin1 = name->is_latin1};
        if (!hive_name_is_ascii(&stored) || !hive_name_is_ascii(&wanted)) {
            return TRUE;
        }
        if (hive_name_compare(&stored, &wanted) != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

/* kind: 'i', 'f' or 'h'; element: of the list. */
static gboolean verify_element(Verify *verify, ListWalk *walk, char kind, const uint8_t *element,
                               GError **error)
{
    HiveKey key = get_le32(element);
    HiveName name;
    if (!verify_key(verify, key, walk->parent, walk->depth + 1, &name, error)) {
        return FALSE;
    }
    /* Upper case beyond ASCII is not the same in every Windows; its hashes are left alone. */
    if (kind == 'h' && get_le32(element + 4) != hive_name_hash(&name) &&
        hive_name_is_ascii(&name)) {
        return verify_fail(verify, walk->parent, key, "a subkey's hash is wrong", error);
    }
    if (kind == 'f' && !hint_is_right(element + 4, &name)) {
        return verify_fail(verify, walk->parent, key, "a subkey's hint is wrong", error);
    }
    if (walk->count > 0 && hive_name_compare(&walk->previous, &name) >= 0) {
        return verify_fail(verify, walk->parent, key, "the subkeys are not in order", error);
    }
    walk->previous = name;
    walk->count++;
    return TRUE;
}

static gboolean verify_leaf(Verify *verify, ListWalk *walk, uint32_t offset, const VerifyCell *cell,
                            GError **error)
{
    char kind = (char)cell->bytes[1];
    size_t count = get_le16(cell->bytes + LIST_COUNT);
    size_t element_size = kind == 'i' ? 4 : 8;
    if (cell->bytes[0] != 'l' || (kind != 'i' && kind != 'f' && kind != 'h')) {
        return verify_fail(verify, walk->parent, offset, "this is no list of subkeys", error);
    }
    if (kind == 'h' && verify->header.minor < HIVE_MINOR_HASHED_LISTS) {
        return verify_fail(verify, walk->parent, offset, "a hive of this version has no 'lh' lists",
                           error);
    }
    if (count == 0) {
        return verify_fail(verify, walk->parent, offset, "a list of subkeys is empty", error);
    }
    if (!range_is_within(LIST_ELEMENTS, count * element_size, cell->length)) {
        return verify_fail(verify, walk->parent, offset, "a list of subkeys exceeds its cell",
                           error);
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *element = cell->bytes + LIST_ELEMENTS + i * element_size;
        if (!verify_element(verify, walk, kind, element, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean verify_root_list(Verify *verify, ListWalk *walk, uint32_t offset,
                                 const VerifyCell *cell, GError **error)
{
    size_t count = get_le16(cell->bytes + LIST_COUNT);
    if (!range_is_within(LIST_ELEMENTS, count * 4, cell->length)) {
        return verify_fail(verify, walk->parent, offset, "a list of subkeys exceeds its cell",
                           error);
    }
    for (size_t i = 0; i < count; i++) {
        VerifyCell leaf;
        uint32_t leaf_offset = get_le32(cell->bytes + LIST_ELEMENTS + 4 * i);
        if (!verify_cell(verify, walk->parent, leaf_offset, LIST_ELEMENTS, NULL, FALSE, &leaf,
                         error) ||
            !verify_leaf(verify, walk, leaf_offset, &leaf, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean verify_subkeys(Verify *verify, HiveKey key, uint32_t depth, GError **error)
{
    VerifyCell cell;
    ListWalk walk = {.parent = key, .depth = depth};
    const uint8_t *node = verify->bins + key + HIVE_CELL_HEADER_SIZE;
    uint32_t offset = get_le32(node + NK_SUBKEY_LIST);
    if (!verify_cell(verify, key, offset, LIST_ELEMENTS, NULL, FALSE, &cell, error)) {
        return FALSE;
    }
    gboolean ok = memcmp(cell.bytes, "ri", 2) == 0
                      ? verify_root_list(verify, &walk, offset, &cell, error)
                      : verify_leaf(verify, &walk, offset, &cell, error);
    if (!ok) {
        return FALSE;
    }
    if (walk.count != get_le32(node + NK_SUBKEY_COUNT)) {
        return verify_fail(verify, key, offset, "the number of subkeys is wrong", error);
    }
    return TRUE;
}
