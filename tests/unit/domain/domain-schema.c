/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libxml2 judges by the RNG schema that libvirt installs. */
#include "domain-schema.h"

#include <glib.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <string.h>

#define SCHEMA "/usr/share/libvirt/schemas/domain.rng"

/* Parsed once: it takes longer than a hundred domains. NULL: there is none. */
static xmlRelaxNG *load_schema(void)
{
    static xmlRelaxNG *schema;

    if (schema == NULL && g_file_test(SCHEMA, G_FILE_TEST_EXISTS)) {
        xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt(SCHEMA);

        schema = xmlRelaxNGParse(parser);
        g_assert_nonnull(schema);
        xmlRelaxNGFreeParserCtxt(parser);
    }
    return schema;
}

void domain_schema_check(const char *xml)
{
    xmlRelaxNG *schema = load_schema();
    xmlRelaxNGValidCtxt *validator;
    xmlDoc *document;

    if (schema == NULL) {
        g_test_message("no %s: not validated", SCHEMA);
        return;
    }
    validator = xmlRelaxNGNewValidCtxt(schema);
    document = xmlReadMemory(xml, (int)strlen(xml), "domain.xml", NULL, XML_PARSE_NONET);
    g_assert_nonnull(document);
    g_assert_cmpint(xmlRelaxNGValidateDoc(validator, document), ==, 0);
    xmlFreeDoc(document);
    xmlRelaxNGFreeValidCtxt(validator);
}
