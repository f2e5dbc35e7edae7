/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XML from a source, as a tree, through libxml2's tree builder with the dangerous parts cut off. */
#include "convert/config/xml_document.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <stdarg.h>
#include <string.h>

#include "base/error.h"

/* The largest exports seen have some thousand. A node takes about 120 bytes, an attribute 200. */
#define NODES_LIMIT 400000
#define CONTENT_LIMIT_BYTES ((size_t)64 << 20)

struct XmlDocument {
    xmlDoc *doc;
};

/* What the callbacks of one parser remember. */
typedef struct {
    guint nodes;
    gboolean has_type;
} ParseState;

static void refuse_type(void *data, const xmlChar *name, const xmlChar *external_id,
                        const xmlChar *system_id)
{
    (void)name, (void)external_id, (void)system_id;
    xmlParserCtxt *parser = data;
    ParseState *state = parser->_private;
    state->has_type = TRUE;
    xmlStopParser(parser);
}

static void count_element(void *data, const xmlChar *local_name, const xmlChar *prefix,
                          const xmlChar *uri, int namespace_count, const xmlChar **namespaces,
                          int attribute_count, int defaulted_count, const xmlChar **attributes)
{
    xmlParserCtxt *parser = data;
    ParseState *state = parser->_private;
    state->nodes += 2 + (guint)namespace_count + (guint)attribute_count; /* itself and its text */
    if (state->nodes > NODES_LIMIT)
        xmlStopParser(parser);
    else
        xmlSAX2StartElementNs(data, local_name, prefix, uri, namespace_count, namespaces,
                              attribute_count, defaulted_count, attributes);
}

static void set_parse_error(xmlParserCtxt *parser, const ParseState *state, GError **error)
{
    if (state->has_type) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "take its document type declaration (<!DOCTYPE …>) out",
                          "it has a document type declaration, which no export has");
        return;
    }
    if (state->nodes > NODES_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "it has more elements than any machine needs (limit %d)", NODES_LIMIT);
        return;
    }
    const xmlError *cause = xmlCtxtGetLastError(parser);
    g_autofree char *text =
        g_utf8_make_valid(cause && cause->message ? cause->message : "unknown problem", -1);
    /* Some messages go on with a dump of the bytes. */
    text[strcspn(text, "\n")] = '\0';
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export it again",
                      "it is no well-formed XML, line %d: %s", cause ? cause->line : 0, text);
}

XmlDocument *xml_document_load(GBytes *content, GError **error)
{
    size_t length;
    const char *text = g_bytes_get_data(content, &length);
    if (length > CONTENT_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "it is %zu bytes long, more than any machine needs", length);
        return NULL;
    }

    ParseState state = {0};
    xmlParserCtxt *parser = xmlNewParserCtxt();
    if (!parser)
        g_error("out of memory");
    parser->_private = &state;
    parser->sax->internalSubset = refuse_type;
    parser->sax->startElementNs = count_element;
    parser->sax->comment = NULL;
    parser->sax->processingInstruction = NULL;
    /* Without XML_PARSE_HUGE libxml2 limits depth (256) and the length of one text (10 MB). */
    xmlDoc *doc = xmlCtxtReadMemory(parser, length ? text : "", (int)length, NULL, NULL,
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                        XML_PARSE_NOCDATA | XML_PARSE_NOBLANKS);
    gboolean ok = doc && xmlDocGetRootElement(doc) && !state.has_type && state.nodes <= NODES_LIMIT;
    if (!ok) {
        set_parse_error(parser, &state, error);
        xmlFreeDoc(doc);
    }
    xmlFreeParserCtxt(parser);
    if (!ok)
        return NULL;

    XmlDocument *document = g_new0(XmlDocument, 1);
    document->doc = doc;
    return document;
}

void xml_document_free(XmlDocument *document)
{
    if (!document)
        return;
    xmlFreeDoc(document->doc);
    g_free(document);
}

const xmlNode *xml_document_root(const XmlDocument *document)
{
    return xmlDocGetRootElement(document->doc);
}

static const xmlNode *first_match(const xmlNode *node, const char *name)
{
    while (node && (node->type != XML_ELEMENT_NODE || (name && !xml_is(node, name))))
        node = node->next;
    return node;
}

const xmlNode *xml_child(const xmlNode *element, const char *name)
{
    return element ? first_match(element->children, name) : NULL;
}

const xmlNode *xml_next(const xmlNode *element, const char *name)
{
    return element ? first_match(element->next, name) : NULL;
}

const xmlNode *xml_descendant(const xmlNode *element, ...)
{
    va_list names;
    va_start(names, element);
    for (const char *name = va_arg(names, const char *); name; name = va_arg(names, const char *))
        element = xml_child(element, name);
    va_end(names);
    return element;
}

const char *xml_name(const xmlNode *element)
{
    return element ? (const char *)element->name : NULL;
}

const char *xml_namespace(const xmlNode *element)
{
    return element && element->ns ? (const char *)element->ns->href : NULL;
}

gboolean xml_is(const xmlNode *element, const char *name)
{
    return element && strcmp((const char *)element->name, name) == 0;
}

/* Takes a string of libxml2; an empty one is none. */
static char *take_text(xmlChar *text)
{
    char *stripped = text ? g_strstrip(g_strdup((const char *)text)) : NULL;
    xmlFree(text);
    if (stripped && !*stripped)
        g_clear_pointer(&stripped, g_free);
    return stripped;
}

char *xml_text(const xmlNode *element)
{
    return element ? take_text(xmlNodeGetContent(element)) : NULL;
}

char *xml_child_text(const xmlNode *element, const char *name)
{
    return xml_text(xml_child(element, name));
}

char *xml_attribute(const xmlNode *element, const char *name)
{
    if (!element)
        return NULL;
    for (const xmlAttr *attribute = element->properties; attribute; attribute = attribute->next)
        if (strcmp((const char *)attribute->name, name) == 0)
            return take_text(xmlNodeListGetString(element->doc, attribute->children, 1));
    return NULL;
}

static gboolean parse_number(const char *text, uint64_t *ret_number)
{
    guint64 number;
    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL))
        return FALSE;
    *ret_number = number;
    return TRUE;
}

gboolean xml_child_number(const xmlNode *element, const char *name, uint64_t *ret_number)
{
    g_autofree char *text = xml_child_text(element, name);
    return parse_number(text, ret_number);
}

gboolean xml_attribute_number(const xmlNode *element, const char *name, uint64_t *ret_number)
{
    g_autofree char *text = xml_attribute(element, name);
    return parse_number(text, ret_number);
}
