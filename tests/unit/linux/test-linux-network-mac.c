/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New MAC addresses in all places, what leases know, and who has an interface's addresses. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/initramfs_extend.h"
#include "linux/network.h"
#include "linux/network_address.h"
#include "linux/network_leases.h"
#include "linux/network_mac.h"
#include "linux/network_names.h"

#define A "00:50:56:00:00:0a"
#define B "00:50:56:00:00:0b"
#define N "52:54:00:12:34:5f"

static const LinuxNic swapped[] = {{.mac = A, .new_mac = B}, {.mac = B, .new_mac = A}};
static const LinuxNic changed[] = {{.mac = A, .new_mac = N}, {.mac = B}};

static void test_replace(void)
{
    static const struct {
        const char *text, *expected;
        NetworkMacFlags flags;
    } rows[] = {
        {"HWADDR=" A, "HWADDR=" N, NETWORK_MAC_DEFAULT},
        {"HWADDR=\"00:50:56:00:00:0A\"", "HWADDR=\"52:54:00:12:34:5F\"", NETWORK_MAC_DEFAULT},
        {"BOOTIF=01-00-50-56-00-00-0a ro", "BOOTIF=01-52-54-00-12-34-5f ro", NETWORK_MAC_DEFAULT},
        {"ifname=eth0:" A, "ifname=eth0:" N, NETWORK_MAC_DEFAULT},
        {"client 01:" A ";", "client 01:" N ";", NETWORK_MAC_DEFAULT},
        {"identifier 1:0:50:56:0:0:a;", "identifier 1:52:54:0:12:34:5f;", NETWORK_MAC_DEFAULT},
        {A " " A, N " " N, NETWORK_MAC_DEFAULT},
        {B, NULL, NETWORK_MAC_DEFAULT},
        {"", NULL, NETWORK_MAC_DEFAULT},
        {A "0", NULL, NETWORK_MAC_DEFAULT},
        {"0" A, NULL, NETWORK_MAC_DEFAULT},
        {"ethernet_00505600000a_cable", "ethernet_52540012345f_cable", NETWORK_MAC_PLAIN},
        {"ethernet_00505600000a_cable", NULL, NETWORK_MAC_DEFAULT},
        {"00505600000a0", NULL, NETWORK_MAC_PLAIN},
        {"macaddress: " A " # x", "macaddress: \"" N "\" # x", NETWORK_MAC_YAML},
        {"macaddress: \"" A "\"", "macaddress: \"" N "\"", NETWORK_MAC_YAML},
        {"{macaddress: '" A "'}", "{macaddress: '" N "'}", NETWORK_MAC_YAML},
        {"00:50-56:00:00:0a", NULL, NETWORK_MAC_DEFAULT},
    };
    g_autofree char *both = network_mac_replace(A " " B " " A, swapped, 2, NETWORK_MAC_DEFAULT);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = network_mac_replace(rows[i].text, changed, 2, rows[i].flags);

        g_assert_cmpstr(text, ==, rows[i].expected);
    }
    g_assert_cmpstr(both, ==, B " " A " " B);
    g_assert_cmpstr(network_mac_new(changed, 2, "00:50:56:00:00:0A"), ==, N);
    g_assert_cmpstr(network_mac_new(changed, 2, B), ==, B);
}

static void free_network_files(TestGuest *guest)
{
    for (guint i = 0; i < guest->network_files->len; i++)
        initramfs_file_free(guest->network_files->pdata[i]);
    g_ptr_array_set_size(guest->network_files, 0);
}

