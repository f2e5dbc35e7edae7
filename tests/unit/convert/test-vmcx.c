/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-V's binary files: every kind of value, the states a file may be in, and damage. */
#include "convert/config/vmcx.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/config/vmcx_store.h"
#include "tests/unit/convert/vmcx-writer.h"

#define SAMPLE DRYDOCK_TESTDATA "/vm-config/hyperv/993F7B33-6057-4D1E-A1FE-A1A1D77BE974.vmcx"

static HypervKey *read_file(const GByteArray *file, GError **error)
{
    g_autoptr(GBytes) content = g_bytes_new(file->data, file->len);
    return vmcx_read(content, error);
}

static void append_key(GString *text, const HypervKey *key, guint depth)
{
    g_string_append_printf(text, "%*s%s %d %" G_GINT64_FORMAT " %g %s", (int)depth, "", key->name,
                           (int)key->type, key->integer, key->real, key->string ? key->string : "");
    if (key->bytes) {
        g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, key->bytes);
        g_string_append(text, sum);
    }
    g_string_append_c(text, '\n');
    for (guint i = 0; key->children && i < key->children->len; i++)
        append_key(text, g_ptr_array_index(key->children, i), depth + 1);
}

/* All of a tree in one text, so that two can be compared. */
static char *dump(const HypervKey *root)
{
    GString *text = g_string_new(NULL);
    append_key(text, root, 0);
    return g_string_free(text, FALSE);
}

static void assert_same(const GByteArray *file, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HypervKey) root = read_file(file, &error);
    g_assert_no_error(error);
    g_autofree char *text = dump(root);
    g_assert_cmpstr(text, ==, expected);
}

static void assert_refused(const GByteArray *file, DrydockError code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HypervKey) root = read_file(file, &error);
    g_assert_null(root);
    g_assert_error(error, DRYDOCK_ERROR, (int)code);
    if (!strstr(error->message, message))
        g_error("'%s' is not in '%s'", message, error->message);
    g_assert_nonnull(drydock_error_get_hint(error));
}

static VmcxWriter *make_small(void)
{
    VmcxWriter *writer = vmcx_writer_new();
    vmcx_add_integer(writer, "a/number", 1);
    vmcx_add_integer(writer, "a/b/deep", 2);
    vmcx_add_string(writer, "a/b/text", "x");
    return writer;
}

static void test_values(void)
{
    g_autoptr(VmcxWriter) writer = vmcx_writer_new();
    vmcx_add_integer(writer, "n/negative", G_MININT64);
    vmcx_add_unsigned(writer, "n/unsigned", 77);
    vmcx_add_double(writer, "n/double", -2.5);
    vmcx_add_string(writer, "n/text", "D\xc3\xa4mon \xf0\x9f\x98\x80");
    vmcx_add_string(writer, "n/empty", "");
    vmcx_add_bytes(writer, "n/bytes", "\0\1\2", 3);
    vmcx_add_bytes(writer, "n/nothing", NULL, 0);
    vmcx_add_boolean(writer, "n/yes", TRUE);
    vmcx_add_boolean(writer, "n/no", FALSE);
    vmcx_add_node(writer, "n/node");
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);

    g_autoptr(GError) error = NULL;
    g_autoptr(HypervKey) root = read_file(file, &error);
    g_assert_no_error(error);
    gint64 number = 0;
    g_assert_true(hyperv_key_get_integer(root, "n/negative", &number));
    g_assert_cmpint(number, ==, G_MININT64);
    g_assert_true(hyperv_key_get_integer(root, "N/Unsigned", &number));
    g_assert_cmpint(number, ==, 77);
    g_assert_cmpfloat(hyperv_key_find(root, "n/double")->real, ==, -2.5);
    g_assert_cmpstr(hyperv_key_get_string(root, "n/text"), ==, "D\xc3\xa4mon \xf0\x9f\x98\x80");
    g_assert_null(hyperv_key_get_string(root, "n/empty"));
    g_assert_cmpint(hyperv_key_find(root, "n/empty")->type, ==, HYPERV_KEY_STRING);
    g_assert_cmpuint(g_bytes_get_size(hyperv_key_find(root, "n/bytes")->bytes), ==, 3);
    g_assert_cmpuint(g_bytes_get_size(hyperv_key_find(root, "n/nothing")->bytes), ==, 0);
    g_assert_true(hyperv_key_get_boolean(root, "n/yes"));
    g_assert_false(hyperv_key_get_boolean(root, "n/no"));
    g_assert_false(hyperv_key_get_boolean(root, "n/text"));
    g_assert_false(hyperv_key_get_integer(root, "n/yes", &number));
    g_assert_null(hyperv_key_get_string(root, "n/negative"));
    g_assert_null(hyperv_key_find(root, "n/text/below"));
    g_assert_null(hyperv_key_find(NULL, "n"));
    g_assert_cmpuint(hyperv_key_find(root, "n/node")->children->len, ==, 0);
    g_assert_cmpuint(hyperv_key_find(root, "n")->children->len, ==, 10);
}

