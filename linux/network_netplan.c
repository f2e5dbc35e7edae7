/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network cards of a netplan file (netplan(5)) and of cloud-init's "network:". */
#include <string.h>

#include "linux/network_names.h"
#include "linux/yaml_edit.h"

static const char *get_text(yaml_document_t *document, int mapping, const char *key)
{
    return yaml_edit_scalar(document, yaml_edit_get(document, mapping, key));
}

/* With match: the key is a name of the file's own, not the interface's. */
static void add_interface(yaml_document_t *document, const char *id, int node, GPtrArray *names)
{
    int match = yaml_edit_get(document, node, "match");
    const char *set_name = get_text(document, node, "set-name");
    const char *mac = get_text(document, match, "macaddress");

    if (set_name != NULL)
        network_names_add(names, set_name, mac, TRUE, mac != NULL);
    else if (match == 0)
        network_names_add(names, id, NULL, TRUE, FALSE);
}

/* Version 1: "type: physical" with a name and, often, the address. cloud-init renames a card that
   has the address and another name (network: rename in cloudinit/net). */
static void add_listed(yaml_document_t *document, int network, GPtrArray *names)
{
    int list = yaml_edit_get(document, network, "config"), item = 0;

    for (guint i = 0; (item = yaml_edit_item(document, list, i)) != 0; i++) {
        const char *name = get_text(document, item, "name");

        if (name != NULL && g_strcmp0(get_text(document, item, "type"), "physical") == 0)
            network_names_add(names, name, get_text(document, item, "mac_address"), TRUE, FALSE);
    }
}

static void add_interfaces(yaml_document_t *document, GPtrArray *names)
{
    int network = yaml_edit_get(document, 1, "network"), ethernets = 0, key = 0, value = 0;

    if (network == 0 && yaml_edit_get(document, 1, "version") != 0)
        network = 1;
    ethernets = yaml_edit_get(document, network, "ethernets");
    for (guint i = 0; yaml_edit_pair(document, ethernets, i, &key, &value); i++) {
        const char *id = yaml_edit_scalar(document, key);

        if (id != NULL)
            add_interface(document, id, value, names);
    }
    add_listed(document, network, names);
}

void network_names_parse_netplan(const char *text, GPtrArray *names)
{
    g_auto(yaml_document_t) document = {0};

    if (yaml_edit_load(text, &document) && yaml_document_get_root_node(&document) != NULL)
        add_interfaces(&document, names);
}
