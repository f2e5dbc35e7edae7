/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lazy reader: lists, names, values, typed reads, damage, and how little it fetches. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/hive.h"
#include "tests/unit/registry/hive-builder.h"
#include "tests/unit/registry/registry-support.h"

static void assert_found(Hive *hive, const char *path, gboolean expected)
{
    g_autoptr(GError) error = NULL;
    gboolean found;
    HiveKey key;
    gboolean ok = hive_find_key(hive, hive_root(hive), path, &found, &key, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    if (found != expected) {
        g_error("'%s' was %sfound", path, found ? "" : "not ");
    }
}

static void test_lists(void)
{
    static const struct {
        const char *kind;
        uint32_t minor;
        size_t count, leaf_size;
    } rows[] = {
        {"li", 3, 1, 1000},  {"li", 3, 40, 1000}, {"li", 5, 40, 7},      {"lf", 3, 1, 1000},
        {"lf", 3, 40, 1000}, {"lf", 5, 40, 7},    {"lh", 5, 1, 1000},    {"lh", 5, 40, 1000},
        {"lh", 6, 40, 7},    {"lh", 5, 40, 1},    {"lh", 5, 3000, 1000},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(HiveBuilder) builder = hive_builder_new(rows[i].minor);
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) keys = NULL;
        hive_builder_fill(builder, builder->root, rows[i].kind, "Key_", rows[i].count,
                          rows[i].leaf_size);
        g_autoptr(GBytes) bytes = hive_builder_finish(builder, 1);
        g_autoptr(Hive) hive = hive_open_bytes(bytes, "TEST", &error);
        g_assert_no_error(error);
        g_assert_false(hive_is_dirty(hive));
        for (size_t j = 0; j < rows[i].count; j++) {
            g_autofree char *name = g_strdup_printf("kEy_%04" G_GSIZE_FORMAT, j);
            assert_found(hive, name, TRUE);
        }
        g_autofree char *beyond = g_strdup_printf("Key_%04" G_GSIZE_FORMAT, rows[i].count);
        assert_found(hive, beyond, FALSE);
        assert_found(hive, "Key_", FALSE);
        assert_found(hive, "A", FALSE);
        assert_found(hive, "Key_0000\\x", FALSE);
        assert_found(hive, "", TRUE);
        g_assert_true(hive_list_keys(hive, hive_root(hive), &keys, &error));
        g_assert_cmpuint(keys->len, ==, rows[i].count);
        g_autofree char *first = NULL;
        g_assert_true(hive_get_key_name(hive, g_array_index(keys, HiveKey, 0), &first, &error));
        g_assert_cmpstr(first, ==, "Key_0000");
    }
}

/* A plain list in wrong order hides keys from a binary search only. */
static void test_wrong_order(void)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(3);
    g_autoptr(GError) error = NULL;
    uint32_t keys[3];
    keys[0] = hive_builder_key(builder, builder->root, "c");
    keys[1] = hive_builder_key(builder, builder->root, "a");
    keys[2] = hive_builder_key(builder, builder->root, "b");
    hive_builder_set_subkeys(builder, builder->root, hive_builder_list(builder, "li", keys, 3), 3);
    g_autoptr(GBytes) bytes = hive_builder_finish(builder, 1);
    g_autoptr(Hive) hive = hive_open_bytes(bytes, "TEST", &error);
    g_assert_no_error(error);
    assert_found(hive, "A", TRUE);
    assert_found(hive, "B", TRUE);
    assert_found(hive, "C", TRUE);
    assert_found(hive, "D", FALSE);
}

