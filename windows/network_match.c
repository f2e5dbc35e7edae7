/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which adapter of a Windows guest is which card of its machine. */
#include <string.h>

#include "windows/network.h"

/* What a source's name of a card looks like to Windows: part of a hardware id. "flexible" starts as
   a vlance and becomes a vmxnet. */
static const struct {
    const char *model, *ids[2];
} kinds[] = {
    {"vmxnet3", {"VEN_15AD&DEV_07B0", NULL}},
    {"vmxnet2", {"VEN_15AD&DEV_0720", "VEN_1022&DEV_2000"}},
    {"vmxnet", {"VEN_15AD&DEV_0720", "VEN_1022&DEV_2000"}},
    {"flexible", {"VEN_15AD&DEV_0720", "VEN_1022&DEV_2000"}},
    {"vlance", {"VEN_15AD&DEV_0720", "VEN_1022&DEV_2000"}},
    {"pcnet32", {"VEN_15AD&DEV_0720", "VEN_1022&DEV_2000"}},
    {"e1000", {"VEN_8086&DEV_100F", "VEN_8086&DEV_100E"}},
    {"e1000e", {"VEN_8086&DEV_10D3", NULL}},
    {"hyperv-synthetic", {"VMBUS\\", NULL}},
    {"hyperv-legacy", {"VEN_1011&DEV_0009", NULL}},
};

typedef struct {
    const GPtrArray *adapters;
    const WindowsNic *nics;
    guint nic_count;
    gint *matches;     /* per adapter */
    gboolean *is_used; /* per card */
} Match;

static const GuestWindowsAdapter *adapter_at(const Match *match, guint index)
{
    return g_ptr_array_index(match->adapters, index);
}

static void take(Match *match, guint adapter, guint nic)
{
    match->matches[adapter] = (gint)nic;
    match->is_used[nic] = TRUE;
}

/* FALSE: the adapter is known to be of another kind than the card. */
static gboolean has_kind(const GuestWindowsAdapter *adapter, const WindowsNic *nic)
{
    g_autofree char *id = adapter->instance_id ? g_ascii_strup(adapter->instance_id, -1) : NULL;
    for (guint i = 0; i < G_N_ELEMENTS(kinds) && id; i++) {
        if (g_strcmp0(nic->model, kinds[i].model) == 0)
            return strstr(id, kinds[i].ids[0]) || (kinds[i].ids[1] && strstr(id, kinds[i].ids[1]));
    }
    return TRUE;
}

/* TRUE unless the one is known not to be the other. */
static gboolean may_be(const GuestWindowsAdapter *adapter, const WindowsNic *nic)
{
    gboolean is_other =
        adapter->mac && nic->mac && !nic->mac_is_new && !g_str_equal(adapter->mac, nic->mac);
    return !is_other && has_kind(adapter, nic);
}

static gboolean has_mac(const GuestWindowsAdapter *adapter, const WindowsNic *nic)
{
    return adapter->mac && g_strcmp0(adapter->mac, nic->mac) == 0;
}

/* Of an older card with the same address, which was replaced by one of another kind, only the newer
   is there. */
static gboolean has_mac_and_kind(const GuestWindowsAdapter *adapter, const WindowsNic *nic)
{
    return has_mac(adapter, nic) && has_kind(adapter, nic);
}

/* The device's GUID on the VM bus is a part of its instance id. */
static gboolean has_instance(const GuestWindowsAdapter *adapter, const WindowsNic *nic)
{
    g_autofree char *id = adapter->instance_id ? g_ascii_strdown(adapter->instance_id, -1) : NULL;
    return id && nic->instance_id && *nic->instance_id && strstr(id, nic->instance_id);
}

static gboolean has_slot(const GuestWindowsAdapter *adapter, const WindowsNic *nic)
{
    guint64 slot;
    return adapter->slot != 0 && nic->guest_name && g_str_has_prefix(nic->guest_name, "ens") &&
           g_ascii_string_to_unsigned(nic->guest_name + strlen("ens"), 10, 1, G_MAXUINT, &slot,
                                      NULL) &&
           slot == adapter->slot && may_be(adapter, nic);
}

/* Takes the adapter that is a card, where it is the only one: of two at one place none is better.
 */
static void match_by(Match *match,
                     gboolean (*is)(const GuestWindowsAdapter *adapter, const WindowsNic *nic))
{
    for (guint i = 0; i < match->nic_count; i++) {
        guint count = 0, found = 0;
        for (guint j = 0; j < match->adapters->len && !match->is_used[i]; j++)
            if (match->matches[j] < 0 && !adapter_at(match, j)->is_virtual &&
                is(adapter_at(match, j), &match->nics[i])) {
                found = j;
                count++;
            }
        if (count == 1)
            take(match, found, i);
    }
}

/* By slot, which is how firmware finds them; of one slot, and without, in the order of their
   installation. */
static gint compare_places(gconstpointer a, gconstpointer b, gpointer data)
{
    const Match *match = data;
    guint first = *(const guint *)a, second = *(const guint *)b;
    guint first_slot = adapter_at(match, first)->slot,
          second_slot = adapter_at(match, second)->slot;
    if (first_slot != second_slot)
        return first_slot < second_slot ? -1 : 1;
    return first < second ? -1 : 1;
}

static gboolean match_by_order(Match *match)
{
    g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint));
    guint cards = 0, taken = 0;
    for (guint i = 0; i < match->adapters->len; i++)
        if (match->matches[i] < 0 && !adapter_at(match, i)->is_virtual)
            g_array_append_val(left, i);
    g_array_sort_with_data(left, compare_places, match);
    for (guint i = 0; i < match->nic_count; i++) {
        if (match->is_used[i])
            continue;
        cards++;
        for (guint j = 0; j < left->len && !match->is_used[i]; j++) {
            guint adapter = g_array_index(left, guint, j);
            if (match->matches[adapter] < 0 &&
                may_be(adapter_at(match, adapter), &match->nics[i])) {
                take(match, adapter, i);
                taken++;
            }
        }
    }
    return taken > 0 && (cards > 1 || left->len > 1);
}

void network_match(const GPtrArray *adapters, const WindowsNic *nics, guint nic_count,
                   gint *ret_nics, gboolean *ret_by_order)
{
    g_autofree gboolean *is_used = g_new0(gboolean, nic_count + 1);
    Match match = {adapters, nics, nic_count, ret_nics, is_used};
    for (guint i = 0; i < adapters->len; i++)
        ret_nics[i] = -1;
    match_by(&match, has_mac_and_kind);
    match_by(&match, has_mac);
    match_by(&match, has_instance);
    match_by(&match, has_slot);
    *ret_by_order = match_by_order(&match);
}
