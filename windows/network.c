/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of a guest's connections, for the first-boot service. */
#include "windows/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "windows/first_boot.h"

#define CONNECTIONS "Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define INTERFACES "Services\\Tcpip\\Parameters\\Interfaces"
#define NETBIOS "Services\\NetBT\\Parameters\\Interfaces"
#define REASON_ADDRESS "the new adapter gets it; this one is not there any more"
#define REASON_NAME "leaves the name to the new adapter"

static void free_address(gpointer address)
{
    first_boot_address_free(address);
}

static void add_all(GPtrArray *texts, const GPtrArray *more)
{
    for (guint i = 0; i < more->len; i++)
        g_ptr_array_add(texts, g_strdup(g_ptr_array_index(more, i)));
}

/* What the card will be known by. */
static const char *target_mac(const WindowsNic *nic)
{
    const char *mac = nic->new_mac ? nic->new_mac : nic->mac;
    return mac && *mac ? mac : NULL;
}

static gboolean is_wanted(const NicAddress *wanted, const char *old)
{
    return wanted && (wanted->dhcp || nic_texts_first(wanted->addresses, nic_text_family(old)));
}

static void add_kept(GPtrArray *texts, const GPtrArray *old, const NicAddress *wanted)
{
    for (guint i = 0; i < old->len; i++)
        if (!is_wanted(wanted, g_ptr_array_index(old, i)))
            g_ptr_array_add(texts, g_strdup(g_ptr_array_index(old, i)));
}

/* An old gateway stays if it is a neighbour of the new address, and no other is named. */
static void add_gateways(GPtrArray *texts, const GPtrArray *old, const NicAddress *wanted)
{
    for (guint i = 0; i < old->len; i++) {
        const char *gateway = g_ptr_array_index(old, i);
        if (!is_wanted(wanted, gateway) ||
            (!nic_texts_first(wanted->gateways, nic_text_family(gateway)) &&
             nic_address_reaches(wanted, gateway)))
            g_ptr_array_add(texts, g_strdup(gateway));
    }
}

/* What the user wants, and of old settings what that leaves as it is. old may be NULL. */
static void add_texts(FirstBootAddress *address, const GuestWindowsAdapter *old,
                      const NicAddress *wanted)
{
    if (wanted) {
        add_all(address->addresses, wanted->addresses);
        add_all(address->gateways, wanted->gateways);
        add_all(address->dns, wanted->dns);
    }
    if (!old)
        return;
    add_kept(address->addresses, old->addresses, wanted);
    add_gateways(address->gateways, old->gateways, wanted);
    if (!wanted || (!wanted->dhcp && wanted->dns->len == 0))
        add_all(address->dns, old->dns);
}

static void add_adapter(NetworkPlan *plan, const GuestWindowsAdapter *adapter,
                        const WindowsNic *nic)
{
    FirstBootAddress *address = first_boot_address_new(target_mac(nic));
    address->connection_name = g_strdup(adapter->name);
    add_texts(address, adapter, nic->address);
    if (adapter->wins)
        add_all(address->wins, adapter->wins);
    address->dns_suffix = g_strdup(adapter->dns_suffix);
    address->metric = adapter->metric;
    address->mtu = adapter->mtu;
    g_ptr_array_add(plan->addresses, address);
    g_ptr_array_add(plan->sources, (gpointer)(uintptr_t)adapter);
}

/* Whether "10.0.2.3" is a neighbour of "10.0.2.55/24". */
static gboolean is_in_network(const char *host, const char *address)
{
    const char *slash = strchr(address, '/');
    g_autofree char *own = slash ? g_strndup(address, (gsize)(slash - address)) : NULL;
    struct in_addr first, second;
    guint64 prefix;
    if (!own || inet_pton(AF_INET, host, &first) != 1 || inet_pton(AF_INET, own, &second) != 1 ||
        !g_ascii_string_to_unsigned(slash + 1, 10, 1, 32, &prefix, NULL))
        return FALSE;
    uint32_t mask = 0xffffffffu << (32 - prefix);
    return ((g_ntohl(first.s_addr) ^ g_ntohl(second.s_addr)) & mask) == 0;
}

/* The connection whose network the gateway of route ("DESTINATION GATEWAY…") is in; the only one
   where there is just one. NULL: Windows finds it as it did, the route stands in its registry. */
static FirstBootAddress *find_way(const NetworkPlan *plan, const char *route)
{
    g_auto(GStrv) words = g_strsplit(route, " ", 3);
    if (!words[0] || !words[1])
        return NULL;
    for (guint i = 0; i < plan->addresses->len; i++) {
        FirstBootAddress *address = g_ptr_array_index(plan->addresses, i);
        for (guint j = 0; j < address->addresses->len; j++)
            if (is_in_network(words[1], g_ptr_array_index(address->addresses, j)))
                return address;
    }
    return plan->addresses->len == 1 ? g_ptr_array_index(plan->addresses, 0) : NULL;
}

