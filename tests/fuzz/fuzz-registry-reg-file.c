/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A .reg file: read, and what was understood written and read again, which has to be the same. */
#include <glib.h>

#include "registry/reg_file.h"
#include "tests/fuzz/fuzz-target.h"

static GBytes *write_again(const GPtrArray *entries)
{
    g_autoptr(GString) text = g_string_new(NULL);
    reg_file_append_header(text);
    reg_file_append_key(text, "A");
    for (guint i = 0; i < entries->len; i++) {
        const RegEntry *entry = entries->pdata[i];
        HiveValue value = {entry->name, entry->type, entry->data};
        if (entry->kind == REG_ENTRY_SET) {
            reg_file_append_value(text, &value);
        }
    }
    return reg_file_encode(text->str, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) content = g_bytes_new(data, size);
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GPtrArray) again = NULL;
    g_autoptr(GError) error = NULL;
    if (!reg_file_read(content, "fuzz", &entries, NULL)) {
        return 0;
    }
    g_autoptr(GBytes) written = write_again(entries);
    if (!reg_file_read(written, "fuzz", &again, &error)) {
        g_error("what was written is not read: %s", error->message);
    }
    guint at = 1; /* behind the key */
    for (guint i = 0; i < entries->len; i++) {
        const RegEntry *entry = entries->pdata[i];
        if (entry->kind != REG_ENTRY_SET) {
            continue;
        }
        const RegEntry *other = again->pdata[at++];
        g_assert_cmpstr(entry->name, ==, other->name);
        g_assert_cmpuint(entry->type, ==, other->type);
        g_assert_true(g_bytes_equal(entry->data, other->data));
    }
    g_assert_cmpuint(at, ==, again->len);
    return 0;
}
