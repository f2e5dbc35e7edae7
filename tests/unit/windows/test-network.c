/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which adapter is which card, what the first-boot service is told of it, what the registry loses.
 */
#include "windows/network.h"

#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "tests/unit/windows/support.h"
#include "windows/first_boot.h"

#define E1000(tail) "PCI\\VEN_8086&DEV_100F&SUBSYS_075015AD&REV_01\\4&B70F118&0&" tail
#define VMXNET3(serial) "PCI\\VEN_15AD&DEV_07B0&SUBSYS_07B015AD&REV_01\\" serial
#define NETVSC(guid) "VMBUS\\{F8615163-DF3E-46C5-913F-F2D2F965ED0E}\\{" guid "}"
#define MAC_A "00:0c:29:00:00:0a"
#define MAC_B "00:0c:29:00:00:0b"
#define MAC_C "00:0c:29:00:00:0c"
#define GUID_1 "11111111-1111-1111-1111-111111111111"
#define GUID_2 "22222222-2222-2222-2222-222222222222"

enum { ADAPTERS = 4, NICS = 3 };

typedef struct {
    const char *instance_id; /* NULL: no more adapters */
    const char *mac;
    guint slot;
    gboolean is_virtual;
} AdapterRow;

typedef struct {
    const char *label;
    AdapterRow adapters[ADAPTERS];
    WindowsNic nics[NICS];
    guint nic_count;
    gint expected[ADAPTERS];
    gboolean expected_by_order;
} MatchRow;

static const MatchRow match_rows[] = {
    {"no cards", {{.instance_id = VMXNET3("1"), .mac = MAC_A}}, {{0}}, 0, {-1}, FALSE},
    {"by MAC, in another order",
     {{.instance_id = VMXNET3("1"), .mac = MAC_A}, {.instance_id = VMXNET3("2"), .mac = MAC_B}},
     {{.mac = MAC_B}, {.mac = MAC_A}},
     2,
     {1, 0},
     FALSE},
    {"the old adapter of a card that was replaced by another kind",
     {{.instance_id = E1000("0888"), .mac = MAC_A}, {.instance_id = VMXNET3("1"), .mac = MAC_A}},
     {{.mac = MAC_A, .model = "vmxnet3"}},
     1,
     {-1, 0},
     FALSE},
    {"an adapter that was taken out",
     {{.instance_id = VMXNET3("1"), .mac = MAC_A}, {.instance_id = VMXNET3("2"), .mac = MAC_B}},
     {{.mac = MAC_B}},
     1,
     {-1, 0},
     FALSE},
    {"a card that was made up for disks alone",
     {{.instance_id = VMXNET3("1"), .mac = MAC_A}},
     {{.mac = MAC_B, .mac_is_new = TRUE}},
     1,
     {0},
     FALSE},
    {"a card that the guest has never seen",
     {{.instance_id = VMXNET3("1"), .mac = MAC_A}},
     {{.mac = MAC_B}},
     1,
     {-1},
     FALSE},
    {"by Hyper-V's GUID",
     {{.instance_id = NETVSC("22222222-2222-2222-2222-222222222222")},
      {.instance_id = NETVSC("11111111-1111-1111-1111-111111111111")}},
     {{.mac = MAC_A, .instance_id = GUID_1}, {.mac = MAC_B, .instance_id = GUID_2}},
     2,
     {1, 0},
     FALSE},
    {"by slot",
     {{.instance_id = E1000("1888"), .slot = 35}, {.instance_id = E1000("0888"), .slot = 33}},
     {{.mac = MAC_A, .guest_name = "ens33"}, {.mac = MAC_B, .guest_name = "ens35"}},
     2,
     {1, 0},
     FALSE},
    {"two of one kind at one slot: the order, which is a guess",
     {{.instance_id = E1000("1888"), .slot = 33}, {.instance_id = E1000("0888"), .slot = 33}},
     {{.mac = MAC_A, .guest_name = "ens33"}},
     1,
     {0, -1},
     TRUE},
    {"the only one",
     {{.instance_id = E1000("0888"), .slot = 33}},
     {{.mac = MAC_A, .guest_name = "eth0"}},
     1,
     {0},
     FALSE},
    {"by order of the slots",
     {{.instance_id = E1000("1888"), .slot = 35}, {.instance_id = E1000("0888"), .slot = 33}},
     {{.mac = MAC_A}, {.mac = MAC_B}},
     2,
     {1, 0},
     TRUE},
    {"by order, but not against the kind",
     {{.instance_id = E1000("0888")}, {.instance_id = VMXNET3("1")}},
     {{.mac = MAC_A, .model = "vmxnet3"}, {.mac = MAC_B, .model = "e1000"}},
     2,
     {1, 0},
     TRUE},
    {"a team is no card",
     {{.instance_id = "COMPOSITEBUS\\MS_IMPLAT_MP\\{1}", .mac = MAC_A, .is_virtual = TRUE},
      {.instance_id = E1000("0888")}},
     {{.mac = MAC_A}},
     1,
     {-1, 0},
     FALSE},
    {"one by MAC, one that is left",
     {{.instance_id = VMXNET3("1"), .mac = MAC_B}, {.instance_id = E1000("0888")}},
     {{.mac = MAC_A}, {.mac = MAC_B}},
     2,
     {1, 0},
     FALSE},
    {"more adapters than cards",
     {{.instance_id = E1000("0888"), .slot = 1},
      {.instance_id = E1000("1888"), .slot = 2},
      {.instance_id = E1000("2888"), .slot = 3}},
     {{.mac = MAC_A}, {.mac = MAC_B}},
     2,
     {0, 1, -1},
     TRUE},
    {"a card without a MAC takes its place",
     {{.instance_id = E1000("0888"), .slot = 1}, {.instance_id = E1000("1888"), .slot = 2}},
     {{.mac = NULL}, {.mac = MAC_B}},
     2,
     {0, 1},
     TRUE},
    {"names that are no slots",
     {{.instance_id = E1000("0888"), .slot = 1}},
     {{.mac = MAC_A, .guest_name = "ens"},
      {.mac = MAC_B, .guest_name = "ens99999999999"},
      {.mac = MAC_C, .guest_name = "ens1"}},
     3,
     {2},
     FALSE},
};

