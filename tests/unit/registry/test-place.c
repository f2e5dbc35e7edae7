/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys as people write them, types and data as they type them, and the walk over all keys. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/place.h"
#include "registry/value_type.h"
#include "registry/walk.h"
#include "tests/unit/registry/hive-builder.h"
#include "tests/unit/registry/registry-support.h"

static const struct {
    const char *text;
    HivePlaceRoot root;
    const char *mount;
    const char *key;
} places[] = {
    {"HKLM\\SYSTEM", HIVE_PLACE_MACHINE, "HKEY_LOCAL_MACHINE\\SYSTEM", ""},
    {"hklm\\system\\Select\\", HIVE_PLACE_MACHINE, "HKEY_LOCAL_MACHINE\\SYSTEM", "Select"},
    {"HKEY_LOCAL_MACHINE\\SOFTWARE\\\\A\\B", HIVE_PLACE_MACHINE, "HKEY_LOCAL_MACHINE\\SOFTWARE",
     "A\\B"},
    {"\\HKU\\.DEFAULT\\A", HIVE_PLACE_USERS, "HKEY_USERS\\.DEFAULT", "A"},
    {"HKU\\S-1-5-18", HIVE_PLACE_USERS, "HKEY_USERS\\S-1-5-18", ""},
    {"HKCU", HIVE_PLACE_CURRENT_USER, "HKEY_CURRENT_USER", ""},
    {"HKCU\\Software", HIVE_PLACE_CURRENT_USER, "HKEY_CURRENT_USER", "Software"},
    {"HKCR\\.txt", HIVE_PLACE_MACHINE, "HKEY_LOCAL_MACHINE\\SOFTWARE", "Classes\\.txt"},
    {"HKEY_CLASSES_ROOT", HIVE_PLACE_MACHINE, "HKEY_LOCAL_MACHINE\\SOFTWARE", "Classes"},
    {"HKLMX\\SYSTEM", HIVE_PLACE_RELATIVE, "", "HKLMX\\SYSTEM"},
    {"\\Select\\", HIVE_PLACE_RELATIVE, "", "Select"},
    {"", HIVE_PLACE_RELATIVE, "", ""},
};

static void test_places(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_auto(HivePlace) place = {0};
        g_autoptr(GError) error = NULL;
        g_assert_true(hive_place_parse(places[i].text, &place, &error));
        g_assert_no_error(error);
        g_assert_cmpint(place.root, ==, places[i].root);
        g_assert_cmpstr(place.mount, ==, places[i].mount);
        g_assert_cmpstr(place.key, ==, places[i].key);
    }
    static const char *const wrong[] = {"HKLM", "HKEY_USERS\\", "HKLM\\\xff"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_auto(HivePlace) place = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(hive_place_parse(wrong[i], &place, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    }
}

static void test_control_set(void)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    static const uint8_t two[4] = {2, 0, 0, 0};
    uint32_t select = hive_builder_key(builder, builder->root, "Select");
    uint32_t value = hive_builder_value(builder, "Current", HIVE_TYPE_DWORD, two, 4, FALSE);
    uint32_t list = hive_builder_list(builder, "lh", &select, 1);
    hive_builder_set_subkeys(builder, builder->root, list, 1);
    g_autoptr(GBytes) without = hive_builder_finish(builder, 1);
    hive_builder_set_values(builder, select, &value, 1);
    g_autoptr(GBytes) with = hive_builder_finish(builder, 1);
    static const struct {
        const char *key;
        const char *expected;
    } rows[] = {
        {"currentcontrolset\\Services", "ControlSet002\\Services"},
        {"CurrentControlSet", "ControlSet002"},
        {"CurrentControlSetX", "CurrentControlSetX"},
        {"Select", "Select"},
    };
    g_autoptr(Hive) hive = hive_open_bytes(with, "SYSTEM", NULL);
    g_autoptr(Hive) other = hive_open_bytes(without, "SYSTEM", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *key = NULL;
        g_autofree char *same = NULL;
        g_assert_true(hive_resolve_control_set(hive, rows[i].key, &key, NULL));
        g_assert_cmpstr(key, ==, rows[i].expected);
        g_assert_true(hive_resolve_control_set(other, rows[i].key, &same, NULL));
        g_assert_cmpstr(same, ==, rows[i].key);
    }
}

