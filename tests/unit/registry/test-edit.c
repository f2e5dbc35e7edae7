/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits of made and real hives: what changes, what must not, and what is refused. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/edit.h"
#include "registry/verify.h"
#include "tests/unit/registry/hive-builder.h"
#include "tests/unit/registry/registry-support.h"

/* What hivexml(1) thinks of a hive: its exit status; 0 where it is not installed. */
static int hivexml_status(GBytes *hive)
{
    g_autofree char *program = g_find_program_in_path("hivexml");
    g_autofree char *directory = g_dir_make_tmp("drydock-registry-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "hive", NULL);
    g_autoptr(GError) error = NULL;
    int status = 0;
    if (program != NULL) {
        size_t length;
        const char *bytes = g_bytes_get_data(hive, &length);
        g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
        g_autoptr(GSubprocess) process =
            g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                             &error, program, path, NULL);
        g_assert_no_error(error);
        g_assert_true(g_subprocess_wait(process, NULL, &error));
        status = g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
    }
    g_remove(path);
    g_rmdir(directory);
    return status;
}

/* Applies and checks what holds for every result; the changes as "KEY|NAME|OLD|NEW" lines. */
static GBytes *apply(HiveEdits *edits, GBytes *hive, GPtrArray **ret_lines)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) changes = NULL;
    GBytes *result = NULL;
    gboolean ok = hive_edits_apply(edits, hive, 41, &result, &changes, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_true(hive_verify(result, "TEST", NULL, &error));
    g_assert_cmpint(hivexml_status(result), ==, 0);

    const uint8_t *bytes = g_bytes_get_data(result, NULL);
    uint32_t before = get_le32((const uint8_t *)g_bytes_get_data(hive, NULL) + 4);
    if (result != hive) {
        g_assert_cmpuint(get_le32(bytes + 4), ==, MAX(before, 41) + 1);
        g_assert_cmpuint(get_le32(bytes + 28), ==, 0);
    }

    *ret_lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < changes->len; i++) {
        const HiveChange *change = changes->pdata[i];
        g_ptr_array_add(*ret_lines,
                        g_strdup_printf("%s|%s|%s|%s", change->key,
                                        change->name != NULL ? change->name : "(key)",
                                        change->old_text != NULL ? change->old_text : "-",
                                        change->new_text != NULL ? change->new_text : "-"));
        g_assert_cmpstr(change->reason, ==, "test");
    }
    return result;
}

static void assert_lines(const GPtrArray *lines, const char *const *expected)
{
    guint count = 0;
    for (; expected[count] != NULL; count++) {
        g_assert_cmpstr(count < lines->len ? lines->pdata[count] : NULL, ==, expected[count]);
    }
    g_assert_cmpuint(lines->len, ==, count);
}

/* Root: "Alpha" (values "Number" = 1, "Text" = "a"; subkeys "One", "Two"), "Empty". */
static GBytes *make_hive(uint32_t minor, const char *kind)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(minor);
    const uint32_t keys[] = {
        hive_builder_key(builder, builder->root, "Alpha"),
        hive_builder_key(builder, builder->root, "Empty"),
    };
    hive_builder_set_subkeys(builder, builder->root, hive_builder_list(builder, kind, keys, 2), 2);
    const uint32_t below[] = {
        hive_builder_key(builder, keys[0], "One"),
        hive_builder_key(builder, keys[0], "Two"),
    };
    hive_builder_set_subkeys(builder, keys[0], hive_builder_list(builder, kind, below, 2), 2);
    const uint32_t values[] = {
        hive_builder_value(builder, "Number", 4, "\1\0\0\0", 4, FALSE),
        hive_builder_value(builder, "Text", 1, "a\0b\0c\0\0", 8, FALSE),
    };
    hive_builder_set_values(builder, keys[0], values, 2);
    return hive_builder_finish(builder, 10);
}

