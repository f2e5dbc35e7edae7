/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verifier: what it accepts, and that each kind of damage is found and named. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/verify.h"
#include "tests/unit/registry/hive-builder.h"
#include "tests/unit/registry/registry-support.h"

/* Root with "Alpha" (two subkeys in an lh list, two values, a class) and "Beta" (an lf list under
   ri). */
typedef struct {
    uint32_t alpha, beta, one, two, alpha_list, root_list, beta_root_list, beta_leaf, value,
        big_value, class_name, security;
} Places;

static GBytes *make_hive(Places *places)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    g_autofree uint8_t *data = g_malloc0(40000);
    places->security = builder->security;
    places->alpha = hive_builder_key(builder, builder->root, "Alpha");
    places->beta = hive_builder_key(builder, builder->root, "Beta");
    const uint32_t top[] = {places->alpha, places->beta};
    places->root_list = hive_builder_list(builder, "lh", top, 2);
    hive_builder_set_subkeys(builder, builder->root, places->root_list, 2);

    places->one = hive_builder_key(builder, places->alpha, "one");
    places->two = hive_builder_key(builder, places->alpha, "two");
    const uint32_t below[] = {places->one, places->two};
    places->alpha_list = hive_builder_list(builder, "lh", below, 2);
    hive_builder_set_subkeys(builder, places->alpha, places->alpha_list, 2);
    places->value = hive_builder_value(builder, "v", 3, data, 100, FALSE);
    places->big_value = hive_builder_value(builder, "big", 3, data, 40000, FALSE);
    const uint32_t values[] = {places->value, places->big_value};
    hive_builder_set_values(builder, places->alpha, values, 2);
    places->class_name = hive_builder_cell(builder, "c\0l\0", 4);
    put_le32(hive_builder_payload(builder, places->alpha) + 48, places->class_name);
    put_le16(hive_builder_payload(builder, places->alpha) + 74, 4);

    hive_builder_fill(builder, places->beta, "lf", "Sub", 4, 2);
    places->beta_root_list = get_le32(hive_builder_payload(builder, places->beta) + 28);
    places->beta_leaf = get_le32(hive_builder_payload(builder, places->beta_root_list) + 4);
    return hive_builder_finish(builder, 7);
}

static void test_good(void)
{
    Places places;
    HiveStatistics statistics;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) hive = make_hive(&places);
    gboolean ok = hive_verify(hive, "TEST", &statistics, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpuint(statistics.keys, ==, 9);
    g_assert_cmpuint(statistics.values, ==, 2);
    g_assert_cmpuint(statistics.data_bytes, ==, 40100);
}

static void assert_damaged(GBytes *hive, const char *message, size_t row)
{
    g_autoptr(GError) error = NULL;
    if (hive_verify(hive, "TEST", NULL, &error)) {
        g_error("row %" G_GSIZE_FORMAT " (%s) was accepted", row, message);
    }
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    if (strstr(error->message, message) == NULL) {
        g_error("row %" G_GSIZE_FORMAT ": %s", row, error->message);
    }
}

