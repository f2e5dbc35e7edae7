/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XML from a source, as a tree: no entities, no network, nothing outside of the text, and limits
   on what it may take. Elements and attributes are looked up by their local names, because the
   prefixes and even the namespaces of one and the same thing differ between products and versions.
   Only for files of convert/. */
#ifndef CONVERT_CONFIG_XML_DOCUMENT_H
#define CONVERT_CONFIG_XML_DOCUMENT_H

#include <glib.h>
#include <libxml/tree.h>
#include <stdint.h>

typedef struct XmlDocument XmlDocument;

/* Any encoding that XML declares. Text that is not well-formed or badly encoded is
   DRYDOCK_ERROR_CORRUPT with its line number, a document type declaration (which is where entities
   come from) or more elements than any machine has is DRYDOCK_ERROR_UNSUPPORTED. */
XmlDocument *xml_document_load(GBytes *content, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void xml_document_free(XmlDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XmlDocument, xml_document_free)

/* Elements belong to the document. All functions below take a NULL element for one that is not
   there and answer "none". */
const xmlNode *xml_document_root(const XmlDocument *document);

/* The first child element called name, and the next sibling element called name. NULL: any. */
const xmlNode *xml_child(const xmlNode *element, const char *name);
const xmlNode *xml_next(const xmlNode *element, const char *name);

/* The child's child's … child, each the first of its name; names end with NULL. */
const xmlNode *xml_descendant(const xmlNode *element, ...) G_GNUC_NULL_TERMINATED;

const char *xml_name(const xmlNode *element);              /* local name; borrowed; NULL: none */
const char *xml_namespace(const xmlNode *element);         /* URI; borrowed; NULL: none */
gboolean xml_is(const xmlNode *element, const char *name); /* has that local name */

/* The text below, without white space around it; NULL when there is none. Given. */
char *xml_text(const xmlNode *element);
char *xml_child_text(const xmlNode *element, const char *name);
char *xml_attribute(const xmlNode *element, const char *name);

/* A whole decimal number and nothing else; FALSE: it is none. */
gboolean xml_child_number(const xmlNode *element, const char *name, uint64_t *ret_number);
gboolean xml_attribute_number(const xmlNode *element, const char *name, uint64_t *ret_number);

#endif
