/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Integers in bytes, and the range checks that hostile sizes meet. */
#include "base/bytes.h"

#include <string.h>

static void test_round_trip(void)
{
    uint8_t bytes[9] = {0};
    put_le32(bytes + 1, 0x01020304);
    g_assert_true(memcmp(bytes + 1, "\x04\x03\x02\x01", 4) == 0);
    g_assert_cmphex(get_le32(bytes + 1), ==, 0x01020304);
    g_assert_cmphex(get_be32(bytes + 1), ==, 0x04030201);
    put_be64(bytes + 1, UINT64_C(0x0102030405060708));
    g_assert_cmphex(get_le64(bytes + 1), ==, UINT64_C(0x0807060504030201));
    put_be16(bytes, 0xabcd);
    g_assert_cmphex(get_le16(bytes), ==, 0xcdab);
}

static void test_range(void)
{
    static const struct {
        uint64_t offset, length, size;
        gboolean within;
    } rows[] = {
        {0, 0, 0, TRUE},
        {0, 10, 10, TRUE},
        {10, 0, 10, TRUE},
        {10, 1, 10, FALSE},
        {11, 0, 10, FALSE},
        {UINT64_MAX, 2, 10, FALSE},
        {2, UINT64_MAX, 10, FALSE},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(range_is_within(rows[i].offset, rows[i].length, rows[i].size), ==,
                        rows[i].within);
}

static void test_round_up(void)
{
    uint64_t rounded;
    g_assert_true(round_up_checked(513, 512, &rounded));
    g_assert_cmpuint(rounded, ==, 1024);
    g_assert_true(round_up_checked(512, 512, &rounded));
    g_assert_cmpuint(rounded, ==, 512);
    g_assert_false(round_up_checked(UINT64_MAX, 512, &rounded));
}

static void test_hex(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("\x3f\0\xff", 3);
    g_autoptr(GBytes) none = g_bytes_new_static("", 0);
    g_autofree char *text = hex_format(bytes);
    g_autofree char *empty = hex_format(none);
    g_assert_cmpstr(text, ==, "3f 00 ff");
    g_assert_cmpstr(empty, ==, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/bytes/round-trip", test_round_trip);
    g_test_add_func("/base/bytes/range", test_range);
    g_test_add_func("/base/bytes/round-up", test_round_up);
    g_test_add_func("/base/bytes/hex", test_hex);
    return g_test_run();
}