static void test_names(void)
{
    static const struct {
        uint16_t units[6];
        size_t count;
        gboolean is_latin1;
        const char *name;   /* as shown */
        const char *search; /* finds it; NULL: nothing does */
    } rows[] = {
        {{'M', 0xFC, 'n', 'z'}, 4, TRUE, "Münz", "MÜNZ"},
        {{'M', 0xFC, 'n', 'x'}, 4, FALSE, "Münx", "mÜnX"},
        {{0x0416, 0x0451}, 2, FALSE, "Жё", "жЁ"},
        {{0x65E5, 0x672C}, 2, FALSE, "日本", "日本"},
        {{0xD83D, 0xDE00, 'x'}, 3, FALSE, "\U0001F600x", "\U0001F600X"},
        {{'a', 0xD83D}, 2, FALSE, "a\uFFFD", NULL},
        {{'a', 0, 'b'}, 3, FALSE, "a\uFFFDb", NULL},
        {{0xFF}, 1, TRUE, "ÿ", "Ÿ"},
        {{0xB5}, 1, TRUE, "µ", "µ"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(HiveBuilder) builder = hive_builder_new(5);
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) keys = NULL;
        g_autofree char *name = NULL;
        uint32_t key = hive_builder_key_units(builder, builder->root, rows[i].units, rows[i].count,
                                              rows[i].is_latin1);
        hive_builder_set_subkeys(builder, builder->root, hive_builder_list(builder, "lh", &key, 1),
                                 1);
        g_autoptr(GBytes) bytes = hive_builder_finish(builder, 1);
        g_autoptr(Hive) hive = hive_open_bytes(bytes, "TEST", &error);
        g_assert_no_error(error);
        g_assert_true(hive_list_keys(hive, hive_root(hive), &keys, &error));
        g_assert_true(hive_get_key_name(hive, g_array_index(keys, HiveKey, 0), &name, &error));
        g_assert_cmpstr(name, ==, rows[i].name);
        if (rows[i].search != NULL) {
            assert_found(hive, rows[i].search, TRUE);
        }
        assert_found(hive, "Mun", FALSE);
    }
}