static void test_values(void)
{
    g_autoptr(GBytes) hive = make_hive(5, "lh");
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GPtrArray) lines = NULL;
    static const char *const strings[] = {"x", "yz", NULL};
    hive_edits_set_dword(edits, "ALPHA", "NUMBER", 2, "test");
    hive_edits_set_string(edits, "alpha", "Text", HIVE_TYPE_SZ, "abc", "test"); /* already so */
    hive_edits_set_string(edits, "alpha", "Path", HIVE_TYPE_EXPAND_SZ, "%s\\é日", "test");
    hive_edits_set_multi_string(edits, "Alpha\\one", "List", strings, "test");
    hive_edits_set(edits, "Alpha\\one", "", HIVE_TYPE_BINARY, "\1\2\3\4\5", 5, "test");
    hive_edits_set(edits, "Alpha\\one", "nothing", HIVE_TYPE_NONE, NULL, 0, "test");
    hive_edits_set_dword(edits, "Alpha", "Twice", 1, "test");
    hive_edits_set_dword(edits, "Alpha", "tWICE", 3, "test"); /* the later one wins */
    hive_edits_delete_value(edits, "Alpha", "absent", "test");
    hive_edits_delete_value(edits, "None\\x", "absent", "test");
    hive_edits_create_key(edits, "Alpha\\TWO", "test"); /* is there */
    g_assert_cmpuint(hive_edits_count(edits), ==, 11);
    g_autoptr(GBytes) result = apply(edits, hive, &lines);
    static const char *const expected[] = {
        "Alpha|Number|dword:00000001|dword:00000002",
        "Alpha|Path|-|expand:\"%s\\\\é日\"",
        "Alpha|tWICE|-|dword:00000003",
        "Alpha\\One|List|-|multi:\"x\",\"yz\"",
        "Alpha\\One||-|hex:01,02,03,04,05",
        "Alpha\\One|nothing|-|hex(0):",
        NULL,
    };
    assert_lines(lines, expected);

    g_autoptr(GPtrArray) no_lines = NULL;
    g_autoptr(GBytes) again = apply(edits, result, &no_lines);
    g_assert_true(again == result);
    g_assert_cmpuint(no_lines->len, ==, 0);

    g_autoptr(GError) error = NULL;
    g_autoptr(Hive) reader = hive_open_bytes(result, "TEST", &error);
    g_autofree char *text = NULL;
    gboolean found;
    g_assert_true(hive_read_string(reader, "alpha", "path", &found, &text, &error));
    g_assert_cmpstr(text, ==, "%s\\é日");
    g_autofree char *kept = NULL;
    g_assert_true(hive_read_string(reader, "alpha", "text", &found, &kept, &error));
    g_assert_cmpstr(kept, ==, "abc");
}

static void test_nothing_to_do(void)
{
    g_autoptr(GBytes) hive = make_hive(5, "lh");
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GPtrArray) lines = NULL;
    hive_edits_set_dword(edits, "alpha", "number", 1, "test");
    hive_edits_delete_key(edits, "alpha\\three", "test");
    hive_edits_create_key(edits, "alpha\\new", "test");
    hive_edits_set_dword(edits, "alpha\\new\\x", "v", 1, "test");
    hive_edits_delete_key(edits, "alpha\\new", "test");
    g_autoptr(GBytes) result = apply(edits, hive, &lines);
    g_assert_cmpuint(lines->len, ==, 0);
    g_assert_true(result == hive);
}

static void test_keys(void)
{
    g_autoptr(GBytes) hive = make_hive(5, "lh");
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GPtrArray) lines = NULL;
    hive_edits_set_dword(edits, "alpha\\Deep\\er", "v", 1, "test");
    hive_edits_delete_value(edits, "alpha", "TEXT", "test");
    hive_edits_set_dword(edits, "alpha\\one", "lost", 1, "test");
    hive_edits_delete_key(edits, "alpha\\one", "test");
    hive_edits_create_key(edits, "alpha\\ONE\\Again", "test");
    hive_edits_delete_key(edits, "Empty", "test");
    g_autoptr(GBytes) result = apply(edits, hive, &lines);
    static const char *const expected[] = {
        "Alpha\\One|(key)|key|-",
        "Empty|(key)|key|-",
        "Alpha|Text|\"abc\"|-",
        "Alpha\\Deep|(key)|-|key",
        "Alpha\\Deep\\er|(key)|-|key",
        "Alpha\\Deep\\er|v|-|dword:00000001",
        "Alpha\\One|(key)|-|key",
        "Alpha\\One\\Again|(key)|-|key",
        NULL,
    };
    assert_lines(lines, expected);
    g_autoptr(GPtrArray) dump = hive_dump(result, NULL);
    static const char *const keys[] = {"",
                                       "\\Alpha",
                                       "\\Alpha\\Deep",
                                       "\\Alpha\\Deep\\er",
                                       "\\Alpha\\One",
                                       "\\Alpha\\One\\Again",
                                       "\\Alpha\\Two"};
    guint count = 0;
    for (guint i = 0; i < dump->len; i++) {
        if (strchr(dump->pdata[i], '|') == NULL) {
            g_assert_cmpstr(dump->pdata[i], ==, keys[count]);
            count++;
        }
    }
    g_assert_cmpuint(count, ==, G_N_ELEMENTS(keys));
}