static void free_adapter(gpointer data)
{
    GuestWindowsAdapter *adapter = data;
    g_ptr_array_unref(adapter->addresses);
    g_ptr_array_unref(adapter->gateways);
    g_ptr_array_unref(adapter->dns);
    g_ptr_array_unref(adapter->wins);
    g_free(adapter->guid);
    g_free(adapter);
}

/* Texts are borrowed, but for the GUID. */
static GuestWindowsAdapter *add_adapter(GPtrArray *adapters)
{
    GuestWindowsAdapter *adapter = g_new0(GuestWindowsAdapter, 1);
    adapter->addresses = g_ptr_array_new();
    adapter->gateways = g_ptr_array_new();
    adapter->dns = g_ptr_array_new();
    adapter->wins = g_ptr_array_new();
    adapter->guid = g_strdup_printf("{%08u-0000-0000-0000-000000000000}", adapters->len + 1);
    g_ptr_array_add(adapters, adapter);
    return adapter;
}

static char *borrow(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void test_match(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(match_rows); i++) {
        const MatchRow *row = &match_rows[i];
        g_autoptr(GPtrArray) adapters = g_ptr_array_new_with_free_func(free_adapter);
        gint nics[ADAPTERS];
        gboolean by_order;
        g_test_message("%s", row->label);
        for (guint j = 0; j < ADAPTERS && row->adapters[j].instance_id; j++) {
            GuestWindowsAdapter *adapter = add_adapter(adapters);
            adapter->instance_id = borrow(row->adapters[j].instance_id);
            adapter->mac = borrow(row->adapters[j].mac);
            adapter->slot = row->adapters[j].slot;
            adapter->is_virtual = row->adapters[j].is_virtual;
        }
        network_match(adapters, row->nics, row->nic_count, nics, &by_order);
        for (guint j = 0; j < adapters->len; j++)
            g_assert_cmpint(nics[j], ==, row->expected[j]);
        g_assert_cmpint(by_order, ==, row->expected_by_order);
    }
}

