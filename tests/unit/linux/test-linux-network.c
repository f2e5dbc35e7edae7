/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interface names from every kind of configuration, matched with MACs. */
#include <string.h>

#include "linux-test-guest.h"
#include "linux/initramfs_extend.h"
#include "linux/network.h"
#include "linux/network_match.h"
#include "linux/network_names.h"

#define A "00:50:56:00:00:0a"
#define B "00:50:56:00:00:0b"
#define C "00:50:56:00:00:0c"

static char *list_names(const GPtrArray *names)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < names->len; i++) {
        const NetworkName *name = names->pdata[i];

        g_string_append_printf(text, "%s%s%s%s%s%s", i > 0 ? " " : "", name->name,
                               name->mac != NULL ? "=" : "", name->mac != NULL ? name->mac : "",
                               name->active ? "" : " off", name->pinned ? " pinned" : "");
    }
    return g_string_free(text, FALSE);
}

static void parse_ifcfg_ens192(const char *text, GPtrArray *names)
{
    network_names_parse_ifcfg(text, "ens192", names);
}

static void test_parsers(void)
{
    static const struct {
        void (*parse)(const char *text, GPtrArray *names);
        const char *text;
        const char *expected;
    } rows[] = {
        {parse_ifcfg_ens192, "DEVICE=ens192\nONBOOT=yes\n", "ens192"},
        {parse_ifcfg_ens192, "DEVICE='eth0'\nHWADDR=\"00:50:56:00:00:0A\"\n", "eth0=" A},
        {parse_ifcfg_ens192, "BOOTPROTO=static\nSTARTMODE=auto\n", "ens192"},
        {parse_ifcfg_ens192, "HWADDR=" A "\nTYPE=Ethernet\nONBOOT=no\n", "ens192=" A " off"},
        {parse_ifcfg_ens192, "TYPE=Ethernet\nNAME=\"Wired connection\"\n", ""},
        {parse_ifcfg_ens192, "DEVICE=bond0\nTYPE=Bond\n", ""},
        {parse_ifcfg_ens192, "DEVICE=br0\nTYPE=Bridge\n", ""},
        {parse_ifcfg_ens192, "DEVICE=ens192.10\nVLAN=yes\n", "ens192"},
        {parse_ifcfg_ens192, "DEVICE=vlan10\nVLAN=yes\nTYPE=Vlan\nPHYSDEV=ens224\n", "ens224"},
        {parse_ifcfg_ens192, "DEVICETYPE=TeamPort\nTEAM_MASTER=team0\nDEVICE=ens192\n", "ens192"},
        {parse_ifcfg_ens192, "BONDING_MASTER='yes'\nBONDING_SLAVE_0='eth0'\nBONDING_SLAVE1=eth1\n",
         "eth0 eth1"},
        {parse_ifcfg_ens192, "BRIDGE='yes'\nTYPE=Bridge\nBRIDGE_PORTS='eth0 tap0 eth2'\n",
         "eth0 eth2"},
        {network_names_parse_wicked,
         "<interface>\n <name>eth0</name>\n</interface>\n<interface><name>br0</name>", "eth0"},
        {network_names_parse_interfaces, "auto eth0.7\niface eth0.7 inet dhcp\n", "eth0"},
        {network_names_parse_keyfile,
         "[connection]\ntype=vlan\ninterface-name=v7\n[vlan]\nparent=ens192\n", "ens192"},
        {network_names_parse_networkd, "[Match]\nName=ens192\nPermanentMACAddress=" A "\n",
         "ens192=" A},
        {network_names_parse_networkd, "[Match]\nPath=pci-0000:0b:00.0\n[Link]\nName=lan0\n",
         "lan0"},
        {parse_ifcfg_ens192, "DEVICE=eth0:1\n", ""},
        {parse_ifcfg_ens192, "DEVICE=lo\n", ""},
        {network_names_parse_interfaces,
         "auto lo\niface lo inet loopback\nauto ens192\niface ens192 inet static\n  address 1\n",
         "ens192"},
        {network_names_parse_interfaces, "allow-hotplug eth0\niface eth0 inet dhcp\n", "eth0"},
        {network_names_parse_interfaces, "iface eth1 inet dhcp\n", "eth1 off"},
        {network_names_parse_interfaces,
         "auto br0\niface br0 inet static\n  bridge_ports eth0 eth1\n", "eth0 eth1"},
        {network_names_parse_interfaces, "auto br0\niface br0 inet static\nbridge_ports none\n",
         ""},
        {network_names_parse_keyfile,
         "[connection]\nid=x\ntype=ethernet\ninterface-name=ens192\n[ethernet]\nmac-address=" A
         "\n",
         "ens192=" A},
        {network_names_parse_keyfile,
         "[connection]\ntype=802-3-ethernet\ninterface-name=eth0\nautoconnect=false\n", "eth0 off"},
        {network_names_parse_keyfile, "[connection]\ntype=ethernet\n", ""},
        {network_names_parse_keyfile, "[connection]\ntype=bridge\ninterface-name=x0\n", ""},
        {network_names_parse_keyfile, "nonsense", ""},
        {network_names_parse_networkd, "[Match]\nName=ens192\n[Network]\nDHCP=yes\n", "ens192"},
        {network_names_parse_networkd, "[Match]\nName=en*\n", ""},
        {network_names_parse_networkd, "[Match]\nMACAddress=" A "\n[Link]\nName=lan0\n",
         "lan0=" A " off pinned"},
        {network_names_parse_rules,
         "# PCI device\nSUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", "
         "ATTR{address}==\"" A "\", ATTR{type}==\"1\", KERNEL==\"eth*\", NAME=\"eth0\"\n",
         "eth0=" A " off pinned"},
        {network_names_parse_rules, "SUBSYSTEM==\"net\", KERNELS==\"0000:02:01.0\", NAME=\"eth0\"",
         ""},
        {network_names_parse_netplan,
         "network:\n  version: 2\n  ethernets:\n    ens192:\n      dhcp4: true\n    ens224:\n"
         "      addresses: [10.0.0.1/24]\n  vlans:\n    vlan5:\n      id: 5\n      link: ens192\n",
         "ens192 ens224"},
        {network_names_parse_netplan,
         "network:\n  ethernets:\n    lan:\n      match:\n        macaddress: \"" A "\"\n"
         "      set-name: eth7\n    any:\n      match: {name: \"en*\"}\n      dhcp4: yes\n",
         "eth7=" A " pinned"},
        {network_names_parse_netplan,
         "# x\nnetwork:\n    ethernets:\n        eth0: # comment\n            addresses:\n"
         "            - 10.0.0.1/24\n            nameservers:\n                addresses: [1]\n",
         "eth0"},
        {network_names_parse_netplan, "network: {ethernets: {eth0: {dhcp4: true}}}", "eth0"},
        {network_names_parse_netplan, "network:\n\tethernets: [eth0]\n", ""},
        {network_names_parse_netplan, "network: {ethernets: [eth0], wifis: {eth1: {}}}", ""},
        {network_names_parse_netplan, "- network\n", ""},
        {network_names_parse_netplan, "", ""},
        {network_names_parse_netifrc,
         "config_eth0=\"dhcp\"\n # config_eth1=\nroutes_eth2=\"x\"\n\tconfig_ens192=( "
         "\"192.0.2.10/24\" )\n",
         "eth0 ens192"},
        {network_names_parse_dhcpcd,
         "hostname\ninterface ens192\nstatic ip_address=192.0.2.10/24\n#interface eth9\n  "
         "interface\teth1 \n",
         "ens192 eth1"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) names = network_names_new();
        g_autofree char *list = NULL;

        rows[i].parse(rows[i].text, names);
        list = list_names(names);
        g_assert_cmpstr(list, ==, rows[i].expected);
    }
}

