/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dictionary of a VMX file: its syntax, and which files are one. */
#include "convert/config/vmx.h"

#include <string.h>

#include "base/error.h"

static Vmx *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    Vmx *vmx = vmx_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    return vmx;
}

typedef struct {
    const char *text, *key, *value; /* value NULL: not there */
} ValueRow;

static const ValueRow value_rows[] = {
    {"a = \"b\"", "a", "b"},
    {"a=\"b\"", "a", "b"},
    {"\t a  =\t\"b\"  \n", "a", "b"},
    {"a = \"b\" # note\n", "a", "b"},
    {"a = b\n", "a", "b"},
    {"a = b c \r\n", "a", "b c"},
    {"a =\n", "a", ""},
    {"a = \"\"\r\n", "a", ""},
    {"a = \" b \"\n", "a", " b "},
    {"# a = \"b\"\n", "a", NULL},
    {"#!/usr/bin/vmware\na = \"b\"\n", "a", "b"},
    {"\n\r\n  \na = \"b\"", "a", "b"},
    {"\xef\xbb\xbf"
     "a = \"b\"\n",
     "a", "b"},
    {"SCSI0:0.FileName = \"D.vmdk\"\n", "scsi0:0.filename", "D.vmdk"},
    {"scsi0:0.filename = \"D.vmdk\"\n", "scsi0:0.fileName", "D.vmdk"},
    {"a = \"b\"\nA = \"c\"\n", "a", "b"},
    {"a = \"C:\\VMs\\x.vmdk\"\n", "a", "C:\\VMs\\x.vmdk"},
    {"a = \"x = y # z\"\n", "a", "x = y # z"},
    /* Escapes. */
    {"a = \"|22q|22\"\n", "a", "\"q\""},
    {"a = \"one|0Atwo|0atri\"\n", "a", "one\ntwo\ntri"},
    {"a = \"|7C|7c|\"\n", "a", "|||"},
    {"a = \"|4|4G|zz||41\"\n", "a", "|4|4G|zz|A"},
    {"a = \"|00x\"\n", "a", "|00x"},
    {"a = \"|C3|A4\"\n", "a", "ä"},
    {"a = \"|FF\"\n", "a", "\xef\xbf\xbd"},
    /* Character sets. */
    {".encoding = \"UTF-8\"\na = \"ä\"\n", "a", "ä"},
    {"a = \"\xe4\"\n", "a", "ä"},
    {".encoding = \"UTF-8\"\na = \"\xe4\"\n", "a", "ä"},
    {".encoding = \"windows-1252\"\na = \"\x80\xe4\"\n", "a", "€ä"},
    {"a = \"\x80\xe4\"\n.Encoding = windows-1252\n", "a", "€ä"},
    {".encoding = \"windows-1251\"\na = \"\xc4\xe8\xf1\xea\"\n", "a", "Диск"},
    {".encoding = \"ISO-8859-15\"\na = \"\xa4\"\n", "a", "€"},
    /* The second byte of these is what escapes begin with. */
    {".encoding = \"Shift_JIS\"\na = \"\x83|\x83|22\"\n", "a", "ポポ22"},
    {".encoding = \"GBK\"\na = \"\x81|\"\n", "a", "亅"},
    {".encoding = \"windows-936\"\na = \"\xb4\xc5\xc5\xcc\"\n", "a", "磁盘"},
    {".encoding = \"no-such-thing\"\na = \"\xe4\"\n", "a", "ä"},
    {".encoding = \"a//TRANSLIT,b\"\na = \"b\"\n", "a", "b"},
    {".encoding = \"UTF-16\"\na = \"\xe4\"\n", "a", "ä"},
    {"a = \"\x81\"\n", "a", "\xef\xbf\xbd"},
    {"", "a", NULL},
};

static void test_values(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(value_rows); i++) {
        const ValueRow *row = &value_rows[i];
        g_autoptr(Vmx) vmx = parse(row->text);
        g_test_message("%s", row->text);
        g_assert_cmpstr(vmx_get(vmx, NULL, row->key), ==, row->value);
    }
}