/* Enough keys for many tables, so that parents are in other tables than their children. */
static void test_many_keys(void)
{
    g_autoptr(VmcxWriter) writer = vmcx_writer_new();
    for (guint i = 0; i < 600; i++) {
        g_autofree char *path = g_strdup_printf("top/%u/%u", i % 7, i);
        vmcx_add_integer(writer, path, i);
    }
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    g_assert_cmpuint(file->len, >, VMCX_OBJECTS + 5 * 0x1000);
    g_autoptr(GError) error = NULL;
    g_autoptr(HypervKey) root = read_file(file, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 600; i++) {
        g_autofree char *path = g_strdup_printf("top/%u/%u", i % 7, i);
        gint64 number;
        g_assert_true(hyperv_key_get_integer(root, path, &number));
        g_assert_cmpint(number, ==, i);
    }
    const HypervKey *first = hyperv_key_find(root, "top/0");
    for (guint i = 0; i < first->children->len; i++)
        g_assert_cmpint(((HypervKey *)g_ptr_array_index(first->children, i))->integer, ==, i * 7);
}

static void test_long_values(void)
{
    static const size_t lengths[] = {0x7ff, 0x800, 0x801, 0x1000, 20000};
    g_autoptr(VmcxWriter) writer = vmcx_writer_new();
    g_autofree uint8_t *bytes = g_malloc(20000);
    for (size_t i = 0; i < 20000; i++)
        bytes[i] = (uint8_t)(i * 7 >> 3);
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *path = g_strdup_printf("long/%zu", lengths[i]);
        vmcx_add_bytes(writer, path, bytes, lengths[i]);
    }
    g_autofree char *text = g_strnfill(3000, 'y');
    vmcx_add_string(writer, "long/text", text);
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    g_autoptr(GError) error = NULL;
    g_autoptr(HypervKey) root = read_file(file, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *path = g_strdup_printf("long/%zu", lengths[i]);
        size_t length;
        const uint8_t *data = g_bytes_get_data(hyperv_key_find(root, path)->bytes, &length);
        g_assert_cmpuint(length, ==, lengths[i]);
        g_assert_true(memcmp(data, bytes, length) == 0);
    }
    g_assert_cmpstr(hyperv_key_get_string(root, "long/text"), ==, text);

    /* Outside of every object, though inside of the file. */
    size_t key = vmcx_find_key(file, "text");
    put_le64(file->data + key + 21 + 5 + 4, VMCX_OBJECTS);
    vmcx_sign(file->data, file->len);
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "'text' lies outside");
    put_le64(file->data + key + 21 + 5 + 4, G_MAXUINT64 - 100);
    vmcx_sign(file->data, file->len);
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "'text' lies outside");
}

/* Many keys that point to one long value would multiply it in memory. */
static void test_value_bomb(void)
{
    g_autoptr(VmcxWriter) writer = vmcx_writer_new();
    g_autofree uint8_t *bytes = g_malloc0(100000);
    vmcx_add_bytes(writer, "bomb", bytes, 100000);
    for (guint i = 0; i < 20; i++)
        vmcx_add_bytes(writer, "fuse", bytes, 0x800);
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    uint64_t target = get_le64(file->data + vmcx_find_key(file, "bomb") + 21 + 5 + 4);
    for (size_t i = VMCX_OBJECTS; i + 30 < file->len; i++)
        if (memcmp(file->data + i, "fuse", 5) == 0) {
            put_le32(file->data + i + 5, 100000);
            put_le64(file->data + i + 9, target);
        }
    vmcx_sign(file->data, file->len);
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "longer than the file");
}

