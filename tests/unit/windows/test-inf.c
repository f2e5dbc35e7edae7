/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INF grammar and TargetOS ranking. */
#include <string.h>

#include "tests/unit/windows/support.h"
#include "windows/inf_target.h"

/* "key|field|field" of the first line of [s]; "" for no line. */
static const struct {
    const char *text, *line;
} grammar_rows[] = {
    {"[s]\na = b\n", "a|b"},
    {"[s]\r\na=b\r\n", "a|b"},
    {"[s]\na = b, c ,d\n", "a|b|c|d"},
    {"[s]\na = b,,\n", "a|b||"},
    {"[s]\na =\n", "a"},
    {"[s]\nHKR,,Name,%dword%,7\n[Strings]\nDWORD=0x10001\n", "-|HKR||Name|0x10001|7"},
    {"[s]\na = b ; comment, more\n", "a|b"},
    {"[s]\n; a = c\n a = b\n", "a|b"},
    {"[s]\na = \"b;c, d\"\n", "a|b;c, d"},
    {"[s]\na = \"  b  \" \n", "a|  b  "},
    {"[s]\na = \"say \"\"yes\"\"\"\n", "a|say \"yes\""},
    {"[s]\na = \"unfinished\nb = c\n", "a|unfinished"},
    {"[s]\na = b, \\\n   c\n", "a|b|c"},
    {"[s]\na = b, \\ ; why\r\n c\r\n", "a|b|c"},
    {"[s]\na = b\\c\n", "a|b\\c"},
    {"[s]\n%name% = %name%\n[Strings]\nname = \"The Name\"\n", "The Name|The Name"},
    {"[S]\na = %12%\\x.sys\n", "a|%12%\\x.sys"},
    {"[s]\na = \"%%SystemRoot%%\\x\"\n", "a|%SystemRoot%\\x"},
    {"[s]\na = 100%\n", "a|100%"},
    {"[s]\na = %n%\n[Strings.0409]\nn = two\n[Strings]\nn = one\n", "a|one"},
    {"[s]\na = %n%\n[Strings.0409]\nn = two\n", "a|two"},
    {"[t]\nb=1\n[s]\n[t]\n[s]\na = b\n", "a|b"},
    {"a = early\n[s]\na = b\n", "a|b"},
    {"[ s ] ; comment\na = b", "a|b"},
    {"[s]\na = b = c\n", "a|b = c"},
    {"[s]\nx, y = z\n", "-|x|y = z"},
    {"[s", ""},
    {"", ""},
    {"[s]\n=b\n", "|b"},
    {"\xef\xbb\xbf[s]\na = \xc3\xa9\n", "a|\xc3\xa9"},
    {"[s]\na = \xe9\n", "a|\xc3\xa9"},
    {"[s]\na = Vendor\x99 \x80\n", "a|Vendor\xe2\x84\xa2 \xe2\x82\xac"},
    {"[s]\na = \x81\n", "a|\xc2\x81"},
    {"[s]\na = \"one\", \\\n \"two\", \\\n\t\"three\"\n", "a|one|two|three"},
    {"[s]\na = \"C:\\dir\\\", b\n", "a|C:\\dir\\|b"},
    {"[s]\na = b,\\\n\nc = d\n", "a|b|"},
    {"[s]\na = \"b\"c\" d \"\n", "a|bc d "},
    {"[s]\na = %x%%y%\n[Strings]\nx=1\ny=2\n", "a|12"},
    {"[s]\na = %%%x%%%\n[Strings]\nx=1\n", "a|%1%"},
    {"[s]\na = %x%\n[Strings]\nx=\"%%y%%\"\ny=2\n", "a|%%y%%"},
};

static char *first_line(const Inf *inf)
{
    const GPtrArray *section = inf_get_section(inf, "s");
    const InfLine *line = section && section->len ? g_ptr_array_index(section, 0) : NULL;
    GString *text = g_string_new(NULL);

    if (!line)
        return g_string_free(text, FALSE);
    g_string_append(text, line->key ? line->key : "-");
    for (guint i = 0; i < line->fields->len; i++)
        g_string_append_printf(text, "|%s", inf_line_field(line, i));
    return g_string_free(text, FALSE);
}

static void test_grammar(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(grammar_rows); i++) {
        g_autoptr(Inf) inf = test_parse_inf(grammar_rows[i].text, strlen(grammar_rows[i].text));
        g_autofree char *line = first_line(inf);

        g_test_message("%s", grammar_rows[i].text);
        g_assert_cmpstr(line, ==, grammar_rows[i].line);
    }
}

static void test_utf16(void)
{
    static const char little[] = "\xff\xfe[\0s\0]\0\n\0a\0=\0\xe9\0\n\0";
    static const char big[] = "\xfe\xff\0[\0s\0]\0\n\0a\0=\0\xe9\0\n";
    static const char unmarked[] = "[\0s\0]\0\n\0a\0=\0\xe9\0\n\0";
    static const char lone[] = "\xff\xfe[\0s\0]\0\n\0a\0=\0\0\xd8\n\0";
    static const struct {
        const char *text;
        size_t length;
        const char *line;
    } rows[] = {
        {little, sizeof little - 1, "a|\xc3\xa9"},
        {big, sizeof big - 1, "a|\xc3\xa9"},
        {unmarked, sizeof unmarked - 1, "a|\xc3\xa9"},
        {lone, sizeof lone - 1, "a|\xef\xbf\xbd"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Inf) inf = test_parse_inf(rows[i].text, rows[i].length);
        g_autofree char *line = first_line(inf);

        g_assert_cmpstr(line, ==, rows[i].line);
    }
}

