/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which volume a key is for, and what of it counts. */
#include <string.h>

#include "base/error.h"
#include "disk/key.h"
#include "support.h"

#define UUID "01020304-0506-0708-090a-0b0c0d0e0f10"
#define OTHER_UUID "11111111-1111-1111-1111-111111111111"

static void add_key(KeyRing *keys, const char *id, const char *secret, size_t length)
{
    g_autoptr(GError) error = NULL;
    assert_ok(key_ring_add(keys, id, (const uint8_t *)secret, length, &error), error);
}

static void test_ids(void)
{
    static const struct {
        const char *id;
        gboolean for_uuid, for_device; /* of a volume called sda3 */
    } rows[] = {
        {"all", TRUE, TRUE},
        {"*", TRUE, TRUE},
        {"ANY", TRUE, TRUE},
        {UUID, TRUE, TRUE},
        {"{01020304-0506-0708-090A-0B0C0D0E0F10}", TRUE, TRUE},
        {OTHER_UUID, FALSE, FALSE},
        {"sda3", FALSE, TRUE},
        {"/dev/sda3", FALSE, TRUE},
        {"sda", FALSE, FALSE},
        {"sdb3", FALSE, FALSE},
        {"nvme0n1p3", FALSE, FALSE},
        {"group/sda3", FALSE, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].id);
        g_autoptr(KeyRing) keys = key_ring_new();
        add_key(keys, rows[i].id, "x", 1);
        g_assert_cmpint(key_ring_is_for(keys, 0, UUID), ==, rows[i].for_uuid);
        g_autoptr(KeyRing) mine = key_ring_for_device(keys, "sda3");
        g_assert_cmpint(key_ring_count(mine) > 0 && key_ring_is_for(mine, 0, UUID), ==,
                        rows[i].for_device);
    }
    g_autoptr(KeyRing) none = key_ring_for_device(NULL, "sda3");
    g_assert_cmpuint(key_ring_count(none), ==, 0);
    g_assert_cmpuint(key_ring_count(NULL), ==, 0);
}

/* Whether the user has meant this very volume. */
static void test_named(void)
{
    g_autoptr(KeyRing) keys = key_ring_new();
    add_key(keys, "all", "a", 1);
    add_key(keys, UUID, "b", 1);
    add_key(keys, "sda3", "c", 1);
    g_autoptr(KeyRing) mine = key_ring_for_device(keys, "sda3");
    g_assert_false(key_ring_names(mine, 0, UUID));
    g_assert_true(key_ring_names(mine, 1, UUID));
    g_assert_false(key_ring_names(mine, 1, OTHER_UUID));
    g_assert_true(key_ring_names(mine, 2, UUID));
}

static void test_wrong(void)
{
    static const char *const wrong[] = {
        "",   "{",     "1234",  "{}", "01020304-0506-0708-090a-0b0c0d0e0f1",
        "sd", "sda-3", "/dev/", "/",  "group/volume/more"};
    g_autoptr(GError) error = NULL;
    g_autoptr(KeyRing) keys = key_ring_new();
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_test_message("%s", wrong[i]);
        g_assert_false(key_ring_add(keys, wrong[i], (const uint8_t *)"x", 1, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        g_clear_error(&error);
    }
    static const char *const empty[] = {"", "\n", "\r\n"};
    for (guint i = 0; i < G_N_ELEMENTS(empty); i++) {
        g_assert_false(
            key_ring_add(keys, "any", (const uint8_t *)empty[i], strlen(empty[i]), &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        g_clear_error(&error);
    }
    g_assert_cmpuint(key_ring_count(keys), ==, 0);
}

static void assert_bytes(const uint8_t *bytes, size_t length, const char *expected,
                         size_t expected_length)
{
    g_assert_cmpuint(length, ==, expected_length);
    g_assert_true(memcmp(bytes, expected, length) == 0);
}

static void test_line_breaks(void)
{
    static const struct {
        const char *secret;
        size_t length, text_length;
    } rows[] = {
        {"two", 3, 3}, {"two\n", 4, 3}, {"two\r\n", 5, 3}, {"two\n\n", 5, 4}, {"t\0o\n", 4, 4},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(KeyRing) all = key_ring_new();
        add_key(all, "any", rows[i].secret, rows[i].length);
        g_autoptr(KeyRing) keys = key_ring_for_device(all, "sda");
        key_ring_wipe(all);
        g_assert_cmpuint(key_ring_count(all), ==, 0);
        size_t length, whole_length;
        const uint8_t *text = key_ring_secret(keys, 0, &length);
        const uint8_t *whole = key_ring_whole_secret(keys, 0, &whole_length);
        assert_bytes(text, length, rows[i].secret, rows[i].text_length);
        g_assert_cmpint(text[length], ==, 0);
        if (rows[i].text_length == rows[i].length)
            g_assert_null(whole);
        else
            assert_bytes(whole, whole_length, rows[i].secret, rows[i].length);
    }
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add_func("/disk/key/ids", test_ids);
    g_test_add_func("/disk/key/named", test_named);
    g_test_add_func("/disk/key/wrong", test_wrong);
    g_test_add_func("/disk/key/line-breaks", test_line_breaks);
    return g_test_run();
}