/* Every place that may name it. */
static void test_everywhere(void)
{
    static const char *const paths[] = {
        "/etc/sysconfig/network-scripts/ifcfg-eth0",
        "/etc/sysconfig/network/ifcfg-eth0",
        "/etc/wicked/ifconfig/eth0.xml",
        "/etc/network/interfaces.d/eth0",
        "/etc/NetworkManager/system-connections/eth0.nmconnection",
        "/etc/NetworkManager/conf.d/90-unmanaged.conf",
        "/var/lib/NetworkManager/no-auto-default.state",
        "/etc/netplan/01-eth0.yaml",
        "/etc/cloud/cloud.cfg.d/50-curtin-networking.cfg",
        "/var/lib/cloud/seed/nocloud/network-config",
        "/etc/systemd/network/10-eth0.network",
        "/etc/systemd/network/10-eth0.link",
        "/etc/systemd/network/10-bond0.netdev",
        "/etc/udev/rules.d/70-persistent-net.rules",
        "/etc/conf.d/net",
        "/etc/dhcp/dhclient.conf",
        "/etc/cmdline.d/net.conf",
        "/etc/default/grub",
        "/boot/grub2/grub.cfg",
        "/boot/loader/entries/a.conf",
    };
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;

    guest->plan.nics = changed;
    guest->plan.nic_count = 1;
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        test_guest_add_text(guest, paths[i], "x=y " A "\n");
    g_assert_true(network_plan(&guest->plan, &error));
    g_assert_no_error(error);
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *text = test_guest_edited(guest, paths[i]);

        if (text == NULL)
            g_error("%s was not edited", paths[i]);
        g_assert_true(g_str_has_prefix(text, "x=y " N "\n") ||
                      g_str_equal(text, "x=y \"" N "\"\n"));
        g_assert_null(strstr(text, A));
    }
    free_network_files(guest);
}

/* The names stay with the cards, by rules of the guest's own and by ours. */
static void test_names(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL, *new_settings = NULL, *edits = NULL;

    guest->plan.nics = swapped;
    guest->plan.nic_count = 2;
    test_guest_add_text(guest, "/etc/udev/rules.d/70-persistent-net.rules",
                        "SUBSYSTEM==\"net\", ATTR{address}==\"" A "\", NAME=\"eth0\"\n");
    test_guest_add_text(guest, "/etc/network/interfaces", "auto eth0 eth1\n");
    test_guest_add_text(guest, "/var/lib/connman/ethernet_00505600000a_cable/settings",
                        "[ethernet_00505600000a_cable]\nName=Wired\n");
    test_guest_add_text(guest, "/var/lib/connman/ethernet_00505600000a_cable/data", "x");
    g_assert_true(network_plan(&guest->plan, &error));
    g_assert_no_error(error);
    text = test_guest_edited(guest, "/etc/udev/rules.d/70-persistent-net.rules");
    g_assert_nonnull(strstr(text, "ATTR{address}==\"" B "\", NAME=\"eth0\""));
    g_assert_nonnull(strstr(text, "ATTR{address}==\"" A "\", ATTR{type}==\"1\", NAME=\"eth1\""));
    new_settings =
        test_guest_edited(guest, "/var/lib/connman/ethernet_00505600000b_cable/settings");
    g_assert_cmpstr(new_settings, ==, "[ethernet_00505600000b_cable]\nName=Wired\n");
    edits = test_guest_list_edits(guest);
    g_assert_nonnull(strstr(edits, "remove /var/lib/connman/ethernet_00505600000a_cable\n"));
    g_assert_nonnull(strstr(edits, "remove /var/lib/connman/ethernet_00505600000a_cable/data\n"));
    free_network_files(guest);
}

typedef void (*LeaseFunc)(GBytes *content, const char *base, GPtrArray *names);