/* Two adapters with everything; the second keeps DHCP and its own name server. */
static void make_facts(GuestWindows *facts)
{
    *facts = (GuestWindows){0};
    facts->adapters = g_ptr_array_new_with_free_func(free_adapter);
    facts->persistent_routes = g_ptr_array_new();
    GuestWindowsAdapter *adapter = add_adapter(facts->adapters);
    adapter->name = borrow("Ethernet0");
    adapter->mac = borrow(MAC_A);
    adapter->mtu = 9000;
    adapter->metric = 10;
    adapter->dns_suffix = borrow("example.test");
    g_ptr_array_add(adapter->wins, borrow("10.0.2.9"));
    g_ptr_array_add(adapter->addresses, borrow("10.0.2.55/24"));
    g_ptr_array_add(adapter->addresses, borrow("2001:db8::55/64"));
    g_ptr_array_add(adapter->gateways, borrow("10.0.2.2"));
    g_ptr_array_add(adapter->dns, borrow("10.0.2.3"));
    adapter = add_adapter(facts->adapters);
    adapter->name = borrow("Backup");
    adapter->mac = borrow(MAC_B);
    adapter->dhcp = TRUE;
    g_ptr_array_add(adapter->dns, borrow("10.9.0.1"));
    g_ptr_array_add(facts->persistent_routes, borrow("10.20.0.0/16 10.0.2.3 1"));
    g_ptr_array_add(facts->persistent_routes, borrow("10.30.0.0/16 10.77.0.1"));
}

static void clear_facts(GuestWindows *facts)
{
    g_ptr_array_unref(facts->adapters);
    g_ptr_array_unref(facts->persistent_routes);
}

static void append_joined(GString *text, const char *name, const GPtrArray *parts)
{
    for (guint i = 0; i < parts->len; i++)
        g_string_append_printf(text, " %s=%s", name, (const char *)g_ptr_array_index(parts, i));
}

static char *describe(const NetworkPlan *plan)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < plan->addresses->len; i++) {
        const FirstBootAddress *address = g_ptr_array_index(plan->addresses, i);
        g_string_append_printf(text, "%s '%s'", address->mac, address->connection_name);
        append_joined(text, "address", address->addresses);
        append_joined(text, "gateway", address->gateways);
        append_joined(text, "dns", address->dns);
        append_joined(text, "wins", address->wins);
        append_joined(text, "route", address->routes);
        if (address->dns_suffix)
            g_string_append_printf(text, " suffix=%s metric=%u", address->dns_suffix,
                                   address->metric);
        g_string_append_printf(text, " mtu=%u\n", address->mtu);
    }
    return g_string_free(text, FALSE);
}

static char *describe_findings(const GPtrArray *findings)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);
        g_string_append_printf(text, "%s: %s\n", finding_code_name(finding->code),
                               finding->sentence);
    }
    return g_string_free(text, FALSE);
}