/* Names whose place differs between upper and lower case, in lists of every kind. */
static void test_order(void)
{
    static const struct {
        const char *kind;
        size_t leaf_size;
    } rows[] = {{"lh", 100}, {"lh", 4}, {"lf", 100}, {"lf", 4}};
    static const char *const names[] = {"kEy_0003_", "Keyx",  "KEY",  "kez", "key`",
                                        "KeY_0003a", "a^",    "ax",   "a_b", "AAB",
                                        "key_00035", "key[0", "Key]z"};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(HiveBuilder) builder = hive_builder_new(5);
        g_autoptr(HiveEdits) edits = hive_edits_new();
        g_autoptr(GPtrArray) lines = NULL;
        g_autoptr(GError) error = NULL;
        hive_builder_fill(builder, builder->root, rows[i].kind, "Key_", 12, rows[i].leaf_size);
        g_autoptr(GBytes) hive = hive_builder_finish(builder, 100);
        for (size_t j = 0; j < G_N_ELEMENTS(names); j++) {
            hive_edits_create_key(edits, names[j], "test");
        }
        g_autoptr(GBytes) result = apply(edits, hive, &lines);
        g_assert_cmpuint(lines->len, ==, G_N_ELEMENTS(names));
        g_autoptr(Hive) reader = hive_open_bytes(result, "TEST", &error);
        for (size_t j = 0; j < G_N_ELEMENTS(names); j++) {
            gboolean found = FALSE;
            HiveKey key;
            g_assert_true(hive_find_key(reader, hive_root(reader), names[j], &found, &key, &error));
            g_assert_true(found);
        }
    }
}

typedef void (*AddEdits)(HiveEdits *edits);

static void create_in_empty(HiveEdits *edits)
{
    hive_edits_create_key(edits, "Empty\\New", "test");
}

static void create_beside(HiveEdits *edits)
{
    hive_edits_create_key(edits, "Alpha\\New", "test");
}

static void create_deep(HiveEdits *edits)
{
    hive_edits_create_key(edits, "Alpha\\New\\Deep", "test");
}

static void create_foreign(HiveEdits *edits)
{
    hive_edits_create_key(edits, "Alpha\\Schlüssel", "test");
}

static void create_long(HiveEdits *edits)
{
    g_autofree char *name = g_strnfill(256, 'x');
    hive_edits_create_key(edits, name, "test");
}

static void delete_one(HiveEdits *edits)
{
    hive_edits_delete_key(edits, "Alpha\\One", "test");
}

static void delete_root(HiveEdits *edits)
{
    hive_edits_delete_key(edits, "\\", "test");
}

static void set_value(HiveEdits *edits)
{
    hive_edits_set_dword(edits, "Empty", "v", 1, "test");
}

static void set_longest(HiveEdits *edits)
{
    g_autofree uint8_t *data = g_malloc0(16344);
    hive_edits_set(edits, "Alpha", "long", HIVE_TYPE_BINARY, data, 16344, "test");
}

static void set_too_long(HiveEdits *edits)
{
    g_autofree uint8_t *data = g_malloc0(16345);
    hive_edits_set(edits, "Alpha", "long", HIVE_TYPE_BINARY, data, 16345, "test");
}

static void set_not_utf8(HiveEdits *edits)
{
    hive_edits_set_dword(edits, "Alpha\\\xFF", "v", 1, "test");
}