static void test_headers(void)
{
    g_autoptr(VmcxWriter) writer = make_small();
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    g_autoptr(GError) error = NULL;
    g_autoptr(HypervKey) root = read_file(file, &error);
    g_assert_no_error(error);
    g_autofree char *expected = dump(root);
    static const struct {
        uint16_t first, second; /* sequences */
        gboolean first_is_current;
    } rows[] = {{7, 6, TRUE},      {6, 7, FALSE}, {0, 65535, TRUE},
                {65535, 0, FALSE}, {5, 5, TRUE},  {40000, 39999, TRUE}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        /* The one that must not be used leads astray. */
        size_t astray = rows[i].first_is_current ? VMCX_SECOND_HEADER : 0;
        g_autoptr(GByteArray) copy = g_byte_array_new();
        g_byte_array_append(copy, file->data, file->len);
        put_le16(copy->data + 8, rows[i].first);
        put_le16(copy->data + VMCX_SECOND_HEADER + 8, rows[i].second);
        put_le64(copy->data + astray + 26, UINT64_C(1) << 40);
        vmcx_sign(copy->data, copy->len);
        assert_same(copy, expected);
    }

    file->data[0] ^= 0xff;
    assert_same(file, expected);
    file->data[0] ^= 0xff;
    file->data[12] ^= 1;
    assert_same(file, expected);
    file->data[VMCX_SECOND_HEADER + 40] ^= 1;
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "both of its headers");
}

static void set_version(GByteArray *file, uint32_t version)
{
    put_le32(file->data + 10, version);
    put_le32(file->data + VMCX_SECOND_HEADER + 10, version);
    vmcx_sign(file->data, file->len);
}

static void test_versions(void)
{
    g_autoptr(VmcxWriter) writer = make_small();
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    g_autoptr(HypervKey) root = read_file(file, NULL);
    g_autofree char *expected = dump(root);
    set_version(file, 0x0401);
    assert_same(file, expected);
    set_version(file, 0x0301);
    assert_same(file, expected);
    set_version(file, 0x0500);
    assert_refused(file, DRYDOCK_ERROR_UNSUPPORTED, "version is 5.0");
    set_version(file, 0x0200);
    assert_refused(file, DRYDOCK_ERROR_UNSUPPORTED, "version is 2.0");
    set_version(file, 0x0300);
    file->data[vmcx_find_key(file, "number") + 12] ^= 1;
    assert_refused(file, DRYDOCK_ERROR_UNSUPPORTED, "format version 3.0");
}

static void test_log(void)
{
    g_autoptr(VmcxWriter) writer = make_small();
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    g_autoptr(HypervKey) root = read_file(file, NULL);
    g_autofree char *expected = dump(root);
    g_autofree uint8_t *table = g_memdup2(file->data + VMCX_OBJECTS, 0x1000);

    /* One table is logged but was not written, as is a part of the object table. */
    vmcx_log_change(file, VMCX_OBJECTS, table, 0x1000);
    vmcx_log_change(file, VMCX_OBJECT_TABLE, file->data + VMCX_OBJECT_TABLE, 0x30);
    memset(file->data + VMCX_OBJECTS, 0x55, 0x1000);
    memset(file->data + VMCX_OBJECT_TABLE, 0, 0x30);
    assert_same(file, expected);

    g_autoptr(GByteArray) damaged = g_byte_array_new();
    g_byte_array_append(damaged, file->data, file->len);
    damaged->data[VMCX_LOG + 0x1010] ^= 1;
    assert_refused(damaged, DRYDOCK_ERROR_CORRUPT, "entry 0 of its replay log");
    damaged->data[VMCX_LOG + 0x1010] ^= 1;
    damaged->data[VMCX_LOG + 34 + 28] ^= 1;
    assert_refused(damaged, DRYDOCK_ERROR_CORRUPT, "entry 1 of its replay log");
    damaged->data[VMCX_LOG + 34 + 28] ^= 1;
    damaged->data[VMCX_LOG + 8] ^= 1;
    assert_refused(damaged, DRYDOCK_ERROR_CORRUPT, "its replay log is damaged");

    static const struct {
        size_t field; /* in the first entry */
        uint64_t value;
    } rows[] = {{0, G_MAXUINT64}, {0, 0x100000}, {12, G_MAXUINT64}, {12, VMCX_LOG_BYTES}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GByteArray) copy = g_byte_array_new();
        g_byte_array_append(copy, file->data, file->len);
        put_le64(copy->data + VMCX_LOG + 34 + rows[i].field, rows[i].value);
        vmcx_sign(copy->data, copy->len);
        assert_refused(copy, DRYDOCK_ERROR_CORRUPT, "entry 0 of its replay log");
    }
    put_le32(file->data + VMCX_LOG + 8, 147);
    vmcx_sign(file->data, file->len);
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "more entries than room");
}

