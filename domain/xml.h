/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing XML with calls nested like the document. Values may be anything: what XML cannot hold is
   replaced, what it means specially is escaped. The writer fails only without memory, which aborts
   as everywhere in GLib. */
#ifndef DOMAIN_XML_H
#define DOMAIN_XML_H

#include <glib.h>

typedef struct XmlWriter XmlWriter;

XmlWriter *xml_writer_new(void);
/* Without declaration and without white space of its own, for HTML. */
XmlWriter *xml_writer_new_bare(void);
void xml_writer_free(XmlWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlWriter, xml_writer_free)
/* Ends the document; the writer can only be freed afterwards. */
char *xml_writer_finish(XmlWriter *writer);

void xml_write_start(XmlWriter *writer, const char *element);
void xml_write_end(XmlWriter *writer);
/* With a tag of its own, also where the element is empty: HTML has no other for most elements. */
void xml_write_end_full(XmlWriter *writer);
/* Text of our own that is markup already, as it is. */
void xml_write_raw(XmlWriter *writer, const char *markup);
/* Of the element started last. A NULL value leaves it out. */
void xml_write_attribute(XmlWriter *writer, const char *name, const char *value);
void xml_write_attribute_number(XmlWriter *writer, const char *name, gint64 value);
void xml_write_text(XmlWriter *writer, const char *text);
/* <element>text</element>; nothing when text is NULL. */
void xml_write_element(XmlWriter *writer, const char *element, const char *text);
/* <element name='value' …/>; pairs of names and values, then NULL. */
void xml_write_empty(XmlWriter *writer, const char *element, ...) G_GNUC_NULL_TERMINATED;

/* TRUE if XML 1.0 can hold the character. */
gboolean xml_is_character(gunichar character);
/* TRUE if text is UTF-8 and XML can hold every character of it. */
gboolean xml_can_hold(const char *text);

#endif