static void test_value_lengths(void)
{
    static const struct {
        uint32_t minor;
        size_t length;
        gboolean as_one_cell;
    } rows[] = {
        {5, 0, FALSE},      {5, 1, FALSE},      {5, 4, FALSE},     {5, 5, FALSE},
        {5, 4090, FALSE},   {5, 16344, FALSE},  {5, 16345, FALSE}, {5, 40000, FALSE},
        {5, 40000, TRUE},   {3, 40000, FALSE},  {5, 65376, FALSE}, {4, 16345, FALSE},
        {6, 163440, FALSE}, {5, 600000, FALSE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(HiveBuilder) builder = hive_builder_new(rows[i].minor);
        g_autoptr(GError) error = NULL;
        g_autoptr(HiveValue) value = NULL;
        g_autoptr(HiveValue) absent = NULL;
        g_autofree uint8_t *data = g_malloc(rows[i].length + 1);
        for (size_t j = 0; j < rows[i].length; j++) {
            data[j] = (uint8_t)(j * 7 + j / 256);
        }
        uint32_t cell = hive_builder_value(builder, "Data", HIVE_TYPE_BINARY, data, rows[i].length,
                                           rows[i].as_one_cell);
        hive_builder_set_values(builder, builder->root, &cell, 1);
        g_autoptr(GBytes) bytes = hive_builder_finish(builder, 1);
        g_autoptr(Hive) hive = hive_open_bytes(bytes, "TEST", &error);
        g_assert_no_error(error);
        gboolean ok = hive_get_value(hive, hive_root(hive), "DATA", &value, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
        g_assert_nonnull(value);
        size_t length;
        const uint8_t *read = g_bytes_get_data(value->data, &length);
        assert_same_bytes(read, length, data, rows[i].length);
        g_assert_cmpstr(value->name, ==, "Data");
        g_assert_true(hive_get_value(hive, hive_root(hive), "Dat", &absent, &error));
        g_assert_null(absent);
    }
}

static void test_typed_reads(void)
{
    static const uint8_t plain[] = {'a', 0, 0xE9, 0, 0, 0};
    static const uint8_t no_nul[] = {'a', 0, 'b', 0};
    static const uint8_t odd[] = {'a', 0, 'b', 0, 'c'};
    static const uint8_t after_nul[] = {'a', 0, 0, 0, 'z', 0, 0, 0};
    static const uint8_t dword[] = {0x78, 0x56, 0x34, 0x12};
    static const uint8_t multi[] = {'a', 0, 0, 0, 'b', 0, 'c', 0, 0, 0, 0, 0};
    static const uint8_t multi_gap[] = {'a', 0, 0, 0, 0, 0, 'b', 0, 0, 0, 0, 0};
    static const struct {
        const char *name;
        uint32_t type;
        const uint8_t *data;
        size_t length;
        const char *text;  /* NULL: no string */
        gboolean is_dword; /* 0x12345678 */
        const char *multi; /* joined with '|'; NULL: none */
    } rows[] = {
        {"plain", HIVE_TYPE_SZ, plain, sizeof plain, "aé", FALSE, NULL},
        {"expand", HIVE_TYPE_EXPAND_SZ, plain, sizeof plain, "aé", FALSE, NULL},
        {"nonul", HIVE_TYPE_SZ, no_nul, sizeof no_nul, "ab", FALSE, NULL},
        {"odd", HIVE_TYPE_SZ, odd, sizeof odd, "ab", FALSE, NULL},
        {"after", HIVE_TYPE_SZ, after_nul, sizeof after_nul, "a", FALSE, NULL},
        {"empty", HIVE_TYPE_SZ, plain, 0, "", FALSE, NULL},
        {"binary", HIVE_TYPE_BINARY, plain, sizeof plain, NULL, FALSE, NULL},
        {"dword", HIVE_TYPE_DWORD, dword, 4, NULL, TRUE, NULL},
        {"short", HIVE_TYPE_DWORD, dword, 3, NULL, FALSE, NULL},
        {"long", HIVE_TYPE_DWORD, plain, 6, NULL, FALSE, NULL},
        {"notdword", HIVE_TYPE_BINARY, dword, 4, NULL, FALSE, NULL},
        {"multi", HIVE_TYPE_MULTI_SZ, multi, sizeof multi, NULL, FALSE, "a|bc"},
        {"gap", HIVE_TYPE_MULTI_SZ, multi_gap, sizeof multi_gap, NULL, FALSE, "a||b"},
        {"noend", HIVE_TYPE_MULTI_SZ, no_nul, sizeof no_nul, NULL, FALSE, "ab"},
        {"nothing", HIVE_TYPE_MULTI_SZ, plain, 0, NULL, FALSE, ""},
    };
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    g_autoptr(GError) error = NULL;
    uint32_t cells[G_N_ELEMENTS(rows)];
    uint32_t key = hive_builder_key(builder, builder->root, "Key");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        cells[i] = hive_builder_value(builder, rows[i].name, rows[i].type, rows[i].data,
                                      rows[i].length, FALSE);
    }
    hive_builder_set_values(builder, key, cells, G_N_ELEMENTS(rows));
    hive_builder_set_subkeys(builder, builder->root, hive_builder_list(builder, "lh", &key, 1), 1);
    g_autoptr(GBytes) bytes = hive_builder_finish(builder, 1);
    g_autoptr(Hive) hive = hive_open_bytes(bytes, "TEST", &error);
    g_assert_no_error(error);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        gboolean found;
        g_autofree char *text = NULL;
        g_auto(GStrv) strings = NULL;
        uint32_t number = 0;
        g_test_message("%s", rows[i].name);
        g_assert_true(hive_read_string(hive, "KEY", rows[i].name, &found, &text, &error));
        g_assert_cmpint(found, ==, rows[i].text != NULL);
        g_assert_cmpstr(text, ==, rows[i].text);
        g_assert_true(hive_read_dword(hive, "key", rows[i].name, &found, &number, &error));
        g_assert_cmpint(found, ==, rows[i].is_dword);
        g_assert_cmpuint(number, ==, rows[i].is_dword ? 0x12345678 : 0);
        g_assert_true(hive_read_multi_string(hive, "key", rows[i].name, &found, &strings, &error));
        g_assert_cmpint(found, ==, rows[i].multi != NULL);
        g_autofree char *joined = strings != NULL ? g_strjoinv("|", strings) : NULL;
        g_assert_cmpstr(joined, ==, rows[i].multi);
    }
    gboolean found = TRUE;
    char *text = NULL;
    g_assert_true(hive_read_string(hive, "none\\x", "plain", &found, &text, &error));
    g_assert_false(found);
    g_assert_null(text);
}