/* One word of a cell is wrong. */
static void test_damaged_cells(void)
{
    Places p;
    g_autoptr(GBytes) good = make_hive(&p);
    const size_t size = UINT32_MAX - 3; /* the cell's own size, four bytes before its payload */
    const struct {
        uint32_t cell;
        size_t offset;
        uint32_t word;
        const char *message;
    } rows[] = {
        {p.alpha, size, 0xFFFFFFF0, "the cell's size is wrong"},
        {p.alpha, size, 0x80000000, "the cell's size is wrong"},
        {p.alpha, size, 0, "the cell's size is wrong"},
        {p.alpha, 0, 0x00206B76, "the cell is no 'nk'"},
        {p.alpha, 16, 0, "names another key as its parent"},
        {p.alpha, 20, 3, "key 'Alpha': the number of subkeys is wrong"},
        {p.alpha, 28, 0xFFFFFFFF, "key 'Alpha': no allocated cell starts there"},
        {p.alpha, 28, p.root_list, "the cell is used twice"},
        {p.alpha, 36, 4, "the cell is too short"},
        {p.alpha, 40, p.alpha_list, "no allocated cell"},
        {p.alpha, 44, p.value, "the cell is no 'sk'"},
        {p.alpha, 44, 0x10, "no allocated cell"},
        {p.alpha, 48, p.alpha + 8, "no allocated cell"},
        {p.alpha, 72, 0x00040000, "name has a wrong length"},
        {p.alpha, 72, 0x00040100, "name has a wrong length"},
        {p.alpha_list, 0, 0x00027878, "this is no list"},
        {p.alpha_list, 0, 0x0000686C, "a list of subkeys is empty"},
        {p.alpha_list, 0, 0x0100686C, "exceeds its cell"},
        {p.alpha_list, 0, 0x0001686C, "number of subkeys is wrong"},
        {p.alpha_list, 8, 1, "a subkey's hash is wrong"},
        {p.alpha_list, 4, p.beta, "the cell is used twice"},
        {p.alpha_list, 12, p.one, "the cell is used twice"},
        {p.beta_leaf, 8, 0x31627553 + 1, "hint is wrong"},
        {p.beta_root_list, 4, p.alpha_list, "another key as its parent"},
        {p.beta_root_list, 0, 0x00036972, "exceeds its cell"},
        {p.beta_root_list, 0, 0x00016972, "number of subkeys is wrong"},
        {p.one, 76, 0x006F7A7A, "hash is wrong"},
        {p.value, 0, 0, "the cell is no 'vk'"},
        {p.value, 0, 0x01006B76, "a value's name is longer"},
        {p.value, 4, 0x80000005, "a value's length is wrong"},
        {p.value, 4, 200, "the cell is too short"},
        {p.value, 4, 20000, "the cell is no 'db'"},
        {p.value, 8, 0xFFFFFFFF, "no allocated cell"},
        {p.value, 8, p.class_name, "the cell is too short"},
        {p.big_value, 4, 20000, "number of segments"},
        {p.big_value, 4, 16344, "too short"},
        {p.security, 4, p.value, "no 'sk'"},
        {p.security, 16, 4000, "a security descriptor is longer"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t word[4];
        size_t at = rows[i].offset == size ? 4096 + (size_t)rows[i].cell
                                           : 4096 + (size_t)rows[i].cell + 4 + rows[i].offset;
        put_le32(word, rows[i].word);
        if (rows[i].offset == 72) { /* keep the class length */
            put_le16(word + 2, 4);
            put_le16(word, (uint16_t)(rows[i].word & 0xFFFF));
        }
        g_autoptr(GBytes) bad = bytes_patch(good, at, word, sizeof word);
        assert_damaged(bad, rows[i].message, i);
    }
}

/* The header; its checksum is made right again where it is not what is tested. */
static void test_damaged_header(void)
{
    static const struct {
        size_t offset;
        uint32_t word;
        gboolean has_checksum;
        const char *message;
    } rows[] = {
        {0, 0, TRUE, "this is no hive"},
        {12, 99, FALSE, "checksum"},
        {20, 2, TRUE, "version"},
        {24, 7, TRUE, "version"},
        {28, 6, TRUE, "type"},
        {32, 0, TRUE, "format"},
        {36, 0xFFFFFFFF, TRUE, "no allocated cell"},
        {36, 0x20, TRUE, "the cell is too short"},
        {40, 0, TRUE, "size of the bins"},
        {40, 100, TRUE, "size of the bins"},
        {40, 0x7FFFF000, TRUE, "size of the bins"},
        {40, 4096, TRUE, "no allocated cell"},
        {4096, 0, TRUE, "no bin starts there"},
        {4100, 4096, TRUE, "no bin starts there"},
        {4104, 0, TRUE, "the bin's size is wrong"},
        {4104, 0xFFFFF000, TRUE, "the bin's size is wrong"},
    };
    Places places;
    g_autoptr(GBytes) good = make_hive(&places);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t length = g_bytes_get_size(good);
        g_autofree uint8_t *copy = g_memdup2(g_bytes_get_data(good, NULL), length);
        put_le32(copy + rows[i].offset, rows[i].word);
        if (rows[i].has_checksum) {
            hive_header_set(copy, 7, 7);
        }
        g_autoptr(GBytes) bad = g_bytes_new(copy, length);
        assert_damaged(bad, rows[i].message, i);
    }
    g_autofree uint8_t *copy = g_memdup2(g_bytes_get_data(good, NULL), g_bytes_get_size(good));
    hive_header_set(copy, 8, 7);
    g_autoptr(GBytes) dirty = g_bytes_new(copy, g_bytes_get_size(good));
    assert_damaged(dirty, "sequence numbers", 100);
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(good, 0, 5000);
    assert_damaged(cut, "too short", 101);
}

static void test_order(void)
{
    static const struct {
        const char *first, *second;
        gboolean is_right;
    } rows[] = {
        {"a", "B", TRUE},    {"B", "a", FALSE},  {"a", "A", FALSE},
        {"ab", "a", FALSE},  {"a", "ab", TRUE},  {"ax", "a_", TRUE},
        {"a_", "ax", FALSE}, {"a^", "a_", TRUE}, {"a-b", "a_b", TRUE},
    };
    static const char *const kinds[] = {"li", "lf", "lh"};
    for (size_t i = 0; i < G_N_ELEMENTS(rows) * G_N_ELEMENTS(kinds); i++) {
        g_autoptr(HiveBuilder) builder = hive_builder_new(5);
        g_autoptr(GError) error = NULL;
        size_t row = i / G_N_ELEMENTS(kinds);
        const uint32_t keys[] = {
            hive_builder_key(builder, builder->root, rows[row].first),
            hive_builder_key(builder, builder->root, rows[row].second),
        };
        hive_builder_set_subkeys(
            builder, builder->root,
            hive_builder_list(builder, kinds[i % G_N_ELEMENTS(kinds)], keys, 2), 2);
        g_autoptr(GBytes) hive = hive_builder_finish(builder, 1);
        g_test_message("%s %s", rows[row].first, rows[row].second);
        g_assert_cmpint(hive_verify(hive, "TEST", NULL, &error), ==, rows[row].is_right);
    }
}