#define NICS_MAX 4

typedef struct {
    const char *mac, *name;
} Nic;

/* Up to a NULL MAC. */
static guint make_nics(const Nic *nics, LinuxNic made[NICS_MAX])
{
    guint count = 0;

    for (; count < NICS_MAX && nics[count].mac != NULL; count++)
        made[count] = (LinuxNic){.mac = nics[count].mac, .name = nics[count].name};
    return count;
}

static void test_match(void)
{
    static const struct {
        struct {
            const char *name, *mac;
            gboolean off;
        } names[3];
        Nic nics[NICS_MAX]; /* up to a NULL MAC */
        const char *expected;
        gboolean by_order;
    } rows[] = {
        {{{"ens192", NULL, FALSE}}, {{A, NULL}}, "ens192=" A, FALSE},
        {{{"ens192", NULL, FALSE}}, {{NULL, NULL}}, "ens192", FALSE},
        {{{"ens192", NULL, FALSE}}, {{A, NULL}, {B, NULL}}, "ens192", FALSE},
        {{{"ens192", A, FALSE}, {"ens224", NULL, FALSE}},
         {{B, NULL}, {A, NULL}},
         "ens192=" A " ens224=" B,
         FALSE},
        {{{"ens224", NULL, FALSE}, {"ens192", NULL, FALSE}},
         {{A, NULL}, {B, NULL}},
         "ens224=" B " ens192=" A,
         TRUE},
        {{{"eth10", NULL, FALSE}, {"eth9", NULL, FALSE}},
         {{A, NULL}, {B, NULL}},
         "eth10=" B " eth9=" A,
         TRUE},
        /* a left-over of a template, not brought up */
        {{{"eth0", NULL, TRUE}, {"ens192", NULL, FALSE}}, {{A, NULL}}, "eth0 off ens192=" A, FALSE},
        /* tied to another machine's card */
        {{{"eth0", "00:50:56:99:99:99", FALSE}, {"ens192", NULL, FALSE}},
         {{A, NULL}},
         "ens192=" A,
         FALSE},
        /* one MAC not known: nothing can be counted */
        {{{"ens192", NULL, FALSE}}, {{A, NULL}, {"", NULL}}, "ens192", FALSE},
        {{{"ens192", B, FALSE}}, {{A, NULL}, {"", NULL}}, "ens192=" B, FALSE},
        /* by the names they had: the slots are in another order than the cards */
        {{{"ens192", NULL, FALSE}, {"ens224", NULL, FALSE}},
         {{A, "ens224"}, {B, "ens192"}},
         "ens192=" B " ens224=" A,
         FALSE},
        {{{"ens224", NULL, FALSE}, {"ens161", NULL, FALSE}, {"ens192", NULL, FALSE}},
         {{A, "ens192"}, {B, "ens161"}, {C, "ens224"}},
         "ens224=" C " ens161=" B " ens192=" A,
         FALSE},
        /* also those that are not brought up, and without knowing all MACs */
        {{{"ens192", NULL, TRUE}}, {{A, "ens192"}, {"", NULL}}, "ens192=" A " off", FALSE},
        /* one is known by name, the other is what is left */
        {{{"ens192", NULL, FALSE}, {"lan", NULL, FALSE}},
         {{A, NULL}, {B, "ens192"}},
         "ens192=" B " lan=" A,
         FALSE},
        /* the guest gives other names (net.ifnames=0): by order after all */
        {{{"eth0", NULL, FALSE}, {"eth1", NULL, FALSE}},
         {{A, "ens224"}, {B, "ens192"}},
         "eth0=" A " eth1=" B,
         TRUE},
        /* a card without configuration, and configuration without a card */
        {{{"ens192", NULL, FALSE}}, {{A, "ens224"}, {B, "ens192"}}, "ens192=" B, FALSE},
        {{{"ens192", NULL, FALSE}, {"ens256", NULL, FALSE}},
         {{A, "ens224"}, {B, "ens192"}},
         "ens192=" B,
         FALSE},
        {{{"ens192", NULL, FALSE}, {"ens256", NULL, FALSE}},
         {{"", "ens224"}, {B, "ens192"}},
         "ens192=" B " ens256",
         FALSE},
        /* the configuration's own word counts more */
        {{{"ens192", A, FALSE}, {"ens224", NULL, FALSE}},
         {{A, "ens224"}, {B, "ens192"}},
         "ens192=" A " ens224=" B,
         FALSE},
        {{{"ens224", A, FALSE}}, {{A, "ens192"}}, "ens224=" A, FALSE},
        /* two cards of one name: neither is known by it */
        {{{"ens192", NULL, FALSE}, {"ens224", NULL, FALSE}},
         {{A, "ens224"}, {B, "ens224"}},
         "ens192=" A " ens224=" B,
         TRUE},
        {{{"ens192", NULL, FALSE}}, {{A, "ens192"}, {B, "ens192"}}, "ens192", FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) names = network_names_new();
        g_autofree char *list = NULL;
        gboolean by_order = FALSE;
        LinuxNic nics[NICS_MAX];

        for (guint j = 0; j < 3 && rows[i].names[j].name != NULL; j++)
            network_names_add(names, rows[i].names[j].name, rows[i].names[j].mac,
                              !rows[i].names[j].off, FALSE);
        network_match_macs(names, nics, make_nics(rows[i].nics, nics), &by_order);
        list = list_names(names);
        g_assert_cmpstr(list, ==, rows[i].expected);
        g_assert_cmpint(by_order, ==, rows[i].by_order);
    }
}