/* The real file's last change is still in its log, and all of it is on its place: undone on its
   places and counted again, the log has to bring it back. */
static void test_sample_log(void)
{
    g_autofree char *bytes = NULL;
    size_t length;
    if (!g_file_get_contents(SAMPLE, &bytes, &length, NULL)) {
        g_test_skip("no test data");
        return;
    }
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_byte_array_append(file, (const uint8_t *)bytes, (guint)length);
    g_autoptr(HypervKey) root = read_file(file, NULL);
    g_autofree char *expected = dump(root);
    uint8_t *log = file->data + 0x8000;
    g_assert_cmpuint(get_le32(log + 8), ==, 0);
    guint count = 0;
    for (; get_le32(log + 34 + count * 28 + 8) > 0; count++)
        memset(file->data + get_le64(log + 34 + count * 28), 0xaa,
               get_le32(log + 34 + count * 28 + 8));
    g_assert_cmpuint(count, ==, 5);
    put_le32(log + 8, count);
    put_le32(log + 4, vmcx_checksum(log, 34, 4));
    assert_same(file, expected);
    put_le32(log + 8, 0);
    put_le32(log + 4, vmcx_checksum(log, 34, 4));
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "damaged");
}

static void test_same_table_twice(void)
{
    for (guint newer = 0; newer < 2; newer++) {
        g_autoptr(VmcxWriter) writer = make_small();
        g_autoptr(GByteArray) file = vmcx_writer_make(writer);
        size_t table = vmcx_append_object(file, 2, 0x1000);
        memcpy(file->data + table, file->data + VMCX_OBJECTS, 0x1000);
        put_le16(file->data + VMCX_OBJECTS + 4, newer ? 9 : 65535);
        put_le16(file->data + table + 4, newer ? 10 : 65534);
        size_t key = vmcx_find_key(file, "number") - VMCX_OBJECTS;
        put_le64(file->data + table + key + 21 + 7, 99);
        vmcx_sign(file->data, file->len);
        g_autoptr(GError) error = NULL;
        g_autoptr(HypervKey) root = read_file(file, &error);
        g_assert_no_error(error);
        gint64 number;
        g_assert_true(hyperv_key_get_integer(root, "a/number", &number));
        g_assert_cmpint(number, ==, newer ? 99 : 1);
        g_assert_cmpuint(hyperv_key_find(root, "a")->children->len, ==, 2);
    }
}

static void test_object_tables(void)
{
    g_autoptr(VmcxWriter) writer = make_small();
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    g_autoptr(HypervKey) root = read_file(file, NULL);
    g_autofree char *expected = dump(root);

    /* The only key table is listed in a second object table. */
    size_t second = vmcx_append_object(file, 1, 0x1000);
    put_le32(file->data + second, 0x01110001);
    put_le32(file->data + second + 4, 1);
    memcpy(file->data + second + 8, file->data + VMCX_OBJECT_TABLE + 8, 18);
    file->data[VMCX_OBJECT_TABLE + 8] = 4;
    vmcx_sign(file->data, file->len);
    assert_same(file, expected);

    put_le32(file->data + second + 4, 228);
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "more entries than room");
    put_le32(file->data + second + 4, 2);
    memcpy(file->data + second + 8 + 18, file->data + VMCX_OBJECT_TABLE + 8 + 18, 18);
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "in a circle");
    put_le32(file->data + second + 4, 1);
    put_le64(file->data + second + 8 + 5, file->len - 0xfff);
    put_le32(file->data + second + 8 + 1, vmcx_checksum(file->data + second + 8, 18, 1));
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "beyond the end");
}

