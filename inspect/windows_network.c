/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network adapters of a Windows guest: who they are stands with their driver (Control\Class), what
   they were given with the protocol (Tcpip\Parameters\Interfaces). As seen in hives of Windows 7
   and 10 on VMware. */
#include "inspect/windows_network.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/bytes.h"
#include "base/finding.h"
#include "inspect/windows_values.h"

#define NETWORK_CLASS "{4d36e972-e325-11ce-bfc1-08002be10318}"
#define ADAPTERS_LIMIT 1024u
#define ROUTES_LIMIT 1024u
/* Of Characteristics (netcfgx.h). */
#define NCF_PHYSICAL 0x4u
/* An MTU beyond this is none of Ethernet's. */
#define MTU_LIMIT 65535u

/* Parts of a ComponentId of adapters that stand on others: Windows' own team, bridge and switch,
   and the teams of Intel, HP and Broadcom. */
static const char *const virtual_components[] = {"ms_implat", "ms_bridge", "vms_mp",
                                                 "iansm",     "cpqteam",   "brcm_blf"};

void windows_adapter_free(GuestWindowsAdapter *adapter)
{
    if (!adapter)
        return;
    g_free(adapter->guid);
    g_free(adapter->name);
    g_free(adapter->description);
    g_free(adapter->instance_id);
    g_free(adapter->mac);
    g_free(adapter->dns_suffix);
    g_clear_pointer(&adapter->addresses, g_ptr_array_unref);
    g_clear_pointer(&adapter->gateways, g_ptr_array_unref);
    g_clear_pointer(&adapter->dns, g_ptr_array_unref);
    g_clear_pointer(&adapter->wins, g_ptr_array_unref);
    g_free(adapter);
}

static void free_adapter(gpointer adapter)
{
    windows_adapter_free(adapter);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestWindowsAdapter, windows_adapter_free)

/* 12 hexadecimal digits, perhaps with something between each two, as "00:0c:29:66:1a:a2"; NULL:
   not that, or no address of one adapter. */
static char *format_mac(const char *text)
{
    g_autoptr(GString) mac = g_string_new(NULL);
    guint digits = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '-' || *p == ':')
            continue;
        if (!g_ascii_isxdigit(*p) || digits == 12)
            return NULL;
        if (digits > 0 && digits % 2 == 0)
            g_string_append_c(mac, ':');
        g_string_append_c(mac, g_ascii_tolower(*p));
        digits++;
    }
    gboolean is_group = digits > 1 && (g_ascii_xdigit_value(mac->str[1]) & 1) != 0;
    if (digits != 12 || is_group || g_str_equal(mac->str, "00:00:00:00:00:00"))
        return NULL;
    return g_string_free(g_steal_pointer(&mac), FALSE);
}

/* PCI Express devices have a serial number, which adapters make of their address: "000C29" "FFFF"
   "661AA2" "00" is how Windows prints that of 00:0c:29:66:1a:a2. */
static char *mac_of_instance(const char *instance_id)
{
    const char *serial = strrchr(instance_id, '\\');
    if (!serial || strlen(++serial) != 18 || strncmp(serial + 6, "FFFF", 4) != 0 ||
        !g_str_equal(serial + 16, "00"))
        return NULL;
    g_autofree char *digits = g_strdup_printf("%.6s%.6s", serial, serial + 10);
    return format_mac(digits);
}

static gboolean is_virtual(const char *component)
{
    g_autofree char *folded = component ? g_ascii_strdown(component, -1) : NULL;
    for (guint i = 0; folded && i < G_N_ELEMENTS(virtual_components); i++)
        if (strstr(folded, virtual_components[i]))
            return TRUE;
    return FALSE;
}

/* "255.255.255.0" → 24; -1: not a mask. */
static int prefix_of_mask(const char *text)
{
    struct in_addr address;
    if (inet_pton(AF_INET, text, &address) != 1)
        return -1;
    uint32_t host_bits = ~g_ntohl(address.s_addr);
    if ((host_bits & (host_bits + 1)) != 0)
        return -1;
    int prefix = 32;
    for (; host_bits != 0; host_bits >>= 1)
        prefix--;
    return prefix;
}

/* An address one can have or ask: not 0.0.0.0, which stands for "none". */
static gboolean is_ipv4(const char *text)
{
    struct in_addr address;
    return inet_pton(AF_INET, text, &address) == 1 && address.s_addr != 0;
}

static gboolean is_ipv6(const char *text)
{
    struct in6_addr address;
    return inet_pton(AF_INET6, text, &address) == 1 && !IN6_IS_ADDR_UNSPECIFIED(&address);
}

