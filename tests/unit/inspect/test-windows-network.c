/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network adapters of Windows guests: real SYSTEM hives, and everything that may be wrong in one.
 */
#include "tests/unit/inspect/windows-test-guest.h"

#define SET "ControlSet001\\"
#define CLASS SET "Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}\\"
#define NETWORK SET "Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\"
#define TCPIP SET "Services\\Tcpip\\Parameters\\Interfaces\\"
#define TCPIP6 SET "Services\\Tcpip6\\Parameters\\Interfaces\\"
#define ROUTES SET "Services\\Tcpip\\Parameters\\PersistentRoutes"
#define NSI SET "Control\\Nsi\\{eb004a01-9b1a-11d4-9123-0050047759bc}\\"
#define GUID "{5AC24E08-9B5C-4F05-A0E7-6B2D4D7F1F01}"
#define VMXNET3 "PCI\\VEN_15AD&DEV_07B0&SUBSYS_07B015AD&REV_01\\000C29FFFF661AA200"
#define E1000 "PCI\\VEN_8086&DEV_100F&SUBSYS_075015AD&REV_01\\4&B70F118&0&0888"
/* NetLuidIndex 8001, *IfType 6. */
#define LUID "0000000180000600"

/* The least that makes an adapter. */
#define ADAPTER(instance)                                                                          \
    {CLASS "0001", "NetCfgInstanceId", GUID}, {CLASS "0001", "Characteristics", "dword:84"},       \
        {CLASS "0001", "DeviceInstanceID", instance}, {CLASS "0001", "*IfType", "dword:6"},        \
    {                                                                                              \
        CLASS "0001", "NetLuidIndex", "dword:8001"                                                 \
    }

/* One line per adapter. */
static char *describe(const GPtrArray *adapters)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < adapters->len; i++) {
        const GuestWindowsAdapter *adapter = g_ptr_array_index(adapters, i);
        g_autofree char *addresses = test_guest_join(adapter->addresses);
        g_autofree char *gateways = test_guest_join(adapter->gateways);
        g_autofree char *dns = test_guest_join(adapter->dns);
        g_string_append_printf(
            text, "%s|%s|%u|%s%s|%s|%s|%s|%s|%u|%u\n", adapter->name ? adapter->name : "-",
            adapter->mac ? adapter->mac : "-", adapter->slot, adapter->dhcp ? "dhcp" : "static",
            adapter->is_virtual ? " virtual" : "", addresses, gateways, dns,
            adapter->dns_suffix ? adapter->dns_suffix : "-", adapter->metric, adapter->mtu);
    }
    return g_string_free(text, FALSE);
}

