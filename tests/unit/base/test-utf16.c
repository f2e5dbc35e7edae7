/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-16 as disks and registries hold it, broken ones included. */
#include "base/utf16.h"

static const struct {
    const char *name, *bytes;
    size_t length;
    Utf16Order order;
    const char *text;
} rows[] = {
    {"empty", "", 0, UTF16_LITTLE_ENDIAN, ""},
    {"little", "a\0\xe4\0", 4, UTF16_LITTLE_ENDIAN, "aä"},
    {"big", "\0a\0\xe4", 4, UTF16_BIG_ENDIAN, "aä"},
    {"nul-ends", "a\0\0\0b\0", 6, UTF16_LITTLE_ENDIAN, "a"},
    {"odd-byte", "a\0b", 3, UTF16_LITTLE_ENDIAN, "a"},
    {"pair", "\x3d\xd8\x00\xde", 4, UTF16_LITTLE_ENDIAN, "😀"},
    {"lone-high",
     "\x3d\xd8"
     "a\0",
     4, UTF16_LITTLE_ENDIAN,
     "\xef\xbf\xbd"
     "a"},
    {"high-at-end", "\x3d\xd8", 2, UTF16_LITTLE_ENDIAN, "\xef\xbf\xbd"},
    {"lone-low",
     "\x00\xde"
     "a\0",
     4, UTF16_LITTLE_ENDIAN,
     "\xef\xbf\xbd"
     "a"},
};

static void test_row(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autofree char *text =
        utf16_to_utf8((const uint8_t *)rows[i].bytes, rows[i].length, rows[i].order);
    g_assert_cmpstr(text, ==, rows[i].text);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/base/utf16/%s", rows[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_row);
    }
    return g_test_run();
}
