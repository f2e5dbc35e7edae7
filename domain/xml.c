/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thin skin over libxml2's xmlTextWriter. */
#include "domain/xml.h"

#include <libxml/xmlwriter.h>

struct XmlWriter {
    xmlBuffer *buffer;
    xmlTextWriter *writer;
};

static const xmlChar *to_xml(const char *text)
{
    return (const xmlChar *)text;
}

static void check(int result)
{
    if (result < 0) {
        g_error("out of memory while writing XML");
    }
}

gboolean xml_is_character(gunichar character)
{
    return character == '\t' || character == '\n' || character == '\r' ||
           (character >= 0x20 && character != 0xfffe && character != 0xffff);
}

gboolean xml_can_hold(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        return FALSE;
    }
    for (const char *at = text; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
        if (!xml_is_character(g_utf8_get_char(at))) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *make_holdable(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *result = g_string_new(NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
        const gunichar character = g_utf8_get_char(at);

        g_string_append_unichar(result, xml_is_character(character) ? character : 0xfffd);
    }
    return g_string_free(result, FALSE);
}

XmlWriter *xml_writer_new_bare(void)
{
    XmlWriter *writer = g_new0(XmlWriter, 1);

    writer->buffer = xmlBufferCreate();
    writer->writer = writer->buffer == NULL ? NULL : xmlNewTextWriterMemory(writer->buffer, 0);
    check(writer->writer == NULL ? -1 : 0);
    /* One that doubles its size: a page of a large batch has millions of bytes. */
    xmlBufferSetAllocationScheme(writer->buffer, XML_BUFFER_ALLOC_DOUBLEIT);
    return writer;
}

XmlWriter *xml_writer_new(void)
{
    XmlWriter *writer = xml_writer_new_bare();

    check(xmlTextWriterSetIndent(writer->writer, 1));
    check(xmlTextWriterSetIndentString(writer->writer, to_xml("  ")));
    check(xmlTextWriterStartDocument(writer->writer, NULL, "UTF-8", NULL));
    return writer;
}

void xml_writer_free(XmlWriter *writer)
{
    if (writer != NULL) {
        xmlFreeTextWriter(writer->writer);
        xmlBufferFree(writer->buffer);
        g_free(writer);
    }
}

char *xml_writer_finish(XmlWriter *writer)
{
    check(xmlTextWriterEndDocument(writer->writer));
    return g_strdup((const char *)xmlBufferContent(writer->buffer));
}

void xml_write_start(XmlWriter *writer, const char *element)
{
    check(xmlTextWriterStartElement(writer->writer, to_xml(element)));
}

void xml_write_end(XmlWriter *writer)
{
    check(xmlTextWriterEndElement(writer->writer));
}

void xml_write_end_full(XmlWriter *writer)
{
    check(xmlTextWriterFullEndElement(writer->writer));
}

void xml_write_raw(XmlWriter *writer, const char *markup)
{
    check(xmlTextWriterWriteRaw(writer->writer, to_xml(markup)));
}

void xml_write_attribute(XmlWriter *writer, const char *name, const char *value)
{
    g_autofree char *held = NULL;

    if (value != NULL) {
        held = make_holdable(value);
        check(xmlTextWriterWriteAttribute(writer->writer, to_xml(name), to_xml(held)));
    }
}

void xml_write_attribute_number(XmlWriter *writer, const char *name, gint64 value)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

    xml_write_attribute(writer, name, text);
}

void xml_write_text(XmlWriter *writer, const char *text)
{
    g_autofree char *held = make_holdable(text);

    check(xmlTextWriterWriteString(writer->writer, to_xml(held)));
}

void xml_write_element(XmlWriter *writer, const char *element, const char *text)
{
    if (text != NULL) {
        xml_write_start(writer, element);
        xml_write_text(writer, text);
        xml_write_end(writer);
    }
}

void xml_write_empty(XmlWriter *writer, const char *element, ...)
{
    va_list pairs;

    xml_write_start(writer, element);
    va_start(pairs, element);
    for (const char *name = va_arg(pairs, const char *); name != NULL;
         name = va_arg(pairs, const char *)) {
        xml_write_attribute(writer, name, va_arg(pairs, const char *));
    }
    va_end(pairs);
    xml_write_end(writer);
}
