/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hives and logs with random bytes changed, from a fixed seed: nothing may crash, hang or read out
   of bounds, and what the verifier accepts must be readable. */
#include <string.h>

#include "base/bytes.h"
#include "registry/edit.h"
#include "registry/replay.h"
#include "registry/verify.h"
#include "tests/unit/registry/hive-builder.h"
#include "tests/unit/registry/log-builder.h"
#include "tests/unit/registry/registry-support.h"

enum {
    ROUNDS = 2000,
    SEED = 20241124,
};

/* *ret_tree: where in the file, after the long data, values and keys begin. */
static GBytes *make_hive(size_t *ret_tree)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    g_autofree uint8_t *data = g_malloc0(20000);
    const uint32_t values[] = {
        hive_builder_value(builder, "small", 4, data, 4, FALSE),
        hive_builder_value(builder, "text", 1, data, 60, FALSE),
        hive_builder_value(builder, "big", 3, data, 20000, FALSE),
    };
    *ret_tree = 4096 + (size_t)values[2];
    const uint32_t keys[] = {
        hive_builder_key(builder, builder->root, "Alpha"),
        hive_builder_key(builder, builder->root, "Beta"),
        hive_builder_key(builder, builder->root, "Gamma"),
    };
    hive_builder_set_values(builder, keys[0], values, G_N_ELEMENTS(values));
    hive_builder_fill(builder, keys[0], "lh", "a", 6, 2);
    hive_builder_fill(builder, keys[1], "lf", "b", 5, 5);
    hive_builder_fill(builder, keys[2], "li", "c", 5, 2);
    hive_builder_set_subkeys(builder, builder->root, hive_builder_list(builder, "lh", keys, 3), 3);
    return hive_builder_finish(builder, 5);
}

/* A few bytes changed, some of them to values that are often special. */
static void mutate(GRand *random, uint8_t *bytes, size_t start, size_t length)
{
    static const uint32_t special[] = {0,          1,          0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
                                       0xFFFFFFF8, 0xFFFF6B6E, 0x00001000, 0xFFFFF000, 0x20};
    int changes = g_rand_int_range(random, 1, 4);
    for (int i = 0; i < changes; i++) {
        size_t at = start + (size_t)g_rand_int_range(random, 0, (gint32)(length - start - 4));
        if (g_rand_boolean(random)) {
            bytes[at] = (uint8_t)g_rand_int_range(random, 0, 256);
        } else {
            put_le32(bytes + at / 4 * 4,
                     special[g_rand_int_range(random, 0, G_N_ELEMENTS(special))]);
        }
    }
}

static void look_around(GBytes *hive)
{
    static const char *const paths[] = {"Alpha", "alpha\\A0003", "BETA\\b0004", "gamma\\c0001",
                                        "none\\x"};
    g_autoptr(Hive) reader = hive_open_bytes(hive, "TEST", NULL);
    for (size_t i = 0; reader != NULL && i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        gboolean found;
        g_autofree char *text = NULL;
        g_auto(GStrv) strings = NULL;
        uint32_t number;
        (void)!hive_read_string(reader, paths[i], "text", &found, &text, &error);
        g_clear_error(&error);
        (void)!hive_read_dword(reader, paths[i], "small", &found, &number, &error);
        g_clear_error(&error);
        (void)!hive_read_multi_string(reader, paths[i], "big", &found, &strings, &error);
    }
}

static void test_hive(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(SEED);
    size_t tree;
    g_autoptr(GBytes) good = make_hive(&tree);
    size_t length = g_bytes_get_size(good);
    guint accepted = 0;
    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GError) read_error = NULL;
        uint8_t *copy = g_memdup2(g_bytes_get_data(good, NULL), length);
        mutate(random, copy, round % 8 == 0 ? 4096 : tree, length);
        g_autoptr(GBytes) hive = g_bytes_new_take(copy, length);
        look_around(hive);
        g_autoptr(GPtrArray) lines = hive_dump(hive, &read_error);
        if (hive_verify(hive, "TEST", NULL, &error)) {
            accepted++;
            g_assert_no_error(read_error);
            g_assert_nonnull(lines);
        }
    }
    g_test_message("%u of %u accepted", accepted, ROUNDS);
    g_assert_cmpuint(accepted, >, 0);
    g_assert_cmpuint(accepted, <, ROUNDS);
}