static void test_leases(void)
{
    static const char packet[] = "\2\1\6\0________________________\0\x50\x56\0\0\x0a__________";
    static const struct {
        LeaseFunc parse;
        const char *base, *text;
        size_t size; /* 0: of the text */
        const char *expected;
    } rows[] = {
        {network_leases_parse_dhclient, "x",
         "lease {\n  interface \"eth0\";\n  option dhcp-client-identifier 1:0:50:56:0:0:a;\n}\n", 0,
         A},
        {network_leases_parse_dhclient, "x", "lease {\n  interface \"eth0\";\n}\n", 0, NULL},
        {network_leases_parse_dhclient, "x", "lease {\n  interface \"eth0", 0, NULL},
        {network_leases_parse_dhclient, "x",
         "lease {\n interface \"eth0\";\n option dhcp-client-identifier 1:0:50:56:0:0:100;\n}\n", 0,
         NULL},
        {network_leases_parse_internal, "internal-0aa3ee3d-b8f0-4b4c-a1f5-3f1bd2d2a9b1-eth0.lease",
         "ADDRESS=192.0.2.9\nCLIENTID=0100505600000a\n", 0, A},
        {network_leases_parse_internal, "internal-eth0.lease", "CLIENTID=0100505600000a\n", 0,
         NULL},
        {network_leases_parse_internal, "internal-0aa3ee3d-b8f0-4b4c-a1f5-3f1bd2d2a9b1-eth0.lease",
         "CLIENTID=ff00505600000a\n", 0, NULL},
        {network_leases_parse_wicked, "lease-eth0-dhcp-ipv4.xml",
         "<lease><client-id>01:00:50:56:00:00:0a</client-id></lease>", 0, A},
        {network_leases_parse_wicked, "lease-eth0-dhcp-ipv4.xml", "<client-id>", 0, NULL},
        {network_leases_parse_dhcpcd, "dhcpcd-eth0.lease", packet, 40, A},
        {network_leases_parse_dhcpcd, "eth0.lease", packet, 34, A},
        {network_leases_parse_dhcpcd, "eth0.lease", packet, 33, NULL},
        {network_leases_parse_dhcpcd, "eth0.lease6", packet, 40, NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) names = network_names_new();
        g_autoptr(GBytes) content =
            g_bytes_new(rows[i].text, rows[i].size > 0 ? rows[i].size : strlen(rows[i].text));

        rows[i].parse(content, rows[i].base, names);
        g_assert_cmpuint(names->len, ==, rows[i].expected != NULL ? 1 : 0);
        if (names->len > 0) {
            g_assert_cmpstr(((NetworkName *)names->pdata[0])->name, ==, "eth0");
            g_assert_cmpstr(((NetworkName *)names->pdata[0])->mac, ==, rows[i].expected);
        }
    }
}

/* Two cards, one name, and nothing else that says which one is meant. */
static void test_lease_decides(void)
{
    static const LinuxNic nics[] = {{.mac = A}, {.mac = B}};
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    guest->plan.nics = nics;
    guest->plan.nic_count = 2;
    test_guest_add_text(guest, "/usr/lib/systemd/network/99-default.link", "[Match]\n");
    test_guest_add_text(guest, "/etc/network/interfaces", "auto ens224\n");
    test_guest_add_text(guest, "/var/lib/dhcp/dhclient.ens224.leases",
                        "lease {\n  interface \"ens224\";\n"
                        "  option dhcp-client-identifier 1:0:50:56:0:0:b;\n}\n");
    g_assert_true(network_plan(&guest->plan, &error));
    g_assert_no_error(error);
    text = test_guest_edited(guest, "/etc/systemd/network/10-drydock-ens224.link");
    g_assert_nonnull(strstr(text, "MACAddress=" B "\n"));
    g_assert_cmpuint(guest->findings->len, ==, 0);
    free_network_files(guest);
}

