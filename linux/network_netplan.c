/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ethernets of a netplan file: netplan(5). */
#include <string.h>
#include <yaml.h>

#include "linux/network_names.h"

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(yaml_parser_t, yaml_parser_delete)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(yaml_document_t, yaml_document_delete)

static const char *scalar_text(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                          : NULL;
}

/* NULL: node is no mapping, or has no such key. */
static yaml_node_t *mapping_get(yaml_document_t *document, const yaml_node_t *node, const char *key)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE)
        return NULL;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++)
        if (g_strcmp0(scalar_text(yaml_document_get_node(document, pair->key)), key) == 0)
            return yaml_document_get_node(document, pair->value);
    return NULL;
}

/* With match: the key is a name of the file's own, not the interface's. */
static void add_interface(yaml_document_t *document, const char *id, const yaml_node_t *node,
                          GPtrArray *names)
{
    const yaml_node_t *match = mapping_get(document, node, "match");
    const char *set_name = scalar_text(mapping_get(document, node, "set-name"));
    const char *mac = scalar_text(mapping_get(document, match, "macaddress"));

    if (set_name != NULL)
        network_names_add(names, set_name, mac, TRUE, mac != NULL);
    else if (match == NULL)
        network_names_add(names, id, NULL, TRUE, FALSE);
}

static void add_interfaces(yaml_document_t *document, GPtrArray *names)
{
    yaml_node_t *network = mapping_get(document, yaml_document_get_root_node(document), "network");
    yaml_node_t *ethernets = mapping_get(document, network, "ethernets");

    if (ethernets == NULL || ethernets->type != YAML_MAPPING_NODE)
        return;
    for (const yaml_node_pair_t *pair = ethernets->data.mapping.pairs.start;
         pair < ethernets->data.mapping.pairs.top; pair++) {
        const char *id = scalar_text(yaml_document_get_node(document, pair->key));

        if (id != NULL)
            add_interface(document, id, yaml_document_get_node(document, pair->value), names);
    }
}

void network_names_parse_netplan(const char *text, GPtrArray *names)
{
    g_auto(yaml_parser_t) parser = {0};
    g_auto(yaml_document_t) document = {0};

    if (!yaml_parser_initialize(&parser))
        return;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    if (yaml_parser_load(&parser, &document))
        add_interfaces(&document, names);
    else
        g_debug("a netplan file is no YAML: %s, skipping", parser.problem);
}