static void test_types(void)
{
    static const struct {
        const char *text;
        uint32_t type;
        const char *name;
    } rows[] = {
        {"sz", 1, "REG_SZ"},
        {"REG_SZ", 1, "REG_SZ"},
        {"Expand", 2, "REG_EXPAND_SZ"},
        {"expand_sz", 2, "REG_EXPAND_SZ"},
        {"binary", 3, "REG_BINARY"},
        {"DWORD", 4, "REG_DWORD"},
        {"multi", 7, "REG_MULTI_SZ"},
        {"reg_qword", 11, "REG_QWORD"},
        {"hex(7)", 7, "REG_MULTI_SZ"},
        {"hex(1f4)", 0x1f4, "hex(1f4)"},
        {"none", 0, "REG_NONE"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint32_t type;
        g_assert_true(hive_type_parse(rows[i].text, &type, NULL));
        g_assert_cmpuint(type, ==, rows[i].type);
        g_autofree char *name = hive_type_name(type);
        g_assert_cmpstr(name, ==, rows[i].name);
    }
    static const char *const wrong[] = {"",      "string", "hex", "hex()", "hex(123456789)",
                                        "hex(1", "7"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        uint32_t type;
        g_autoptr(GError) error = NULL;
        g_assert_false(hive_type_parse(wrong[i], &type, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    }
}

static void test_data(void)
{
    static const struct {
        uint32_t type;
        const char *words[4];
        const char *expected; /* hexadecimal; NULL: refused */
    } rows[] = {
        {1, {"a"}, "61000000"},
        {1, {""}, "0000"},
        {2, {"%"}, "25000000"},
        {1, {"a", "b"}, NULL},
        {1, {NULL}, NULL},
        {1, {"\xff"}, NULL},
        {4, {"0"}, "00000000"},
        {4, {"4294967295"}, "ffffffff"},
        {4, {"0xFF"}, "ff000000"},
        {4, {"4294967296"}, NULL},
        {4, {"-1"}, NULL},
        {4, {"1f"}, NULL},
        {4, {"0x"}, NULL},
        {4, {""}, NULL},
        {5, {"1"}, "00000001"},
        {11, {"18446744073709551615"}, "ffffffffffffffff"},
        {11, {"18446744073709551616"}, NULL},
        {7, {NULL}, "0000"},
        {7, {"a", "b"}, "61000000620000000000"},
        {7, {"a", ""}, NULL},
        {3, {"00ff, 1A"}, "00ff1a"},
        {3, {""}, ""},
        {3, {"0"}, NULL},
        {3, {"0g"}, NULL},
        {0x1f4, {"01"}, "01"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) data = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) hex = g_string_new(NULL);
        gboolean ok = hive_data_parse(rows[i].type, rows[i].words, &data, &error);
        g_assert_cmpint(ok, ==, rows[i].expected != NULL);
        if (!ok) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
            continue;
        }
        for (gsize at = 0; at < g_bytes_get_size(data); at++) {
            g_string_append_printf(hex, "%02x",
                                   ((const uint8_t *)g_bytes_get_data(data, NULL))[at]);
        }
        g_assert_cmpstr(hex->str, ==, rows[i].expected);
    }
}

static gboolean note(G_GNUC_UNUSED Hive *hive, G_GNUC_UNUSED HiveKey key, const char *path,
                     void *data, gboolean *stop, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(data, "%s;", path);
    *stop = g_str_has_suffix(path, "stop");
    return TRUE;
}

static void test_walk(void)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    uint32_t top[2] = {hive_builder_key(builder, builder->root, "a"),
                       hive_builder_key(builder, builder->root, "b")};
    uint32_t below[2] = {hive_builder_key(builder, top[0], "c"),
                         hive_builder_key(builder, top[0], "d")};
    hive_builder_set_subkeys(builder, builder->root, hive_builder_list(builder, "lh", top, 2), 2);
    hive_builder_set_subkeys(builder, top[0], hive_builder_list(builder, "lf", below, 2), 2);
    g_autoptr(GBytes) good = hive_builder_finish(builder, 1);
    g_autoptr(Hive) hive = hive_open_bytes(good, "TEST", NULL);
    g_assert_true(hive_walk(hive, hive_root(hive), "X", note, text, &error));
    g_assert_cmpstr(text->str, ==, "X;X\\a;X\\a\\c;X\\a\\d;X\\b;");
    g_string_truncate(text, 0);
    g_assert_true(hive_walk(hive, top[0], "", note, text, &error));
    g_assert_cmpstr(text->str, ==, ";c;d;");
    g_string_truncate(text, 0);
    g_assert_true(hive_walk(hive, hive_root(hive), "stop", note, text, &error));
    g_assert_cmpstr(text->str, ==, "stop;");

    /* A circle: d has a below it. */
    hive_builder_set_subkeys(builder, below[1], hive_builder_list(builder, "lh", top, 1), 1);
    g_autoptr(GBytes) bad = hive_builder_finish(builder, 1);
    g_autoptr(Hive) circle = hive_open_bytes(bad, "TEST", NULL);
    g_assert_false(hive_walk(circle, hive_root(circle), "X", note, text, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

/* Nothing is missed: as many keys as another walk of the same hive finds. */
static void test_walk_real(void)
{
    g_autoptr(GBytes) bytes = testdata_load("win7sp1-x86-vmware/SYSTEM.xz");
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    if (bytes == NULL) {
        return;
    }
    g_autoptr(GPtrArray) dump = hive_dump(bytes, &error);
    g_assert_no_error(error);
    guint keys = 0, walked = 0;
    for (guint i = 0; i < dump->len; i++) {
        keys += strchr(dump->pdata[i], '|') == NULL;
    }
    g_autoptr(Hive) hive = hive_open_bytes(bytes, "SYSTEM", NULL);
    g_assert_true(hive_walk(hive, hive_root(hive), "X", note, text, &error));
    for (const char *at = text->str; *at != '\0'; at++) {
        walked += *at == ';';
    }
    g_assert_cmpuint(keys, >, 1000);
    g_assert_cmpuint(walked, >=, keys);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/place/places", test_places);
    g_test_add_func("/registry/place/control-set", test_control_set);
    g_test_add_func("/registry/place/types", test_types);
    g_test_add_func("/registry/place/data", test_data);
    g_test_add_func("/registry/place/walk", test_walk);
    g_test_add_func("/registry/place/walk-real", test_walk_real);
    return g_test_run();
}