/* Compared with what hivexget says of the same keys. */
static void test_real(void)
{
    static const struct {
        const char *file, *expected, *expected_routes;
    } rows[] = {
        {"win7sp1-x86-vmware/SYSTEM.xz",
         "Local Area Connection|-|33|static|192.168.1.123/24|192.168.1.1|192.168.1.112|-|0|0\n"
         "Local Area Connection 2|-|35|static|10.3.58.5/24|10.3.58.1|10.3.58.4|-|0|0\n",
         ""},
        {"win10-2004-x64-vmware/SYSTEM.gz", "Ethernet0|00:0c:29:66:1a:a2|160|dhcp||||-|0|0\n", ""},
        {"win10-1903-x64-vmware-dirty-nologs/SYSTEM.xz",
         "Ethernet0|00:0c:29:f3:ff:de|192|dhcp||||-|0|0\n", ""},
        {"nt4sp3-server/SYSTEM", "", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        GBytes *hive = test_guest_read_packed(rows[i].file);
        if (!hive) {
            g_test_skip("no test data");
            return;
        }
        g_autoptr(TestGuest) test = test_guest_new(NULL, NULL);
        test_guest_add_hive(test, "SYSTEM", hive);
        test_guest_inspect(test);
        const GuestWindows *facts = &test->guest->windows_facts;
        g_autofree char *text = describe(facts->adapters);
        g_autofree char *routes = test_guest_join(facts->persistent_routes);
        g_assert_cmpstr(text, ==, rows[i].expected);
        g_assert_cmpstr(routes, ==, rows[i].expected_routes);
    }
}

typedef struct {
    const char *label;
    HiveRow system[16];
    const char *expected;
    const char *expected_finding; /* NULL: none about the network */
} Row;

static const Row rows[] = {
    {"everything",
     {ADAPTER(VMXNET3),
      {NETWORK GUID "\\Connection", "Name", "Ethernet0"},
      {SET "Enum\\" VMXNET3, "UINumber", "dword:c0"},
      {TCPIP GUID, "EnableDHCP", "dword:0"},
      {TCPIP GUID, "IPAddress", "multi:10.0.2.55|10.0.2.56"},
      {TCPIP GUID, "SubnetMask", "multi:255.255.255.0|255.255.255.128"},
      {TCPIP GUID, "DefaultGateway", "multi:10.0.2.2"},
      {TCPIP GUID, "NameServer", "10.0.2.3,10.0.2.4"},
      {TCPIP GUID, "Domain", "example.test"},
      {TCPIP GUID, "InterfaceMetric", "dword:a"},
      {TCPIP GUID, "MTU", "dword:2328"}},
     "Ethernet0|00:0c:29:66:1a:a2|192|static|10.0.2.55/24, 10.0.2.56/25|10.0.2.2|10.0.2.3, "
     "10.0.2.4|example.test|10|9000\n",
     NULL},
    {"an address that was set by hand",
     {ADAPTER(VMXNET3), {CLASS "0001", "NetworkAddress", "00-50-56-AA-bb-01"}},
     "-|00:50:56:aa:bb:01|0|static||||-|0|0\n",
     NULL},
    {"addresses that are none",
     {ADAPTER(E1000), {CLASS "0001", "NetworkAddress", "010000000001"}},
     "-|-|0|static||||-|0|0\n",
     NULL},
    {"servers of both kinds, separated by blanks",
     {ADAPTER(E1000),
      {TCPIP GUID, "EnableDHCP", "dword:1"},
      {TCPIP GUID, "NameServer", "192.0.2.1 192.0.2.2"},
      {TCPIP6 GUID, "NameServer", "2001:db8::1,fe80::1"}},
     "-|-|0|dhcp|||192.0.2.1, 192.0.2.2, 2001:db8::1, fe80::1|-|0|0\n",
     NULL},
    {"an address left over beside DHCP",
     {ADAPTER(E1000),
      {TCPIP GUID, "EnableDHCP", "dword:1"},
      {TCPIP GUID, "IPAddress", "multi:10.0.2.55"},
      {TCPIP GUID, "SubnetMask", "multi:255.255.255.0"},
      {TCPIP GUID, "DefaultGateway", "multi:10.0.2.2"}},
     "-|-|0|dhcp||||-|0|0\n",
     NULL},
    {"nonsense",
     {ADAPTER(E1000),
      {TCPIP GUID, "EnableDHCP", "no"},
      {TCPIP GUID, "IPAddress", "multi:0.0.0.0|10.0.2.55|300.1.1.1|10.0.2.9 x|10.0.2.10"},
      {TCPIP GUID, "SubnetMask",
       "multi:255.255.255.0|255.0.255.0|255.255.255.0|255.255.255.0|0.0.0.0"},
      {TCPIP GUID, "DefaultGateway", "dword:1"},
      {TCPIP GUID, "NameServer", "none"},
      {TCPIP GUID, "InterfaceMetric", "many"},
      {TCPIP GUID, "MTU", "dword:ffffffff"}},
     "-|-|0|static||||-|0|0\n",
     NULL},
    {"fewer masks than addresses, and as one text",
     {ADAPTER(E1000),
      {TCPIP GUID, "IPAddress", "10.0.2.55 10.0.2.56"},
      {TCPIP GUID, "SubnetMask", "255.255.0.0"}},
     "-|-|0|static|10.0.2.55/16|||-|0|0\n",
     NULL},
    {"IPv6",
     {ADAPTER(VMXNET3),
      {NSI "10", LUID "20010db8000000000000000000000055",
       "hex:ffffffffffffffff100000001000000040000000ffffffff"},
      {NSI "10", LUID "fe800000000000000000000000000055",
       "hex:ffffffffffffffff100000001000000040000000ffffffff"},
      {NSI "10", "000000028000060020010db8000000000000000000000056",
       "hex:ffffffffffffffff100000001000000040000000ffffffff"},
      {NSI "16",
       "00000000000000000000000000000000000000000000000000000000000000000000000000000000" LUID LUID
       "fe800000000000000000000000000001",
       "hex:00"}},
     "-|00:0c:29:66:1a:a2|0|static|2001:db8::55/64|fe80::1||-|0|0\n",
     "windows-network-ipv6"},
    {"an IPv6 store that is not understood",
     {ADAPTER(VMXNET3),
      {NSI "10", LUID "20010db80000000000000000000055", "hex:00"},
      {NSI "10", LUID "20010db80000000000000000000000zz", "hex:00"},
      {NSI "10", LUID "20010db8000000000000000000000055", "hex:ffffffffffffffff1000000010000000"},
      {NSI "10", LUID "20010db8000000000000000000000056",
       "hex:ffffffffffffffff100000001000000081000000ffffffff"},
      {NSI "16", LUID, "text"}},
     "-|00:0c:29:66:1a:a2|0|static||||-|0|0\n",
     NULL},
    {"a team",
     {{CLASS "0001", "NetCfgInstanceId", GUID},
      {CLASS "0001", "Characteristics", "dword:1"},
      {CLASS "0001", "ComponentId", "COMPOSITEBUS\\MS_IMPLAT_MP"},
      {NETWORK GUID "\\Connection", "Name", "Team"}},
     "Team|-|0|static virtual||||-|0|0\n",
     "windows-network-virtual"},
    {"a tunnel, and a key without an adapter",
     {{CLASS "0001", "NetCfgInstanceId", GUID},
      {CLASS "0001", "Characteristics", "dword:29"},
      {CLASS "0002", "Characteristics", "dword:84"},
      {CLASS "Properties", NULL, NULL}},
     "",
     NULL},
};

static void test_rows(void)
{
    static const char *const codes[] = {"windows-network-ipv6", "windows-network-virtual"};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) test = test_guest_new(rows[i].system, NULL);
        g_test_message("%s", rows[i].label);
        test_guest_inspect(test);
        g_autofree char *text = describe(test->guest->windows_facts.adapters);
        g_assert_cmpstr(text, ==, rows[i].expected);
        for (guint j = 0; j < G_N_ELEMENTS(codes); j++)
            g_assert_cmpint(support_has_finding(test->findings, codes[j]), ==,
                            g_strcmp0(codes[j], rows[i].expected_finding) == 0);
    }
}

