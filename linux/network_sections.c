/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files with sections: NetworkManager's keyfiles (nm-settings-keyfile(5)), systemd.network(5), and
   the settings that ConnMan keeps (doc/settings-storage.txt). */
#include <string.h>

#include "linux/config_lines.h"
#include "linux/network_names.h"
#include "linux/network_style.h"

/* What is taken out of a section, and what is learnt meanwhile. */
typedef struct {
    NetworkTarget *target;
    NicFamily family; /* of the section, where it has one */
    char *gateway;    /* the old one of that family */
    gboolean was_manual;
} Removal;

static void removal_clear(Removal *removal)
{
    g_free(removal->gateway);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Removal, removal_clear)

static void had_gateway(Removal *removal, const char *text)
{
    if (removal->gateway == NULL && nic_text_family(text) == removal->family)
        removal->gateway = g_strdup(text);
}

/* "address1=192.0.2.5/24,192.0.2.1", older: "addresses1=…;24;192.0.2.1;". */
static void read_keyfile_address(Removal *removal, const char *value)
{
    g_auto(GStrv) words = g_strsplit_set(value, ",;", -1);

    if (words[0] == NULL)
        return;
    network_target_had(removal->target, words[0]);
    for (guint i = 1; words[i] != NULL; i++)
        if (strpbrk(words[i], ".:") != NULL)
            had_gateway(removal, g_strstrip(words[i]));
}

static gboolean remove_keyfile(const char *key, const char *value, gpointer data)
{
    Removal *removal = data;

    if (g_str_equal(key, "method")) {
        removal->was_manual = g_str_equal(value, "manual");
        return TRUE;
    }
    if (g_str_has_prefix(key, "address") && !g_str_has_prefix(key, "address-") &&
        !g_str_has_prefix(key, "addr-")) {
        read_keyfile_address(removal, value);
        return TRUE;
    }
    if (g_str_equal(key, "gateway")) {
        had_gateway(removal, value);
        return TRUE;
    }
    return g_str_equal(key, "dns") && network_target_has_dns(removal->target);
}

static void add_keyfile_addresses(GPtrArray *lines, const char *section, const Removal *removal)
{
    const NicAddress *address = removal->target->address;
    const char *gateway =
        network_target_gateway(removal->target, removal->family, removal->gateway);
    guint number = 0;

    for (guint i = 0; i < address->addresses->len; i++) {
        const char *text = address->addresses->pdata[i];
        gboolean with_gateway = number == 0 && gateway != NULL;
        g_autofree char *key = g_strdup_printf("address%u", number + 1);
        g_autofree char *value =
            g_strdup_printf("%s%s%s", text, with_gateway ? "," : "", with_gateway ? gateway : "");

        if (nic_text_family(text) != removal->family)
            continue;
        section_lines_add(lines, section, key, value);
        number++;
    }
}

static void set_keyfile_family(GPtrArray *lines, NetworkTarget *target, NicFamily family)
{
    static const char *const sections[] = {[NIC_FAMILY_IPV4] = "ipv4", [NIC_FAMILY_IPV6] = "ipv6"};
    const char *section = sections[family];
    g_auto(Removal) removal = {.target = target, .family = family};
    g_autofree char *method = section_lines_get(lines, section, "method");
    g_autoptr(GString) dns = g_string_new(NULL);

    /* DHCP is about IPv4: of IPv6 only static addresses go. */
    if (target->address->dhcp && family == NIC_FAMILY_IPV6 && g_strcmp0(method, "manual") != 0)
        return;
    section_lines_remove(lines, section, remove_keyfile, &removal);
    section_lines_add(lines, section, "method", target->address->dhcp ? "auto" : "manual");
    add_keyfile_addresses(lines, section, &removal);
    for (guint i = 0; i < target->address->dns->len; i++)
        if (nic_text_family(target->address->dns->pdata[i]) == family)
            g_string_append_printf(dns, "%s;", (const char *)target->address->dns->pdata[i]);
    if (dns->len > 0)
        section_lines_add(lines, section, "dns", dns->str);
}

/* Of this interface, of this card, or of any card while there is only one. */
static gboolean is_our_keyfile(const GPtrArray *lines, const NetworkTarget *target)
{
    g_autofree char *name = section_lines_get(lines, "connection", "interface-name");
    g_autofree char *type = section_lines_get(lines, "connection", "type");
    g_autofree char *new_mac = section_lines_get(lines, "ethernet", "mac-address");
    g_autofree char *old_mac = section_lines_get(lines, "802-3-ethernet", "mac-address");
    g_autofree char *mac = network_mac_normalise(new_mac != NULL ? new_mac : old_mac);

    if (name != NULL && *name != '\0')
        return g_str_equal(name, target->name);
    if (g_strcmp0(type, "ethernet") != 0 && g_strcmp0(type, "802-3-ethernet") != 0)
        return FALSE;
    return mac != NULL ? g_strcmp0(mac, target->mac) == 0 : target->alone;
}