static void test_value_text(void)
{
    static const uint8_t long_data[70] = {0xAB};
    static const struct {
        uint32_t type;
        const char *data;
        size_t length;
        const char *text;
    } rows[] = {
        {HIVE_TYPE_DWORD, "\3\0\0\0", 4, "dword:00000003"},
        {HIVE_TYPE_DWORD, "\3\0\0", 3, "hex(4):03,00,00"},
        {HIVE_TYPE_QWORD, "\3\0\0\0\0\0\0\1", 8, "qword:0100000000000003"},
        {HIVE_TYPE_SZ, "a\0\"\0\\\0\n\0\0\0", 10, "\"a\\\"\\\\\\u000a\""},
        {HIVE_TYPE_SZ, "a\0b\0", 4, "\"ab\""},
        {HIVE_TYPE_SZ, "a\0\0\0b\0", 6, "hex(1):61,00,00,00,62,00"},
        {HIVE_TYPE_SZ, "", 0, "\"\""},
        {HIVE_TYPE_EXPAND_SZ, "%\0\0\0", 4, "expand:\"%\""},
        {HIVE_TYPE_MULTI_SZ, "a\0\0\0b\0\0\0\0\0", 10, "multi:\"a\",\"b\""},
        {HIVE_TYPE_MULTI_SZ, "\0\0", 2, "multi:"},
        {HIVE_TYPE_BINARY, "\1\xFF", 2, "hex:01,ff"},
        {HIVE_TYPE_BINARY, "", 0, "hex:"},
        {HIVE_TYPE_NONE, "\1", 1, "hex(0):01"},
        {0xFFFF0012, "\1", 1, "hex(ffff0012):01"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            hive_value_to_text(rows[i].type, (const uint8_t *)rows[i].data, rows[i].length);
        g_assert_cmpstr(text, ==, rows[i].text);
    }
    g_autofree char *cut = hive_value_to_text(HIVE_TYPE_BINARY, long_data, sizeof long_data);
    g_assert_true(g_str_has_prefix(cut, "hex:ab,00,"));
    g_assert_true(g_str_has_suffix(cut, ",00,… (70 bytes)"));
}

/* A hive with one subkey "Key" that holds one value of 100 bytes, and where its cells are. */
typedef struct {
    uint32_t key, list, value, value_list, data;
} Places;

static GBytes *make_simple(Places *places)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    uint8_t data[100] = {0};
    places->key = hive_builder_key(builder, builder->root, "Key");
    places->list = hive_builder_list(builder, "lh", &places->key, 1);
    hive_builder_set_subkeys(builder, builder->root, places->list, 1);
    places->value = hive_builder_value(builder, "v", HIVE_TYPE_BINARY, data, sizeof data, FALSE);
    hive_builder_set_values(builder, places->key, &places->value, 1);
    places->data = get_le32(hive_builder_payload(builder, places->value) + 8);
    places->value_list = get_le32(hive_builder_payload(builder, places->key) + 40);
    return hive_builder_finish(builder, 1);
}