static void test_refused(void)
{
    static const struct {
        uint32_t minor;
        const char *kind;
        AddEdits add;
        int code; /* -1: none */
    } rows[] = {
        {5, "lh", create_in_empty, -1},
        {3, "lf", create_in_empty, DRYDOCK_ERROR_UNSUPPORTED},
        {3, "lf", create_beside, -1},
        {3, "lf", create_deep, DRYDOCK_ERROR_UNSUPPORTED},
        {5, "lf", create_deep, -1},
        {5, "lh", create_foreign, DRYDOCK_ERROR_UNSUPPORTED},
        {5, "lh", create_long, DRYDOCK_ERROR_UNSUPPORTED},
        {5, "lh", delete_one, -1},
        {3, "lf", delete_one, -1},
        {5, "li", delete_one, DRYDOCK_ERROR_UNSUPPORTED},
        {5, "lh", delete_root, DRYDOCK_ERROR_USAGE},
        {3, "lf", set_value, -1},
        {5, "li", set_value, -1},
        {5, "li", create_beside, -1},
        {5, "lh", set_longest, -1},
        {5, "lh", set_too_long, DRYDOCK_ERROR_UNSUPPORTED},
        {5, "lh", set_not_utf8, DRYDOCK_ERROR_USAGE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) hive = make_hive(rows[i].minor, rows[i].kind);
        g_autoptr(HiveEdits) edits = hive_edits_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) changes = NULL;
        g_autoptr(GBytes) result = NULL;
        rows[i].add(edits);
        g_test_message("row %" G_GSIZE_FORMAT, i);
        gboolean ok = hive_edits_apply(edits, hive, 0, &result, &changes, &error);
        g_assert_cmpint(ok, ==, rows[i].code < 0);
        if (rows[i].code >= 0) {
            g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        } else {
            g_assert_no_error(error);
            g_assert_cmpint(hivexml_status(result), ==, 0);
        }
    }
}

/* A key that holds a long value is left alone; one that only stands near it is not. */
static void test_long_values(void)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    g_autofree uint8_t *data = g_malloc0(20000);
    uint32_t key = hive_builder_key(builder, builder->root, "Key");
    uint32_t value = hive_builder_value(builder, "Cache", 3, data, 20000, FALSE);
    hive_builder_set_subkeys(builder, builder->root, hive_builder_list(builder, "lh", &key, 1), 1);
    hive_builder_set_values(builder, key, &value, 1);
    g_autoptr(GBytes) hive = hive_builder_finish(builder, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(GPtrArray) lines = NULL;
    g_autoptr(GBytes) result = NULL;

    g_autoptr(HiveEdits) bad = hive_edits_new();
    hive_edits_set_dword(bad, "Key", "v", 1, "test");
    g_assert_false(hive_edits_apply(bad, hive, 0, &result, &changes, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "'Key'"));
    g_assert_nonnull(strstr(error->message, "'Cache'"));

    g_autoptr(HiveEdits) good = hive_edits_new();
    hive_edits_set_dword(good, "Key\\Below", "v", 1, "test");
    hive_edits_set_dword(good, "", "v", 1, "test");
    result = apply(good, hive, &lines);
    g_assert_cmpuint(lines->len, ==, 3);

    g_autoptr(HiveEdits) remove = hive_edits_new();
    g_autoptr(GPtrArray) remove_lines = NULL;
    hive_edits_delete_key(remove, "Key", "test");
    g_autoptr(GBytes) removed = apply(remove, result, &remove_lines);
    g_assert_true(removed != result);
    g_assert_cmpuint(remove_lines->len, ==, 1);
}