char *network_edit_keyfile(const char *text, const char *base G_GNUC_UNUSED, NetworkTarget *target,
                           gboolean add)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);

    if (!add && !is_our_keyfile(lines, target))
        return NULL;
    if (add && lines->len == 0) {
        section_lines_add(lines, "connection", "id", target->name);
        section_lines_add(lines, "connection", "type", "ethernet");
        section_lines_add(lines, "connection", "interface-name", target->name);
    }
    for (guint family = 0; family < NIC_FAMILY_LAST; family++)
        if (network_target_has(target, (NicFamily)family))
            set_keyfile_family(lines, target, (NicFamily)family);
    return config_lines_join(lines);
}

/* systemd.network */

static gboolean remove_networkd(const char *key, const char *value, gpointer data)
{
    Removal *removal = data;

    gboolean is_ours = nic_text_family(value) == removal->family;

    if (is_ours && g_str_equal(key, "Address")) {
        network_target_had(removal->target, value);
        return TRUE;
    }
    if (is_ours && g_str_equal(key, "Gateway")) {
        had_gateway(removal, value);
        return TRUE;
    }
    return g_str_equal(key, "DHCP") ||
           (g_str_equal(key, "DNS") && network_target_has_dns(removal->target));
}

static gboolean is_old_address(const GPtrArray *lines, gpointer data)
{
    Removal *removal = data;
    g_autofree char *value = section_lines_get(lines, "Address", "Address");

    if (value == NULL || nic_text_family(value) != removal->family)
        return FALSE;
    network_target_had(removal->target, value);
    return TRUE;
}

/* Of all destinations. */
static gboolean is_old_route(const GPtrArray *lines, gpointer data)
{
    Removal *removal = data;
    g_autofree char *gateway = section_lines_get(lines, "Route", "Gateway");
    g_autofree char *destination = section_lines_get(lines, "Route", "Destination");

    if (gateway == NULL || nic_text_family(gateway) != removal->family ||
        (destination != NULL && !g_str_equal(destination, "0.0.0.0/0") &&
         !g_str_equal(destination, "::/0")))
        return FALSE;
    had_gateway(removal, gateway);
    return TRUE;
}

static const char *networkd_dhcp(const char *old, const NetworkTarget *target)
{
    static const char *const values[] = {"no", "ipv4", "ipv6", "yes"};
    gboolean all = old != NULL && (g_str_equal(old, "yes") || g_str_equal(old, "true") ||
                                   g_str_equal(old, "both") || g_str_equal(old, "1"));
    gboolean ipv4 = all || g_strcmp0(old, "ipv4") == 0 || g_strcmp0(old, "v4") == 0;
    gboolean ipv6 = all || g_strcmp0(old, "ipv6") == 0 || g_strcmp0(old, "v6") == 0;

    if (target->address->dhcp)
        return "yes";
    ipv4 = ipv4 && !network_target_has(target, NIC_FAMILY_IPV4);
    ipv6 = ipv6 && !network_target_has(target, NIC_FAMILY_IPV6);
    return values[(ipv4 ? 1 : 0) + (ipv6 ? 2 : 0)];
}

/* Words of Name=, which may be patterns; those that take others out are for no single card. */
static gboolean matches_name(const char *list, const NetworkTarget *target)
{
    g_auto(GStrv) words = g_strsplit_set(list, " \t", -1);

    for (guint i = 0; words[i] != NULL; i++)
        if (g_str_equal(words[i], target->name) ||
            (target->alone && *words[i] != '!' && g_pattern_match_simple(words[i], target->name)))
            return TRUE;
    return FALSE;
}

static gboolean is_our_networkd(const GPtrArray *lines, const NetworkTarget *target)
{
    static const char *const keys[] = {"MACAddress", "PermanentMACAddress"};
    g_autofree char *name = section_lines_get(lines, "Match", "Name");
    g_autofree char *type = section_lines_get(lines, "Match", "Type");
    gboolean by_mac = FALSE;

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *list = section_lines_get(lines, "Match", keys[i]);
        g_auto(GStrv) words = g_strsplit_set(list != NULL ? list : "", " \t,", -1);

        for (guint j = 0; words[j] != NULL; j++) {
            g_autofree char *mac = network_mac_normalise(words[j]);

            by_mac = by_mac || mac != NULL;
            if (mac != NULL && g_strcmp0(mac, target->mac) == 0)
                return TRUE;
        }
    }
    if (name != NULL)
        return !by_mac && matches_name(name, target);
    return !by_mac && target->alone && g_strcmp0(type, "ether") == 0;
}