static void test_routes(void)
{
    static const HiveRow system[] = {
        {ROUTES, "10.20.0.0,255.255.0.0,10.0.2.3,1", ""},
        {ROUTES, "10.30.1.1,255.255.255.255,10.0.2.4,-1", ""},
        {ROUTES, "0.0.0.0,0.0.0.0,10.0.2.2,-1", ""},
        {ROUTES, "10.40.0.0,255.255.0.0,10.0.2.3", ""},
        {ROUTES, "10.50.0.0,255.255.0.0,none,1", ""},
        {ROUTES, "10.60.0.0,255.255.0.0,10.0.2.3,123456789012", ""},
        {ROUTES, "", "default"},
        {NULL, NULL, NULL},
    };
    g_autoptr(TestGuest) test = test_guest_new(system, NULL);
    test_guest_inspect(test);
    g_autofree char *routes = test_guest_join(test->guest->windows_facts.persistent_routes);
    g_assert_cmpstr(routes, ==, "10.20.0.0/16 10.0.2.3 1, 10.30.1.1/32 10.0.2.4");
}

/* NetBIOS name servers stand with another protocol. */
static void test_wins(void)
{
    static const HiveRow system[] = {
        ADAPTER(VMXNET3),
        {SET "Services\\NetBT\\Parameters\\Interfaces\\Tcpip_" GUID, "NameServerList",
         "multi:10.0.2.9|nonsense|0.0.0.0|10.0.2.10"},
        {NULL, NULL, NULL},
    };
    g_autoptr(TestGuest) test = test_guest_new(system, NULL);
    test_guest_inspect(test);
    const GPtrArray *adapters = test->guest->windows_facts.adapters;
    g_assert_cmpuint(adapters->len, ==, 1);
    const GuestWindowsAdapter *adapter = g_ptr_array_index(adapters, 0);
    g_autofree char *wins = test_guest_join(adapter->wins);
    g_assert_cmpstr(wins, ==, "10.0.2.9, 10.0.2.10");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/windows-network/real", test_real);
    g_test_add_func("/inspect/windows-network/rows", test_rows);
    g_test_add_func("/inspect/windows-network/routes", test_routes);
    g_test_add_func("/inspect/windows-network/wins", test_wins);
    return g_test_run();
}
