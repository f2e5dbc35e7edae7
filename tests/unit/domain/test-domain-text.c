/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and remarks as they come, and what may stand in XML and SMBIOS. */
#include "domain/text.h"

#include <string.h>

static void test_texts(void)
{
    static const struct {
        const char *text;
        const char *line;
        const char *lines;
    } rows[] = {
        {NULL, NULL, NULL},
        {"", NULL, NULL},
        {" \t\r\n ", NULL, NULL},
        {"\x01\x7f\x1b", NULL, NULL},
        {"web server", "web server", "web server"},
        {"  a  \t b ", "a b", "a  \t b"},
        {"a\nb", "a b", "a\nb"},
        {"a\r\nb\rc\n", "a b c", "a\nb\nc"},
        {"a\r\r\nb", "a b", "a\n\nb"},
        {"a\xe2\x80\xa8"
         "b",
         "a b", "a\nb"}, /* LINE SEPARATOR */
        {"a\x08\x1b[31mb\xc2\x9b", "a[31mb", "a[31mb"},
        {"a\xef\xbf\xbe\xef\xbf\xbf"
         "b",
         "ab", "ab"}, /* no characters */
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xf0\x9f\x96\xa5 ünï", "\xf0\x9f\x96\xa5 ünï", "\xf0\x9f\x96\xa5 ünï"},
        {"<a&b>'\"]]>", "<a&b>'\"]]>", "<a&b>'\"]]>"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *line = text_make_line(rows[i].text);
        g_autofree char *lines = text_make_lines(rows[i].text);

        g_assert_cmpstr(line, ==, rows[i].line);
        g_assert_cmpstr(lines, ==, rows[i].lines);
    }
}

/* Whatever is thrown at it, the result has 64 Ki characters at most and no half ones. */
static void test_long(void)
{
    g_autoptr(GString) text = g_string_new("a");
    g_autofree char *line = NULL;

    for (guint i = 0; i < 70000; i++)
        g_string_append(text, "ü");
    line = text_make_line(text->str);
    g_assert_true(g_utf8_validate(line, -1, NULL));
    g_assert_cmpint(g_utf8_strlen(line, -1), ==, 65536);
}

static void test_smbios(void)
{
    g_autofree char *longest = g_strnfill(255, 'x');
    g_autofree char *longer = g_strnfill(256, 'x');
    const struct {
        const char *text;
        gboolean expected;
    } rows[] = {
        {NULL, FALSE},   {"", FALSE},      {"   ", FALSE},    {"VMware-56 4d 12 34", TRUE},
        {"a,b=c", TRUE}, {"tab\t", FALSE}, {"line\n", FALSE}, {"ü", FALSE},
        {"\x7f", FALSE}, {longest, TRUE},  {longer, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(text_is_smbios_string(rows[i].text), ==, rows[i].expected);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain/text/texts", test_texts);
    g_test_add_func("/domain/text/long", test_long);
    g_test_add_func("/domain/text/smbios", test_smbios);
    return g_test_run();
}