static void add_routes(NetworkPlan *plan, const GPtrArray *routes)
{
    for (guint i = 0; routes && i < routes->len; i++) {
        const char *route = g_ptr_array_index(routes, i);
        FirstBootAddress *address = find_way(plan, route);
        if (address)
            g_ptr_array_add(address->routes, g_strdup(route));
    }
}

/* Cards that Windows has not seen yet, or not in that place: they have no settings of old. */
static void add_unknown(NetworkPlan *plan, const WindowsNic *nics, guint nic_count, guint count)
{
    for (guint i = 0; i < nic_count; i++) {
        gboolean is_known = FALSE;
        for (guint j = 0; j < count; j++)
            is_known = is_known || plan->nics[j] == (gint)i;
        if (is_known || !nics[i].address || !target_mac(&nics[i]))
            continue;
        FirstBootAddress *address = first_boot_address_new(target_mac(&nics[i]));
        add_texts(address, NULL, nics[i].address);
        g_ptr_array_add(plan->addresses, address);
    }
}

gboolean network_plan_check(const WindowsNic *nics, guint nic_count, gboolean is_carried,
                            GError **error)
{
    for (guint i = 0; i < nic_count; i++) {
        if (!nics[i].address || (is_carried && target_mac(&nics[i])))
            continue;
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          is_carried ? "give it one with --mac, and the guest will know it by that"
                                     : "leave out --ip or --no-firstboot-service",
                          is_carried
                              ? "a network card without a known MAC address cannot be given an "
                                "address"
                              : "--ip needs the service that sets addresses at the first start");
        return FALSE;
    }
    return TRUE;
}

void network_plan_make(const GuestWindows *facts, const WindowsNic *nics, guint nic_count,
                       NetworkPlan *ret_plan)
{
    guint count = facts->adapters ? facts->adapters->len : 0;
    *ret_plan = (NetworkPlan){
        .facts = facts,
        .nics = g_new0(gint, count + 1),
        .addresses = g_ptr_array_new_with_free_func(free_address),
        .sources = g_ptr_array_new(),
    };
    if (count > 0)
        network_match(facts->adapters, nics, nic_count, ret_plan->nics, &ret_plan->by_order);
    for (guint i = 0; i < count; i++) {
        const WindowsNic *nic = ret_plan->nics[i] >= 0 ? &nics[ret_plan->nics[i]] : NULL;
        if (nic && target_mac(nic))
            add_adapter(ret_plan, g_ptr_array_index(facts->adapters, i), nic);
    }
    add_unknown(ret_plan, nics, nic_count, count);
    add_routes(ret_plan, facts->persistent_routes);
}

void network_plan_clear(NetworkPlan *plan)
{
    g_free(plan->nics);
    g_clear_pointer(&plan->addresses, g_ptr_array_unref);
    g_clear_pointer(&plan->sources, g_ptr_array_unref);
}

static const char *name_of(const GuestWindowsAdapter *adapter)
{
    return adapter->name ? adapter->name : adapter->guid;
}

static void report_order(const NetworkPlan *plan, GPtrArray *findings)
{
    g_autoptr(GString) pairs = g_string_new(NULL);
    for (guint i = 0; i < plan->sources->len; i++) {
        const GuestWindowsAdapter *adapter = g_ptr_array_index(plan->sources, i);
        const FirstBootAddress *address = g_ptr_array_index(plan->addresses, i);
        g_string_append_printf(pairs, "%s%s = %s", pairs->len ? ", " : "", name_of(adapter),
                               address->mac);
    }
    findings_add(findings, FINDING_WINDOWS_NETWORK_BY_ORDER, pairs->str);
}

/* An adapter whose MAC no card has was taken out long ago, and nobody misses its settings. */
static gboolean is_gone(const NetworkPlan *plan, const GuestWindowsAdapter *adapter)
{
    return adapter->mac && plan->sources->len > 0;
}

static void report_lost(const NetworkPlan *plan, gboolean is_carried,
                        const GuestWindowsAdapter *adapter, GPtrArray *findings)
{
    gboolean has_address = adapter->addresses->len > 0, has_way = adapter->gateways->len > 0;
    if (adapter->is_virtual || (!has_address && !has_way && adapter->dns->len == 0) ||
        (is_carried && g_ptr_array_find(plan->sources, adapter, NULL)) ||
        (!g_ptr_array_find(plan->sources, adapter, NULL) && is_gone(plan, adapter)))
        return;
    const char *what = has_address ? g_ptr_array_index(adapter->addresses, 0)
                       : has_way   ? "gateways"
                                   : "name servers";
    g_autofree char *subject = g_strdup_printf("%s of %s", what, name_of(adapter));
    findings_add(findings, FINDING_WINDOWS_NETWORK_LOST, subject);
}

