/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is an address of a network card, and what is none. */
#include <string.h>

#include "base/error.h"
#include "base/nic_address.h"

static char *describe(const NicAddress *address)
{
    const GPtrArray *const lists[] = {address->addresses, address->gateways, address->dns};
    GString *text = g_string_new(address->dhcp ? "dhcp" : "");

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        for (guint j = 0; j < lists[i]->len; j++)
            g_string_append_printf(text, "%s%s",
                                   j > 0   ? " "
                                   : i > 0 ? "|"
                                           : "",
                                   (const char *)lists[i]->pdata[j]);
    return g_string_free(text, FALSE);
}

static void test_good(void)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"dhcp", "dhcp"},
        {"10.0.2.99/24", "10.0.2.99/24"},
        {"10.0.2.99/24,gateway=10.0.2.2", "10.0.2.99/24|10.0.2.2"},
        {"10.0.2.99/24,gateway=10.0.2.2,dns=10.0.2.3;2001:DB8::53",
         "10.0.2.99/24|10.0.2.2|10.0.2.3 2001:db8::53"},
        {"2001:db8:0:0::5/64,gateway=fe80::1", "2001:db8::5/64|fe80::1"},
        {"2001:db8::5/64,10.0.0.1/8,10.0.0.2/8,gateway=2001:db8::1;10.255.0.1",
         "2001:db8::5/64 10.0.0.1/8 10.0.0.2/8|2001:db8::1 10.255.0.1"},
        {"192.0.2.0/31,gateway=192.0.2.1", "192.0.2.0/31|192.0.2.1"},
        {"192.0.2.7/32", "192.0.2.7/32"},
        {"2001:db8::/127", "2001:db8::/127"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(NicAddress) address = nic_address_parse(rows[i].text, &error);
        g_autofree char *text = NULL;

        g_assert_no_error(error);
        text = describe(address);
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

static void test_bad(void)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "has no address"},
        {"10.0.2.99", "no prefix length"},
        {"10.0.2.999/24", "no IP address"},
        {"10.0.2/24", "no IP address"},
        {"10.0.2.9/33", "prefix length that its family"},
        {"10.0.2.9/0", "prefix length that its family"},
        {"10.0.2.9/-1", "prefix length that its family"},
        {"2001:db8::1/129", "prefix length that its family"},
        {"10.0.2.0/24", "address of a network"},
        {"10.0.2.255/24", "address of a network"},
        {"0.0.0.0/24", "no address that a machine"},
        {"127.0.0.1/8", "no address that a machine"},
        {"224.0.0.1/24", "no address that a machine"},
        {"ff02::1/64", "no address that a machine"},
        {"::/64", "no address that a machine"},
        {"::1/64", "no address that a machine"},
        {"dhcp,10.0.2.9/24", "DHCP and"},
        {"dhcp,dns=10.0.2.3", "DHCP and"},
        {"gateway=10.0.2.2", "has no address"},
        {"10.0.2.9/24,gateway=10.0.3.2", "in none of the networks"},
        {"10.0.2.9/24,gateway=fe80::1", "in none of the networks"},
        {"10.0.2.9/24,gateway=10.0.2.9", "own address"},
        {"10.0.2.9/24,gateway=10.0.2.1;10.0.2.2", "second gateway"},
        {"10.0.2.9/24,gateway=", "no IP address"},
        {"10.0.2.9/24,10.0.2.9/24", "named twice"},
        {"10.0.2.9/24,route=10.0.2.2", "nothing that a network card"},
        {"10.0.2.9/24,", "no prefix length"},
        {"10.0.2.9/24\n,dns=1.1.1.1", "prefix length that its family"},
        {"10.0.2.9/24,dns=1.1.1.1;", "no IP address"},
        {"2001:db8::1%eth0/64", "no IP address"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(nic_address_parse(rows[i].text, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        if (strstr(error->message, rows[i].message) == NULL)
            g_error("'%s' gives '%s'", rows[i].text, error->message);
        g_assert_nonnull(drydock_error_get_hint(error));
    }
}

static void test_texts(void)
{
    static const struct {
        const char *text, *expected;
    } macs[] = {
        {"00:50:56:AA:bb:cc", "00:50:56:aa:bb:cc"},
        {"00-50-56-aa-bb-cc", "00:50:56:aa:bb:cc"},
        {"005056aabbcc", "00:50:56:aa:bb:cc"},
        {"00:50-56:aa:bb:cc", NULL},
        {"00:50:56:aa:bb:c", NULL},
        {"00:50:56:aa:bb:cg", NULL},
        {"", NULL},
    };
    g_autofree char *mask = nic_netmask(20), *all = nic_netmask(32), *none = nic_netmask(0);

    for (size_t i = 0; i < G_N_ELEMENTS(macs); i++) {
        g_autofree char *mac = nic_mac_normalise(macs[i].text);

        g_assert_cmpstr(mac, ==, macs[i].expected);
    }
    g_assert_cmpstr(mask, ==, "255.255.240.0");
    g_assert_cmpstr(all, ==, "255.255.255.255");
    g_assert_cmpstr(none, ==, "0.0.0.0");
    g_assert_cmpuint(nic_text_prefix("192.0.2.1/20"), ==, 20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/nic-address/good", test_good);
    g_test_add_func("/base/nic-address/bad", test_bad);
    g_test_add_func("/base/nic-address/texts", test_texts);
    return g_test_run();
}
