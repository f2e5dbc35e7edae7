/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New addresses for the network cards of a machine. */
#include "convert/nic_change.h"

#include <string.h>

#include "base/error.h"

#define LABEL "network adapter "
#define MAC_HINT                                                                                    \
    "write --mac ID=MAC, where ID is the card's number (0, 1, …), its MAC address or network in " \
    "the source, and MAC an address like 52:54:00:12:34:56"
#define IP_HINT "write --ip ID=ADDRESS/PREFIX[,gateway=ADDRESS][,dns=ADDRESS], or --ip ID=dhcp"

/* The '=' between ID and VALUE. Names of networks may have one, MAC addresses have none; in what
   follows --ip there are more. */
static const char *find_equals(const char *text, gboolean is_mac)
{
    return is_mac ? strrchr(text, '=') : strchr(text, '=');
}

static gboolean split(const char *text, gboolean is_mac, char **ret_id, const char **ret_value,
                      GError **error)
{
    const char *equals = find_equals(text, is_mac);

    if (equals == NULL || equals == text || equals[1] == '\0') {
        g_autofree char *shown = g_strescape(text, NULL);

        drydock_error_set(error, DRYDOCK_ERROR_USAGE, is_mac ? MAC_HINT : IP_HINT,
                          "'%s' does not say which network card gets what", shown);
        return FALSE;
    }
    *ret_id = g_strndup(text, (gsize)(equals - text));
    *ret_value = equals + 1;
    return TRUE;
}

static gboolean read_mac(const char *value, char **ret_mac, GError **error)
{
    g_autofree char *plain = nic_mac_normalise(value);
    char *mac = plain != NULL ? machine_mac_normalise(value) : NULL;

    if (mac == NULL) {
        g_autofree char *shown = g_strescape(value, NULL);

        drydock_error_set(error, DRYDOCK_ERROR_USAGE, MAC_HINT,
                          plain == NULL ? "'%s' is no MAC address"
                                        : "'%s' is a group address or none, not one of a card",
                          shown);
        return FALSE;
    }
    *ret_mac = mac;
    return TRUE;
}

static gboolean check_all(const char *const *texts, gboolean is_mac, GError **error)
{
    for (guint i = 0; texts != NULL && texts[i] != NULL; i++) {
        g_autofree char *id = NULL, *mac = NULL;
        g_autoptr(NicAddress) address = NULL;
        const char *value = NULL;

        if (!split(texts[i], is_mac, &id, &value, error) ||
            (is_mac ? !read_mac(value, &mac, error)
                    : (address = nic_address_parse(value, error)) == NULL))
            return FALSE;
    }
    return TRUE;
}

gboolean nic_changes_check(const NicChanges *changes, GError **error)
{
    return check_all(changes->macs, TRUE, error) && check_all(changes->ips, FALSE, error);
}

static const char *old_mac(const MachineNic *nic)
{
    return nic->source_mac != NULL ? nic->source_mac : nic->mac;
}

static char *list_cards(const Machine *machine)
{
    GString *list = g_string_new(NULL);

    for (guint i = 0; i < machine->nics->len; i++) {
        const MachineNic *nic = machine->nics->pdata[i];

        g_string_append_printf(list, "%s%u (%s%s%s)", i > 0 ? ", " : "its network cards are ", i,
                               old_mac(nic) != NULL ? old_mac(nic) : "no address",
                               nic->network != NULL ? ", " : "",
                               nic->network != NULL ? nic->network : "");
    }
    if (machine->nics->len == 0)
        g_string_append(list, "the machine has no network card");
    return g_string_free(list, FALSE);
}

static gboolean has_name(const Machine *machine, guint index, const char *id)
{
    const MachineNic *nic = machine->nics->pdata[index];
    g_autofree char *mac = machine_mac_normalise(id);
    guint64 number = 0;

    return (mac != NULL && g_strcmp0(mac, old_mac(nic)) == 0) ||
           (g_ascii_strncasecmp(id, LABEL, strlen(LABEL)) == 0 &&
            g_ascii_string_to_unsigned(id + strlen(LABEL), 10, 1, G_MAXUINT, &number, NULL) &&
            number == index + 1) ||
           g_strcmp0(id, nic->guest_name) == 0 || g_strcmp0(id, nic->network) == 0;
}

/* What is a number is the card's number, whatever networks are called. */
static MachineNic *find_card(const Machine *machine, const char *id, GError **error)
{
    g_autofree char *hint = list_cards(machine);
    MachineNic *found = NULL;
    guint count = 0;
    guint64 number = 0;

    if (g_ascii_string_to_unsigned(id, 10, 0, G_MAXUINT, &number, NULL)) {
        count = number < machine->nics->len ? 1 : 0;
        found = count > 0 ? machine->nics->pdata[number] : NULL;
    }
    for (guint i = 0; i < machine->nics->len && strspn(id, G_CSET_DIGITS) != strlen(id); i++)
        if (has_name(machine, i, id)) {
            found = machine->nics->pdata[i];
            count++;
        }
    if (count == 1)
        return found;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, hint,
                      count == 0 ? "there is no network card '%s' in the machine"
                                 : "'%s' is more than one network card of the machine",
                      id);
    return NULL;
}