/* What is not seen at once, and gets lost without the service. */
static void report_rest(const GuestWindowsAdapter *adapter, GPtrArray *findings)
{
    if (adapter->dns_suffix) {
        g_autofree char *subject =
            g_strdup_printf("DNS suffix %s of %s", adapter->dns_suffix, name_of(adapter));
        findings_add(findings, FINDING_WINDOWS_NETWORK_LOST, subject);
    }
    if (adapter->metric != 0) {
        g_autofree char *subject =
            g_strdup_printf("metric %u of %s", adapter->metric, name_of(adapter));
        findings_add(findings, FINDING_WINDOWS_NETWORK_LOST, subject);
    }
}

void network_plan_report(const NetworkPlan *plan, gboolean is_carried, GPtrArray *findings)
{
    if (is_carried && plan->by_order)
        report_order(plan, findings);
    for (guint i = 0; plan->facts->adapters && i < plan->facts->adapters->len; i++)
        report_lost(plan, is_carried, g_ptr_array_index(plan->facts->adapters, i), findings);
    for (guint i = 0; !is_carried && i < plan->sources->len; i++)
        report_rest(g_ptr_array_index(plan->sources, i), findings);
}

static gboolean has_value(Hive *system, const char *key_path, const char *name, gboolean *ret_has,
                          GError **error)
{
    g_autoptr(HiveValue) value = NULL;
    gboolean found;
    HiveKey key;
    if (!hive_find_key(system, hive_root(system), key_path, &found, &key, error) ||
        (found && !hive_get_value(system, key, name, &value, error)))
        return FALSE;
    *ret_has = value != NULL;
    return TRUE;
}

static gboolean clear_addresses(const GuestWindowsAdapter *adapter, guint control_set, Hive *system,
                                HiveEdits *edits, GError **error)
{
    static const char *const names[] = {"IPAddress", "SubnetMask", "DefaultGateway",
                                        "DefaultGatewayMetric", "NameServer"};
    g_autofree char *key =
        g_strdup_printf("ControlSet%03u\\" INTERFACES "\\%s", control_set, adapter->guid);
    gboolean has_dhcp;
    if (adapter->dhcp || adapter->addresses->len == 0)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        gboolean has;
        if (!has_value(system, key, names[i], &has, error))
            return FALSE;
        if (has)
            hive_edits_delete_value(edits, key, names[i], REASON_ADDRESS);
    }
    if (!has_value(system, key, "EnableDHCP", &has_dhcp, error))
        return FALSE;
    if (has_dhcp)
        hive_edits_set_dword(edits, key, "EnableDHCP", 1, REASON_ADDRESS);
    return TRUE;
}

static gboolean clear_wins(const GuestWindowsAdapter *adapter, guint control_set, Hive *system,
                           HiveEdits *edits, GError **error)
{
    g_autofree char *key =
        g_strdup_printf("ControlSet%03u\\" NETBIOS "\\Tcpip_%s", control_set, adapter->guid);
    gboolean has = FALSE;
    if (!adapter->wins || adapter->wins->len == 0)
        return TRUE;
    if (!has_value(system, key, "NameServerList", &has, error))
        return FALSE;
    if (has)
        hive_edits_delete_value(edits, key, "NameServerList", REASON_ADDRESS);
    return TRUE;
}

static gboolean release_name(const GuestWindowsAdapter *adapter, guint control_set, Hive *system,
                             HiveEdits *edits, GError **error)
{
    g_autofree char *key = g_strdup_printf("ControlSet%03u\\" CONNECTIONS "\\%s\\Connection",
                                           control_set, adapter->guid);
    gboolean has;
    if (!adapter->name)
        return TRUE;
    if (!has_value(system, key, "Name", &has, error))
        return FALSE;
    if (has) {
        g_autofree char *name = g_strdup_printf("%s (before migration)", adapter->name);
        hive_edits_set_string(edits, key, "Name", HIVE_TYPE_SZ, name, REASON_NAME);
    }
    return TRUE;
}

gboolean network_plan_add_edits(const NetworkPlan *plan, const BootTarget *target, Hive *system,
                                HiveEdits *edits, GError **error)
{
    for (guint i = 0; i < plan->sources->len; i++) {
        const GuestWindowsAdapter *adapter = g_ptr_array_index(plan->sources, i);
        for (guint j = 0; j < target->control_set_count; j++)
            if (!clear_addresses(adapter, target->control_sets[j], system, edits, error) ||
                !clear_wins(adapter, target->control_sets[j], system, edits, error) ||
                !release_name(adapter, target->control_sets[j], system, edits, error))
                return FALSE;
    }
    return TRUE;
}
