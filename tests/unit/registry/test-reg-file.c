/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .reg files: what is read from them, what is refused with its line, and that what is written comes
   back. */
#include <string.h>

#include "base/error.h"
#include "registry/reg_file.h"
#include "tests/unit/registry/registry-support.h"

#define V5 "Windows Registry Editor Version 5.00\r\n\r\n"
#define K "[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\r\n"

/* One entry as "LINE KIND KEY|NAME|type|hex". */
static char *describe(const RegEntry *entry)
{
    static const char *const kinds[] = {"key", "-key", "set", "-value"};
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%u %s %s", entry->line, kinds[entry->kind], entry->key);
    if (entry->name != NULL) {
        g_string_append_printf(text, "|%s", entry->name);
    }
    if (entry->data != NULL) {
        size_t length;
        const uint8_t *data = g_bytes_get_data(entry->data, &length);
        g_string_append_printf(text, "|%x|", entry->type);
        for (size_t i = 0; i < length; i++) {
            g_string_append_printf(text, "%02x", data[i]);
        }
    }
    return g_string_free(text, FALSE);
}

static char *read_text(const void *bytes, size_t length, GError **error)
{
    g_autoptr(GBytes) content = g_bytes_new(bytes, length);
    g_autoptr(GPtrArray) entries = NULL;
    if (!reg_file_read(content, "a.reg", &entries, error)) {
        return NULL;
    }
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < entries->len; i++) {
        g_autofree char *line = describe(entries->pdata[i]);
        g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "", line);
    }
    return g_string_free(text, FALSE);
}

static const struct {
    const char *text;
    const char *expected;
} good[] = {
    {"REGEDIT4", ""},
    {V5, ""},
    {V5 "; a comment\r\n\r\n" K, "5 key HKEY_LOCAL_MACHINE\\SOFTWARE\\A"},
    {V5 "  " K ";\"x\"=\"y\"\n", "3 key HKEY_LOCAL_MACHINE\\SOFTWARE\\A"},
    {V5 "[A]]\n[B] ; why\n", "3 key A]\n4 key B"},
    {V5 "[-HKLM\\SOFTWARE\\A\\B]", "3 -key HKLM\\SOFTWARE\\A\\B"},
    {V5 "[A]\n@=\"\"\n", "3 key A\n4 set A||1|0000"},
    {V5 "[A]\n\"n\"=\"b\\\\c\\\"\"\n", "3 key A\n4 set A|n|1|62005c00630022000000"},
    {V5 "[A]\n\"\\\\n\\\"\" = \"b\" ; why\n", "3 key A\n4 set A|\\n\"|1|62000000"},
    {V5 "[A]\n\"n\"=\"b\n\nc\"\n\"m\"=-\n",
     "3 key A\n4 set A|n|1|62000a000a0063000000\n7 -value A|m"},
    {V5 "[A]\n@=-\n", "3 key A\n4 -value A|"},
    {V5 "[A]\n\"n\"=dword:1f\n", "3 key A\n4 set A|n|4|1f000000"},
    {V5 "[A]\n\"n\"=DWORD:FFFFFFFF\n", "3 key A\n4 set A|n|4|ffffffff"},
    {V5 "[A]\n\"n\"=qword:0102030405060708\n", "3 key A\n4 set A|n|b|0807060504030201"},
    {V5 "[A]\n\"n\"=hex(b):08,07,06,05,04,03,02,01\n", "3 key A\n4 set A|n|b|0807060504030201"},
    {V5 "[A]\n\"n\"=hex:\n", "3 key A\n4 set A|n|3|"},
    {V5 "[A]\n\"n\"=hex(1f4):\n", "3 key A\n4 set A|n|1f4|"},
    {V5 "[A]\n\"n\"=hex:1,02,a\n", "3 key A\n4 set A|n|3|01020a"},
    {V5 "[A]\n\"n\"=hex:01,\\ \r\n  02,\\\n03\r\n\"m\"=hex:\\\n 04\n",
     "3 key A\n4 set A|n|3|010203\n7 set A|m|3|04"},
    {V5 "[A]\n\"n\"=hex(7):61,00,00,00,00,00\n", "3 key A\n4 set A|n|7|610000000000"},
    {"REGEDIT4\n[A]\n\"n\"=hex(7):61,80,00,00\n", "2 key A\n3 set A|n|7|6100ac2000000000"},
    {"REGEDIT4\n[A]\n\"n\"=hex(2):25,00\n", "2 key A\n3 set A|n|2|25000000"},
    {"REGEDIT4\n[A]\n\"n\"=hex:25,00\n", "2 key A\n3 set A|n|3|2500"},
    {"\xEF\xBB\xBF" V5 "[\xC3\xA4]", "3 key \xC3\xA4"},
    {"REGEDIT4\n[\x80\xE4]", "2 key \xE2\x82\xAC\xC3\xA4"}, /* Windows-1252 */
    {V5 "[A]\n\"n\"=\"\xF0\x9F\x98\x80\"\n", "3 key A\n4 set A|n|1|3dd800de0000"},
};