static void test_plan(void)
{
    static const struct {
        const char *label;
        WindowsNic nics[2];
        guint nic_count;
        gboolean is_carried;
        const char *expected, *expected_findings;
    } rows[] = {
        {"both cards",
         {{.mac = MAC_A}, {.mac = MAC_B}},
         2,
         TRUE,
         MAC_A " 'Ethernet0' address=10.0.2.55/24 address=2001:db8::55/64 gateway=10.0.2.2 "
               "dns=10.0.2.3 wins=10.0.2.9 route=10.20.0.0/16 10.0.2.3 1 suffix=example.test "
               "metric=10 mtu=9000\n" MAC_B " 'Backup' dns=10.9.0.1 mtu=0\n",
         ""},
        {"a card that is no longer there",
         {{.mac = MAC_B}},
         1,
         TRUE,
         MAC_B " 'Backup' dns=10.9.0.1 route=10.20.0.0/16 10.0.2.3 1 route=10.30.0.0/16 10.77.0.1 "
               "mtu=0\n",
         ""},
        {"no service",
         {{.mac = MAC_A}, {.mac = MAC_B}},
         2,
         FALSE,
         MAC_A " 'Ethernet0' address=10.0.2.55/24 address=2001:db8::55/64 gateway=10.0.2.2 "
               "dns=10.0.2.3 wins=10.0.2.9 route=10.20.0.0/16 10.0.2.3 1 suffix=example.test "
               "metric=10 mtu=9000\n" MAC_B " 'Backup' dns=10.9.0.1 mtu=0\n",
         "windows-network-lost: network settings are not carried over: 10.0.2.55/24 of Ethernet0\n"
         "windows-network-lost: network settings are not carried over: name servers of Backup\n"
         "windows-network-lost: network settings are not carried over: DNS suffix example.test of "
         "Ethernet0\n"
         "windows-network-lost: network settings are not carried over: metric 10 of Ethernet0\n"},
        {"disks alone",
         {{0}},
         0,
         TRUE,
         "",
         "windows-network-lost: network settings are not carried over: 10.0.2.55/24 of Ethernet0\n"
         "windows-network-lost: network settings are not carried over: name servers of Backup\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) findings = findings_new();
        g_auto(NetworkPlan) plan = {0};
        GuestWindows facts;
        g_test_message("%s", rows[i].label);
        make_facts(&facts);
        network_plan_make(&facts, rows[i].nics, rows[i].nic_count, &plan);
        network_plan_report(&plan, rows[i].is_carried, findings);
        g_autofree char *text = describe(&plan);
        g_autofree char *found = describe_findings(findings);
        g_assert_cmpstr(text, ==, rows[i].expected);
        g_assert_cmpstr(found, ==, rows[i].expected_findings);
        clear_facts(&facts);
    }
}

/* What the user wants replaces what the adapter had, family by family, under the new MAC address.
 */
static void test_wanted(void)
{
    static const struct {
        const char *label, *ip, *new_mac, *expected;
    } rows[] = {
        {"another MAC address", NULL, MAC_C,
         MAC_C " 'Ethernet0' address=10.0.2.55/24 address=2001:db8::55/64 gateway=10.0.2.2 "
               "dns=10.0.2.3 wins=10.0.2.9 route=10.20.0.0/16 10.0.2.3 1 route=10.30.0.0/16 "
               "10.77.0.1 suffix=example.test metric=10 mtu=9000\n"},
        {"IPv4 in the same network", "10.0.2.99/24", NULL,
         MAC_A " 'Ethernet0' address=10.0.2.99/24 address=2001:db8::55/64 gateway=10.0.2.2 "
               "dns=10.0.2.3 wins=10.0.2.9 route=10.20.0.0/16 10.0.2.3 1 route=10.30.0.0/16 "
               "10.77.0.1 suffix=example.test metric=10 mtu=9000\n"},
        {"IPv4 in another network", "192.0.2.5/24,gateway=192.0.2.1,dns=192.0.2.53", NULL,
         MAC_A " 'Ethernet0' address=192.0.2.5/24 address=2001:db8::55/64 gateway=192.0.2.1 "
               "dns=192.0.2.53 wins=10.0.2.9 route=10.20.0.0/16 10.0.2.3 1 route=10.30.0.0/16 "
               "10.77.0.1 suffix=example.test metric=10 mtu=9000\n"},
        {"DHCP", "dhcp", MAC_C,
         MAC_C " 'Ethernet0' wins=10.0.2.9 route=10.20.0.0/16 10.0.2.3 1 route=10.30.0.0/16 "
               "10.77.0.1 suffix=example.test metric=10 mtu=9000\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].label);
        g_autoptr(NicAddress) address = rows[i].ip ? nic_address_parse(rows[i].ip, NULL) : NULL;
        const WindowsNic nic = {.mac = MAC_A, .new_mac = rows[i].new_mac, .address = address};
        GuestWindows facts;
        make_facts(&facts);
        g_auto(NetworkPlan) plan = {0};
        network_plan_make(&facts, &nic, 1, &plan);
        g_autofree char *text = describe(&plan);
        g_assert_cmpstr(text, ==, rows[i].expected);
        clear_facts(&facts);
    }
}

/* A card that Windows has never seen, and one that cannot be told from others. */
static void test_wanted_unknown(void)
{
    g_autoptr(NicAddress) address = nic_address_parse("192.0.2.5/24", NULL);
    const WindowsNic nics[] = {{.mac = MAC_C, .address = address}, {.address = address}};
    GuestWindows facts;
    make_facts(&facts);
    g_auto(NetworkPlan) plan = {0};
    g_autoptr(GError) no_service = NULL, no_mac = NULL;
    network_plan_make(&facts, nics, 1, &plan);
    g_assert_cmpuint(plan.addresses->len, ==, plan.sources->len + 1);
    const FirstBootAddress *last = g_ptr_array_index(plan.addresses, plan.addresses->len - 1);
    g_assert_cmpstr(last->mac, ==, MAC_C);
    g_assert_cmpstr(g_ptr_array_index(last->addresses, 0), ==, "192.0.2.5/24");
    g_assert_true(network_plan_check(nics, 1, TRUE, NULL));
    g_assert_false(network_plan_check(nics, 1, FALSE, &no_service));
    g_assert_error(no_service, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    g_assert_false(network_plan_check(nics, 2, TRUE, &no_mac));
    g_assert_error(no_mac, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    clear_facts(&facts);
}

static void test_by_order_finding(void)
{
    static const WindowsNic nics[] = {{.mac = MAC_A}, {.mac = MAC_B}};
    g_autoptr(GPtrArray) findings = findings_new();
    g_auto(NetworkPlan) plan = {0};
    GuestWindows facts;
    make_facts(&facts);
    for (guint i = 0; i < facts.adapters->len; i++)
        ((GuestWindowsAdapter *)g_ptr_array_index(facts.adapters, i))->mac = NULL;
    network_plan_make(&facts, nics, G_N_ELEMENTS(nics), &plan);
    network_plan_report(&plan, TRUE, findings);
    g_autofree char *found = describe_findings(findings);
    g_assert_nonnull(
        strstr(found, "windows-network-by-order: network connections were matched with "
                      "network cards by their order: Ethernet0 = " MAC_A ", Backup = " MAC_B "\n"));
    clear_facts(&facts);
}

/* Guests that were not inspected (adapters NULL), and have none. */
static void test_nothing(void)
{
    static const WindowsNic nics[] = {{.mac = MAC_A}};
    const GuestWindows facts = {0};
    g_autoptr(GPtrArray) findings = findings_new();
    g_auto(NetworkPlan) plan = {0};
    network_plan_make(&facts, nics, G_N_ELEMENTS(nics), &plan);
    network_plan_report(&plan, TRUE, findings);
    g_assert_cmpuint(plan.addresses->len, ==, 0);
    g_assert_cmpuint(findings->len, ==, 0);
}

/* Of the adapters of make_facts(), in two control sets; the second set has no names. */
static void test_edits(void)
{
#define SET "ControlSet001\\"
#define INTERFACE SET "Services\\Tcpip\\Parameters\\Interfaces\\"
#define CONNECTION SET "Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\"
#define FIRST "{00000001-0000-0000-0000-000000000000}"
#define SECOND "{00000002-0000-0000-0000-000000000000}"
    static const WindowsNic nics[] = {{.mac = MAC_A}, {.mac = MAC_B}};
    static const char *const addresses[] = {"10.0.2.55", NULL};
    const BootTarget target = {.major = 10, .control_sets = {1, 2}, .control_set_count = 2};
    g_autoptr(HiveEdits) prepare = hive_edits_new();
    g_autoptr(HiveEdits) edits = hive_edits_new();
    g_autoptr(GBytes) empty = test_empty_hive();
    g_autoptr(GError) error = NULL;
    g_auto(NetworkPlan) plan = {0};
    GuestWindows facts;

    hive_edits_set_dword(prepare, INTERFACE FIRST, "EnableDHCP", 0, "");
    hive_edits_set_multi_string(prepare, INTERFACE FIRST, "IPAddress", addresses, "");
    hive_edits_set_multi_string(prepare, INTERFACE FIRST, "SubnetMask", addresses, "");
    hive_edits_set_string(prepare, INTERFACE FIRST, "NameServer", 1, "10.0.2.3", "");
    hive_edits_set_string(prepare, INTERFACE FIRST, "Domain", 1, "example.test", "");
    hive_edits_set_string(prepare, INTERFACE SECOND, "NameServer", 1, "10.9.0.1", "");
    hive_edits_set_string(prepare, CONNECTION FIRST "\\Connection", "Name", 1, "Ethernet0", "");
    g_autoptr(GBytes) before = test_edit_hive(empty, prepare);
    g_autoptr(Hive) hive = hive_open_bytes(before, "SYSTEM", &error);
    g_assert_no_error(error);

    make_facts(&facts);
    network_plan_make(&facts, nics, G_N_ELEMENTS(nics), &plan);
    g_assert_true(network_plan_add_edits(&plan, &target, hive, edits, &error));
    g_autoptr(GBytes) after = test_edit_hive(before, edits);
    g_autofree char *text = test_hive_text(after, "ControlSet001");
    g_assert_cmpstr(
        text, ==,
        "\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\" FIRST
        "\\Connection|Name|\"Ethernet0 (before migration)\"\n"
        "\\Services\\Tcpip\\Parameters\\Interfaces\\" FIRST "|Domain|\"example.test\"\n"
        "\\Services\\Tcpip\\Parameters\\Interfaces\\" FIRST "|EnableDHCP|dword:00000001\n"
        "\\Services\\Tcpip\\Parameters\\Interfaces\\" SECOND "|NameServer|\"10.9.0.1\"");
    clear_facts(&facts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/network/match", test_match);
    g_test_add_func("/windows/network/plan", test_plan);
    g_test_add_func("/windows/network/wanted", test_wanted);
    g_test_add_func("/windows/network/wanted-unknown", test_wanted_unknown);
    g_test_add_func("/windows/network/by-order-finding", test_by_order_finding);
    g_test_add_func("/windows/network/nothing", test_nothing);
    g_test_add_func("/windows/network/edits", test_edits);
    return g_test_run();
}
