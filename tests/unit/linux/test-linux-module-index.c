/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kmod's binary indexes: written and read again, and damaged ones. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "linux/module_index.h"

static const struct {
    const char *key;
    const char *value;
} pairs[] = {
    {"virtio_blk", "kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko"},
    {"virtio", "kernel/drivers/virtio/virtio.ko:"},
    {"virtio_net", "kernel/drivers/net/virtio_net.ko:"},
    {"sd_mod", "kernel/drivers/scsi/sd_mod.ko:"},
    {"virtio:d00000002v*", "virtio_blk"},
    {"virtio:d00000002v*", "other_blk"},
    {"v", "one letter"},
};

static GPtrArray *make_entries(void)
{
    GPtrArray *entries = module_index_new();

    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        module_index_add(entries, pairs[i].key, pairs[i].value);
    return entries;
}

static void test_round_trip(void)
{
    g_autoptr(GPtrArray) entries = make_entries();
    g_autoptr(GBytes) index = module_index_write(entries);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) again = module_index_read(index, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(again->len, ==, G_N_ELEMENTS(pairs));
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        gboolean found = FALSE;

        for (guint j = 0; j < again->len; j++) {
            const ModuleIndexEntry *entry = again->pdata[j];

            found = found || (g_str_equal(entry->key, pairs[i].key) &&
                              g_str_equal(entry->value, pairs[i].value) && entry->priority == i);
        }
        g_assert_true(found);
    }

    g_autoptr(GBytes) written_again = module_index_write(again);

    g_assert_true(g_bytes_equal(index, written_again));
}

/* The layout byte by byte, as libkmod-index.h describes it: two keys below a common prefix. */
static void test_layout(void)
{
    static const uint8_t expected[] = {
        0, 0, 0, 1, 0, 0, 0, 0, 'x', 0, /* at 12, "abc": one value of priority 0 */
        0, 0, 0, 1, 0, 0, 0, 1, 'y', 0, /* at 22, "abd" */
    };
    g_autoptr(GPtrArray) entries = module_index_new();

    module_index_add(entries, "abc", "x");
    module_index_add(entries, "abd", "y");

    g_autoptr(GBytes) index = module_index_write(entries);
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(index, &size);

    g_assert_cmpuint(size, ==, 32 + 3 + 2 + 8);
    g_assert_cmpint(memcmp(data + 12, expected, sizeof(expected)), ==, 0);
    g_assert_cmpuint(get_be32(data), ==, 0xb007f457);
    g_assert_cmpuint(get_be32(data + 8), ==, 0xa0000020);
    g_assert_cmpstr((const char *)data + 32, ==, "ab");
    g_assert_cmpuint(data[35], ==, 'c');
    g_assert_cmpuint(data[36], ==, 'd');
    g_assert_cmpuint(get_be32(data + 37), ==, 0x4000000c);
    g_assert_cmpuint(get_be32(data + 41), ==, 0x40000016);
}

static void test_add(void)
{
    g_autoptr(GPtrArray) entries = make_entries();
    guint before = entries->len;

    module_index_add(entries, "sd_mod", "kernel/drivers/scsi/sd_mod.ko:"); /* is there */
    module_index_add(entries, "", "empty");
    module_index_add(entries, "\xc3\xa4", "not ASCII");
    g_assert_cmpuint(entries->len, ==, before);
}

static void test_alias(void)
{
    static const struct {
        const char *alias;
        const char *expected;
    } rows[] = {
        {"virtio:d00000002v*", "virtio:d00000002v*"},
        {"crypto-crc32c", "crypto_crc32c"},
        {"pci:v*[0-9]-x", "pci:v*[0-9]_x"},
        {"", ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *alias = module_index_normalise_alias(rows[i].alias);

        g_assert_cmpstr(alias, ==, rows[i].expected);
    }
}

static void test_empty(void)
{
    g_autoptr(GPtrArray) entries = module_index_new();
    g_autoptr(GBytes) index = module_index_write(entries);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) again = module_index_read(index, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(again->len, ==, 0);
}

/* Every cut and every changed byte: entries or an error, never more. */
static void test_damaged(void)
{
    g_autoptr(GPtrArray) entries = make_entries();
    g_autoptr(GBytes) index = module_index_write(entries);
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(index, &size);
    guint errors = 0;

    for (gsize length = 0; length < size; length++) {
        g_autoptr(GBytes) cut = g_bytes_new(data, length);
        g_autoptr(GPtrArray) result = module_index_read(cut, NULL);

        errors += result == NULL;
    }
    g_assert_cmpuint(errors, ==, size); /* the root comes last */
    for (gsize i = 0; i < size; i++) {
        g_autofree uint8_t *copy = g_memdup2(data, size);
        g_autoptr(GBytes) changed = NULL;
        g_autoptr(GPtrArray) result = NULL;
        g_autoptr(GError) error = NULL;

        copy[i] ^= 0xff;
        changed = g_bytes_new(copy, size);
        result = module_index_read(changed, &error);
        if (result == NULL) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        } else {
            g_autoptr(GBytes) rewritten = module_index_write(result);

            g_assert_nonnull(rewritten);
        }
    }
}

/* A node that is its own child. */
static void test_loop(void)
{
    static const uint8_t index[] = {0xb0, 7, 0xf4, 0x57, 0,   2,    0, 1, 0x20,
                                    0,    0, 12,   'a',  'a', 0x20, 0, 0, 12};
    g_autoptr(GBytes) bytes = g_bytes_new_static(index, sizeof(index));
    g_autoptr(GError) error = NULL;

    g_assert_null(module_index_read(bytes, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/module-index/round-trip", test_round_trip);
    g_test_add_func("/linux/module-index/layout", test_layout);
    g_test_add_func("/linux/module-index/add", test_add);
    g_test_add_func("/linux/module-index/alias", test_alias);
    g_test_add_func("/linux/module-index/empty", test_empty);
    g_test_add_func("/linux/module-index/damaged", test_damaged);
    g_test_add_func("/linux/module-index/loop", test_loop);
    return g_test_run();
}
