/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ifcfg-NAME: initscripts' and NetworkManager's (sysconfig.txt, nm-settings-ifcfg-rh(5)), and
   SUSE's (ifcfg(5) of wicked and sysconfig). */
#include <string.h>

#include "linux/config_lines.h"
#include "linux/network_names.h"
#include "linux/network_style.h"

#define PREFIX "ifcfg-"

static const char *suffix_of(const char *base)
{
    return g_str_has_prefix(base, PREFIX) ? base + strlen(PREFIX) : base;
}

/* By DEVICE, which is the suffix if it is not said; without either by HWADDR. */
static gboolean is_ours(const GPtrArray *lines, const char *base, const NetworkTarget *target)
{
    g_autofree char *device = shell_lines_get(lines, "DEVICE");
    g_autofree char *hwaddr = shell_lines_get(lines, "HWADDR");
    g_autofree char *mac = network_mac_normalise(hwaddr);

    if (strpbrk(base, "~:") != NULL)
        return FALSE;
    return (device != NULL ? g_str_equal(device, target->name)
                           : g_str_equal(suffix_of(base), target->name)) ||
           (mac != NULL && g_strcmp0(mac, target->mac) == 0);
}

static void note(const GPtrArray *lines, NetworkTarget *target)
{
    static const char *const keys[] = {"IPADDR",   "IPADDR0",  "IPADDR1", "IPADDR2",
                                       "IPADDR_0", "IPADDR_1", "IPV6ADDR"};

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *value = shell_lines_get(lines, keys[i]);

        if (value != NULL)
            network_target_had(target, value);
    }
}

static void set_numbered(GPtrArray *lines, const char *key, guint number, const char *value)
{
    g_autofree char *name = number > 0 ? g_strdup_printf("%s%u", key, number) : g_strdup(key);

    shell_lines_set(lines, name, value, FALSE);
}

static void set_ipv4(GPtrArray *lines, NetworkTarget *target)
{
    static const char *const old[] = {"IPADDR*",    "NETMASK*", "PREFIX*", "NETWORK",
                                      "BROADCAST*", "GATEWAY*", NULL};
    g_autofree char *old_gateway = shell_lines_get(lines, "GATEWAY");
    const char *gateway = network_target_gateway(target, NIC_FAMILY_IPV4, old_gateway);
    guint number = 0;

    shell_lines_remove(lines, old);
    shell_lines_set(lines, "BOOTPROTO", target->address->dhcp ? "dhcp" : "none", FALSE);
    for (guint i = 0; i < target->address->addresses->len; i++) {
        const char *text = target->address->addresses->pdata[i];
        g_autofree char *host = nic_text_host(text);
        g_autofree char *prefix = g_strdup_printf("%u", nic_text_prefix(text));
        g_autofree char *mask = nic_netmask(nic_text_prefix(text));

        if (nic_text_family(text) != NIC_FAMILY_IPV4)
            continue;
        set_numbered(lines, "IPADDR", number, host);
        set_numbered(lines, "PREFIX", number, prefix);
        /* What initscripts before RHEL 6 read; the others take either. */
        set_numbered(lines, "NETMASK", number++, mask);
    }
    if (gateway != NULL)
        shell_lines_set(lines, "GATEWAY", gateway, FALSE);
}

static void set_ipv6(GPtrArray *lines, NetworkTarget *target)
{
    static const char *const old[] = {"IPV6ADDR", "IPV6ADDR_SECONDARIES", "IPV6_DEFAULTGW",
                                      "IPV6_AUTOCONF", NULL};
    g_autofree char *old_gateway = shell_lines_get(lines, "IPV6_DEFAULTGW");
    g_autofree char *old_address = shell_lines_get(lines, "IPV6ADDR");
    const char *gateway = network_target_gateway(target, NIC_FAMILY_IPV6, old_gateway);
    const char *first = nic_texts_first(target->address->addresses, NIC_FAMILY_IPV6);
    g_autoptr(GString) more = g_string_new(NULL);

    if (target->address->dhcp && old_address == NULL)
        return;
    shell_lines_remove(lines, old);
    if (first == NULL)
        return;
    for (guint i = 0; i < target->address->addresses->len; i++) {
        const char *text = target->address->addresses->pdata[i];

        if (text != first && nic_text_family(text) == NIC_FAMILY_IPV6)
            g_string_append_printf(more, "%s%s", more->len > 0 ? " " : "", text);
    }
    shell_lines_set(lines, "IPV6INIT", "yes", FALSE);
    shell_lines_set(lines, "IPV6_AUTOCONF", "no", FALSE);
    shell_lines_set(lines, "IPV6ADDR", first, FALSE);
    if (more->len > 0)
        shell_lines_set(lines, "IPV6ADDR_SECONDARIES", more->str, FALSE);
    if (gateway != NULL)
        shell_lines_set(lines, "IPV6_DEFAULTGW", gateway, FALSE);
}