/* Disks alone: the guest says which address its card has. */
static void test_adopted(void)
{
    static const struct {
        const char *path, *text, *expected;
    } rows[] = {
        {"/etc/sysconfig/network-scripts/ifcfg-eth0", "DEVICE=eth0\nHWADDR=" A "\n", A},
        {"/etc/udev/rules.d/70-persistent-net.rules",
         "SUBSYSTEM==\"net\", ATTR{address}==\"" A "\", NAME=\"eth0\"\n", A},
        {"/var/lib/dhcp/dhclient.leases",
         "lease {\n  interface \"eth0\";\n  option dhcp-client-identifier 1:0:50:56:0:0:a;\n}\n",
         A},
        {"/etc/sysconfig/network-scripts/ifcfg-eth0", "DEVICE=eth0\nHWADDR=01:00:5e:00:00:01\n",
         NULL},
        {"/etc/hostname", "x\n", NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (guint with_new = 0; with_new < 2; with_new++) {
            const LinuxNic nic = {.mac = B, .mac_is_new = TRUE, .new_mac = with_new > 0 ? N : NULL};
            g_autoptr(TestGuest) guest = test_guest_new();
            g_autoptr(GError) error = NULL;
            g_autofree char *text = NULL;

            guest->plan.nics = &nic;
            guest->plan.nic_count = 1;
            test_guest_add_text(guest, "/etc/network/interfaces",
                                "auto eth0\niface eth0 inet dhcp\n");
            test_guest_add_text(guest, rows[i].path, rows[i].text);
            g_assert_true(network_plan(&guest->plan, &error));
            g_assert_no_error(error);
            g_assert_cmpstr(guest->plan.result.nic_mac, ==, rows[i].expected);
            text = test_guest_edited(guest, "/etc/udev/rules.d/70-persistent-net.rules");
            if (rows[i].expected != NULL)
                g_assert_true(text == NULL || strstr(text, with_new > 0 ? N : A) != NULL);
            g_free(guest->plan.result.nic_mac);
            free_network_files(guest);
        }
}

/* What --mac cannot change is said. */
static void test_own(void)
{
    static const struct {
        const char *path, *text;
        gboolean is_own;
    } rows[] = {
        {"/etc/sysconfig/network-scripts/ifcfg-eth0", "DEVICE=eth0\nMACADDR=\"" B "\"\n", TRUE},
        {"/etc/sysconfig/network-scripts/ifcfg-eth0", "DEVICE=eth0\nMACADDR=" A "\n", FALSE},
        {"/etc/sysconfig/network/ifcfg-eth0", "LLADDR='" B "'\n", TRUE},
        {"/etc/NetworkManager/system-connections/x", "[ethernet]\ncloned-mac-address=" B "\n",
         TRUE},
        {"/etc/NetworkManager/system-connections/x", "[ethernet]\ncloned-mac-address=random\n",
         FALSE},
        {"/etc/network/interfaces", "iface eth0 inet dhcp\n hwaddress ether " B "\n", TRUE},
        {"/etc/network/interfaces", "iface eth0 inet dhcp\n hwaddress " A "\n", FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *findings = NULL;

        guest->plan.nics = changed;
        guest->plan.nic_count = 1;
        test_guest_add_text(guest, rows[i].path, rows[i].text);
        g_assert_true(network_macs_plan(&guest->plan, &error));
        g_assert_no_error(error);
        findings = test_guest_list_findings(guest);
        g_assert_cmpint(g_str_has_prefix(findings, "linux-network-mac-own: "), ==, rows[i].is_own);
    }
}

static void test_masters(void)
{
    static const struct {
        const char *path, *text, *expected;
    } rows[] = {
        {"/etc/sysconfig/network-scripts/ifcfg-ens192", "DEVICE=ens192\nMASTER=bond0\nSLAVE=yes\n",
         "bond0"},
        {"/etc/sysconfig/network-scripts/ifcfg-ens192", "BRIDGE=\"br0\"\n", "br0"},
        {"/etc/sysconfig/network-scripts/ifcfg-ens192", "DEVICETYPE=TeamPort\nTEAM_MASTER=team0\n",
         "team0"},
        {"/etc/sysconfig/network-scripts/ifcfg-ens224", "MASTER=bond0\n", NULL},
        {"/etc/sysconfig/network/ifcfg-br0", "BRIDGE='yes'\nBRIDGE_PORTS='ens224 ens192'\n", "br0"},
        {"/etc/sysconfig/network/ifcfg-bond0", "BONDING_SLAVE_1='ens192'\n", "bond0"},
        {"/etc/NetworkManager/system-connections/x",
         "[connection]\ninterface-name=ens192\nmaster=team0\nslave-type=team\n", "team0"},
        {"/etc/NetworkManager/system-connections/x",
         "[connection]\ninterface-name=ens192\ncontroller=br0\n", "br0"},
        {"/etc/systemd/network/x.network", "[Match]\nName=ens192\n[Network]\nBond=bond0\n",
         "bond0"},
        {"/etc/network/interfaces", "iface br0 inet dhcp\n  bridge_ports ens192\n", "br0"},
        {"/etc/network/interfaces", "iface ens192 inet manual\n bond-master bond0\n", "bond0"},
        {"/etc/network/interfaces", "iface ens192 inet dhcp\n", NULL},
        {"/etc/netplan/x.yaml", "network: {bonds: {bond0: {interfaces: [ens192]}}}\n", "bond0"},
        {"/etc/netplan/x.yaml", "network: {bridges: {br0: {interfaces: [ens224]}}}\n", NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autofree char *master = NULL;

        test_guest_add_text(guest, rows[i].path, rows[i].text);
        master = network_master_find(&guest->plan, "ens192");
        g_assert_cmpstr(master, ==, rows[i].expected);
    }
}

static void test_moves(void)
{
    static const struct {
        char *(*rewrite)(const char *text, const GPtrArray *moves);
        const char *ip, *text, *expected;
    } rows[] = {
        {network_hosts_rewrite, "10.0.2.99/24",
         "127.0.0.1 localhost\n192.0.2.10\tweb01 # it\n192.0.2.100 x\n",
         "127.0.0.1 localhost\n10.0.2.99\tweb01 # it\n192.0.2.100 x\n"},
        {network_hosts_rewrite, "2001:db8::5/64", "192.0.2.10 web01\n2001:db8::1 web01\n",
         "192.0.2.10 web01\n2001:db8::5 web01\n"},
        {network_hosts_rewrite, "dhcp", "192.0.2.10 web01\n", NULL},
        {network_hosts_rewrite, "10.0.2.99/24", "# 192.0.2.10 web01\n", NULL},
        {network_arguments_rewrite, "10.0.2.99/23,gateway=10.0.2.2",
         "ro ip=192.0.2.10::192.0.2.1:255.255.255.0:web01:ens192:none quiet",
         "ro ip=10.0.2.99::10.0.2.2:255.255.254.0:web01:ens192:none quiet"},
        {network_arguments_rewrite, "2001:db8::5/64,gateway=2001:db8::1:1",
         "ip=[2001:db8::1]::[2001:db8::ff]:56::ens192:none",
         "ip=[2001:db8::5]::[2001:db8::1:1]:64::ens192:none"},
        {network_arguments_rewrite, "dhcp", "IP=\"192.0.2.10:::::ens192:off\"\n",
         "IP=\":::::ens192:dhcp\"\n"},
        {network_arguments_rewrite, "10.0.2.99/24", "ip=dhcp zip=192.0.2.10", NULL},
        {network_arguments_rewrite, "10.0.2.99/24", "ip=", NULL},
        {network_arguments_rewrite, "10.0.2.99/24", "ip=[", NULL},
    };
    static const char *const hosts[] = {"192.0.2.10", "2001:db8::1"};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(NicAddress) address = nic_address_parse(rows[i].ip, NULL);
        g_autoptr(GPtrArray) moves = g_ptr_array_new_with_free_func(network_move_free);
        g_autofree char *text = NULL;

        for (size_t j = 0; j < G_N_ELEMENTS(hosts); j++) {
            NetworkMove *move = g_new0(NetworkMove, 1);

            move->old_host = g_strdup(hosts[j]);
            move->name = g_strdup("ens192");
            move->address = address;
            g_ptr_array_add(moves, move);
        }
        text = rows[i].rewrite(rows[i].text, moves);
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

/* Where the interface is a part of something else, that gets the address; where it is configured
   nowhere, a file is made; where nothing is known, it is refused. */
static void test_plan(void)
{
    static const struct {
        const char *path, *text, *edited, *part, *findings;
    } rows[] = {
        {"/etc/netplan/x.yaml",
         "network: {bridges: {br0: {interfaces: [ens192]}}, ethernets: {ens192: {}}}\n",
         "/etc/netplan/x.yaml", "br0:", ""},
        {"/etc/netplan/x.yaml", "network:\n  ethernets:\n    ens224: {}\n",
         "/etc/netplan/90-drydock.yaml", "ens192:\n      addresses:\n      - 10.0.2.99/24", ""},
        {"/etc/systemd/network/x.network", "[Match]\nName=ens224\n",
         "/etc/systemd/network/05-drydock-ens192.network", "Address=10.0.2.99/24", ""},
        {"/etc/NetworkManager/system-connections/x", "[connection]\ninterface-name=ens224\n",
         "/etc/NetworkManager/system-connections/drydock-ens192.nmconnection",
         "address1=10.0.2.99/24", ""},
        {"/etc/sysconfig/network-scripts/ifcfg-lo", "DEVICE=lo\n",
         "/etc/sysconfig/network-scripts/ifcfg-ens192", "IPADDR=10.0.2.99", ""},
        {"/etc/sysconfig/network/config", "NETCONFIG_DNS_POLICY=auto\n",
         "/etc/sysconfig/network/ifcfg-ens192", "IPADDR='10.0.2.99/24'", ""},
        {"/etc/network/interfaces", "auto lo\niface lo inet loopback\n", "/etc/network/interfaces",
         "iface ens192 inet static\n    address 10.0.2.99\n", ""},
        {"/etc/conf.d/net", "", "/etc/conf.d/net", "config_ens192=\"10.0.2.99/24\"", ""},
        {"/var/lib/connman/settings", "", "/var/lib/connman/ethernet_00505600000a_cable/settings",
         "IPv4.local_address=10.0.2.99", ""},
        {"/etc/hostname", "x\n", NULL, NULL, "linux-network-style-unknown: "},
    };
    g_autoptr(NicAddress) address = nic_address_parse("10.0.2.99/24", NULL);
    const LinuxNic nics[] = {{.mac = A, .name = "ens192", .address = address},
                             {.mac = B, .name = "ens224"}};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL, *findings = NULL, *link = NULL;

        guest->plan.nics = nics;
        guest->plan.nic_count = G_N_ELEMENTS(nics);
        test_guest_add_text(guest, "/usr/lib/systemd/network/99-default.link", "[Match]\n");
        test_guest_add_text(guest, rows[i].path, rows[i].text);
        g_assert_true(network_plan(&guest->plan, &error));
        g_assert_no_error(error);
        findings = test_guest_list_findings(guest);
        g_assert_true(*rows[i].findings != '\0' ? g_str_has_prefix(findings, rows[i].findings)
                                                : *findings == '\0');
        text = rows[i].edited != NULL ? test_guest_edited(guest, rows[i].edited) : NULL;
        if (rows[i].edited != NULL && (text == NULL || strstr(text, rows[i].part) == NULL))
            g_error("%s: %s", rows[i].edited, text);
        link = test_guest_edited(guest, "/etc/systemd/network/10-drydock-ens192.link");
        g_assert_nonnull(link);
        free_network_files(guest);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/network-mac/replace", test_replace);
    g_test_add_func("/linux/network-mac/everywhere", test_everywhere);
    g_test_add_func("/linux/network-mac/names", test_names);
    g_test_add_func("/linux/network-mac/leases", test_leases);
    g_test_add_func("/linux/network-mac/lease-decides", test_lease_decides);
    g_test_add_func("/linux/network-mac/adopted", test_adopted);
    g_test_add_func("/linux/network-mac/own", test_own);
    g_test_add_func("/linux/network-mac/masters", test_masters);
    g_test_add_func("/linux/network-mac/moves", test_moves);
    g_test_add_func("/linux/network-mac/plan", test_plan);
    return g_test_run();
}
