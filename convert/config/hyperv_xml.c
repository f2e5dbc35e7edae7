/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-V's XML configuration, 2008 to 2012 R2: every value is an element with an attribute "type",
   every other element a node. */
#include <string.h>

#include "base/error.h"
#include "base/utf16.h"
#include "convert/config/hyperv_machine.h"
#include "convert/source_config.h"
#include "convert/config/xml_document.h"

/* The beginning of the document element: what is before it may be a declaration and comments. */
static const char *find_root(const char *text)
{
    for (;;) {
        text += strspn(text, " \t\r\n");
        const char *end = NULL;
        if (g_str_has_prefix(text, "<?"))
            end = strstr(text, "?>");
        else if (g_str_has_prefix(text, "<!--"))
            end = strstr(text, "-->");
        else
            return text;
        if (!end)
            return "";
        text = strchr(end, '>') + 1;
    }
}

/* Other programs have a <configuration>, too; only Hyper-V's values have types like these. */
static gboolean probe(const uint8_t *head, size_t length, const char *name)
{
    (void)name;
    g_autofree char *text = NULL;
    if (length >= 2 && head[0] == 0xff && head[1] == 0xfe)
        text = utf16_to_utf8(head + 2, length - 2, UTF16_LITTLE_ENDIAN);
    else if (length >= 2 && head[0] == 0xfe && head[1] == 0xff)
        text = utf16_to_utf8(head + 2, length - 2, UTF16_BIG_ENDIAN);
    else
        text = g_strndup((const char *)head, length);
    const char *root =
        find_root(g_str_has_prefix(text, "\xef\xbb\xbf") ? text + strlen("\xef\xbb\xbf") : text);
    static const char *const types[] = {"type=\"integer\"", "type=\"string\"", "type=\"bool\"",
                                        "type=\"bytes\""};
    if (!g_str_has_prefix(root, "<configuration>") && !g_str_has_prefix(root, "<configuration "))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (strstr(root, types[i]))
            return TRUE;
    return FALSE;
}

/* NULL: a type that is not known, or a value that is none of its type. */
static HypervKey *convert_value(const xmlNode *element, const char *type)
{
    const char *name = xml_name(element);
    g_autofree char *text = xml_text(element);
    const char *value = text ? text : "";
    if (g_str_equal(type, "string")) {
        HypervKey *key = hyperv_key_new(name, strlen(name), HYPERV_KEY_STRING);
        g_free(key->string);
        key->string = g_strdup(value);
        return key;
    }
    if (g_str_equal(type, "bool")) {
        HypervKey *key = hyperv_key_new(name, strlen(name), HYPERV_KEY_BOOLEAN);
        key->integer = g_ascii_strcasecmp(value, "true") == 0;
        return key;
    }
    if (g_str_equal(type, "bytes")) {
        HypervKey *key = hyperv_key_new(name, strlen(name), HYPERV_KEY_BYTES);
        size_t length;
        guchar *bytes = g_base64_decode(value, &length);
        g_bytes_unref(key->bytes);
        key->bytes = g_bytes_new_take(bytes, length);
        return key;
    }
    gint64 number;
    if (!g_str_equal(type, "integer") ||
        !g_ascii_string_to_signed(value, 10, G_MININT64, G_MAXINT64, &number, NULL))
        return NULL;
    HypervKey *key = hyperv_key_new(name, strlen(name), HYPERV_KEY_INTEGER);
    key->integer = number;
    return key;
}

/* Adds the children of element to node. */
static gboolean convert_children(const xmlNode *element, HypervKey *node, guint depth,
                                 GError **error)
{
    if (depth > HYPERV_TREE_DEPTH_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "export the machine again",
                          "its elements are nested deeper than those of any machine");
        return FALSE;
    }
    for (const xmlNode *child = xml_child(element, NULL); child; child = xml_next(child, NULL)) {
        g_autofree char *type = xml_attribute(child, "type");
        const char *name = xml_name(child);
        HypervKey *key =
            type ? convert_value(child, type) : hyperv_key_new(name, strlen(name), HYPERV_KEY_NODE);
        if (!key)
            continue;
        hyperv_key_add(node, key);
        if (!type && !convert_children(child, key, depth + 1, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_xml(GBytes *content, GPtrArray *machines, GPtrArray *findings, GError **error)
{
    g_autoptr(XmlDocument) document = xml_document_load(content, error);
    if (!document)
        return FALSE;
    const xmlNode *element = xml_document_root(document);
    if (!xml_is(element, "configuration")) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "it is not a configuration of Hyper-V");
        return FALSE;
    }
    g_autoptr(HypervKey) root = hyperv_key_new("", 0, HYPERV_KEY_NODE);
    HypervKey *configuration =
        hyperv_key_new("configuration", strlen("configuration"), HYPERV_KEY_NODE);
    hyperv_key_add(root, configuration);
    return convert_children(element, configuration, 1, error) &&
           hyperv_machine_read(root, "hyperv-xml", machines, findings, error);
}

const SourceConfigOps config_hyperv_xml_ops = {"hyperv-xml", probe, read_xml};