static gboolean set_mac(MachineNic *nic, char *mac)
{
    if (nic->source_mac != NULL)
        return FALSE;
    nic->source_mac = nic->mac != NULL ? nic->mac : g_strdup("");
    nic->mac = mac;
    return TRUE;
}

static gboolean apply_macs(const NicChanges *changes, Machine *machine, GError **error)
{
    for (guint i = 0; changes->macs != NULL && changes->macs[i] != NULL; i++) {
        g_autofree char *id = NULL, *mac = NULL;
        const char *value = NULL;
        MachineNic *nic = NULL;

        if (!split(changes->macs[i], TRUE, &id, &value, error) || !read_mac(value, &mac, error) ||
            (nic = find_card(machine, id, error)) == NULL)
            return FALSE;
        if (!set_mac(nic, mac)) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name each card once",
                              "the network card '%s' is to have two MAC addresses", id);
            return FALSE;
        }
        g_steal_pointer(&mac);
    }
    return TRUE;
}

static gboolean is_taken(const Machine *machine, const char *mac)
{
    for (guint i = 0; i < machine->nics->len; i++) {
        const MachineNic *nic = machine->nics->pdata[i];

        if (g_strcmp0(nic->mac, mac) == 0 || g_strcmp0(nic->source_mac, mac) == 0)
            return TRUE;
    }
    return FALSE;
}

/* In the range that QEMU and libvirt use: the same machine gets the same ones each time. */
static char *make_mac(const Machine *machine, guint index)
{
    for (guint attempt = 0;; attempt++) {
        g_autofree char *seed =
            g_strdup_printf("%s\n%s\n%u\n%u", machine->name,
                            machine->uuid != NULL ? machine->uuid : "", index, attempt);
        g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, seed, -1);
        g_autofree char *mac = g_strdup_printf("52:54:00:%.2s:%.2s:%.2s", hash, hash + 2, hash + 4);

        if (!is_taken(machine, mac))
            return g_steal_pointer(&mac);
    }
}

static void regenerate(Machine *machine)
{
    for (guint i = 0; i < machine->nics->len; i++) {
        MachineNic *nic = machine->nics->pdata[i];

        if (nic->source_mac == NULL)
            (void)set_mac(nic, make_mac(machine, i));
    }
}

static gboolean check_distinct(const Machine *machine, GError **error)
{
    for (guint i = 0; i < machine->nics->len; i++)
        for (guint j = 0; j < i; j++) {
            const MachineNic *first = machine->nics->pdata[j], *second = machine->nics->pdata[i];

            if (second->mac == NULL || g_strcmp0(first->mac, second->mac) != 0 ||
                (first->source_mac == NULL && second->source_mac == NULL))
                continue;
            drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give each card an address of its own",
                              "the network cards %u and %u are both to have %s", j, i, second->mac);
            return FALSE;
        }
    return TRUE;
}

static gboolean is_address_of_other(const Machine *machine, const NicAddress *wanted)
{
    for (guint i = 0; i < machine->nics->len; i++) {
        const NicAddress *other = ((const MachineNic *)machine->nics->pdata[i])->address;

        for (guint j = 0; other != NULL && j < other->addresses->len; j++)
            for (guint k = 0; k < wanted->addresses->len; k++) {
                g_autofree char *first = nic_text_host(other->addresses->pdata[j]);
                g_autofree char *second = nic_text_host(wanted->addresses->pdata[k]);

                if (g_str_equal(first, second))
                    return TRUE;
            }
    }
    return FALSE;
}

static gboolean apply_ips(const NicChanges *changes, Machine *machine, GError **error)
{
    for (guint i = 0; changes->ips != NULL && changes->ips[i] != NULL; i++) {
        g_autofree char *id = NULL;
        g_autoptr(NicAddress) address = NULL;
        const char *value = NULL;
        MachineNic *nic = NULL;

        if (!split(changes->ips[i], FALSE, &id, &value, error) ||
            (address = nic_address_parse(value, error)) == NULL ||
            (nic = find_card(machine, id, error)) == NULL)
            return FALSE;
        if (nic->address != NULL || is_address_of_other(machine, address)) {
            drydock_error_set(
                error, DRYDOCK_ERROR_USAGE, "name each card once, with all its addresses",
                nic->address != NULL ? "the network card '%s' is named twice by --ip"
                                     : "another network card than '%s' has this address already",
                id);
            return FALSE;
        }
        nic->address = g_steal_pointer(&address);
    }
    return TRUE;
}

gboolean nic_changes_apply(const NicChanges *changes, Machine *machine, GError **error)
{
    if (!apply_macs(changes, machine, error))
        return FALSE;
    if (changes->regenerate)
        regenerate(machine);
    return check_distinct(machine, error) && apply_ips(changes, machine, error);
}