static void test_limits(void)
{
    g_autoptr(GString) text = g_string_new("[s]\n");
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 60000; i++)
        g_string_append(text, "a=b\n");
    bytes = g_bytes_new(text->str, text->len);
    g_assert_null(inf_parse(bytes, "test.inf", &error));
    g_assert_nonnull(strstr(error->message, "too many lines"));
}

#define AMD64 INF_ARCHITECTURE_AMD64
#define X86 INF_ARCHITECTURE_X86

/* The first decoration of each row beats the second one on that Windows; NULL: does not apply. */
static const struct {
    InfTarget target;
    const char *better, *worse;
} rank_rows[] = {
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0", "NTamd64.6.3"},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0...16299", "NTamd64.10.0"},
    {{AMD64, 10, 0, 14393, 1}, "NTamd64.10.0", NULL},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0...16299", "NTamd64.10.0...14393"},
    {{AMD64, 6, 1, 7601, 1}, "NTamd64.6.1", "NTamd64.6.0"},
    {{AMD64, 6, 1, 7601, 1}, "NTamd64.6", "NTamd64"},
    {{AMD64, 6, 1, 7601, 3}, "NTamd64.6.1.3", "NTamd64.6.1"},
    {{X86, 6, 1, 7601, 1}, "NTx86.6.1", "NTx86"},
    {{X86, 6, 1, 7601, 1}, "NTx86", "NT"},
    {{X86, 5, 1, 2600, 1}, "NT", NULL},
    {{X86, 5, 1, 2600, 1}, "ntX86", NULL},
};

static const struct {
    InfTarget target;
    const char *decoration;
    gboolean applies;
} apply_rows[] = {
    {{AMD64, 10, 0, 14393, 1}, "NTamd64.10.0...16299", FALSE},
    {{AMD64, 10, 0, 16299, 1}, "NTamd64.10.0...16299", TRUE},
    {{AMD64, 6, 1, 7601, 1}, "NTamd64.6.2", FALSE},
    {{AMD64, 6, 3, 9600, 1}, "NTamd64.10.0", FALSE},
    {{AMD64, 6, 3, 9600, 1}, "NTamd64.6.1", TRUE},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0.3", FALSE},
    {{AMD64, 10, 0, 20348, 3}, "NTamd64.10.0.3", TRUE},
    {{AMD64, 10, 0, 20348, 3}, "NTamd64.10.0..0x200", FALSE},
    {{AMD64, 10, 0, 20348, 3}, "NTx86.10.0", FALSE},
    {{AMD64, 10, 0, 20348, 3}, "NTarm64.10.0", FALSE},
    {{AMD64, 10, 0, 20348, 3}, "NT.10.0", FALSE},
    {{AMD64, 10, 0, 20348, 3}, NULL, FALSE},
    {{X86, 5, 1, 2600, 1}, NULL, TRUE},
    {{X86, 5, 1, 2600, 1}, "NTx86.x", FALSE},
    {{X86, 5, 1, 2600, 1}, "WIN", FALSE},
    {{X86, 5, 1, 2600, 1}, "NTx86.5.1.1.0.1.1", FALSE},
    {{INF_ARCHITECTURE_ARM64, 10, 0, 22631, 1}, "NTARM64.10.0", TRUE},
    {{INF_ARCHITECTURE_ARM64, 10, 0, 22631, 1}, "NTamd64.10.0", FALSE},
    {{AMD64, 10, 0, 17763, 2}, "NTamd64.10.0.2", TRUE},
    {{AMD64, 10, 0, 17763, 2}, "NTamd64.10.0.3", FALSE},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.0xA", TRUE},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64...", TRUE},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0...19046", FALSE},
    {{AMD64, 10, 0, 19045, 1}, "NTamd64.10.0...99999999999", FALSE},
};

static void test_target(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rank_rows); i++) {
        guint64 better = 0, worse = 0;

        g_test_message("%s over %s", rank_rows[i].better, rank_rows[i].worse);
        g_assert_true(inf_target_applies(rank_rows[i].better, &rank_rows[i].target, &better));
        if (rank_rows[i].worse)
            g_assert_true(inf_target_applies(rank_rows[i].worse, &rank_rows[i].target, &worse));
        g_assert_cmpuint(better, >, worse);
    }
    for (guint i = 0; i < G_N_ELEMENTS(apply_rows); i++) {
        guint64 rank;

        g_test_message("%s", apply_rows[i].decoration);
        g_assert_cmpint(inf_target_applies(apply_rows[i].decoration, &apply_rows[i].target, &rank),
                        ==, apply_rows[i].applies);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/inf/grammar", test_grammar);
    g_test_add_func("/windows/inf/utf16", test_utf16);
    g_test_add_func("/windows/inf/limits", test_limits);
    g_test_add_func("/windows/inf/target", test_target);
    return g_test_run();
}
