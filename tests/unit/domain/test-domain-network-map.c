/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where cards go: by MAC address, by network, by neither. */
#include "domain/network_map.h"

#include "base/error.h"
#include "domain/domain.h"

#define MAC "00:50:56:00:00:0a"
#define TEXT(text) ((char *)(guintptr)(text))

static void test_find(void)
{
    static const struct {
        const char *map[4];
        const char *mac, *network;
        const char *expected;
    } rows[] = {
        {{NULL}, MAC, "LAN", NULL},
        {{"LAN=a", NULL}, MAC, "LAN", "a"},
        {{"LAN=a", NULL}, MAC, "lan", NULL},
        {{"LAN=a", NULL}, MAC, NULL, NULL},
        {{"LAN=a", "LAN=b", NULL}, NULL, "LAN", "a"},
        {{"LAN=a", MAC "=b", NULL}, MAC, "LAN", "b"},
        {{MAC "=b", "LAN=a", NULL}, MAC, "LAN", "b"},
        {{MAC "=b", "LAN=a", NULL}, "00:50:56:00:00:0b", "LAN", "a"},
        {{"00-50-56-00-00-0A=b", NULL}, MAC, NULL, "b"},
        {{"00505600000a=b", NULL}, MAC, NULL, "b"},
        {{MAC "=b", NULL}, NULL, MAC, "b"}, /* a network may be called anything */
        {{"VLAN = 5=c", NULL}, NULL, "VLAN = 5", "c"},
        {{"a=b=c", NULL}, NULL, "a", NULL},
        {{"a=b=c", NULL}, NULL, "a=b", "c"},
        {{"=a=b", NULL}, NULL, "=a", "b"},
        {{"<mac>=a", NULL}, "<mac>", NULL, NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const MachineNic nic = {.mac = TEXT(rows[i].mac), .network = TEXT(rows[i].network)};
        g_autoptr(GError) error = NULL;
        gboolean ok = domain_network_map_check(rows[i].map, &error);

        g_assert_no_error(error);
        g_assert_true(ok);
        g_assert_cmpstr(network_map_find(rows[i].map, &nic), ==, rows[i].expected);
    }
    g_assert_null(network_map_find(NULL, &(const MachineNic){.mac = TEXT(MAC)}));
}

static void test_refused(void)
{
    static const char *const entries[] = {"",      "LAN",    "=lan",   "LAN=",    "=",
                                          "a=b/c", "a=b\nc", "a=\xff", "a=b\x01", "a=b\tc"};

    for (gsize i = 0; i < G_N_ELEMENTS(entries); i++) {
        const char *const map[] = {"LAN=good", entries[i], NULL};
        g_autoptr(GError) error = NULL;

        g_assert_false(domain_network_map_check(map, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        g_assert_nonnull(drydock_error_get_hint(error));
    }
    g_assert_true(domain_network_map_check(NULL, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain/network-map/find", test_find);
    g_test_add_func("/domain/network-map/refused", test_refused);
    return g_test_run();
}
