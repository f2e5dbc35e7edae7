/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hivex (seen: 1.3.23, 1.3.24) would do wrong, refused before it is asked:
   - setting one value rewrites all of the key, and any above 16344 bytes becomes one plain cell,
     which Windows does not read;
   - a first subkey gets an 'lh' list, which hives below version 1.5 do not have;
   - deleting needs 'lf' or 'lh' lists, and may leave an empty list behind;
   - freeing a cell that is none ends the program. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/edit_private.h"

enum {
    KEY_NAME_MAX = 255, /* characters */
    VALUE_NAME_MAX = 16383,
};

static gboolean guard_refuse(const char *path, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean guard_refuse(const char *path, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "the registry key '%s' cannot be changed: %s", path, what);
    return FALSE;
}

typedef struct {
    HiveKey key; /* looked for */
    gboolean has_plain;
    guint leaves;
    size_t count_beside; /* of the leaf that holds key */
} LeafSummary;

static gboolean summarize_leaf(Hive *hive, const HiveLeaf *leaf, void *data, gboolean *stop,
                               GError **error)
{
    LeafSummary *summary = data;
    (void)hive;
    (void)stop;
    (void)error;
    summary->leaves++;
    summary->has_plain |= leaf->kind == HIVE_LIST_PLAIN;
    for (size_t i = 0; i < leaf->count; i++) {
        if (hive_leaf_key(leaf, i) == summary->key) {
            summary->count_beside = leaf->count - 1;
        }
    }
    return TRUE;
}

gboolean hive_guard_create(Hive *hive, const PlanKey *key, GError **error)
{
    g_auto(HiveNode) parent = {0};
    if (g_utf8_strlen(key->name, -1) > KEY_NAME_MAX) {
        return guard_refuse(key->path, error, "its name is too long");
    }
    if (!g_str_is_ascii(key->name)) {
        return guard_refuse(key->path, error,
                            "its name is not ASCII, so its place among others is not certain");
    }
    gboolean parent_is_new = !key->parent->exists || key->parent->is_deleted;
    if (!parent_is_new && !hive_node_read(hive, key->parent->key, &parent, error)) {
        return FALSE;
    }
    if (hive->header.minor < HIVE_MINOR_HASHED_LISTS &&
        (parent_is_new || parent.subkey_count == 0)) {
        return guard_refuse(key->path, error,
                            "in a hive of version 1.%u a first subkey cannot be created",
                            hive->header.minor);
    }
    return TRUE;
}

/* Every value's data and the key's class are cells, or marked as none. */
static gboolean guard_cells(Hive *hive, const char *path, const HiveNode *node, GError **error)
{
    g_autoptr(GArray) offsets = NULL;
    const uint8_t *bytes = node->cell.bytes;
    if (get_le32(bytes + NK_CLASS) != HIVE_NO_CELL && get_le16(bytes + NK_CLASS_LENGTH) == 0) {
        return guard_refuse(path, error, "its class name is damaged");
    }
    if (!hive_list_value_cells(hive, node, &offsets, error)) {
        return FALSE;
    }
    for (guint i = 0; i < offsets->len; i++) {
        g_auto(HiveRawValue) value = {0};
        if (!hive_raw_value_read(hive, g_array_index(offsets, uint32_t, i), &value, error)) {
            return FALSE;
        }
        if (!value.is_inline && value.length == 0) {
            return guard_refuse(path, error, "it holds a value without data in an old form");
        }
    }
    return TRUE;
}

/* The hive was verified: there are no loops below key. */
static gboolean guard_subtree(Hive *hive, const char *path, HiveKey key, GError **error)
{
    g_autoptr(GArray) pending = g_array_new(FALSE, FALSE, sizeof(HiveKey));
    g_array_append_val(pending, key);
    while (pending->len > 0) {
        g_auto(HiveNode) node = {0};
        g_autoptr(GArray) children = NULL;
        HiveKey next = g_array_index(pending, HiveKey, pending->len - 1);
        g_array_set_size(pending, pending->len - 1);
        if (!hive_node_read(hive, next, &node, error) || !guard_cells(hive, path, &node, error) ||
            !hive_list_keys(hive, next, &children, error)) {
            return FALSE;
        }
        g_array_append_vals(pending, children->data, children->len);
    }
    return TRUE;
}

gboolean hive_guard_delete(Hive *hive, const PlanKey *key, GError **error)
{
    g_auto(HiveNode) parent = {0};
    LeafSummary summary = {.key = key->key};
    if (!hive_node_read(hive, key->parent->key, &parent, error) ||
        !hive_visit_leaves(hive, &parent, summarize_leaf, &summary, error)) {
        return FALSE;
    }
    if (summary.has_plain) {
        return guard_refuse(key->path, error, "it stands in a list of the kind 'li'");
    }
    if (summary.leaves > 1 && summary.count_beside == 0) {
        return guard_refuse(key->path, error, "deleting it would leave an empty list behind");
    }
    return guard_subtree(hive, key->path, key->key, error);
}

/* Names that would not come back as they were. */
static gboolean guard_value_names(Hive *hive, const PlanKey *key, const HiveNode *node,
                                  GError **error)
{
    g_autoptr(GArray) offsets = NULL;
    if (!hive_list_value_cells(hive, node, &offsets, error)) {
        return FALSE;
    }
    for (guint i = 0; i < offsets->len; i++) {
        g_auto(HiveRawValue) value = {0};
        gboolean is_exact;
        if (!hive_raw_value_read(hive, g_array_index(offsets, uint32_t, i), &value, error)) {
            return FALSE;
        }
        g_autofree char *name = hive_name_to_utf8(&value.name, &is_exact);
        if (!is_exact) {
            return guard_refuse(key->path, error, "it holds a value whose name is no text: '%s'",
                                name);
        }
    }
    return TRUE;
}

gboolean hive_guard_values(Hive *hive, const PlanKey *key, GError **error)
{
    if (key->exists && !key->is_deleted) {
        g_auto(HiveNode) node = {0};
        if (!hive_node_read(hive, key->key, &node, error) ||
            !guard_cells(hive, key->path, &node, error) ||
            !guard_value_names(hive, key, &node, error)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < key->new_values->len; i++) {
        const HiveValue *value = key->new_values->pdata[i];
        if (!g_utf8_validate(value->name, -1, NULL) ||
            g_utf8_strlen(value->name, -1) > VALUE_NAME_MAX) {
            return guard_refuse(key->path, error, "a value's name is too long or not UTF-8");
        }
        size_t length = g_bytes_get_size(value->data);
        if (length > DB_SEGMENT_BYTES) {
            return guard_refuse(key->path, error,
                                "it holds the value '%s' of %" G_GSIZE_FORMAT
                                " bytes, and above %d would have to be rewritten",
                                value->name, length, DB_SEGMENT_BYTES);
        }
    }
    return TRUE;
}
