/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that would like to do something to the terminal they are shown on. */
#include "migrate/printable.h"

static void test_rows(void)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"Grüße \\ 日本", "Grüße \\ 日本"},
        {"a\033[31mb", "a\\u001b[31mb"},
        {"a\tb\n\177", "a\\u0009b\\u000a\\u007f"},
        {"\xC2\x9B"
         "31m",
         "\\u009b31m"}, /* the one-byte CSI */
        {"\xC2\xA0"
         "a\xC2",
         "\xC2\xA0"
         "a\xEF\xBF\xBD"},
        {"a\xff", "a\xEF\xBF\xBD"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) text = g_string_new("> ");
        printable_append(text, rows[i][0]);
        g_assert_cmpstr(text->str + 2, ==, rows[i][1]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migrate/printable/rows", test_rows);
    return g_test_run();
}