static void test_damage(void)
{
    Places places;
    g_autoptr(GBytes) good = make_simple(&places);
    const struct {
        uint32_t cell, offset; /* in the payload; -4 is its size */
        uint32_t word;
        const char *message; /* part of it */
    } rows[] = {
        {places.list, 0, 0x00017878, "not a list"},
        {places.list, 0, 0xFFFF686C, "longer than its cell"},
        {places.list, 4, 0xFFFFFFF8, "outside"},
        {places.list, 4, 0x7FFFFFF8, "outside"},
        {places.list, 4, places.key + 4, "outside"},
        {places.list, UINT32_MAX - 3, 16, "not allocated"},
        {places.list, UINT32_MAX - 3, 0x80000000, "wrong size"},
        {places.list, UINT32_MAX - 3, 0xFFFFFFFF, "wrong size"},
        {places.key, 0, 0, "not a key"},
        {places.key, 72, 0xFFFF, "longer than its cell"},
        {places.key, 36, 0xFFFFFFFF, "more values"},
        {places.key, 36, 40, "too short"},
        {places.key, 40, 0, "not allocated"},
        {places.value, 0, 0, "not a value"},
        {places.value, 0, 0xFFFF6B76, "longer than its cell"},
        {places.value, 4, 0x7FFFFFFF, "longer than the hive"},
        {places.value, 4, 200, "too short"},
        {places.value, 4, 20000, "longer than the hive"},
        {places.value, 8, 0xFFFFFFFF, "outside"},
        {places.value_list, 0, 0x20, "not a value"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        uint8_t word[4];
        put_le32(word, rows[i].word);
        g_autoptr(GBytes) bad = bytes_patch(
            good, 4096 + (size_t)(uint32_t)(rows[i].cell + 4 + rows[i].offset), word, sizeof word);
        g_autoptr(GPtrArray) lines = hive_dump(bad, &error);
        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_null(lines);
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        if (strstr(error->message, rows[i].message) == NULL) {
            g_error("row %" G_GSIZE_FORMAT ": %s", i, error->message);
        }
    }
}

/* 65535 times the same list of keys: refused, not followed. */
static void test_list_bomb(void)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    g_autoptr(GError) error = NULL;
    g_autofree uint32_t *leaves = g_new(uint32_t, 65535);
    enum {
        COUNT = 1000,
    };
    g_autofree uint32_t *keys = g_new(uint32_t, COUNT);
    uint32_t key = hive_builder_key(builder, builder->root, "Key");
    for (size_t i = 0; i < COUNT; i++) {
        keys[i] = key;
    }
    uint32_t leaf = hive_builder_list(builder, "lh", keys, COUNT);
    for (size_t i = 0; i < 65535; i++) {
        leaves[i] = leaf;
    }
    hive_builder_set_subkeys(builder, builder->root,
                             hive_builder_list(builder, "ri", leaves, 65535), 65535000);
    g_autoptr(GBytes) bytes = hive_builder_finish(builder, 1);
    g_autoptr(Hive) hive = hive_open_bytes(bytes, "TEST", &error);
    g_assert_no_error(error);
    g_autoptr(GArray) list = NULL;
    g_assert_false(hive_list_keys(hive, hive_root(hive), &list, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    g_assert_null(strstr(error->message, "loop"));
}

typedef struct {
    GBytes *bytes;
    uint64_t bytes_read;
    guint calls;
    gboolean fails;
} Source;

static gboolean source_read(void *data, uint64_t offset, void *buffer, size_t length,
                            GError **error)
{
    Source *source = data;
    size_t size;
    const uint8_t *bytes = g_bytes_get_data(source->bytes, &size);
    if (source->fails) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "the disk is gone");
        return FALSE;
    }
    g_assert_true(range_is_within(offset, length, size));
    memcpy(buffer, bytes + offset, length);
    source->bytes_read += length;
    source->calls++;
    return TRUE;
}

static void test_lazy(void)
{
    static const struct {
        const char *file, *key, *name, *text;
        uint64_t limit;
    } rows[] = {
        {"win10-2004-x64-vmware/SYSTEM.gz", "ControlSet001\\Services\\disk", "ImagePath",
         "System32\\drivers\\disk.sys", 64 << 10},
        {"win7sp1-x86-vmware/SYSTEM.xz",
         "ControlSet001\\Control\\CriticalDeviceDatabase\\pci#ven_8086&dev_7111", "Service",
         "intelide", 128 << 10},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = testdata_load(rows[i].file);
        if (bytes == NULL) {
            return;
        }
        Source source = {.bytes = bytes};
        g_autofree char *text = NULL;
        gboolean found;
        g_autoptr(Hive) hive =
            hive_open(source_read, &source, g_bytes_get_size(bytes), "SYSTEM", &error);
        g_assert_no_error(error);
        g_assert_true(hive_read_string(hive, rows[i].key, rows[i].name, &found, &text, &error));
        g_assert_true(found);
        g_assert_cmpstr(text, ==, rows[i].text);
        g_test_message("%s: %" G_GUINT64_FORMAT " bytes in %u reads", rows[i].file,
                       source.bytes_read, source.calls);
        g_assert_cmpuint(source.bytes_read, <=, rows[i].limit);
    }
}

