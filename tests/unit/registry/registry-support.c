/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the registry folder share. */
#include "tests/unit/registry/registry-support.h"

#include <gio/gio.h>
#include <string.h>

static GBytes *unpack(const char *program, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "-dc", path, NULL);
    GBytes *bytes = NULL;
    if (process != NULL) {
        g_subprocess_communicate(process, NULL, NULL, &bytes, NULL, &error);
    }
    g_assert_no_error(error);
    return bytes;
}

GBytes *testdata_load(const char *name)
{
    g_autofree char *path = g_build_filename(DRYDOCK_TESTDATA, "registry", name, NULL);
    char *contents;
    size_t length;
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_test_skip("no test data");
        return NULL;
    }
    if (g_str_has_suffix(name, ".xz") || g_str_has_suffix(name, ".gz")) {
        return unpack(g_str_has_suffix(name, ".xz") ? "xz" : "gzip", path);
    }
    if (!g_file_get_contents(path, &contents, &length, NULL)) {
        return NULL;
    }
    return g_bytes_new_take(contents, length);
}

static gboolean dump_key(Hive *hive, HiveKey key, const char *path, int depth, GPtrArray *lines,
                         GError **error)
{
    g_autoptr(GPtrArray) values = NULL;
    g_autoptr(GArray) keys = NULL;
    if (depth > 512 || lines->len > 1000000) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_LOOP, "the keys make a loop");
        return FALSE;
    }
    if (!hive_list_values(hive, key, &values, error) || !hive_list_keys(hive, key, &keys, error)) {
        return FALSE;
    }
    g_ptr_array_add(lines, g_strdup(path));
    for (guint i = 0; i < values->len; i++) {
        const HiveValue *value = values->pdata[i];
        g_ptr_array_add(lines,
                        g_strdup_printf("%s|%s|%x|%" G_GSIZE_FORMAT ":%08x", path, value->name,
                                        value->type, g_bytes_get_size(value->data),
                                        g_bytes_hash(value->data)));
    }
    for (guint i = 0; i < keys->len; i++) {
        g_autofree char *name = NULL;
        HiveKey child = g_array_index(keys, HiveKey, i);
        if (!hive_get_key_name(hive, child, &name, error)) {
            return FALSE;
        }
        g_autofree char *child_path = g_strconcat(path, "\\", name, NULL);
        if (!dump_key(hive, child, child_path, depth + 1, lines, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *hive_dump(GBytes *bytes, GError **error)
{
    g_autoptr(Hive) hive = hive_open_bytes(bytes, "TEST", error);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    if (hive == NULL || !dump_key(hive, hive_root(hive), "", 0, lines, error)) {
        return NULL;
    }
    g_ptr_array_sort(lines, compare_lines);
    return g_steal_pointer(&lines);
}

GPtrArray *dump_difference(const GPtrArray *a, const GPtrArray *b)
{
    GPtrArray *difference = g_ptr_array_new_with_free_func(g_free);
    guint i = 0;
    guint j = 0;
    while (i < a->len || j < b->len) {
        int order = i == a->len ? 1 : j == b->len ? -1 : strcmp(a->pdata[i], b->pdata[j]);
        if (order < 0) {
            g_ptr_array_add(difference, g_strconcat("-", (const char *)a->pdata[i], NULL));
        } else if (order > 0) {
            g_ptr_array_add(difference, g_strconcat("+", (const char *)b->pdata[j], NULL));
        }
        i += order <= 0;
        j += order >= 0;
    }
    return difference;
}

GBytes *bytes_patch(GBytes *bytes, size_t offset, const void *replacement, size_t length)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    uint8_t *copy = g_memdup2(data, size);
    g_assert_cmpuint(offset + length, <=, size);
    memcpy(copy + offset, replacement, length);
    return g_bytes_new_take(copy, size);
}

void assert_same_bytes(const void *a, size_t a_length, const void *b, size_t b_length)
{
    g_assert_cmpuint(a_length, ==, b_length);
    g_assert_true(a_length == 0 || memcmp(a, b, a_length) == 0);
}