static void test_unfit_hives(void)
{
    g_autoptr(GBytes) good = make_hive(5, "lh");
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(GBytes) result = NULL;
    g_autoptr(GError) error = NULL;
    set_value(edits);

    g_autofree uint8_t *copy = g_memdup2(g_bytes_get_data(good, NULL), g_bytes_get_size(good));
    hive_header_set(copy, 11, 10);
    g_autoptr(GBytes) dirty = g_bytes_new(copy, g_bytes_get_size(good));
    g_assert_false(hive_edits_apply(edits, dirty, 0, &result, &changes, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_clear_error(&error);

    g_autoptr(GBytes) damaged = bytes_patch(good, 4100, "xxxx", 4);
    g_assert_false(hive_edits_apply(edits, damaged, 0, &result, &changes, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

/* A set as a driver injection makes it: 30 keys among thousands, values in existing ones. */
static void add_drivers(HiveEdits *edits, const char *ids, const char *prefix)
{
    static const uint8_t rank[] = {1, 0xFF, 0, 0};
    for (guint i = 0; i < 20; i++) {
        g_autofree char *key = g_strdup_printf("%s\\%sVEN_1AF4&DEV_%04X&SUBSYS_0002%04X", ids,
                                               prefix, 0x1000 + i * 7, i);
        hive_edits_set(edits, key, "guestor.inf", HIVE_TYPE_BINARY, rank, sizeof rank, "test");
    }
    static const char *const services[] = {"viostor", "vioscsi", "vio_net", "Drydock_First", "zzz"};
    for (size_t i = 0; i < G_N_ELEMENTS(services); i++) {
        g_autofree char *key = g_strconcat("ControlSet001\\Services\\", services[i], NULL);
        g_autofree char *parameters = g_strconcat(key, "\\Parameters\\PnpInterface", NULL);
        hive_edits_set_dword(edits, key, "Start", 0, "test");
        hive_edits_set_dword(edits, key, "Type", 1, "test");
        hive_edits_set_string(edits, key, "ImagePath", HIVE_TYPE_EXPAND_SZ,
                              "system32\\drivers\\viostor.sys", "test");
        hive_edits_set_dword(edits, parameters, "5", 1, "test");
    }
    hive_edits_set_dword(edits, "ControlSet001\\Services\\disk", "Start", 3, "test");
    hive_edits_delete_key(edits, "ControlSet001\\Services\\Beep", "test");
}

/* Every line of the difference of the two dumps belongs to a change that was reported. */
static void assert_only_reported(const GPtrArray *difference, const GPtrArray *lines)
{
    static const char deleted[] = "\\ControlSet001\\Services\\Beep";
    g_autoptr(GHashTable) reported = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < lines->len; i++) {
        g_auto(GStrv) fields = g_strsplit(lines->pdata[i], "|", 3);
        const char *root = *fields[0] != '\0' ? "\\" : "";
        g_hash_table_add(reported, strcmp(fields[1], "(key)") == 0
                                       ? g_strconcat(root, fields[0], NULL)
                                       : g_strconcat(root, fields[0], "|", fields[1], NULL));
    }
    for (guint i = 0; i < difference->len; i++) {
        const char *line = (const char *)difference->pdata[i] + 1;
        g_auto(GStrv) fields = g_strsplit(line, "|", 3);
        g_autofree char *name =
            fields[1] != NULL ? g_strconcat(fields[0], "|", fields[1], NULL) : g_strdup(fields[0]);
        if (!g_hash_table_contains(reported, name) &&
            g_ascii_strncasecmp(line, deleted, strlen(deleted)) != 0) {
            g_error("not reported: %s", (const char *)difference->pdata[i]);
        }
    }
}

static void test_system_hives(void)
{
    static const struct {
        const char *file, *ids, *prefix;
    } rows[] = {
        {"win10-2004-x64-vmware/SYSTEM.gz", "DriverDatabase\\DeviceIds\\PCI", ""},
        {"win7sp1-x86-vmware/SYSTEM.xz", "ControlSet001\\Control\\CriticalDeviceDatabase", "PCI#"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) hive = testdata_load(rows[i].file);
        g_autoptr(HiveEdits) edits = hive_edits_new();
        g_autoptr(GPtrArray) lines = NULL;
        if (hive == NULL) {
            return;
        }
        add_drivers(edits, rows[i].ids, rows[i].prefix);
        g_autoptr(GBytes) result = apply(edits, hive, &lines);
        g_autoptr(GPtrArray) before = hive_dump(hive, NULL);
        g_autoptr(GPtrArray) after = hive_dump(result, NULL);
        g_assert_nonnull(after);
        g_autoptr(GPtrArray) difference = dump_difference(before, after);
        g_test_message("%s: %u changes, %u lines of difference", rows[i].file, lines->len,
                       difference->len);
        g_assert_cmpuint(lines->len, >=, 20 * 2 + 5 * 3);
        assert_only_reported(difference, lines);
    }
}

/* One small edit in every clean hive at hand. */
static void test_corpus(void)
{
    static const struct {
        const char *file, *key;
        gboolean is_refused;
    } rows[] = {
        {"bcd/win11-esp-a/BCD", "Objects", FALSE},
        {"bcd/win11-esp-a/BCD", "Description\\New", TRUE}, /* version 1.3 */
        {"bcd/win10-regipy/BCD.xz", "Description", FALSE},
        {"hivex/minimal", "New\\Key", FALSE},
        {"misc/NTUSER-win7.DAT.xz", "Software", FALSE},
        {"misc/SAM-win8-2013", "SAM\\Domains", FALSE},
        {"misc/offreg-testhive", "", FALSE},
        {"nt4sp3-server/SYSTEM", "Select", FALSE},
        {"nt4sp3-server/SOFTWARE", "Microsoft", FALSE},
        {"yarp/edge/ManySubkeysHive", "", FALSE},
        {"yarp/edge/BigDataHive", "New", FALSE},
        {"yarp/edge/RemnantsHive", "", FALSE},
        {"yarp/edge/HealedHive", "", FALSE},
        {"yarp/edge/UpcaseHive", "", FALSE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) hive = testdata_load(rows[i].file);
        g_autoptr(HiveEdits) edits = hive_edits_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) lines = NULL;
        g_autoptr(GPtrArray) changes = NULL;
        g_autoptr(GBytes) refused = NULL;
        if (hive == NULL) {
            return;
        }
        hive_edits_set_dword(edits, rows[i].key, "DrydockTest", 1, "test");
        g_test_message("%s %s", rows[i].file, rows[i].key);
        if (rows[i].is_refused) {
            g_assert_false(hive_edits_apply(edits, hive, 0, &refused, &changes, &error));
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
            continue;
        }
        g_autoptr(GBytes) result = apply(edits, hive, &lines);
        g_autoptr(GPtrArray) before = hive_dump(hive, NULL);
        g_autoptr(GPtrArray) after = hive_dump(result, NULL);
        g_autoptr(GPtrArray) difference = dump_difference(before, after);
        assert_only_reported(difference, lines);
        g_assert_cmpuint(difference->len, ==, lines->len);
    }
}

/* More new pages than the copy has room for at first, and not a byte of that room in the result. */
static void test_growth(void)
{
    static const guint counts[] = {1, 100, 400};
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autoptr(GBytes) hive = make_hive(5, "lh");
        g_autoptr(HiveEdits) edits = hive_edits_new();
        g_autoptr(GPtrArray) lines = NULL;
        g_autofree uint8_t *data = g_malloc0(8000);
        for (guint j = 0; j < counts[i]; j++) {
            g_autofree char *key = g_strdup_printf("Empty\\%04u", j);
            hive_edits_set(edits, key, "v", HIVE_TYPE_BINARY, data, 8000, "test");
        }
        g_autoptr(GBytes) result = apply(edits, hive, &lines);
        g_assert_cmpuint(lines->len, ==, 2 * counts[i]);
        const uint8_t *bytes = g_bytes_get_data(result, NULL);
        g_assert_cmpuint(g_bytes_get_size(result), ==, 4096 + get_le32(bytes + 40));
    }
}

/* Without a file system of its own, as the worker that edits guests has it. */
static void test_confined(void)
{
    const struct landlock_ruleset_attr attributes = {.handled_access_fs = (1u << 13) - 1};
    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed();
        return;
    }
    g_autoptr(GBytes) hive = make_hive(5, "lh");
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(GBytes) result = NULL;
    g_assert_true(hive_edits_prepare(&error));
    long ruleset = syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0) {
        g_test_skip("no Landlock here");
        return;
    }
    g_assert_cmpint(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
    g_assert_cmpint(syscall(SYS_landlock_restrict_self, ruleset, 0), ==, 0);
    g_assert_false(g_file_get_contents("/etc/passwd", &(char *){NULL}, NULL, NULL));
    hive_edits_set_dword(edits, "Alpha\\New", "Größe ж", 1, "test");
    gboolean ok = hive_edits_apply(edits, hive, 0, &result, &changes, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpuint(changes->len, ==, 2);
    _exit(0); /* LeakSanitizer needs /proc, which is out of reach now */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/edit/values", test_values);
    g_test_add_func("/registry/edit/nothing-to-do", test_nothing_to_do);
    g_test_add_func("/registry/edit/keys", test_keys);
    g_test_add_func("/registry/edit/order", test_order);
    g_test_add_func("/registry/edit/refused", test_refused);
    g_test_add_func("/registry/edit/long-values", test_long_values);
    g_test_add_func("/registry/edit/unfit-hives", test_unfit_hives);
    g_test_add_func("/registry/edit/system-hives", test_system_hives);
    g_test_add_func("/registry/edit/growth", test_growth);
    g_test_add_func("/registry/edit/confined", test_confined);
    g_test_add_func("/registry/edit/corpus", test_corpus);
    return g_test_run();
}
