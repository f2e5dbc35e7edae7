/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses in netplan(5) files, and in cloud-init's "network:" of version 1 and 2. */
#include <string.h>

#include "linux/network_names.h"
#include "linux/network_style.h"
#include "linux/yaml_edit.h"

static const char *const default_destinations[] = {
    [NIC_FAMILY_IPV4] = "0.0.0.0/0",
    [NIC_FAMILY_IPV6] = "::/0",
};

typedef struct {
    yaml_document_t *document;
    NetworkTarget *target;
    char *gateways[NIC_FAMILY_LAST]; /* old ones */
} YamlChange;

static void yaml_change_clear(YamlChange *edit)
{
    for (guint i = 0; i < NIC_FAMILY_LAST; i++)
        g_free(edit->gateways[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(YamlChange, yaml_change_clear)

static const char *get_text(const YamlChange *edit, int mapping, const char *key)
{
    return yaml_edit_scalar(edit->document, yaml_edit_get(edit->document, mapping, key));
}

static void set_text(const YamlChange *edit, int mapping, const char *key, const char *text)
{
    yaml_edit_set(edit->document, mapping, key, yaml_edit_new_scalar(edit->document, text));
}

static void had_gateway(YamlChange *edit, const char *text)
{
    char **gateway = &edit->gateways[nic_text_family(text)];

    if (*gateway == NULL)
        *gateway = g_strdup(text);
}

static gboolean is_default(const char *destination)
{
    return destination != NULL &&
           (g_str_equal(destination, "default") || g_str_equal(destination, "0.0.0.0/0") ||
            g_str_equal(destination, "::/0"));
}

/* Version 2: a mapping of its own for each interface. */

/* An item is "192.0.2.10/24", or a mapping from that to more about it. */
static const char *address_of(const YamlChange *edit, int item)
{
    int key = item, value = 0;

    if (yaml_edit_is_mapping(edit->document, item) &&
        !yaml_edit_pair(edit->document, item, 0, &key, &value))
        return NULL;
    return yaml_edit_scalar(edit->document, key);
}

static void remove_addresses(YamlChange *edit, int interface)
{
    int list = yaml_edit_get(edit->document, interface, "addresses"), item = 0;

    for (guint i = 0; (item = yaml_edit_item(edit->document, list, i)) != 0;) {
        const char *text = address_of(edit, item);

        if (text == NULL || !network_target_has(edit->target, nic_text_family(text))) {
            i++;
            continue;
        }
        network_target_had(edit->target, text);
        yaml_edit_remove_item(edit->document, list, i);
    }
    if (yaml_edit_item(edit->document, list, 0) == 0)
        yaml_edit_remove(edit->document, interface, "addresses");
}

static void remove_default_routes(YamlChange *edit, int interface)
{
    int list = yaml_edit_get(edit->document, interface, "routes"), item = 0;

    for (guint i = 0; (item = yaml_edit_item(edit->document, list, i)) != 0;) {
        const char *via = get_text(edit, item, "via");

        if (via == NULL || !is_default(get_text(edit, item, "to")) ||
            !network_target_has(edit->target, nic_text_family(via))) {
            i++;
            continue;
        }
        had_gateway(edit, via);
        yaml_edit_remove_item(edit->document, list, i);
    }
    if (yaml_edit_item(edit->document, list, 0) == 0)
        yaml_edit_remove(edit->document, interface, "routes");
}

static void remove_family(YamlChange *edit, int interface, NicFamily family)
{
    const char *gateway_key = family == NIC_FAMILY_IPV4 ? "gateway4" : "gateway6";
    const char *gateway = get_text(edit, interface, gateway_key);

    if (gateway != NULL)
        had_gateway(edit, gateway);
    yaml_edit_remove(edit->document, interface, gateway_key);
    if (!edit->target->address->dhcp || family == NIC_FAMILY_IPV4)
        yaml_edit_remove(edit->document, interface, family == NIC_FAMILY_IPV4 ? "dhcp4" : "dhcp6");
}

static int list_of(const YamlChange *edit, int mapping, const char *key)
{
    int list = yaml_edit_get(edit->document, mapping, key);

    if (!yaml_edit_is_sequence(edit->document, list)) {
        list = yaml_edit_new_sequence(edit->document);
        yaml_edit_set(edit->document, mapping, key, list);
    }
    return list;
}

/* "0.0.0.0/0" rather than "default", which old versions do not know. */
static void add_default_route(const YamlChange *edit, int interface, NicFamily family)
{
    const char *gateway = network_target_gateway(edit->target, family, edit->gateways[family]);
    int route = gateway != NULL ? yaml_edit_new_mapping(edit->document) : 0;

    if (route == 0)
        return;
    set_text(edit, route, "to", default_destinations[family]);
    set_text(edit, route, "via", gateway);
    yaml_edit_append(edit->document, list_of(edit, interface, "routes"), route);
}

static void set_name_servers(const YamlChange *edit, int interface)
{
    int servers = yaml_edit_get(edit->document, interface, "nameservers");
    int list = 0, key = 0, value = 0;

    if (!network_target_has_dns(edit->target))
        return;
    yaml_edit_remove(edit->document, servers, "addresses");
    for (guint i = 0; i < edit->target->address->dns->len; i++) {
        if (!yaml_edit_is_mapping(edit->document, servers)) {
            servers = yaml_edit_new_mapping(edit->document);
            yaml_edit_set(edit->document, interface, "nameservers", servers);
        }
        list = list_of(edit, servers, "addresses");
        yaml_edit_append(
            edit->document, list,
            yaml_edit_new_scalar(edit->document, edit->target->address->dns->pdata[i]));
    }
    if (!yaml_edit_pair(edit->document, servers, 0, &key, &value))
        yaml_edit_remove(edit->document, interface, "nameservers");
}

static void set_interface(YamlChange *edit, int interface)
{
    const NicAddress *address = edit->target->address;

    remove_addresses(edit, interface);
    remove_default_routes(edit, interface);
    for (guint i = 0; i < NIC_FAMILY_LAST; i++)
        if (network_target_has(edit->target, (NicFamily)i))
            remove_family(edit, interface, (NicFamily)i);
    if (address->dhcp)
        set_text(edit, interface, "dhcp4", "true");
    for (guint i = 0; i < address->addresses->len; i++)
        yaml_edit_append(edit->document, list_of(edit, interface, "addresses"),
                         yaml_edit_new_scalar(edit->document, address->addresses->pdata[i]));
    for (guint i = 0; i < NIC_FAMILY_LAST; i++)
        if (network_target_has(edit->target, (NicFamily)i))
            add_default_route(edit, interface, (NicFamily)i);
    set_name_servers(edit, interface);
}

static gboolean is_our_interface(const YamlChange *edit, const char *id, int interface)
{
    const NetworkTarget *target = edit->target;
    int match = yaml_edit_get(edit->document, interface, "match");
    const char *set_name = get_text(edit, interface, "set-name");
    const char *name = get_text(edit, match, "name");
    g_autofree char *mac = network_mac_normalise(get_text(edit, match, "macaddress"));

    if (set_name != NULL)
        return g_str_equal(set_name, target->name);
    if (match == 0)
        return g_str_equal(id, target->name);
    if (mac != NULL)
        return g_strcmp0(mac, target->mac) == 0;
    return name != NULL && (g_str_equal(name, target->name) ||
                            (target->alone && g_pattern_match_simple(name, target->name)));
}

static gboolean edit_version_2(YamlChange *edit, int network)
{
    static const char *const kinds[] = {"ethernets", "bonds", "bridges", "vlans"};
    gboolean found = FALSE;

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        int kind = yaml_edit_get(edit->document, network, kinds[i]), key = 0, value = 0;

        for (guint j = 0; yaml_edit_pair(edit->document, kind, j, &key, &value); j++) {
            const char *id = yaml_edit_scalar(edit->document, key);

            if (id == NULL || !yaml_edit_is_mapping(edit->document, value) ||
                !is_our_interface(edit, id, value))
                continue;
            set_interface(edit, value);
            found = TRUE;
        }
    }
    return found;
}

/* Version 1: a list of interfaces, each with a list of subnets. */

static void note_subnets(YamlChange *edit, int subnets)
{
    int subnet = 0;

    for (guint i = 0; (subnet = yaml_edit_item(edit->document, subnets, i)) != 0;) {
        const char *text = get_text(edit, subnet, "address");
        const char *gateway = get_text(edit, subnet, "gateway");
        const char *type = get_text(edit, subnet, "type");
        NicFamily family = text != NULL                                ? nic_text_family(text)
                           : type != NULL && strchr(type, '6') != NULL ? NIC_FAMILY_IPV6
                                                                       : NIC_FAMILY_IPV4;

        if (!network_target_has(edit->target, family)) {
            i++;
            continue;
        }
        if (text != NULL)
            network_target_had(edit->target, text);
        if (gateway != NULL)
            had_gateway(edit, gateway);
        yaml_edit_remove_item(edit->document, subnets, i);
    }
}

static int new_subnet(const YamlChange *edit, const char *type, const char *address)
{
    int subnet = yaml_edit_new_mapping(edit->document);
    NicFamily family = address != NULL ? nic_text_family(address) : NIC_FAMILY_IPV4;
    const char *gateway = network_target_gateway(edit->target, family, edit->gateways[family]);

    set_text(edit, subnet, "type", type);
    if (address == NULL)
        return subnet;
    set_text(edit, subnet, "address", address);
    if (gateway != NULL && nic_texts_first(edit->target->address->addresses, family) == address)
        set_text(edit, subnet, "gateway", gateway);
    if (edit->target->address->dns->len > 0 &&
        edit->target->address->addresses->pdata[0] == address) {
        int list = list_of(edit, subnet, "dns_nameservers");

        for (guint i = 0; i < edit->target->address->dns->len; i++)
            yaml_edit_append(
                edit->document, list,
                yaml_edit_new_scalar(edit->document, edit->target->address->dns->pdata[i]));
    }
    return subnet;
}

static void set_subnets(YamlChange *edit, int interface)
{
    const NicAddress *address = edit->target->address;
    int list = list_of(edit, interface, "subnets");

    note_subnets(edit, list);
    if (address->dhcp)
        yaml_edit_append(edit->document, list, new_subnet(edit, "dhcp4", NULL));
    for (guint i = 0; i < address->addresses->len; i++) {
        const char *text = address->addresses->pdata[i];

        yaml_edit_append(edit->document, list,
                         new_subnet(edit,
                                    nic_text_family(text) == NIC_FAMILY_IPV6 ? "static6" : "static",
                                    text));
    }
}

static gboolean edit_version_1(YamlChange *edit, int network)
{
    int list = yaml_edit_get(edit->document, network, "config"), item = 0;
    gboolean found = FALSE;

    for (guint i = 0; (item = yaml_edit_item(edit->document, list, i)) != 0; i++) {
        const char *name = get_text(edit, item, "name");
        const char *type = get_text(edit, item, "type");
        g_autofree char *mac = network_mac_normalise(get_text(edit, item, "mac_address"));

        if (g_strcmp0(type, "nameserver") == 0 || g_strcmp0(type, "route") == 0 ||
            (g_strcmp0(name, edit->target->name) != 0 &&
             (mac == NULL || g_strcmp0(mac, edit->target->mac) != 0)))
            continue;
        set_subnets(edit, item);
        found = TRUE;
    }
    return found;
}

/* "network: {…}", or a file that has its content alone (NoCloud's network-config). */
static int find_network(const YamlChange *edit)
{
    int root = yaml_document_get_root_node(edit->document) != NULL ? 1 : 0;
    int network = yaml_edit_get(edit->document, root, "network");

    if (network != 0)
        return network;
    return yaml_edit_get(edit->document, root, "version") != 0 ? root : 0;
}

static void add_interface(YamlChange *edit, int network)
{
    int ethernets = yaml_edit_get(edit->document, network, "ethernets");
    int interface = yaml_edit_new_mapping(edit->document);

    if (!yaml_edit_is_mapping(edit->document, ethernets)) {
        ethernets = yaml_edit_new_mapping(edit->document);
        yaml_edit_set(edit->document, network, "ethernets", ethernets);
    }
    yaml_edit_set(edit->document, ethernets, edit->target->name, interface);
    set_interface(edit, interface);
}

char *network_edit_yaml(const char *text, const char *base G_GNUC_UNUSED, NetworkTarget *target,
                        gboolean add)
{
    static const char skeleton[] = "network:\n  version: 2\n";
    gboolean is_empty = *text == '\0';
    yaml_document_t document = {0};
    g_auto(YamlChange) edit = {.document = &document, .target = target};
    int network = 0;

    if (!yaml_edit_load(is_empty ? skeleton : text, &document))
        return NULL;
    network = find_network(&edit);
    if (edit_version_2(&edit, network) || edit_version_1(&edit, network))
        return yaml_edit_save(&document, text);
    if (add && yaml_edit_is_mapping(&document, network)) {
        add_interface(&edit, network);
        return yaml_edit_save(&document, text);
    }
    yaml_document_delete(&document);
    return NULL;
}