static void set_parent(GByteArray *file, const char *name, uint16_t table, size_t offset)
{
    size_t key = vmcx_find_key(file, name);
    put_le16(file->data + key + 6, table);
    put_le32(file->data + key + 8, (uint32_t)offset);
    vmcx_sign(file->data, file->len);
}

static void test_parents(void)
{
    g_autoptr(VmcxWriter) writer = make_small();
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    size_t b = vmcx_find_key(file, "b") - VMCX_OBJECTS;
    set_parent(file, "a", 1, b); /* a is below b, which is below a */
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "in a circle");
    set_parent(file, "a", 0, 0);
    set_parent(file, "b", 1, b);
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "in a circle");

    /* Not there, not a key, not a node: left out with all that is below it. */
    static const struct {
        uint16_t table;
        const char *name; /* whose offset it is; NULL: 11 */
    } rows[] = {{9, NULL}, {1, NULL}, {1, "number"}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t offset = rows[i].name ? vmcx_find_key(file, rows[i].name) - VMCX_OBJECTS : 11;
        set_parent(file, "b", rows[i].table, offset);
        g_autoptr(GError) error = NULL;
        g_autoptr(HypervKey) root = read_file(file, &error);
        g_assert_no_error(error);
        g_assert_nonnull(hyperv_key_find(root, "a/number"));
        g_assert_null(hyperv_key_find(root, "a/b"));
        g_assert_cmpuint(root->children->len, ==, 1);
    }
}

static void test_depth(void)
{
    g_autoptr(VmcxWriter) writer = vmcx_writer_new();
    g_autoptr(GString) path = g_string_new("1");
    for (guint i = 2; i < HYPERV_TREE_DEPTH_LIMIT; i++)
        g_string_append_printf(path, "/%u", i);
    vmcx_add_node(writer, path->str);
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    g_autoptr(GError) error = NULL;
    g_autoptr(HypervKey) root = read_file(file, &error);
    g_assert_no_error(error);
    g_assert_nonnull(hyperv_key_find(root, path->str));
    g_string_append(path, "/x/y");
    vmcx_add_node(writer, path->str);
    g_autoptr(GByteArray) deeper = vmcx_writer_make(writer);
    assert_refused(deeper, DRYDOCK_ERROR_CORRUPT, "deeper");
}