/* Through pages or in memory: the same keys and values. */
static void test_pages(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    enum {
        LENGTH = 50000,
    };
    g_autofree uint8_t *data = g_malloc(LENGTH);
    for (size_t i = 0; i < LENGTH; i++) {
        data[i] = (uint8_t)(i % 251);
    }
    uint32_t value = hive_builder_value(builder, "v", HIVE_TYPE_BINARY, data, LENGTH, FALSE);
    hive_builder_fill(builder, builder->root, "lh", "k", 2000, 500);
    hive_builder_set_values(builder, builder->root, &value, 1);
    g_autoptr(GBytes) bytes = hive_builder_finish(builder, 1);
    Source source = {.bytes = bytes};
    g_autoptr(Hive) hive = hive_open(source_read, &source, g_bytes_get_size(bytes), "T", &error);
    g_assert_no_error(error);
    assert_found(hive, "K0000", TRUE);
    assert_found(hive, "K1999", TRUE);
    assert_found(hive, "K1000", TRUE);
    assert_found(hive, "K2000", FALSE);
    g_autoptr(HiveValue) read = NULL;
    g_assert_true(hive_get_value(hive, hive_root(hive), "v", &read, &error));
    assert_same_bytes(g_bytes_get_data(read->data, NULL), g_bytes_get_size(read->data), data,
                      LENGTH);

    source.fails = TRUE;
    g_autoptr(GArray) keys = NULL;
    g_assert_false(hive_list_keys(hive, hive_root(hive), &keys, &error) &&
                   hive_get_value(hive, hive_root(hive), "v", &read, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    g_assert_nonnull(strstr(error->message, "the disk is gone"));
}

/* Third-party hives: how many keys and values are in them; 0: must be refused. */
static void test_corpus(void)
{
    static const struct {
        const char *file;
        guint lines;
        gboolean is_dirty;
    } rows[] = {
        {"bcd/usb-winpe/EFI-BCD", 114, FALSE},
        {"bcd/win10-regipy/BCD.xz", 235, FALSE},
        {"bcd/win11-esp-a/BCD", 253, FALSE},
        {"hivex/minimal", 1, FALSE},
        {"hivex/rlenvalue_test_hive", 8, FALSE},
        {"misc/100_sub_keys.hiv", 201, FALSE},
        {"misc/UNICODE_TESTS", 25, FALSE},
        {"misc/offreg-testhive", 540, FALSE},
        {"misc/SYSTEM.DAT-win9x-CREG.xz", 0, FALSE},
        {"nt4sp3-server/SYSTEM", 7812, FALSE},
        {"nt4sp3-server/SOFTWARE", 5419, FALSE},
        {"win10-2004-x64-vmware/SYSTEM.gz", 107771, FALSE},
        {"win7sp1-x86-vmware/SYSTEM.xz", 104212, FALSE},
        {"yarp/edge/BigDataHive", 4, FALSE},
        {"yarp/edge/ManySubkeysHive", 5003, FALSE},
        {"yarp/edge/EffectiveSizeHive", 5003, TRUE},
        {"yarp/edge/UpcaseHive", 4, FALSE},
        {"yarp/edge/TruncatedDirtyHive", 0, TRUE},
        {"yarp/edge/TruncatedHiveBin", 0, FALSE},
        {"yarp/edge/DeletedDataHiveTruncated", 0, FALSE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = testdata_load(rows[i].file);
        if (bytes == NULL) {
            return;
        }
        g_autoptr(GPtrArray) lines = hive_dump(bytes, &error);
        g_test_message("%s: %u lines", rows[i].file, lines != NULL ? lines->len : 0);
        g_assert_cmpuint(lines != NULL ? lines->len : 0, ==, rows[i].lines);
        if (rows[i].lines == 0) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        } else {
            g_autoptr(Hive) hive = hive_open_bytes(bytes, "T", &error);
            g_assert_cmpint(hive_is_dirty(hive), ==, rows[i].is_dirty);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/hive/lists", test_lists);
    g_test_add_func("/registry/hive/wrong-order", test_wrong_order);
    g_test_add_func("/registry/hive/names", test_names);
    g_test_add_func("/registry/hive/value-lengths", test_value_lengths);
    g_test_add_func("/registry/hive/typed-reads", test_typed_reads);
    g_test_add_func("/registry/hive/value-text", test_value_text);
    g_test_add_func("/registry/hive/damage", test_damage);
    g_test_add_func("/registry/hive/list-bomb", test_list_bomb);
    g_test_add_func("/registry/hive/pages", test_pages);
    g_test_add_func("/registry/hive/lazy", test_lazy);
    g_test_add_func("/registry/hive/corpus", test_corpus);
    return g_test_run();
}
