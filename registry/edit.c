/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes to a hive as data. */
#include "registry/edit.h"

#include <string.h>

#include "base/bytes.h"
#include "registry/edit_private.h"

static void hive_edit_free(HiveEdit *edit)
{
    g_free(edit->key);
    g_free(edit->name);
    g_clear_pointer(&edit->data, g_bytes_unref);
    g_free(edit->reason);
    g_free(edit);
}

HiveEdits *hive_edits_new(void)
{
    HiveEdits *edits = g_new0(HiveEdits, 1);
    edits->list = g_ptr_array_new_with_free_func((GDestroyNotify)hive_edit_free);
    return edits;
}

void hive_edits_free(HiveEdits *edits)
{
    if (edits == NULL) {
        return;
    }
    g_ptr_array_unref(edits->list);
    g_free(edits);
}

guint hive_edits_count(const HiveEdits *edits)
{
    return edits->list->len;
}

static HiveEdit *hive_edits_add(HiveEdits *edits, HiveEditKind kind, const char *key,
                                const char *name, const char *reason)
{
    HiveEdit *edit = g_new0(HiveEdit, 1);
    edit->kind = kind;
    edit->key = g_strdup(key);
    edit->name = g_strdup(name);
    edit->reason = g_strdup(reason);
    g_ptr_array_add(edits->list, edit);
    return edit;
}

void hive_edits_set(HiveEdits *edits, const char *key, const char *name, uint32_t type,
                    const void *data, size_t length, const char *reason)
{
    HiveEdit *edit = hive_edits_add(edits, HIVE_EDIT_SET, key, name, reason);
    edit->type = type;
    edit->data = g_bytes_new(data, length);
}

void hive_edits_set_dword(HiveEdits *edits, const char *key, const char *name, uint32_t value,
                          const char *reason)
{
    uint8_t data[4];
    put_le32(data, value);
    hive_edits_set(edits, key, name, HIVE_TYPE_DWORD, data, sizeof data, reason);
}

void hive_edits_set_string(HiveEdits *edits, const char *key, const char *name, uint32_t type,
                           const char *text, const char *reason)
{
    g_autoptr(GByteArray) data = hive_text_to_utf16(text, TRUE);
    hive_edits_set(edits, key, name, type, data->data, data->len, reason);
}

void hive_edits_set_multi_string(HiveEdits *edits, const char *key, const char *name,
                                 const char *const *strings, const char *reason)
{
    static const uint8_t nul[2] = {0};
    g_autoptr(GByteArray) data = g_byte_array_new();
    for (size_t i = 0; strings[i] != NULL; i++) {
        g_autoptr(GByteArray) string = hive_text_to_utf16(strings[i], TRUE);
        g_byte_array_append(data, string->data, string->len);
    }
    g_byte_array_append(data, nul, sizeof nul);
    hive_edits_set(edits, key, name, HIVE_TYPE_MULTI_SZ, data->data, data->len, reason);
}

void hive_edits_create_key(HiveEdits *edits, const char *key, const char *reason)
{
    hive_edits_add(edits, HIVE_EDIT_CREATE_KEY, key, NULL, reason);
}

void hive_edits_delete_value(HiveEdits *edits, const char *key, const char *name,
                             const char *reason)
{
    hive_edits_add(edits, HIVE_EDIT_DELETE_VALUE, key, name, reason);
}

void hive_edits_delete_key(HiveEdits *edits, const char *key, const char *reason)
{
    hive_edits_add(edits, HIVE_EDIT_DELETE_KEY, key, NULL, reason);
}

void hive_change_free(HiveChange *change)
{
    if (change == NULL) {
        return;
    }
    g_free(change->key);
    g_free(change->name);
    g_free(change->old_text);
    g_free(change->new_text);
    g_free(change->reason);
    g_free(change);
}