char *network_edit_networkd(const char *text, const char *base G_GNUC_UNUSED, NetworkTarget *target,
                            gboolean add)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *dhcp = NULL;

    if (!add && !is_our_networkd(lines, target))
        return NULL;
    dhcp = section_lines_get(lines, "Network", "DHCP");
    if (add && lines->len == 0)
        section_lines_add(lines, "Match", "Name", target->name);
    if (g_strcmp0(networkd_dhcp(dhcp, target), "no") == 0)
        g_clear_pointer(&dhcp, g_free);

    g_autofree char *new_dhcp = g_strdup(networkd_dhcp(dhcp, target));

    for (guint i = 0; i < NIC_FAMILY_LAST; i++) {
        g_auto(Removal) removal = {.target = target, .family = (NicFamily)i};
        const char *gateway = NULL;

        if (!network_target_has(target, removal.family))
            continue;
        section_lines_remove(lines, "Network", remove_networkd, &removal);
        section_lines_remove_whole(lines, "Address", is_old_address, &removal);
        section_lines_remove_whole(lines, "Route", is_old_route, &removal);
        for (guint j = 0; j < target->address->addresses->len; j++)
            if (nic_text_family(target->address->addresses->pdata[j]) == removal.family)
                section_lines_add(lines, "Network", "Address",
                                  target->address->addresses->pdata[j]);
        gateway = network_target_gateway(target, removal.family, removal.gateway);
        if (gateway != NULL)
            section_lines_add(lines, "Network", "Gateway", gateway);
    }
    if (!g_str_equal(new_dhcp, "no"))
        section_lines_add(lines, "Network", "DHCP", new_dhcp);
    for (guint i = 0; i < target->address->dns->len; i++)
        section_lines_add(lines, "Network", "DNS", target->address->dns->pdata[i]);
    return config_lines_join(lines);
}

/* ConnMan */

static gboolean remove_connman(const char *key, const char *value, gpointer data)
{
    Removal *removal = data;
    const char *prefix = removal->family == NIC_FAMILY_IPV4 ? "IPv4." : "IPv6.";

    if (g_str_equal(key, "Nameservers"))
        return network_target_has_dns(removal->target);
    if (!g_str_has_prefix(key, prefix) || g_str_has_suffix(key, ".privacy"))
        return FALSE;
    if (g_str_has_suffix(key, ".local_address"))
        network_target_had(removal->target, value);
    if (g_str_has_suffix(key, ".gateway"))
        had_gateway(removal, value);
    return TRUE;
}

static void set_connman_family(GPtrArray *lines, const char *section, NetworkTarget *target,
                               NicFamily family)
{
    static const char *const prefixes[] = {[NIC_FAMILY_IPV4] = "IPv4", [NIC_FAMILY_IPV6] = "IPv6"};
    g_auto(Removal) removal = {.target = target, .family = family};
    const char *text = nic_texts_first(target->address->addresses, family), *gateway = NULL;
    g_autofree char *host = text != NULL ? nic_text_host(text) : NULL;
    g_autofree char *prefix = text != NULL ? g_strdup_printf("%u", nic_text_prefix(text)) : NULL;

    section_lines_remove(lines, section, remove_connman, &removal);
    gateway = network_target_gateway(target, family, removal.gateway);

    const struct {
        const char *key, *value;
    } rows[] = {
        {"method", text != NULL                ? "manual"
                   : family == NIC_FAMILY_IPV4 ? "dhcp"
                                               : "auto"},
        {family == NIC_FAMILY_IPV4 ? "netmask_prefixlen" : "prefixlen", prefix},
        {"local_address", host},
        {"gateway", gateway},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *key = g_strdup_printf("%s.%s", prefixes[family], rows[i].key);

        if (rows[i].value != NULL)
            section_lines_add(lines, section, key, rows[i].value);
    }
}

/* base: the folder's name, "ethernet_005056aabbcc_cable", which is the section's too. */
char *network_edit_connman(const char *text, const char *base, NetworkTarget *target, gboolean add)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_auto(GStrv) words = g_strsplit(base, "_", 3);
    g_autofree char *mac = g_strv_length(words) == 3 && g_str_equal(words[0], "ethernet")
                               ? nic_mac_normalise(words[1])
                               : NULL;
    g_autofree char *dns = network_target_dns(target, ";");

    if (!add && (mac == NULL || g_strcmp0(mac, target->mac) != 0))
        return NULL;
    if (add && lines->len == 0) {
        section_lines_add(lines, base, "Name", "Wired");
        section_lines_add(lines, base, "AutoConnect", "true");
    }
    for (guint i = 0; i < NIC_FAMILY_LAST; i++)
        if (network_target_has(target, (NicFamily)i))
            set_connman_family(lines, base, target, (NicFamily)i);
    if (*dns != '\0') {
        g_autofree char *list = g_strconcat(dns, ";", NULL);

        section_lines_add(lines, base, "Nameservers", list);
    }
    return config_lines_join(lines);
}