static void test_bad_keys(void)
{
    static const struct {
        size_t field; /* in the key "number" */
        uint8_t value;
        const char *message;
    } rows[] = {
        {0, 2, "damaged"},           {0, 10, "damaged"},          {0, 255, "damaged"},
        {1, 1, "object of its own"}, {2, 20, "beyond its table"}, {3, 0xff, "beyond its table"},
        {2, 30, "damaged"},          {20, 0, "no proper name"},   {20, 3, "no proper name"},
        {20, 200, "no proper name"}, {21, 0, "no proper name"},   {21, 0xff, "no proper name"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(VmcxWriter) writer = make_small();
        g_autoptr(GByteArray) file = vmcx_writer_make(writer);
        size_t key = vmcx_find_key(file, "number");
        file->data[key + rows[i].field] = rows[i].value;
        vmcx_sign(file->data, file->len);
        assert_refused(file, DRYDOCK_ERROR_CORRUPT, rows[i].message);
    }
}

/* Whatever is read from a damaged file is what was in the whole one: all that matters is summed. */
static void check_damage(const GByteArray *file, size_t truncate_step, size_t flip_step)
{
    g_autoptr(HypervKey) whole = read_file(file, NULL);
    g_assert_nonnull(whole);
    g_autofree char *expected = dump(whole);
    guint refused = 0;
    for (size_t length = 0; length < file->len; length += truncate_step) {
        g_autoptr(GBytes) content = g_bytes_new(file->data, length);
        g_autoptr(GError) error = NULL;
        g_autoptr(HypervKey) root = vmcx_read(content, &error);
        g_assert_null(root);
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
    g_autoptr(GByteArray) copy = g_byte_array_new();
    g_byte_array_append(copy, file->data, file->len);
    for (size_t i = 0; i < file->len; i += flip_step) {
        uint8_t bit = (uint8_t)(1u << (i / flip_step % 8));
        /* The one hole: a key whose type became "free"; Hyper-V does not sum free ones. */
        if ((copy->data[i] ^ bit) == 1)
            continue;
        copy->data[i] ^= bit;
        g_autoptr(GError) error = NULL;
        g_autoptr(HypervKey) root = read_file(copy, &error);
        copy->data[i] ^= bit;
        if (!root) {
            g_assert_nonnull(error);
            refused++;
            continue;
        }
        g_autofree char *text = dump(root);
        if (!g_str_equal(text, expected))
            g_error("bit %u of byte %zu changes the result", bit, i);
    }
    g_assert_cmpuint(refused, >, file->len / flip_step / 100);
}

static void test_damage(void)
{
    g_autoptr(VmcxWriter) writer = vmcx_writer_new();
    for (guint i = 0; i < 90; i++) {
        g_autofree char *path = g_strdup_printf("top/%u/%u", i % 7, i);
        vmcx_add_integer(writer, path, i);
        vmcx_add_string(writer, path, path);
    }
    g_autoptr(GByteArray) file = vmcx_writer_make(writer);
    check_damage(file, 97, 5);
}

static void test_sample_damage(void)
{
    g_autofree char *bytes = NULL;
    size_t length;
    if (!g_file_get_contents(SAMPLE, &bytes, &length, NULL)) {
        g_test_skip("no test data");
        return;
    }
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_byte_array_append(file, (const uint8_t *)bytes, (guint)length);
    check_damage(file, 97, 101);
}

static void test_not_one(void)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "headers");
    g_byte_array_append(file, (const uint8_t *)"no such file", 12);
    assert_refused(file, DRYDOCK_ERROR_CORRUPT, "headers");
    g_byte_array_set_size(file, (16 << 20) + 1);
    memset(file->data, 0, file->len);
    assert_refused(file, DRYDOCK_ERROR_UNSUPPORTED, "16777217 bytes long");
}

/* The published check value of this CRC. */
static void test_checksum(void)
{
    g_assert_cmphex(vmcx_checksum((const uint8_t *)"123456789", 9, 9), ==, 0xcbf43926);
    g_assert_cmphex(vmcx_checksum((const uint8_t *)"12XXXX789", 9, 2), ==,
                    vmcx_checksum((const uint8_t *)"12\0\0\0\0"
                                                   "789",
                                  9, 9));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/vmcx/checksum", test_checksum);
    g_test_add_func("/convert/vmcx/values", test_values);
    g_test_add_func("/convert/vmcx/many-keys", test_many_keys);
    g_test_add_func("/convert/vmcx/long-values", test_long_values);
    g_test_add_func("/convert/vmcx/value-bomb", test_value_bomb);
    g_test_add_func("/convert/vmcx/headers", test_headers);
    g_test_add_func("/convert/vmcx/versions", test_versions);
    g_test_add_func("/convert/vmcx/log", test_log);
    g_test_add_func("/convert/vmcx/sample-log", test_sample_log);
    g_test_add_func("/convert/vmcx/same-table-twice", test_same_table_twice);
    g_test_add_func("/convert/vmcx/object-tables", test_object_tables);
    g_test_add_func("/convert/vmcx/parents", test_parents);
    g_test_add_func("/convert/vmcx/depth", test_depth);
    g_test_add_func("/convert/vmcx/bad-keys", test_bad_keys);
    g_test_add_func("/convert/vmcx/damage", test_damage);
    g_test_add_func("/convert/vmcx/sample-damage", test_sample_damage);
    g_test_add_func("/convert/vmcx/not-one", test_not_one);
    return g_test_run();
}
