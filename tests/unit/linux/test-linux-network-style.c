/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of an interface in every kind of network configuration. */
#include <stdlib.h>
#include <string.h>

#include "linux/config_lines.h"
#include "linux/network_names.h"
#include "linux/network_style.h"

#define MAC "52:54:00:12:34:56"
#define STATIC "10.0.2.99/24,gateway=10.0.2.2"

typedef struct {
    NetworkEditFunc edit;
    const char *base, *ip;
    const char *text;     /* NULL: a new file */
    const char *expected; /* NULL: not of this interface */
    const char *had;      /* the addresses it had */
} Row;

static void check_rows(const Row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(NicAddress) address = nic_address_parse(rows[i].ip, &error);
        g_autoptr(GPtrArray) old = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *edited = NULL, *had = NULL;
        NetworkTarget target = {
            .name = "ens192", .mac = MAC, .alone = TRUE, .address = address, .old_addresses = old};

        g_assert_no_error(error);
        edited = rows[i].edit(rows[i].text != NULL ? rows[i].text : "", rows[i].base, &target,
                              rows[i].text == NULL);
        g_assert_cmpstr(edited, ==, rows[i].expected);
        g_ptr_array_add(old, NULL);
        had = g_strjoinv(" ", (char **)old->pdata);
        g_assert_cmpstr(had, ==, rows[i].had != NULL ? rows[i].had : "");
    }
}

#define IFCFG network_edit_ifcfg, "ifcfg-ens192"
#define WICKED network_edit_wicked, "ifcfg-ens192"