static void read_ipv4(const GPtrArray *values, GuestWindowsAdapter *adapter)
{
    g_autoptr(GPtrArray) addresses = windows_value_texts(values, "IPAddress");
    g_autoptr(GPtrArray) masks = windows_value_texts(values, "SubnetMask");
    g_autoptr(GPtrArray) gateways = windows_value_texts(values, "DefaultGateway");
    g_autoptr(GPtrArray) servers = windows_value_texts(values, "NameServer");
    guint mtu = windows_value_number(values, "MTU", 0);

    adapter->dhcp = windows_value_number(values, "EnableDHCP", 0) != 0;
    for (guint i = 0; i < MIN(addresses->len, masks->len) && !adapter->dhcp; i++) {
        const char *address = g_ptr_array_index(addresses, i);
        int prefix = prefix_of_mask(g_ptr_array_index(masks, i));
        if (is_ipv4(address) && prefix > 0)
            g_ptr_array_add(adapter->addresses, g_strdup_printf("%s/%d", address, prefix));
    }
    for (guint i = 0; i < gateways->len && !adapter->dhcp; i++)
        if (is_ipv4(g_ptr_array_index(gateways, i)))
            g_ptr_array_add(adapter->gateways, g_strdup(g_ptr_array_index(gateways, i)));
    for (guint i = 0; i < servers->len; i++)
        if (is_ipv4(g_ptr_array_index(servers, i)))
            g_ptr_array_add(adapter->dns, g_strdup(g_ptr_array_index(servers, i)));
    adapter->dns_suffix = windows_value_text(values, "Domain");
    adapter->metric = windows_value_number(values, "InterfaceMetric", 0);
    adapter->mtu = mtu <= MTU_LIMIT ? mtu : 0;
}

/* The values of the key at path, none when it is not there. */
static gboolean list_values(Hive *hive, const char *path, GPtrArray **ret_values, GError **error)
{
    gboolean found;
    HiveKey key;
    if (!hive_find_key(hive, hive_root(hive), path, &found, &key, error))
        return FALSE;
    if (found)
        return hive_list_values(hive, key, ret_values, error);
    *ret_values = g_ptr_array_new();
    return TRUE;
}

static gboolean read_protocols(Hive *system, const char *control_set, GuestWindowsAdapter *adapter,
                               GError **error)
{
    g_autofree char *path = g_strdup_printf("%s\\Services\\Tcpip\\Parameters\\Interfaces\\%s",
                                            control_set, adapter->guid);
    g_autofree char *path_v6 = g_strdup_printf("%s\\Services\\Tcpip6\\Parameters\\Interfaces\\%s",
                                               control_set, adapter->guid);
    g_autofree char *path_netbios = g_strdup_printf(
        "%s\\Services\\NetBT\\Parameters\\Interfaces\\Tcpip_%s", control_set, adapter->guid);
    g_autoptr(GPtrArray) values = NULL;
    g_autoptr(GPtrArray) values_v6 = NULL;
    g_autoptr(GPtrArray) values_netbios = NULL;
    if (!list_values(system, path, &values, error) ||
        !list_values(system, path_v6, &values_v6, error) ||
        !list_values(system, path_netbios, &values_netbios, error))
        return FALSE;
    read_ipv4(values, adapter);
    g_autoptr(GPtrArray) names = windows_value_texts(values_netbios, "NameServerList");
    for (guint i = 0; i < names->len; i++)
        if (is_ipv4(g_ptr_array_index(names, i)))
            g_ptr_array_add(adapter->wins, g_strdup(g_ptr_array_index(names, i)));
    g_autoptr(GPtrArray) servers = windows_value_texts(values_v6, "NameServer");
    for (guint i = 0; i < servers->len; i++)
        if (is_ipv6(g_ptr_array_index(servers, i)))
            g_ptr_array_add(adapter->dns, g_strdup(g_ptr_array_index(servers, i)));
    return TRUE;
}

static gboolean read_identity(Hive *system, const char *control_set, GuestWindowsAdapter *adapter,
                              GError **error)
{
    g_autofree char *connection = g_strdup_printf(
        "%s\\Control\\Network\\" NETWORK_CLASS "\\%s\\Connection", control_set, adapter->guid);
    if (!windows_read_text(system, connection, "Name", &adapter->name, error) ||
        (!adapter->instance_id &&
         !windows_read_text(system, connection, "PnpInstanceID", &adapter->instance_id, error)))
        return FALSE;
    if (!adapter->instance_id)
        return TRUE;
    if (!adapter->mac)
        adapter->mac = mac_of_instance(adapter->instance_id);
    g_autofree char *device = g_strdup_printf("%s\\Enum\\%s", control_set, adapter->instance_id);
    return windows_read_number(system, device, "UINumber", &adapter->slot, error);
}

