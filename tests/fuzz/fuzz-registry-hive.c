/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hive as the guest left it: read, verified, edited. */
#include <glib.h>

#include "base/bytes.h"
#include "registry/edit.h"
#include "registry/hive.h"
#include "registry/verify.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/unit/registry/hive-builder.h"

enum {
    KEYS_MAX = 2000,
    DEPTH_MAX = 20,
};

static void walk(Hive *hive, HiveKey key, guint depth, guint *keys_left)
{
    g_autoptr(GPtrArray) values = NULL;
    g_autoptr(GArray) keys = NULL;
    if (*keys_left == 0 || depth > DEPTH_MAX) {
        return;
    }
    (*keys_left)--;
    (void)!hive_list_values(hive, key, &values, NULL);
    for (guint i = 0; values != NULL && i < values->len; i++) {
        const HiveValue *value = values->pdata[i];
        size_t length;
        const uint8_t *data = g_bytes_get_data(value->data, &length);
        g_free(hive_value_to_text(value->type, data, length));
    }
    if (!hive_list_keys(hive, key, &keys, NULL)) {
        return;
    }
    for (guint i = 0; i < keys->len; i++) {
        HiveKey child = g_array_index(keys, HiveKey, i);
        char *name = NULL;
        gboolean found;
        HiveKey again;
        if (hive_get_key_name(hive, child, &name, NULL)) {
            (void)!hive_find_key(hive, key, name, &found, &again, NULL);
            g_free(name);
        }
        walk(hive, child, depth + 1, keys_left);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    guint keys_left = KEYS_MAX;
    g_autofree uint8_t *copy = g_memdup2(data, size);
    if (size >= 512) {
        /* Random input would hardly ever get past the checksum. */
        hive_header_set(copy, get_le32(copy + 4), get_le32(copy + 4));
    }
    g_autoptr(GBytes) bytes = g_bytes_new(copy, size);
    g_autoptr(Hive) hive = hive_open_bytes(bytes, "fuzz", NULL);
    if (hive != NULL) {
        walk(hive, hive_root(hive), 0, &keys_left);
    }

    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GBytes) result = NULL;
    g_autoptr(GPtrArray) changes = NULL;
    hive_edits_set_dword(edits, "Fuzz\\Key", "v", 1, "test");
    hive_edits_set_dword(edits, "", "v", 1, "test");
    (void)!hive_edits_apply(edits, bytes, 0, &result, &changes, NULL);
    return 0;
}