/* What depends on the version: long values in one cell, hashed lists. */
static void test_versions(void)
{
    static const struct {
        uint32_t minor;
        const char *kind;
        gboolean as_one_cell;
        gboolean is_right;
    } rows[] = {
        {3, "lf", TRUE, TRUE},  {3, "lh", TRUE, FALSE}, {4, "lf", TRUE, FALSE},
        {5, "lh", TRUE, FALSE}, {5, "lh", FALSE, TRUE}, {6, "li", FALSE, TRUE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(HiveBuilder) builder = hive_builder_new(rows[i].minor);
        g_autoptr(GError) error = NULL;
        g_autofree uint8_t *data = g_malloc0(20000);
        uint32_t value = hive_builder_value(builder, "v", 3, data, 20000, rows[i].as_one_cell);
        hive_builder_set_values(builder, builder->root, &value, 1);
        hive_builder_fill(builder, builder->root, rows[i].kind, "k", 5, 2);
        g_autoptr(GBytes) hive = hive_builder_finish(builder, 1);
        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_cmpint(hive_verify(hive, "TEST", NULL, &error), ==, rows[i].is_right);
    }
}

/* Keys within keys: 511 levels are fine, more are not. */
static void test_depth(void)
{
    static const struct {
        guint levels;
        gboolean is_right;
    } rows[] = {{500, TRUE}, {600, FALSE}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(HiveBuilder) builder = hive_builder_new(5);
        g_autoptr(GError) error = NULL;
        uint32_t parent = builder->root;
        for (guint level = 0; level < rows[i].levels; level++) {
            uint32_t child = hive_builder_key(builder, parent, "k");
            hive_builder_set_subkeys(builder, parent, hive_builder_list(builder, "lh", &child, 1),
                                     1);
            parent = child;
        }
        g_autoptr(GBytes) hive = hive_builder_finish(builder, 1);
        g_assert_cmpint(hive_verify(hive, "TEST", NULL, &error), ==, rows[i].is_right);
    }
}

static void test_corpus(void)
{
    static const struct {
        const char *file;
        const char *message; /* NULL: is right */
    } rows[] = {
        {"bcd/usb-winpe/EFI-BCD", NULL},
        {"bcd/usb-winpe/boot-BCD", NULL},
        {"bcd/win10-regipy/BCD.xz", NULL},
        {"bcd/win11-esp-a/BCD", NULL},
        {"bcd/win11-esp-a/Recovery-BCD", NULL},
        {"ericzimmerman/BCD", NULL},
        {"ericzimmerman/SAMBadHBinHeader", "no bin starts there"},
        {"hivex/minimal", NULL},
        {"hivex/rlenvalue_test_hive", NULL},
        {"misc/100_sub_keys.hiv", NULL},
        {"misc/NTUSER-win7.DAT.xz", NULL},
        {"misc/NTUSER-win8-2013.DAT", NULL},
        {"misc/SAM-win7.xz", NULL},
        {"misc/SAM-win8-2013", NULL},
        {"misc/UNICODE_TESTS", NULL},
        {"misc/UsrClass-2021-dirty-nologs.dat.xz", "sequence numbers"},
        {"misc/offreg-testhive", NULL},
        {"nt4sp3-server/SOFTWARE", NULL},
        {"nt4sp3-server/SYSTEM", NULL},
        {"sam-server/win2008_32.SAM", NULL},
        {"sam-server/win2019_64.SAM", NULL},
        {"win10-2004-x64-vmware/SYSTEM.gz", NULL},
        {"win7sp1-x86-vmware/SYSTEM.xz", NULL},
        {"yarp/edge/BadListHive", "used twice"},
        {"yarp/edge/BigDataHive", NULL},
        {"yarp/edge/CompHive", NULL},
        {"yarp/edge/DeletedDataHiveTruncated", "no allocated cell"},
        {"yarp/edge/EffectiveSizeHive", "checksum"},
        {"yarp/edge/ExtendedASCIIHive", NULL},
        {"yarp/edge/ManySubkeysHive", NULL},
        {"yarp/edge/TruncatedHiveBin", "too short"},
        {"yarp/edge/UpcaseHive", NULL},
        {"yarp/edge/WrongOrderHive", "not in order"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) hive = testdata_load(rows[i].file);
        if (hive == NULL) {
            return;
        }
        g_test_message("%s", rows[i].file);
        if (rows[i].message != NULL) {
            assert_damaged(hive, rows[i].message, i);
            continue;
        }
        gboolean ok = hive_verify(hive, rows[i].file, NULL, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/verify/good", test_good);
    g_test_add_func("/registry/verify/damaged-cells", test_damaged_cells);
    g_test_add_func("/registry/verify/damaged-header", test_damaged_header);
    g_test_add_func("/registry/verify/order", test_order);
    g_test_add_func("/registry/verify/versions", test_versions);
    g_test_add_func("/registry/verify/depth", test_depth);
    g_test_add_func("/registry/verify/corpus", test_corpus);
    return g_test_run();
}
