/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XML from strangers: what is read, and what is refused with which line. */
#include "convert/config/xml_document.h"

#include <string.h>

#include "base/error.h"

static XmlDocument *load(const char *text, GError **error)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    return xml_document_load(bytes, error);
}

static void test_lookups(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(XmlDocument) document =
        load("<?xml version='1.0'?><a:top xmlns:a='urn:x' xmlns:b='urn:y' a:n='7' other=' '>\n"
             "<!-- no --><b:item b:key=' one &amp; two '> first </b:item><?pi no?>"
             "<item>12</item><deep><er><est>x<![CDATA[<y>]]></est></er></deep></a:top>",
             &error);
    g_assert_no_error(error);
    const xmlNode *top = xml_document_root(document);
    g_assert_true(xml_is(top, "top"));
    g_assert_cmpstr(xml_namespace(top), ==, "urn:x");

    uint64_t number = 0;
    g_assert_true(xml_attribute_number(top, "n", &number));
    g_assert_cmpuint(number, ==, 7);
    g_assert_null(xml_attribute(top, "other"));
    g_assert_null(xml_attribute(top, "absent"));
    g_assert_false(xml_attribute_number(top, "absent", &number));

    const xmlNode *item = xml_child(top, "item");
    g_autofree char *key = xml_attribute(item, "key");
    g_autofree char *first = xml_text(item);
    g_assert_cmpstr(key, ==, "one & two");
    g_assert_cmpstr(first, ==, "first");
    g_assert_false(xml_child_number(top, "item", &number)); /* the first, which is no number */
    item = xml_next(item, "item");
    g_autofree char *second = xml_text(item);
    g_assert_cmpstr(second, ==, "12");
    g_assert_null(xml_next(item, "item"));
    g_assert_cmpstr(xml_name(xml_next(item, NULL)), ==, "deep");

    g_autofree char *deep = xml_text(xml_descendant(top, "deep", "er", "est", NULL));
    g_assert_cmpstr(deep, ==, "x<y>");
    g_assert_null(xml_descendant(top, "deep", "item", "est", NULL));
    g_assert_null(xml_child(NULL, "x"));
    g_assert_null(xml_next(NULL, NULL));
    g_assert_null(xml_text(NULL));
}

static void test_utf16(void)
{
    static const char text[] =
        "<?xml version=\"1.0\" encoding=\"UTF-16\" standalone=\"yes\"?><n>\xc3\xa4</n>";
    gsize length;
    g_autofree char *wide = g_convert(text, -1, "UTF-16LE", "UTF-8", NULL, &length, NULL);
    g_autoptr(GByteArray) all = g_byte_array_new();
    g_byte_array_append(all, (const guint8 *)"\xff\xfe", 2);
    g_byte_array_append(all, (const guint8 *)wide, (guint)length);
    g_autoptr(GBytes) bytes = g_bytes_new(all->data, all->len);
    g_autoptr(GError) error = NULL;
    g_autoptr(XmlDocument) document = xml_document_load(bytes, &error);
    g_assert_no_error(error);
    g_autofree char *value = xml_text(xml_document_root(document));
    g_assert_cmpstr(value, ==, "\xc3\xa4");
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        int code;
        const char *message;
    } rows[] = {
        {"", DRYDOCK_ERROR_CORRUPT, "line "},
        {"text", DRYDOCK_ERROR_CORRUPT, "line 1"},
        {"<a>\n<b>\n</a>", DRYDOCK_ERROR_CORRUPT, "line 3"},
        {"<a>\n", DRYDOCK_ERROR_CORRUPT, "line 2"},
        {"<a>\n\xe4\x20</a>", DRYDOCK_ERROR_CORRUPT, "line 2"},
        {"<a/><b/>", DRYDOCK_ERROR_CORRUPT, "line 1"},
        {"<a>&unknown;</a>", DRYDOCK_ERROR_CORRUPT, "line 1"},
        {"<!DOCTYPE a><a/>", DRYDOCK_ERROR_UNSUPPORTED, "document type"},
        {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", DRYDOCK_ERROR_UNSUPPORTED,
         "document type"},
        {"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
         DRYDOCK_ERROR_UNSUPPORTED, "document type"},
        {"<!DOCTYPE a [<!ENTITY e 'x'><!ENTITY f '&e;&e;'>]><a>&f;</a>", DRYDOCK_ERROR_UNSUPPORTED,
         "document type"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].text);
        g_assert_null(load(rows[i].text, &error));
        g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        g_assert_nonnull(strstr(error->message, rows[i].message));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    }
}

static void test_limits(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) deep = g_string_new(NULL);
    for (guint i = 0; i < 100000; i++)
        g_string_append(deep, "<a>");
    g_assert_null(load(deep->str, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);

    g_clear_error(&error);
    g_autoptr(GString) wide = g_string_new("<a>");
    for (guint i = 0; i < 300000; i++)
        g_string_append(wide, "<a/>");
    g_string_append(wide, "</a>");
    g_assert_null(load(wide->str, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/xml-document/lookups", test_lookups);
    g_test_add_func("/convert/xml-document/utf16", test_utf16);
    g_test_add_func("/convert/xml-document/refused", test_refused);
    g_test_add_func("/convert/xml-document/limits", test_limits);
    return g_test_run();
}