static void test_wrong(void)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"a = \"b\nc = \"d\"\n", "line 1 "},    {"a = \"b\"\n\nnothing\n", "line 3 "},
        {"a = \"b\"\n[section]\n", "line 2 "},  {"= \"b\"\n", "line 1 "},
        {"a = \"b\" c\n", "line 1 "},           {"a = b\" c\n", "line 1 "},
        {"a = \"say \"hello\"\"\n", "line 1 "}, {"RW 100 FLAT \"x\" 0\n", "line 1 "},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(vmx_parse(rows[i].text, strlen(rows[i].text), &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        g_assert_true(g_str_has_prefix(error->message, rows[i].message));
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(vmx_parse("a = \"\0\"\n", 8, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
}

static void test_types(void)
{
    g_autoptr(Vmx) vmx = parse("d.true = \"TRUE\"\nd.yes = \"Yes\"\nd.one = 1\nd.f = \"False\"\n"
                               "d.odd = \"maybe\"\nd.empty = \"\"\nd.number = \"-5\"\n"
                               "d.large = \"9223372036854775808\"\nd.text = \"5 MB\"\n");
    g_assert_true(vmx_get_boolean(vmx, "d", "true", FALSE));
    g_assert_true(vmx_get_boolean(vmx, "D", "YES", FALSE));
    g_assert_true(vmx_get_boolean(vmx, "d", "one", FALSE));
    g_assert_false(vmx_get_boolean(vmx, "d", "f", TRUE));
    g_assert_true(vmx_get_boolean(vmx, "d", "odd", TRUE));
    g_assert_false(vmx_get_boolean(vmx, "d", "odd", FALSE));
    g_assert_true(vmx_get_boolean(vmx, "d", "missing", TRUE));
    g_assert_cmpstr(vmx_get(vmx, "d", "empty"), ==, "");
    g_assert_null(vmx_get_filled(vmx, "d", "empty"));
    g_assert_cmpstr(vmx_get_filled(vmx, "d", "text"), ==, "5 MB");

    gint64 number = 7;
    g_assert_true(vmx_get_number(vmx, "d", "number", &number));
    g_assert_cmpint(number, ==, -5);
    g_assert_false(vmx_get_number(vmx, "d", "large", &number));
    g_assert_false(vmx_get_number(vmx, "d", "text", &number));
    g_assert_false(vmx_get_number(vmx, "d", "empty", &number));
    g_assert_false(vmx_get_number(vmx, "d", "missing", &number));
}

#define VMX ".encoding = \"UTF-8\"\nconfig.version = \"8\"\nvirtualHW.version = \"7\"\n"

static void test_is_text(void)
{
    static const struct {
        const char *head;
        gboolean is, is_if_named_so;
    } rows[] = {
        {VMX, TRUE, TRUE},
        {"#!/usr/bin/vmware\r\nCONFIG.VERSION = 8\r\n", TRUE, TRUE},
        {"\xef\xbb\xbf" VMX, TRUE, TRUE},
        {".encoding = \"UTF-8\"\ndisplayName = \"x\"\nencryption.keySafe = \"vmware:key/li", FALSE,
         TRUE},
        {".encoding = \"UTF-8\"\ndisplayName = \"x\"\nencryption.keySafe = \"vmware:key\"\n", TRUE,
         TRUE},
        /* Cut off in the middle. */
        {VMX "displayName = \"x", TRUE, TRUE},
        {"annotation = \"x\"\nbios.boo", FALSE, TRUE},
        /* One wrong line: the reader will say which. */
        {"oops\n" VMX, FALSE, TRUE},
        /* A list of snapshots. */
        {".encoding = \"UTF-8\"\nsnapshot.lastUID = \"1\"\nsnapshot.current = \"1\"\n", FALSE,
         TRUE},
        {"# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\nCID=1234\n"
         "config.version = \"8\"\nddb.virtualHWVersion = \"4\"\n",
         FALSE, FALSE},
        {"[x]\nconfig.version = 8\n", FALSE, TRUE},
        {"<?xml version=\"1.0\"?>\n<Foundry>\n", FALSE, FALSE},
        {"a=b\nc=d\n", FALSE, TRUE},
        {"no text of that kind\n", FALSE, FALSE},
        {"\n\n", FALSE, FALSE},
        {"", FALSE, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const uint8_t *head = (const uint8_t *)rows[i].head;
        size_t length = strlen(rows[i].head);
        g_test_message("%s", rows[i].head);
        g_assert_cmpint(vmx_is_text(head, length, FALSE), ==, rows[i].is);
        g_assert_cmpint(vmx_is_text(head, length, TRUE), ==, rows[i].is_if_named_so);
    }
    g_assert_false(vmx_is_text((const uint8_t *)VMX "\0", sizeof(VMX), TRUE));
}

/* Each prefix and each text with one byte changed is a dictionary or an error. */
static void test_damaged(void)
{
    const char *text = VMX "annotation = \"|41|0A\xc3\xa4\"\nnumvcpus = 4\n";
    size_t length = strlen(text);
    for (size_t i = 0; i <= length; i++) {
        g_autofree char *prefix = g_strndup(text, i);
        g_autoptr(GError) error = NULL;
        g_autoptr(Vmx) vmx = vmx_parse(prefix, i, &error);
        g_assert_true((vmx != NULL) == (error == NULL));
    }
    for (size_t i = 0; i < length; i++) {
        for (guint byte = 0; byte < 256; byte++) {
            g_autofree char *changed = g_strdup(text);
            g_autoptr(GError) error = NULL;
            changed[i] = (char)byte;
            g_autoptr(Vmx) vmx = vmx_parse(changed, length, &error);
            g_assert_true((vmx != NULL) == (error == NULL));
            const char *value = vmx ? vmx_get(vmx, NULL, "annotation") : NULL;
            g_assert_true(!value || g_utf8_validate(value, -1, NULL));
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/vmx/values", test_values);
    g_test_add_func("/convert/vmx/wrong", test_wrong);
    g_test_add_func("/convert/vmx/types", test_types);
    g_test_add_func("/convert/vmx/is-text", test_is_text);
    g_test_add_func("/convert/vmx/damaged", test_damaged);
    return g_test_run();
}