/* NULL and no error: nothing that an address could have been given to. */
static gboolean read_adapter(Hive *system, const char *control_set, HiveKey key,
                             GuestWindowsAdapter **ret_adapter, GError **error)
{
    g_autoptr(GPtrArray) values = NULL;
    *ret_adapter = NULL;
    if (!hive_list_values(system, key, &values, error))
        return FALSE;
    g_autofree char *component = windows_value_text(values, "ComponentId");
    gboolean stands_on_others = is_virtual(component);
    if (!windows_find_value(values, "NetCfgInstanceId") ||
        ((windows_value_number(values, "Characteristics", 0) & NCF_PHYSICAL) == 0 &&
         !stands_on_others))
        return TRUE;

    g_autoptr(GuestWindowsAdapter) adapter = g_new0(GuestWindowsAdapter, 1);
    adapter->guid = windows_value_text(values, "NetCfgInstanceId");
    adapter->description = windows_value_text(values, "DriverDesc");
    adapter->instance_id = windows_value_text(values, "DeviceInstanceID");
    adapter->is_virtual = stands_on_others;
    adapter->addresses = g_ptr_array_new_with_free_func(g_free);
    adapter->gateways = g_ptr_array_new_with_free_func(g_free);
    adapter->dns = g_ptr_array_new_with_free_func(g_free);
    adapter->wins = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *address = windows_value_text(values, "NetworkAddress");
    if (address)
        adapter->mac = format_mac(address);
    if (!adapter->guid)
        return TRUE;

    uint64_t luid = ((uint64_t)windows_value_number(values, "*IfType", 0) & 0xffff) << 48 |
                    ((uint64_t)windows_value_number(values, "NetLuidIndex", 0) & 0xffffff) << 24;
    if (!read_identity(system, control_set, adapter, error) ||
        !read_protocols(system, control_set, adapter, error) ||
        !windows_nsi_read(system, control_set, luid, adapter, error))
        return FALSE;
    *ret_adapter = g_steal_pointer(&adapter);
    return TRUE;
}

/* "dest,mask,gateway,metric" is the name of a value without data; the default route is said again
   with the adapter it belongs to. */
static char *format_route(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, ",", -1);
    struct in_addr destination;
    gint64 metric;
    if (g_strv_length(parts) != 4 || inet_pton(AF_INET, parts[0], &destination) != 1 ||
        !is_ipv4(parts[2]) || !g_ascii_string_to_signed(parts[3], 10, -1, 9999, &metric, NULL))
        return NULL;
    int prefix = prefix_of_mask(parts[1]);
    if (prefix <= 0)
        return NULL;
    return metric > 0 ? g_strdup_printf("%s/%d %s %d", parts[0], prefix, parts[2], (int)metric)
                      : g_strdup_printf("%s/%d %s", parts[0], prefix, parts[2]);
}

static gboolean read_routes(Hive *system, const char *control_set, GPtrArray *routes,
                            GError **error)
{
    g_autofree char *path =
        g_strconcat(control_set, "\\Services\\Tcpip\\Parameters\\PersistentRoutes", NULL);
    g_autoptr(GPtrArray) values = NULL;
    if (!list_values(system, path, &values, error))
        return FALSE;
    for (guint i = 0; i < MIN(values->len, ROUTES_LIMIT); i++) {
        const HiveValue *value = g_ptr_array_index(values, i);
        char *route = format_route(value->name);
        if (route)
            g_ptr_array_add(routes, route);
    }
    return TRUE;
}

static void add_findings(const GuestWindowsAdapter *adapter, GPtrArray *findings)
{
    const char *name = adapter->name ? adapter->name : adapter->guid;
    if (adapter->is_virtual)
        findings_add(findings, FINDING_WINDOWS_NETWORK_VIRTUAL, name);
    if (adapter->has_nsi_ipv6)
        findings_add(findings, FINDING_WINDOWS_NETWORK_IPV6, name);
}

gboolean windows_network_read(Guest *guest, Hive *system, GPtrArray *findings, GError **error)
{
    GuestWindows *facts = &guest->windows_facts;
    g_autofree char *control_set = g_strdup_printf("ControlSet%03u", facts->current_control_set);
    g_autofree char *path = g_strconcat(control_set, "\\Control\\Class\\" NETWORK_CLASS, NULL);
    g_autoptr(GArray) keys = NULL;

    facts->adapters = g_ptr_array_new_with_free_func(free_adapter);
    facts->persistent_routes = g_ptr_array_new_with_free_func(g_free);
    if (!windows_list_keys(system, path, &keys, error))
        return FALSE;
    for (guint i = 0; i < MIN(keys->len, ADAPTERS_LIMIT); i++) {
        GuestWindowsAdapter *adapter;
        if (!read_adapter(system, control_set, g_array_index(keys, HiveKey, i), &adapter, error))
            return FALSE;
        if (!adapter)
            continue;
        g_ptr_array_add(facts->adapters, adapter);
        add_findings(adapter, findings);
    }
    return read_routes(system, control_set, facts->persistent_routes, error);
}