static void test_good(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *got = read_text(good[i].text, strlen(good[i].text), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(got, ==, good[i].expected);
    }
}

static const struct {
    const char *text;
    const char *expected; /* how the message begins */
} bad[] = {
    {"", "a.reg:1: this is not the first line"},
    {"[A]\n", "a.reg:1: this is not the first line"},
    {"\n\n; c\nWindows Registry Editor Version 6\n", "a.reg:4: this is not the first line"},
    {"REGEDIT4x\n", "a.reg:1: this is not the first line"},
    {V5 "[A\n", "a.reg:3: the bracket of the key is not closed"},
    {V5 "[]\n", "a.reg:3: there is no key"},
    {V5 "[-]\n", "a.reg:3: there is no key"},
    {V5 "[A] b\n", "a.reg:3: there is something behind"},
    {V5 "\"n\"=dword:1\n", "a.reg:3: a value stands before the first key"},
    {V5 "[-A]\n\"n\"=dword:1\n", "a.reg:4: a value stands below a key that is deleted"},
    {V5 "[A]\nn=1\n", "a.reg:4: this is no line"},
    {V5 "[A]\n\"n\n", "a.reg:4: the quotation mark is not closed"},
    {V5 "[A]\n\n\"n\"=\"a\n\n", "a.reg:5: the quotation mark is not closed"},
    {V5 "[A]\n\"n\"=\"C:\\Windows\"\n", "a.reg:4: a backslash stands alone"},
    {V5 "[A]\n\"n\"=\"a\n\"m\"=\"b\"\n",
     "a.reg:5: there is something behind the text that began in line 4"},
    {V5 "[A]\n\"n\" \"m\"\n", "a.reg:4: there is no '='"},
    {V5 "[A]\n\"n\"=\n", "a.reg:4: this is not the data of a value"},
    {V5 "[A]\n\"n\"=word:1\n", "a.reg:4: this is not the data of a value"},
    {V5 "[A]\n\"n\"=dword:\n", "a.reg:4: this is not a number"},
    {V5 "[A]\n\"n\"=dword:123456789\n", "a.reg:4: this is not a number"},
    {V5 "[A]\n\"n\"=dword:0x1\n", "a.reg:4: there is something behind the end"},
    {V5 "[A]\n\"n\"=qword:12345678901234567\n", "a.reg:4: this is not a number"},
    {V5 "[A]\n\"n\"=hex:01,\n", "a.reg:4: a byte is missing"},
    {V5 "[A]\n\"n\"=hex:01,,02\n", "a.reg:4: a byte is missing"},
    {V5 "[A]\n\"n\"=hex:01,\\\n\n02\n", "a.reg:5: a byte is missing"},
    {V5 "[A]\n\"n\"=hex:123\n", "a.reg:4: a byte has too many digits"},
    {V5 "[A]\n\"n\"=hex:01 02\n", "a.reg:4: there is something behind"},
    {V5 "[A]\n\"n\"=hex(:01\n", "a.reg:4: this is not the number of a type"},
    {V5 "[A]\n\"n\"=hex(123456789):01\n", "a.reg:4: this is not the number of a type"},
    {V5 "[A]\n\"n\"=hex(7)01\n", "a.reg:4: this is not the number of a type"},
    {V5 "[A]\n\"n\"=-1\n", "a.reg:4: there is something behind"},
};

static void test_bad(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *got = read_text(bad[i].text, strlen(bad[i].text), &error);
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        g_test_message("%s", error->message);
        g_assert_true(g_str_has_prefix(error->message, bad[i].expected));
        g_assert_null(got);
    }
}

static const struct {
    const char *bytes;
    size_t length;
    const char *expected; /* an error's beginning where it has "a.reg" */
} encodings[] = {
    {"R\0E\0G\0E\0D\0I\0T\0"
     "4\0\n\0[\0\x3d\xd8\x00\xde]\0",
     26, "2 key \xF0\x9F\x98\x80"},
    {"\xFE\xFF\0R\0E\0G\0E\0D\0I\0T\0"
     "4\0\n\0[\0A\0]",
     26, "2 key A"},
    {"\xFF\xFE"
     "R\0E\0G\0E\0D\0I\0T\0"
     "4\0\n\0[",
     21, "a.reg:2: half a character"},
    {"\xFF\xFE"
     "R\0E\0G\0E\0D\0I\0T\0"
     "4\0\n\0\x00\xd8",
     22, "a.reg:2: this is not UTF-16"},
    {"\xFF\xFE"
     "R\0E\0G\0E\0D\0I\0T\0"
     "4\0\0\0",
     20, "a.reg:1: this is not UTF-16"},
    {"REGEDIT4\n[A\0]", 13, "a.reg:2: there is a NUL"},
};