/* Edits of damaged hives are refused or right. */
static void test_edit(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(SEED + 1);
    size_t tree;
    g_autoptr(GBytes) good = make_hive(&tree);
    g_autoptr(HiveEdits) edits = hive_edits_new();
    size_t length = g_bytes_get_size(good);
    hive_edits_set_dword(edits, "Beta\\b0001", "small", 8, "test");
    hive_edits_set_dword(edits, "Alpha\\new", "small", 8, "test");
    hive_edits_delete_key(edits, "Alpha\\a0002", "test");
    for (guint round = 0; round < ROUNDS / 5; round++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) result = NULL;
        g_autoptr(GPtrArray) changes = NULL;
        uint8_t *copy = g_memdup2(g_bytes_get_data(good, NULL), length);
        mutate(random, copy, round % 8 == 0 ? 4096 : tree, length);
        g_autoptr(GBytes) hive = g_bytes_new_take(copy, length);
        if (hive_edits_apply(edits, hive, 0, &result, &changes, &error)) {
            gboolean ok = hive_verify(result, "TEST", NULL, &error);
            g_assert_no_error(error);
            g_assert_true(ok);
        } else {
            g_assert_nonnull(error);
        }
    }
}

static void test_header_and_logs(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(SEED + 2);
    size_t tree;
    g_autoptr(GBytes) good = make_hive(&tree);
    const uint8_t *bytes = g_bytes_get_data(good, NULL);
    size_t length = g_bytes_get_size(good);
    uint32_t bins_size = get_le32(bytes + 40);
    static const uint32_t pages[] = {0, 5, 9};
    GByteArray *old_log = log_old(bytes, get_le64(bytes + 12), 6, bytes + 4096, bins_size, pages,
                                  G_N_ELEMENTS(pages));
    GByteArray *new_log = log_new(bytes, 4);
    size_t entry = log_add_entry(new_log, 4, bins_size, 4096, bytes + 8192, 1024);
    log_add_entry(new_log, 5, bins_size + 4096, 0, bytes + 4096, 512);

    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) result = NULL;
        HiveReplay replay;
        uint8_t *hive_copy = g_memdup2(bytes, length);
        hive_header_set(hive_copy, 5, 4);
        if (round % 4 == 0) {
            mutate(random, hive_copy, 0, 512);
        }
        const GByteArray *log = round % 2 == 0 ? new_log : old_log;
        GByteArray *log_copy = g_byte_array_new();
        g_byte_array_append(log_copy, log->data, log->len);
        mutate(random, log_copy->data, round % 3 == 0 ? 0 : 512, log_copy->len);
        hive_header_set(log_copy->data, 4, 4);
        if (log == new_log) {
            log_seal_entry(log_copy, entry);
        }
        g_autoptr(GBytes) hive = g_bytes_new_take(hive_copy, length);
        g_autoptr(GBytes) log_bytes = g_byte_array_free_to_bytes(log_copy);
        if (hive_replay(hive, &log_bytes, 1, &result, &replay, &error) &&
            replay.result == HIVE_REPLAY_APPLIED) {
            look_around(result);
            (void)!hive_verify(result, "TEST", NULL, &error);
        }
    }
    g_byte_array_unref(old_log);
    g_byte_array_unref(new_log);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/mutate/hive", test_hive);
    g_test_add_func("/registry/mutate/edit", test_edit);
    g_test_add_func("/registry/mutate/header-and-logs", test_header_and_logs);
    return g_test_run();
}
