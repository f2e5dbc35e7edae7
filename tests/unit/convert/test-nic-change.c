/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which card is meant, and what becomes of it. */
#include <string.h>

#include "base/error.h"
#include "convert/nic_change.h"

#define A "00:50:56:00:00:0a"
#define B "00:50:56:00:00:0b"
#define C "52:54:00:12:34:56"

static Machine *make_machine(void)
{
    static const struct {
        const char *mac, *network, *guest_name;
    } rows[] = {{A, "VM Network", "ens192"}, {B, "LAN=2", "ens224"}, {NULL, "VM Network", NULL}};
    Machine *machine = machine_new("vmx");

    machine->name = g_strdup("web01");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        MachineNic *nic = machine_add_nic(machine);

        nic->mac = g_strdup(rows[i].mac);
        nic->network = g_strdup(rows[i].network);
        nic->guest_name = g_strdup(rows[i].guest_name);
    }
    return machine;
}

static char *list_cards(const Machine *machine)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < machine->nics->len; i++) {
        const MachineNic *nic = machine->nics->pdata[i];

        g_string_append_printf(
            text, "%s%s%s%s%s%s", i > 0 ? " " : "", nic->mac != NULL ? nic->mac : "-",
            nic->source_mac != NULL ? "<" : "", nic->source_mac != NULL ? nic->source_mac : "",
            nic->address != NULL ? "=" : "",
            nic->address == NULL ? ""
            : nic->address->dhcp ? "dhcp"
                                 : (const char *)nic->address->addresses->pdata[0]);
    }
    return g_string_free(text, FALSE);
}

static void test_good(void)
{
    static const struct {
        const char *macs[3], *ips[3], *expected;
    } rows[] = {
        {{NULL}, {NULL}, A " " B " -"},
        {{"0=" C}, {NULL}, C "<" A " " B " -"},
        {{"2=52-54-00-12-34-56"}, {NULL}, A " " B " " C "<"},
        {{A "=" C}, {NULL}, C "<" A " " B " -"},
        {{"00-50-56-00-00-0B=" C}, {NULL}, A " " C "<" B " -"},
        {{"network Adapter 2=" C}, {NULL}, A " " C "<" B " -"},
        {{"ens224=" C}, {NULL}, A " " C "<" B " -"},
        {{"LAN=2=" C}, {NULL}, A " " C "<" B " -"},
        /* the two change places */
        {{"0=" B, "1=" A}, {NULL}, B "<" A " " A "<" B " -"},
        {{NULL}, {"1=10.0.0.5/8", "0=dhcp"}, A "=dhcp " B "=10.0.0.5/8 -"},
        /* by its old address, with a new one */
        {{"0=" C}, {A "=10.0.0.5/8"}, C "<" A "=10.0.0.5/8 " B " -"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = make_machine();
        g_autoptr(GError) error = NULL;
        g_autofree char *cards = NULL;
        NicChanges changes = {.macs = rows[i].macs, .ips = rows[i].ips};

        g_assert_true(nic_changes_check(&changes, &error));
        g_assert_true(nic_changes_apply(&changes, machine, &error));
        g_assert_no_error(error);
        cards = list_cards(machine);
        g_assert_cmpstr(cards, ==, rows[i].expected);
    }
}

static void test_bad(void)
{
    static const struct {
        const char *macs[3], *ips[3], *message, *hint;
    } rows[] = {
        {{"0"}, {NULL}, "which network card gets what", "--mac ID=MAC"},
        {{"=" C}, {NULL}, "which network card gets what", "--mac ID=MAC"},
        {{"0="}, {NULL}, "which network card gets what", "--mac ID=MAC"},
        {{"0=nonsense"}, {NULL}, "is no MAC address", "--mac ID=MAC"},
        {{"0=01:00:5e:00:00:01"}, {NULL}, "is a group address", "--mac ID=MAC"},
        {{"0=00:00:00:00:00:00"}, {NULL}, "is a group address", "--mac ID=MAC"},
        {{"0=ff:ff:ff:ff:ff:ff"}, {NULL}, "is a group address", "--mac ID=MAC"},
        {{"3=" C}, {NULL}, "no network card '3'", "0 (" A ", VM Network), 1 (" B ", LAN=2), 2"},
        {{"eth0=" C}, {NULL}, "no network card 'eth0'", "0 (" A},
        {{"Network adapter 4=" C}, {NULL}, "no network card", "0 (" A},
        {{"VM Network=" C}, {NULL}, "more than one network card", "0 (" A},
        {{"0=" C, A "=52:54:00:12:34:57"}, {NULL}, "two MAC addresses", "once"},
        {{"0=" C, "1=" C}, {NULL}, "0 and 1 are both to have " C, "of its own"},
        {{"0=" B}, {NULL}, "0 and 1 are both to have " B, "of its own"},
        {{NULL}, {"0"}, "which network card gets what", "--ip ID="},
        {{NULL}, {"0=10.0.0.5"}, "no prefix length", "ADDRESS/PREFIX"},
        {{NULL}, {"7=10.0.0.5/8"}, "no network card '7'", "0 (" A},
        {{NULL}, {"0=10.0.0.5/8", A "=dhcp"}, "named twice", "once"},
        {{NULL}, {"0=10.0.0.5/8", "1=10.0.0.5/16"}, "has this address already", "once"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Machine) machine = make_machine();
        g_autoptr(GError) error = NULL;
        NicChanges changes = {.macs = rows[i].macs, .ips = rows[i].ips};

        g_assert_false(nic_changes_apply(&changes, machine, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        if (strstr(error->message, rows[i].message) == NULL)
            g_error("row %zu: '%s'", i, error->message);
        g_assert_nonnull(strstr(drydock_error_get_hint(error), rows[i].hint));
    }
}

static void test_regenerate(void)
{
    const char *const macs[] = {"1=" C, NULL};
    NicChanges changes = {.macs = macs, .regenerate = TRUE};
    g_autofree char *lists[3] = {NULL};

    for (guint i = 0; i < 3; i++) {
        g_autoptr(Machine) machine = make_machine();
        g_autoptr(GError) error = NULL;

        if (i == 2) {
            g_free(machine->name);
            machine->name = g_strdup("web02");
        }
        g_assert_true(nic_changes_apply(&changes, machine, &error));
        g_assert_no_error(error);
        lists[i] = list_cards(machine);
        g_assert_true(g_str_has_prefix(lists[i], "52:54:00:"));
        g_assert_nonnull(strstr(lists[i], "<" A " " C "<" B " 52:54:00:"));
    }
    g_assert_cmpstr(lists[0], ==, lists[1]);
    g_assert_cmpstr(lists[0], !=, lists[2]);
    g_clear_pointer(&lists[1], g_free);
    g_clear_pointer(&lists[2], g_free);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/convert/nic-change/good", test_good);
    g_test_add_func("/convert/nic-change/bad", test_bad);
    g_test_add_func("/convert/nic-change/regenerate", test_regenerate);
    return g_test_run();
}