static void test_encodings(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *got = read_text(encodings[i].bytes, encodings[i].length, &error);
        if (g_str_has_prefix(encodings[i].expected, "a.reg")) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
            g_assert_true(g_str_has_prefix(error->message, encodings[i].expected));
        } else {
            g_assert_no_error(error);
            g_assert_cmpstr(got, ==, encodings[i].expected);
        }
    }
}

static const struct {
    const char *name;
    uint32_t type;
    const char *data;
    size_t length;
    const char *expected;
} written[] = {
    {"", 1, "a\0\0", 4, "@=\"a\"\r\n"},
    {"n\\\"", 1, "\\\0\"\0\0", 6, "\"n\\\\\\\"\"=\"\\\\\\\"\"\r\n"},
    {"n", 1, "\0", 2, "\"n\"=\"\"\r\n"},
    /* Not the same again as text: no NUL, two of them, half a unit, a line end, half a pair. */
    {"n", 1, "a", 2, "\"n\"=hex(1):61,00\r\n"},
    {"n", 1, "a\0\0\0\0", 6, "\"n\"=hex(1):61,00,00,00,00,00\r\n"},
    {"n", 1, "a\0\0", 3, "\"n\"=hex(1):61,00,00\r\n"},
    {"n", 1, "\n\0\0", 4, "\"n\"=hex(1):0a,00,00,00\r\n"},
    {"n", 1, "\x01\xd8\0", 4, "\"n\"=hex(1):01,d8,00,00\r\n"},
    {"n", 1, "", 0, "\"n\"=hex(1):\r\n"},
    {"n", 2, "a\0\0", 4, "\"n\"=hex(2):61,00,00,00\r\n"},
    {"n", 4, "\x01\x02\x03\x04", 4, "\"n\"=dword:04030201\r\n"},
    {"n", 4, "\x01", 1, "\"n\"=hex(4):01\r\n"},
    {"n", 3, "", 0, "\"n\"=hex:\r\n"},
    {"n", 0x1f4, "", 0, "\"n\"=hex(1f4):\r\n"},
    {"n", 11, "\1\2\3\4\5\6\7\10", 8, "\"n\"=hex(b):01,02,03,04,05,06,07,08\r\n"},
    {"n", 3, "0123456789012345678901234567", 28,
     "\"n\"=hex:30,31,32,33,34,35,36,37,38,39,30,31,32,33,34,35,36,37,38,39,30,31,32,\\\r\n"
     "  33,34,35,36,37\r\n"},
};

static void test_write(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(written); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GBytes) data = g_bytes_new(written[i].data, written[i].length);
        g_autofree char *name = g_strdup(written[i].name);
        HiveValue value = {name, written[i].type, data};
        reg_file_append_value(text, &value);
        g_assert_cmpstr(text->str, ==, written[i].expected);

        /* And it comes back, through the bytes that regedit would write. */
        g_autoptr(GString) file = g_string_new(NULL);
        reg_file_append_header(file);
        reg_file_append_key(file, "A");
        g_string_append(file, text->str);
        g_autoptr(GBytes) bytes = reg_file_encode(file->str, TRUE);
        g_autoptr(GPtrArray) entries = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(reg_file_read(bytes, "a.reg", &entries, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(entries->len, ==, 2);
        const RegEntry *entry = entries->pdata[1];
        g_assert_cmpstr(entry->name, ==, written[i].name);
        g_assert_cmpuint(entry->type, ==, written[i].type);
        g_assert_true(g_bytes_equal(entry->data, data));
    }
}

/* What another tool has exported of a real machine. */
static void test_real(void)
{
    g_autoptr(GBytes) export = testdata_load("reg-export/windows-bcd.reg");
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;
    if (export == NULL) {
        return;
    }
    gboolean ok = reg_file_read(export, "windows-bcd.reg", &entries, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    /* grep -cE '^["@[]' counts as many lines. */
    g_assert_cmpuint(entries->len, ==, 232);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/reg-file/good", test_good);
    g_test_add_func("/registry/reg-file/bad", test_bad);
    g_test_add_func("/registry/reg-file/encodings", test_encodings);
    g_test_add_func("/registry/reg-file/write", test_write);
    g_test_add_func("/registry/reg-file/real", test_real);
    return g_test_run();
}
