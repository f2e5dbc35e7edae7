/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that depend on what is there become plain values here. */
#include "windows/inf_rows.h"

#include "registry/text.h"

static gboolean read_value(Hive *hive, const char *key, const char *name, HiveValue **ret_value,
                           GError **error)
{
    gboolean found;
    HiveKey place;

    *ret_value = NULL;
    if (!hive)
        return TRUE;
    if (!hive_find_key(hive, hive_root(hive), key, &found, &place, error))
        return FALSE;
    return !found || hive_get_value(hive, place, name, ret_value, error);
}

static gboolean has_string(const GPtrArray *strings, const char *text)
{
    for (guint i = 0; i < strings->len; i++) {
        if (g_ascii_strcasecmp(g_ptr_array_index(strings, i), text) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The value's strings with those of the row, or without them. */
static gboolean change_list(const InfRegistryRow *row, Hive *hive, const char *key,
                            HiveEdits *edits, const char *reason, GError **error)
{
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) present = NULL;
    size_t length;
    const uint8_t *data = g_bytes_get_data(row->data, &length);
    g_auto(GStrv) given = hive_multi_string_decode(data, length);
    gboolean found = FALSE;

    if (hive && !hive_read_multi_string(hive, key, row->name, &found, &present, error))
        return FALSE;
    if (!found && row->action == INF_REGISTRY_REMOVE_STRING)
        return TRUE;
    for (guint i = 0; found && present[i]; i++) {
        if (row->action == INF_REGISTRY_APPEND ||
            !g_strv_contains((const char *const *)given, present[i]))
            g_ptr_array_add(strings, g_strdup(present[i]));
    }
    for (guint i = 0; given[i] && row->action == INF_REGISTRY_APPEND; i++) {
        if (!has_string(strings, given[i]))
            g_ptr_array_add(strings, g_strdup(given[i]));
    }
    g_ptr_array_add(strings, NULL);
    hive_edits_set_multi_string(edits, key, row->name, (const char *const *)strings->pdata, reason);
    return TRUE;
}

static gboolean set_value(const InfRegistryRow *row, Hive *hive, const char *key, HiveEdits *edits,
                          const char *reason, GError **error)
{
    g_autoptr(HiveValue) present = NULL;
    size_t length;
    const void *data = g_bytes_get_data(row->data, &length);

    if (row->keeps_existing || row->needs_existing) {
        if (!read_value(hive, key, row->name, &present, error))
            return FALSE;
        if (present ? row->keeps_existing : row->needs_existing)
            return TRUE;
    }
    hive_edits_set(edits, key, row->name, row->type, data, length, reason);
    return TRUE;
}

static gboolean add_row(const InfRegistryRow *row, Hive *hive, const char *key, HiveEdits *edits,
                        const char *reason, GError **error)
{
    switch (row->action) {
    case INF_REGISTRY_SET:
        return set_value(row, hive, key, edits, reason, error);
    case INF_REGISTRY_APPEND:
    case INF_REGISTRY_REMOVE_STRING:
        return change_list(row, hive, key, edits, reason, error);
    case INF_REGISTRY_CREATE_KEY:
        hive_edits_create_key(edits, key, reason);
        return TRUE;
    case INF_REGISTRY_DELETE_KEY:
        if (*row->subkey)
            hive_edits_delete_key(edits, key, reason);
        return TRUE;
    case INF_REGISTRY_DELETE_VALUE:
        hive_edits_delete_value(edits, key, row->name, reason);
        return TRUE;
    }
    return TRUE;
}

gboolean inf_rows_add_edits(const GPtrArray *rows, Hive *hive, const char *key, HiveEdits *edits,
                            const char *reason, GError **error)
{
    for (guint i = 0; i < rows->len; i++) {
        const InfRegistryRow *row = g_ptr_array_index(rows, i);
        g_autofree char *path =
            *row->subkey ? g_strdup_printf("%s\\%s", key, row->subkey) : g_strdup(key);

        if (g_str_equal(row->root, "HKR") && !add_row(row, hive, path, edits, reason, error))
            return FALSE;
    }
    return TRUE;
}