static void free_network_files(TestGuest *guest)
{
    for (guint i = 0; i < guest->network_files->len; i++)
        initramfs_file_free(guest->network_files->pdata[i]);
    g_ptr_array_set_size(guest->network_files, 0);
}

/* By place or driver; each is another one on the new machine. */
static void test_lost_matches(void)
{
    static const struct {
        char *(*rewrite)(const char *text, const char *mac);
        const char *text, *expected; /* NULL: neither is asked for */
    } rows[] = {
        {network_match_networkd, "[Match]\nPath=pci-0000:0b:00.0\n[Network]\nDHCP=yes\n",
         "[Match]\nMACAddress=" A "\nType=ether\n[Network]\nDHCP=yes\n"},
        {network_match_networkd, "[Match]\nDriver=vmxnet3\nName=ens192\n",
         "[Match]\nName=ens192\n"},
        {network_match_networkd, "[Match]\nPath=pci-*\nDriver=virtio_net\n", NULL},
        {network_match_networkd, "[Match]\nMACAddress=" A "\nPath=?*\n", NULL},
        {network_match_networkd, "[Link]\nPath=pci-0000:0b:00.0\n", NULL},
        {network_match_keyfile, "[connection]\ntype=ethernet\n[match]\ndriver=vmxnet3;\n",
         "[connection]\ntype=ethernet\n[match]\n\n[ethernet]\nmac-address=" A "\n"},
        {network_match_keyfile, "[connection]\ninterface-name=x\n[match]\npath=pci-0000:0b:00.0;\n",
         "[connection]\ninterface-name=x\n[match]\n"},
        {network_match_keyfile, "[connection]\ninterface-name=x\n", NULL},
        {network_match_netplan,
         "network:\n  ethernets:\n    lan:\n      match:\n        driver: vmxnet3\n"
         "      dhcp4: true\n",
         "network:\n  ethernets:\n    lan:\n      match:\n        macaddress: \"" A "\"\n"
         "      dhcp4: true\n"},
        {network_match_netplan, "network: {ethernets: {lan: {match: {name: en*}}}}\n", NULL},
        {network_match_netplan, "network: [\n", NULL},
        {network_match_netplan, "", NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = rows[i].rewrite(rows[i].text, A);

        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

/* The guest's own link file keeps its other settings: with one card it is found again, and no other
   file takes its place; with two it is a finding. */
static void test_lost_match_plan(void)
{
    static const LinuxNic nics[] = {{.mac = A}, {.mac = B}};

    for (guint count = 1; count <= 2; count++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL, *findings = NULL;

        guest->plan.nics = nics;
        guest->plan.nic_count = count;
        test_guest_add_text(guest, "/usr/lib/systemd/network/99-default.link", "[Match]\n");
        test_guest_add_text(guest, "/etc/systemd/network/20-lan.link",
                            "[Match]\nPath=pci-0000:0b:00.0\n[Link]\nName=lan0\nMTUBytes=9000\n");
        g_assert_true(network_plan(&guest->plan, &error));
        g_assert_no_error(error);
        text = test_guest_edited(guest, "/etc/systemd/network/20-lan.link");
        g_assert_cmpstr(text, ==,
                        count == 1 ? "[Match]\nMACAddress=" A "\nType=ether\n[Link]\nName=lan0\n"
                                     "MTUBytes=9000\n"
                                   : NULL);
        findings = test_guest_list_findings(guest);
        g_assert_cmpint(strstr(findings, "linux-network-match-lost") != NULL, ==, count == 2);
        g_assert_cmpuint(edits_count(guest->edits), ==, count == 1 ? 1 : 0);
        free_network_files(guest);
    }
}

static void test_link_file(void)
{
    static const LinuxNic nic = {.mac = "00:50:56:00:00:0A"};
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    guest->plan.nics = &nic;
    guest->plan.nic_count = 1;
    test_guest_add_text(guest, "/usr/lib/systemd/network/99-default.link", "[Match]\n");
    test_guest_add_text(guest, "/etc/network/interfaces", "auto ens192\niface ens192 inet dhcp\n");
    g_assert_true(network_plan(&guest->plan, &error));
    g_assert_no_error(error);
    text = test_guest_edited(guest, "/etc/systemd/network/10-drydock-ens192.link");
    g_assert_cmpstr(text, ==, "[Match]\nMACAddress=" A "\nPath=?*\n\n[Link]\nName=ens192\n");
    g_assert_cmpuint(guest->network_files->len, ==, 1);
    g_assert_cmpuint(guest->findings->len, ==, 0);
    free_network_files(guest);
}

/* udev of RHEL 6: a rule; of an interface that a rule pins already, nothing. */
static void test_rules(void)
{
    static const LinuxNic nics[] = {{.mac = A}, {.mac = B}};
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    const char *rule = "SUBSYSTEM==\"net\", ATTR{address}==\"" A "\", NAME=\"eth0\"\n";

    guest->plan.nics = nics;
    guest->plan.nic_count = G_N_ELEMENTS(nics);
    test_guest_add_text(guest, "/etc/udev/rules.d/70-persistent-net.rules", rule);
    test_guest_add_text(guest, "/etc/sysconfig/network-scripts/ifcfg-eth0", "DEVICE=eth0\n");
    test_guest_add_text(guest, "/etc/sysconfig/network-scripts/ifcfg-eth1", "DEVICE=eth1\n");
    test_guest_add_text(guest, "/etc/sysconfig/network-scripts/ifcfg-eth1.bak", "DEVICE=eth5\n");
    g_assert_true(network_plan(&guest->plan, &error));
    g_assert_no_error(error);
    text = test_guest_edited(guest, "/etc/udev/rules.d/70-persistent-net.rules");
    g_assert_true(g_str_has_prefix(text, rule));
    g_assert_nonnull(strstr(text, "ATTR{address}==\"" B "\", ATTR{type}==\"1\", NAME=\"eth1\"\n"));
    g_assert_cmpuint(edits_count(guest->edits), ==, 1);
    g_assert_cmpuint(guest->network_files->len, ==, 1);
    free_network_files(guest);
}

static void test_findings(void)
{
    static const struct {
        const char *interfaces;
        Nic nics[3];          /* up to a NULL MAC */
        const char *expected; /* start of the findings */
    } rows[] = {
        {"auto ens192\n", {{NULL, NULL}}, "linux-network-mac-unknown: "},
        /* renamed without net.ifnames=0 */
        {"auto eth0\n", {{NULL, NULL}}, "linux-network-mac-unknown: "},
        {"iface ens192 inet dhcp\n", {{NULL, NULL}}, ""}, /* not brought up */
        {"auto ens192 ens224\n", {{A, NULL}, {B, NULL}}, "linux-network-name-by-order: "},
        {"auto ens192 ens224\n", {{A, "ens224"}, {B, "ens192"}}, ""},
        {"auto eth0 eth1\n", {{A, "ens224"}, {B, "ens192"}}, "linux-network-name-by-order: "},
        {"auto ens192 ens256\n", {{A, "ens192"}, {B, "ens224"}}, ""},
        {"auto lo\n", {{A, NULL}}, ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *findings = NULL;
        LinuxNic nics[NICS_MAX];

        guest->plan.nics = nics;
        guest->plan.nic_count = make_nics(rows[i].nics, nics);
        test_guest_add_text(guest, "/lib/systemd/network/99-default.link", "[Match]\n");
        test_guest_add_text(guest, "/etc/network/interfaces", rows[i].interfaces);
        g_assert_true(network_plan(&guest->plan, &error));
        g_assert_no_error(error);
        findings = test_guest_list_findings(guest);
        if (*rows[i].expected == '\0')
            g_assert_cmpstr(findings, ==, "");
        else
            g_assert_true(g_str_has_prefix(findings, rows[i].expected));
        free_network_files(guest);
    }
}

/* Copies a folder of the host into the guest. */
static void add_tree(TestGuest *guest, const char *host, const char *path)
{
    GDir *dir = g_dir_open(host, 0, NULL);
    const char *name = NULL;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *from = g_build_filename(host, name, NULL);
        g_autofree char *to = g_build_filename(path, name, NULL);
        g_autofree char *text = NULL;

        if (g_file_test(from, G_FILE_TEST_IS_DIR))
            add_tree(guest, from, to);
        else if (g_file_get_contents(from, &text, NULL, NULL))
            test_guest_add_text(guest, to, text);
    }
    g_clear_pointer(&dir, g_dir_close);
}

/* Another project's guest trees, with the names it expects to be kept; ours must agree wherever a
   name and its MAC are in the configuration, or their order says it. */
static void test_real_trees(void)
{
    static const struct {
        const char *folder;
        Nic nics[3]; /* up to a NULL MAC */
        const char *expected[3];
    } rows[] = {
        {"networkmanager-mac-patch-test.d",
         {{"00:15:5D:A0:A3:0B", NULL}, {"00:15:5D:A0:A3:0C", NULL}},
         {"eth0=00:15:5d:a0:a3:0b", "eth1=00:15:5d:a0:a3:0c", NULL}},
        {"ifcfg-hwaddr-test.d",
         {{"aa:bb:cc:dd:ee:fe", NULL}, {"00:50:56:a0:e3:ff", NULL}},
         {"ens192=aa:bb:cc:dd:ee:fe", "ens224=00:50:56:a0:e3:ff", NULL}},
        {"network-interfaces-single-test.d",
         {{"aa:bb:cc:dd:ee:ff", NULL}},
         {"ens192=aa:bb:cc:dd:ee:ff", NULL}},
        {"ifcfg-no-quotes-test.d", {{"aa:bb:cc:dd:ee:ff", NULL}}, {"eth0=aa:bb:cc:dd:ee:ff", NULL}},
        {"ifcfg-single-quotes-test.d",
         {{"aa:bb:cc:dd:ee:ff", NULL}},
         {"eth0=aa:bb:cc:dd:ee:ff", NULL}},
    };
    g_autofree char *base =
        g_build_filename(DRYDOCK_TESTDATA, "linux-guest/forklift-network", NULL);

    if (!g_file_test(base, G_FILE_TEST_IS_DIR)) {
        g_test_skip("no test data");
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestGuest) guest = test_guest_new();
        g_autofree char *root = g_build_filename(base, rows[i].folder, "root", NULL);
        g_autoptr(GPtrArray) names = network_names_new();
        g_autoptr(GError) error = NULL;
        gboolean by_order = FALSE;
        LinuxNic nics[NICS_MAX];
        g_autofree char *list = NULL;

        add_tree(guest, root, "/");
        g_assert_true(network_names_read(&guest->plan, names, &error));
        g_assert_no_error(error);
        network_match_macs(names, nics, make_nics(rows[i].nics, nics), &by_order);
        list = list_names(names);
        for (guint j = 0; rows[i].expected[j] != NULL; j++)
            g_assert_nonnull(strstr(list, rows[i].expected[j]));
    }
}

/* Files of netplan, NetworkManager and wicked: whatever is in them, names are names. */
static void test_real_files(void)
{
    static const struct {
        const char *folder;
        void (*parse)(const char *text, GPtrArray *names);
    } rows[] = {
        {"netplan", network_names_parse_netplan},
        {"nm-ifcfg", parse_ifcfg_ens192},
        {"nm-keyfile", network_names_parse_keyfile},
    };
    guint count = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folder =
            g_build_filename(DRYDOCK_TESTDATA, "linux-guest", rows[i].folder, NULL);
        GDir *dir = g_dir_open(folder, 0, NULL);
        const char *name = NULL;

        while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
            g_autofree char *path = g_build_filename(folder, name, NULL);
            g_autofree char *text = NULL;
            g_autoptr(GPtrArray) names = network_names_new();

            if (!g_file_get_contents(path, &text, NULL, NULL))
                continue;
            rows[i].parse(text, names);
            for (guint j = 0; j < names->len; j++) {
                const NetworkName *found = names->pdata[j];

                g_assert_cmpuint(strlen(found->name), <=, 15);
                g_assert_true(found->mac == NULL || strlen(found->mac) == 17);
            }
            if (g_str_equal(name, "dhcp.yaml")) {
                g_autofree char *list = list_names(names);

                g_assert_cmpstr(list, ==, "enp3s0");
            }
            count++;
        }
        g_clear_pointer(&dir, g_dir_close);
    }
    if (count == 0)
        g_test_skip("no test data");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/network/parsers", test_parsers);
    g_test_add_func("/linux/network/match", test_match);
    g_test_add_func("/linux/network/lost-matches", test_lost_matches);
    g_test_add_func("/linux/network/lost-match-plan", test_lost_match_plan);
    g_test_add_func("/linux/network/link-file", test_link_file);
    g_test_add_func("/linux/network/rules", test_rules);
    g_test_add_func("/linux/network/findings", test_findings);
    g_test_add_func("/linux/network/real-trees", test_real_trees);
    g_test_add_func("/linux/network/real-files", test_real_files);
    return g_test_run();
}