char *network_edit_ifcfg(const char *text, const char *base, NetworkTarget *target, gboolean add)
{
    static const char *const dns[] = {"DNS*", NULL};
    g_autoptr(GPtrArray) lines = config_lines_new(text);

    if (!add && !is_ours(lines, base, target))
        return NULL;
    note(lines, target);
    if (add && lines->len == 0) {
        shell_lines_set(lines, "DEVICE", target->name, FALSE);
        shell_lines_set(lines, "TYPE", "Ethernet", FALSE);
        shell_lines_set(lines, "ONBOOT", "yes", FALSE);
    }
    if (network_target_has(target, NIC_FAMILY_IPV4))
        set_ipv4(lines, target);
    if (network_target_has(target, NIC_FAMILY_IPV6))
        set_ipv6(lines, target);
    if (network_target_has_dns(target))
        shell_lines_remove(lines, dns);
    for (guint i = 0; i < target->address->dns->len; i++)
        set_numbered(lines, "DNS", i + 1, target->address->dns->pdata[i]);
    return config_lines_join(lines);
}

/* SUSE's: any family in IPADDR with any suffix; routes and name servers are elsewhere. */
static void remove_wicked(GPtrArray *lines, const NetworkTarget *target)
{
    for (guint i = 0; i < lines->len;) {
        g_auto(GStrv) words = g_strsplit(lines->pdata[i], "=", 2);
        const char *value = words[0] != NULL && words[1] != NULL ? words[1] : "";
        gboolean is_address = words[0] != NULL && g_str_has_prefix(words[0], "IPADDR");
        gboolean is_part =
            words[0] != NULL &&
            (g_str_has_prefix(words[0], "NETMASK") || g_str_has_prefix(words[0], "PREFIXLEN") ||
             g_str_has_prefix(words[0], "BROADCAST") || g_str_equal(words[0], "NETWORK"));

        if ((is_address && network_target_has(target, nic_text_family(value))) || is_part)
            g_ptr_array_remove_index(lines, i);
        else
            i++;
    }
}

/* IPADDR, IPADDR_1, …: an address of the other family may have stayed under one of them. */
static char *free_key(const GPtrArray *lines, guint *number)
{
    for (;; (*number)++) {
        g_autofree char *key =
            *number > 0 ? g_strdup_printf("IPADDR_%u", *number) : g_strdup("IPADDR");
        g_autofree char *taken = shell_lines_get(lines, key);

        if (taken == NULL)
            return g_steal_pointer(&key);
    }
}

char *network_edit_wicked(const char *text, const char *base, NetworkTarget *target, gboolean add)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *vlan = shell_lines_get(lines, "ETHERDEVICE");
    g_autofree char *bootproto = shell_lines_get(lines, "BOOTPROTO");
    guint number = 0;

    if (!add && (!is_ours(lines, base, target) ||
                 (vlan != NULL && !g_str_equal(suffix_of(base), target->name))))
        return NULL;
    note(lines, target);
    if (add && lines->len == 0)
        shell_lines_set(lines, "STARTMODE", "auto", TRUE);
    remove_wicked(lines, target);
    /* Static IPv6 addresses may stand beside DHCP for IPv4. */
    if (network_target_has(target, NIC_FAMILY_IPV4) || bootproto == NULL)
        shell_lines_set(lines, "BOOTPROTO", target->address->dhcp ? "dhcp" : "static", TRUE);
    for (guint i = 0; i < target->address->addresses->len; i++) {
        g_autofree char *key = free_key(lines, &number);

        shell_lines_set(lines, key, target->address->addresses->pdata[i], TRUE);
    }
    return config_lines_join(lines);
}