static void test_ifcfg(void)
{
    static const Row rows[] = {
        {IFCFG, STATIC,
         "# mine\nDEVICE=ens192\nBOOTPROTO=\"dhcp\"\nONBOOT=yes\nPEERDNS=no\nDNS1=192.0.2.53\n",
         "# mine\nDEVICE=ens192\nBOOTPROTO=none\nONBOOT=yes\nPEERDNS=no\nDNS1=192.0.2.53\n"
         "IPADDR=10.0.2.99\nPREFIX=24\nNETMASK=255.255.255.0\nGATEWAY=10.0.2.2\n",
         NULL},
        {IFCFG, "dhcp",
         "DEVICE=ens192\nBOOTPROTO=static\nIPADDR0=192.0.2.10\nPREFIX0=24\nIPADDR1=192.0.2.11\n"
         "NETMASK1=255.255.255.0\nGATEWAY0=192.0.2.1\nDNS1=192.0.2.53\nIPADDRESS=x\n",
         "DEVICE=ens192\nBOOTPROTO=dhcp\nIPADDRESS=x\n", "192.0.2.10 192.0.2.11"},
        /* the old gateway is a neighbour still */
        {IFCFG, "192.0.2.99/24",
         "DEVICE=ens192\nBOOTPROTO=none\nIPADDR=192.0.2.10\nNETMASK=255.255.255.0\n"
         "GATEWAY=192.0.2.1\n",
         "DEVICE=ens192\nBOOTPROTO=none\nIPADDR=192.0.2.99\nPREFIX=24\nNETMASK=255.255.255.0\n"
         "GATEWAY=192.0.2.1\n",
         "192.0.2.10"},
        /* IPv6 alone */
        {IFCFG, "2001:db8::5/64,2001:db8::6/64,gateway=fe80::1,dns=2001:db8::53",
         "DEVICE=ens192\nBOOTPROTO=dhcp\nIPV6ADDR=2001:db8::1/64\n",
         "DEVICE=ens192\nBOOTPROTO=dhcp\nIPV6INIT=yes\nIPV6_AUTOCONF=no\n"
         "IPV6ADDR=2001:db8::5/64\nIPV6ADDR_SECONDARIES=2001:db8::6/64\nIPV6_DEFAULTGW=fe80::1\n"
         "DNS1=2001:db8::53\n",
         "2001:db8::1"},
        {IFCFG, "10.0.2.99/24,10.0.2.98/25", NULL,
         "DEVICE=ens192\nTYPE=Ethernet\nONBOOT=yes\nBOOTPROTO=none\nIPADDR=10.0.2.99\nPREFIX=24\n"
         "NETMASK=255.255.255.0\nIPADDR1=10.0.2.98\nPREFIX1=25\nNETMASK1=255.255.255.128\n",
         NULL},
        {network_edit_ifcfg, "ifcfg-System_eth0", "dhcp", "HWADDR=" MAC "\nNAME=x\n",
         "HWADDR=" MAC "\nNAME=x\nBOOTPROTO=dhcp\n", NULL},
        {network_edit_ifcfg, "ifcfg-ens224", "dhcp", "BOOTPROTO=none\n", NULL, NULL},
        {network_edit_ifcfg, "ifcfg-ens192:0", "dhcp", "BOOTPROTO=none\n", NULL, NULL},
        {IFCFG, "dhcp", "DEVICE=ens224\n", NULL, NULL},
        {WICKED, STATIC, "BOOTPROTO='static'\nIPADDR='192.0.2.10/24'\nIPADDR_1='2001:db8::1/64'\n",
         "BOOTPROTO='static'\nIPADDR_1='2001:db8::1/64'\nIPADDR='10.0.2.99/24'\n",
         "192.0.2.10 2001:db8::1"},
        {WICKED, "2001:db8::5/64", "BOOTPROTO='dhcp4'\nIPADDR='192.0.2.10/24'\n",
         "BOOTPROTO='dhcp4'\nIPADDR='192.0.2.10/24'\nIPADDR_1='2001:db8::5/64'\n", "192.0.2.10"},
        {WICKED, "dhcp", "STARTMODE='auto'\nBOOTPROTO='static'\nIPADDR='192.0.2.10'\nNETMASK='x'\n",
         "STARTMODE='auto'\nBOOTPROTO='dhcp'\n", "192.0.2.10"},
        {WICKED, STATIC, NULL, "STARTMODE='auto'\nBOOTPROTO='static'\nIPADDR='10.0.2.99/24'\n",
         NULL},
        {network_edit_wicked, "ifcfg-vlan5", "dhcp", "ETHERDEVICE='ens192'\nDEVICE='ens192'\n",
         NULL, NULL},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

#define KEYFILE network_edit_keyfile, "x.nmconnection"
#define HEAD "[connection]\nid=x\ntype=ethernet\n"

static void test_keyfile(void)
{
    static const Row rows[] = {
        {KEYFILE, STATIC,
         HEAD "interface-name=ens192\n\n[ipv4]\nmethod=auto\nmay-fail=false\n\n[ipv6]\n"
              "method=ignore\n",
         HEAD "interface-name=ens192\n\n[ipv4]\nmay-fail=false\nmethod=manual\n"
              "address1=10.0.2.99/24,10.0.2.2\n\n[ipv6]\nmethod=ignore\n",
         NULL},
        {KEYFILE, "192.0.2.99/24,dns=192.0.2.53;2001:db8::53",
         HEAD "interface-name=ens192\n[ipv4]\naddress1=192.0.2.10/24,192.0.2.1\n"
              "address2=192.0.2.11/24\ndns=192.0.2.54;\naddr-gen-mode=x\nmethod=manual\n"
              "route1=10.0.0.0/8,192.0.2.2\n",
         HEAD "interface-name=ens192\n[ipv4]\naddr-gen-mode=x\nroute1=10.0.0.0/8,192.0.2.2\n"
              "method=manual\naddress1=192.0.2.99/24,192.0.2.1\ndns=192.0.2.53;\n",
         "192.0.2.10 192.0.2.11"},
        /* an old form, and a gateway of its own */
        {KEYFILE, "192.0.2.99/24",
         HEAD "[802-3-ethernet]\nmac-address=" MAC "\n[ipv4]\naddresses1=192.0.2.10;24;192.0.2.1;\n"
              "method=manual\n",
         HEAD "[802-3-ethernet]\nmac-address=" MAC "\n[ipv4]\nmethod=manual\n"
              "address1=192.0.2.99/24,192.0.2.1\n",
         "192.0.2.10"},
        {KEYFILE, "dhcp",
         HEAD "[ipv4]\nmethod=manual\naddress1=192.0.2.10/24\ngateway=192.0.2.1\ndns=192.0.2.53\n"
              "[ipv6]\nmethod=manual\naddress1=2001:db8::1/64\n",
         HEAD "[ipv4]\nmethod=auto\n[ipv6]\nmethod=auto\n", "192.0.2.10 2001:db8::1"},
        {KEYFILE, "dhcp", HEAD "interface-name=ens224\n", NULL, NULL},
        {KEYFILE, "dhcp", HEAD "[ethernet]\nmac-address=00:50:56:00:00:0b\n", NULL, NULL},
        {KEYFILE, "dhcp", "[connection]\ntype=wifi\n", NULL, NULL},
        {KEYFILE, STATIC, NULL,
         "[connection]\nid=ens192\ntype=ethernet\ninterface-name=ens192\n\n[ipv4]\nmethod=manual\n"
         "address1=10.0.2.99/24,10.0.2.2\n",
         NULL},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

#define NETWORKD network_edit_networkd, "x.network"

static void test_networkd(void)
{
    static const Row rows[] = {
        {NETWORKD, "10.0.2.99/24,2001:db8::5/64,gateway=10.0.2.2,dns=10.0.2.3",
         "[Match]\nName=ens192\n\n[Network]\n# was\nAddress=192.0.2.10/24\nAddress=192.0.2.11/24\n"
         "DNS=192.0.2.53\nLLDP=no\n\n[Address]\nAddress=192.0.2.12/24\nLabel=x\n\n[Route]\n"
         "Gateway=192.0.2.1\n\n[Route]\nDestination=10.0.0.0/8\nGateway=192.0.2.2\n",
         "[Match]\nName=ens192\n\n[Network]\n# was\nLLDP=no\nAddress=10.0.2.99/24\n"
         "Gateway=10.0.2.2\nAddress=2001:db8::5/64\nDNS=10.0.2.3\n\n[Route]\n"
         "Destination=10.0.0.0/8\nGateway=192.0.2.2\n",
         "192.0.2.10 192.0.2.11 192.0.2.12"},
        {NETWORKD, STATIC, "[Match]\nMACAddress=" MAC "\n[Network]\nDHCP=yes\n",
         "[Match]\nMACAddress=" MAC "\n[Network]\nAddress=10.0.2.99/24\nGateway=10.0.2.2\n"
         "DHCP=ipv6\n",
         NULL},
        {NETWORKD, STATIC, "[Match]\nPermanentMACAddress=00:50:56:00:00:0b " MAC "\n[Network]\n",
         "[Match]\nPermanentMACAddress=00:50:56:00:00:0b " MAC "\n[Network]\n"
         "Address=10.0.2.99/24\nGateway=10.0.2.2\n",
         NULL},
        {NETWORKD, "dhcp",
         "[Match]\nName=en*\n[Network]\nAddress=192.0.2.10/24\nGateway=192.0.2.1\n",
         "[Match]\nName=en*\n[Network]\nDHCP=yes\n", "192.0.2.10"},
        /* the only card, of its type */
        {NETWORKD, "dhcp", "[Match]\nType=ether\n[Network]\nAddress=192.0.2.10/24\n",
         "[Match]\nType=ether\n[Network]\nDHCP=yes\n", "192.0.2.10"},
        {NETWORKD, "dhcp", "[Match]\nName=eth0 !ens192\n", NULL, NULL},
        {NETWORKD, "dhcp", "[Match]\nMACAddress=00:50:56:00:00:0b\nName=ens*\n", NULL, NULL},
        {NETWORKD, STATIC, NULL,
         "[Match]\nName=ens192\n\n[Network]\nAddress=10.0.2.99/24\nGateway=10.0.2.2\n", NULL},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

#define SERVICE "ethernet_525400123456_cable"
#define CONNMAN network_edit_connman, SERVICE

static void test_connman(void)
{
    static const Row rows[] = {
        {CONNMAN, "10.0.2.99/24,gateway=10.0.2.2,dns=10.0.2.3;10.0.2.4",
         "[" SERVICE "]\nName=Wired\nIPv4.method=dhcp\nIPv4.DHCP.LastAddress=192.0.2.10\n"
         "IPv6.method=auto\nIPv6.privacy=disabled\n",
         "[" SERVICE "]\nName=Wired\nIPv6.method=auto\nIPv6.privacy=disabled\nIPv4.method=manual\n"
         "IPv4.netmask_prefixlen=24\nIPv4.local_address=10.0.2.99\nIPv4.gateway=10.0.2.2\n"
         "Nameservers=10.0.2.3;10.0.2.4;\n",
         NULL},
        {CONNMAN, "dhcp",
         "[" SERVICE "]\nIPv4.method=manual\nIPv4.local_address=192.0.2.10\n"
         "IPv4.netmask_prefixlen=24\nNameservers=192.0.2.53;\n",
         "[" SERVICE "]\nIPv4.method=dhcp\nIPv6.method=auto\n", "192.0.2.10"},
        {network_edit_connman, "ethernet_005056000000b_cable", "dhcp", "[x]\n", NULL, NULL},
        {CONNMAN, "2001:db8::5/64", NULL,
         "[" SERVICE "]\nName=Wired\nAutoConnect=true\nIPv6.method=manual\nIPv6.prefixlen=64\n"
         "IPv6.local_address=2001:db8::5\n",
         NULL},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

#define INTERFACES network_edit_interfaces, "interfaces"
#define LOOP "auto lo\niface lo inet loopback\n\n"

static void test_interfaces(void)
{
    static const Row rows[] = {
        {INTERFACES, "10.0.2.99/24,gateway=10.0.2.2,dns=10.0.2.3",
         LOOP "auto ens192\n# mine\niface ens192 inet static\n\taddress 192.0.2.10\n"
              "\tnetmask 255.255.255.0\n\tgateway 192.0.2.1\n\tmtu 1400\n"
              "\tdns-nameservers 192.0.2.53\n\tup ip route add 10.0.0.0/8 via 192.0.2.2\n\n"
              "auto ens224\niface ens224 inet static\n\taddress 192.0.2.20/24\n",
         LOOP "auto ens192\n# mine\niface ens192 inet static\n    address 10.0.2.99\n"
              "    netmask 255.255.255.0\n    gateway 10.0.2.2\n    dns-nameservers 10.0.2.3\n"
              "\tmtu 1400\n\tup ip route add 10.0.0.0/8 via 192.0.2.2\n\n"
              "auto ens224\niface ens224 inet static\n\taddress 192.0.2.20/24\n",
         "192.0.2.10"},
        {INTERFACES, "dhcp",
         "iface ens192 inet static\n address 192.0.2.10/24\n\niface ens192 inet static\n"
         " address 192.0.2.11/24\n\niface ens192 inet6 static\n address 2001:db8::1/64\n",
         "iface ens192 inet dhcp\n\n\niface ens192 inet6 auto\n",
         "192.0.2.11 192.0.2.10 2001:db8::1"},
        {INTERFACES, "10.0.2.99/24,10.0.2.98/24,2001:db8::5/64",
         "auto ens192\niface ens192 inet dhcp\n",
         "auto ens192\niface ens192 inet static\n    address 10.0.2.99\n"
         "    netmask 255.255.255.0\niface ens192 inet static\n    address 10.0.2.98\n"
         "    netmask 255.255.255.0\niface ens192 inet6 static\n    address 2001:db8::5\n"
         "    netmask 64\n",
         NULL},
        {INTERFACES, STATIC, LOOP, NULL, NULL},
        {INTERFACES, STATIC, NULL,
         "auto ens192\niface ens192 inet static\n    address 10.0.2.99\n"
         "    netmask 255.255.255.0\n    gateway 10.0.2.2\n",
         NULL},
        {INTERFACES, "dhcp", "iface ens192:0 inet static\n address 192.0.2.10/24\n", NULL, NULL},
        /* ifupdown-ng: no family */
        {INTERFACES, STATIC, "iface ens192\n address 192.0.2.10/24\n",
         "iface ens192 inet static\n    address 10.0.2.99\n    netmask 255.255.255.0\n"
         "    gateway 10.0.2.2\n",
         "192.0.2.10"},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

static void test_others(void)
{
    static const Row rows[] = {
        {network_edit_netifrc, "net", "10.0.2.99/24,gateway=10.0.2.2,dns=10.0.2.3;10.0.2.4",
         "modules=\"iproute2\"\nconfig_ens192=( \"192.0.2.10 netmask 255.255.255.0\"\n"
         "  \"192.0.2.11/24\" )\nroutes_ens192=(\n  \"default via 192.0.2.1\"\n"
         "  \"10.0.0.0/8 via 192.0.2.2\"\n)\ndns_servers_ens192=\"192.0.2.53\"\n",
         "modules=\"iproute2\"\nconfig_ens192=\"10.0.2.99/24\"\n"
         "routes_ens192=\"default via 10.0.2.2\n10.0.0.0/8 via 192.0.2.2\"\n"
         "dns_servers_ens192=\"10.0.2.3 10.0.2.4\"\n",
         "192.0.2.10 192.0.2.11"},
        {network_edit_netifrc, "net", "dhcp", "config_ens192=\"192.0.2.10/24\n2001:db8::1/64\"\n",
         "config_ens192=\"dhcp\"\n", "192.0.2.10 2001:db8::1"},
        {network_edit_netifrc, "net", "2001:db8::5/64", "config_ens192=\"dhcp\"\n",
         "config_ens192=\"dhcp\n2001:db8::5/64\"\n", NULL},
        {network_edit_netifrc, "net", "dhcp", "config_ens224=\"dhcp\"\n", NULL, NULL},
        {network_edit_netifrc, "net", "dhcp", NULL, "config_ens192=\"dhcp\"\n", NULL},
        {network_edit_dhcpcd, "dhcpcd.conf", "192.0.2.99/24,dns=192.0.2.53",
         "hostname\ninterface ens192\nstatic ip_address=192.0.2.10/24\nstatic routers=192.0.2.1\n"
         "nohook x\ninterface ens224\nstatic ip_address=192.0.2.20/24\n",
         "hostname\ninterface ens192\nstatic ip_address=192.0.2.99/24\nstatic routers=192.0.2.1\n"
         "static domain_name_servers=192.0.2.53\nnohook x\ninterface ens224\n"
         "static ip_address=192.0.2.20/24\n",
         "192.0.2.10"},
        {network_edit_dhcpcd, "dhcpcd.conf", "dhcp",
         "interface ens192\nstatic ip_address=192.0.2.10/24\n", "interface ens192\n", "192.0.2.10"},
        {network_edit_dhcpcd, "dhcpcd.conf", "dhcp", "hostname\n", NULL, NULL},
        {network_edit_dhcpcd, "dhcpcd.conf", STATIC, NULL,
         "interface ens192\nstatic ip_address=10.0.2.99/24\nstatic routers=10.0.2.2\n", NULL},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

#define YAML network_edit_yaml, "x.yaml"

static void test_yaml(void)
{
    static const Row rows[] = {
        {YAML, "10.0.2.99/24,gateway=10.0.2.2,dns=10.0.2.3",
         "# by the installer\nnetwork:\n  version: 2\n  ethernets:\n    ens192:\n      dhcp4: "
         "true\n"
         "      mtu: 1400\n    ens224: {dhcp4: true}\n",
         "# by the installer\nnetwork:\n  version: 2\n  ethernets:\n    ens192:\n      mtu: 1400\n"
         "      addresses:\n      - 10.0.2.99/24\n      routes:\n      - to: 0.0.0.0/0\n"
         "        via: 10.0.2.2\n      nameservers:\n        addresses:\n        - 10.0.2.3\n"
         "    ens224: {dhcp4: true}\n",
         NULL},
        {YAML, "192.0.2.99/24",
         "network:\n  ethernets:\n    lan:\n      match: {macaddress: '" MAC "'}\n"
         "      set-name: ens192\n      addresses: [192.0.2.10/24, '2001:db8::1/64']\n"
         "      gateway4: 192.0.2.1\n      nameservers: {addresses: [192.0.2.53], search: [x]}\n",
         "network:\n  ethernets:\n    lan:\n      match: {macaddress: '" MAC "'}\n"
         "      set-name: ens192\n      addresses: ['2001:db8::1/64', 192.0.2.99/24]\n"
         "      nameservers: {addresses: [192.0.2.53], search: [x]}\n"
         "      routes:\n      - to: 0.0.0.0/0\n        via: 192.0.2.1\n",
         "192.0.2.10"},
        {YAML, "dhcp",
         "network:\n  ethernets:\n    any:\n      match:\n        name: en*\n      addresses:\n"
         "      - 192.0.2.10/24:\n          label: x\n      routes:\n      - to: default\n"
         "        via: 192.0.2.1\n      nameservers:\n        addresses: [192.0.2.53]\n",
         "network:\n  ethernets:\n    any:\n      match:\n        name: en*\n"
         "      dhcp4: true\n",
         "192.0.2.10"},
        {YAML, STATIC, "network: {ethernets: {ens224: {}}}\n", NULL, NULL},
        {YAML, STATIC, "network: {config: disabled}\n", NULL, NULL},
        {YAML, STATIC, "users: [x]\n", NULL, NULL},
        {YAML, STATIC, "network: [ens192\n", NULL, NULL},
        {YAML, STATIC, "network: {ethernets: [ens192]}\n", NULL, NULL},
        {YAML, STATIC, NULL,
         "network:\n  version: 2\n  ethernets:\n    ens192:\n      addresses:\n"
         "      - 10.0.2.99/24\n      routes:\n      - to: 0.0.0.0/0\n        via: 10.0.2.2\n",
         NULL},
        /* cloud-init's version 1 */
        {YAML, "10.0.2.99/24,2001:db8::5/64,gateway=10.0.2.2,dns=10.0.2.3",
         "network:\n  version: 1\n  config:\n  - type: physical\n    name: ens192\n"
         "    mac_address: " MAC
         "\n    subnets:\n    - type: static\n      address: 192.0.2.10/24\n"
         "      gateway: 192.0.2.1\n    - type: dhcp6\n  - type: nameserver\n    address: "
         "192.0.2.53\n",
         "network:\n  version: 1\n  config:\n  - type: physical\n    name: ens192\n"
         "    mac_address: " MAC "\n    subnets:\n    - type: static\n      address: 10.0.2.99/24\n"
         "      gateway: 10.0.2.2\n      dns_nameservers:\n      - 10.0.2.3\n    - type: static6\n"
         "      address: \"2001:db8::5/64\"\n  - type: nameserver\n    address: 192.0.2.53\n",
         "192.0.2.10"},
        /* NoCloud's network-config: no "network:" around it */
        {YAML, "dhcp",
         "version: 1\nconfig:\n- type: physical\n  name: eth9\n  mac_address: \"" MAC "\"\n"
         "  subnets:\n  - type: static\n    address: 192.0.2.10/24\n",
         "version: 1\nconfig:\n- type: physical\n  name: eth9\n  mac_address: \"" MAC "\"\n"
         "  subnets:\n  - type: dhcp4\n",
         "192.0.2.10"},
    };

    check_rows(rows, G_N_ELEMENTS(rows));
}

/* What is meant for a bridge, and cards that are not alone. */
static void test_not_alone(void)
{
    g_autoptr(NicAddress) address = nic_address_parse("10.0.2.99/24", NULL);
    g_autoptr(GPtrArray) old = g_ptr_array_new_with_free_func(g_free);
    NetworkTarget target = {.name = "ens192", .mac = MAC, .address = address, .old_addresses = old};
    static const struct {
        NetworkEditFunc edit;
        const char *text;
    } rows[] = {
        {network_edit_keyfile, HEAD},
        {network_edit_networkd, "[Match]\nName=en*\n"},
        {network_edit_networkd, "[Match]\nType=ether\n"},
        {network_edit_yaml, "network: {ethernets: {x: {match: {name: en*}}}}\n"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_null(rows[i].edit(rows[i].text, "x", &target, FALSE));
}

/* Whatever the text is: no crash, and what is not a file of its kind is left alone or completed. */
static void test_hostile(void)
{
    static const NetworkEditFunc edits[] = {
        network_edit_ifcfg,    network_edit_wicked,  network_edit_keyfile,
        network_edit_networkd, network_edit_connman, network_edit_netifrc,
        network_edit_dhcpcd,   network_edit_yaml,    network_edit_interfaces,
    };
    static const char *const texts[] = {
        "",
        "=",
        "[",
        "[]\n=\n",
        "iface",
        "iface ens192 inet",
        "config_ens192=(",
        "config_ens192=\"",
        "network: &a {ethernets: *a}",
        "network: {version: 1, config: [[], {}, x, {name: ens192, subnets: x}]}",
        "network: {ethernets: {ens192: {addresses: {}, routes: x, nameservers: []}}}",
        "{network: ",
        "interface",
        "static",
        "[Network]\nAddress\n[Match]\nName=",
        "\xff\xfe[Match]\nName=ens192",
    };
    g_autoptr(NicAddress) address = nic_address_parse(STATIC, NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(edits); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(texts); j++)
            for (guint add = 0; add < 2; add++) {
                g_autoptr(GPtrArray) old = g_ptr_array_new_with_free_func(g_free);
                NetworkTarget target = {
                    .name = "ens192", .mac = MAC, .address = address, .old_addresses = old};
                g_autofree char *edited = edits[i](texts[j], "x", &target, add > 0);

                g_assert_true(edited == NULL || strstr(edited, "10.0.2.99") != NULL);
            }
}

static char *edit_twice(NetworkEditFunc edit, const char *text, const char *base, const char *name,
                        const NicAddress *address, char **ret_again)
{
    g_autoptr(GPtrArray) old = g_ptr_array_new_with_free_func(g_free);
    NetworkTarget target = {.name = name, .mac = MAC, .address = address, .old_addresses = old};
    char *edited = edit(text, base, &target, FALSE);

    *ret_again = edited != NULL ? edit(edited, base, &target, FALSE) : NULL;
    return edited;
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines in another order: keys that stay keep their place, new ones come last. */
static char *sort_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    qsort(lines, g_strv_length(lines), sizeof(*lines), compare_lines);
    return g_strjoinv("\n", lines);
}

/* Other projects' files: what is edited has the address, and a second time nothing changes. */
static void test_real_files(void)
{
    static const struct {
        const char *folder;
        NetworkEditFunc edit;
        void (*parse)(const char *text, GPtrArray *names); /* NULL: by the file's name */
        guint least;
    } rows[] = {
        {"netplan", network_edit_yaml, network_names_parse_netplan, 3},
        {"nm-keyfile", network_edit_keyfile, network_names_parse_keyfile, 0},
        {"nm-ifcfg", network_edit_ifcfg, NULL, 15},
        {"wicked/redhat/host1", network_edit_ifcfg, NULL, 3},
        {"wicked/suse/host1", network_edit_wicked, NULL, 2},
    };
    g_autoptr(NicAddress) address = nic_address_parse("10.0.2.99/24,2001:db8::5/64", NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folder =
            g_build_filename(DRYDOCK_TESTDATA, "linux-guest", rows[i].folder, NULL);
        GDir *dir = g_dir_open(folder, 0, NULL);
        const char *base = NULL;
        guint edited_count = 0;

        if (dir == NULL) {
            g_test_skip("no test data");
            return;
        }
        while ((base = g_dir_read_name(dir)) != NULL) {
            g_autofree char *path = g_build_filename(folder, base, NULL);
            g_autofree char *text = NULL, *edited = NULL, *again = NULL;
            g_autoptr(GPtrArray) names = network_names_new();
            const char *name = strchr(base, '-') != NULL ? strchr(base, '-') + 1 : base;

            if (!g_file_get_contents(path, &text, NULL, NULL))
                continue;
            if (rows[i].parse != NULL)
                rows[i].parse(text, names);

            g_autoptr(GPtrArray) lines = config_lines_new(text);
            g_autofree char *device = shell_lines_get(lines, "DEVICE");

            if (rows[i].parse == NULL && device != NULL)
                name = device;
            if (names->len > 0)
                name = ((NetworkName *)names->pdata[0])->name;
            edited = edit_twice(rows[i].edit, text, base, name, address, &again);
            if (edited == NULL)
                continue;
            if (strstr(edited, "10.0.2.99") == NULL || strstr(edited, "2001:db8::5/64") == NULL)
                g_error("%s: %s", path, edited);

            g_autofree char *first = sort_lines(edited), *second = sort_lines(again);

            g_assert_cmpstr(second, ==, first);
            edited_count++;
        }
        g_dir_close(dir);
        g_assert_cmpuint(edited_count, >=, rows[i].least);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/network-style/ifcfg", test_ifcfg);
    g_test_add_func("/linux/network-style/keyfile", test_keyfile);
    g_test_add_func("/linux/network-style/networkd", test_networkd);
    g_test_add_func("/linux/network-style/connman", test_connman);
    g_test_add_func("/linux/network-style/interfaces", test_interfaces);
    g_test_add_func("/linux/network-style/others", test_others);
    g_test_add_func("/linux/network-style/yaml", test_yaml);
    g_test_add_func("/linux/network-style/not-alone", test_not_alone);
    g_test_add_func("/linux/network-style/real-files", test_real_files);
    g_test_add_func("/linux/network-style/hostile", test_hostile);
    return g_test_run();
}
