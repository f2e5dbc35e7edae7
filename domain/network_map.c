/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "SOURCE=TARGET" pairs; SOURCE is a MAC address or a name of the source. */
#include "domain/network_map.h"

#include <string.h>

#include "base/error.h"
#include "domain/domain.h"
#include "domain/xml.h"

/* libvirt's own names never have a '='; those of port groups may. */
static const char *find_equals(const char *entry)
{
    return strrchr(entry, '=');
}

gboolean domain_network_map_check(const char *const *map, GError **error)
{
    for (guint i = 0; map != NULL && map[i] != NULL; i++) {
        const char *equals = find_equals(map[i]);

        if (equals == NULL || equals == map[i] || equals[1] == '\0' || !xml_can_hold(map[i]) ||
            strpbrk(equals, "/\n\r\t") != NULL || g_str_equal(equals, "=bridge:")) {
            g_autofree char *shown = g_strescape(map[i], NULL);

            drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                              "write SOURCE=TARGET: a network or MAC address of the source, and "
                              "the name of a libvirt network, or bridge:NAME",
                              "'%s' does not say where a network goes", shown);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean source_is_mac(const char *source, const char *mac)
{
    g_autofree char *wanted = machine_mac_normalise(source);
    g_autofree char *own = mac == NULL ? NULL : machine_mac_normalise(mac);

    return wanted != NULL && g_strcmp0(wanted, own) == 0;
}

const char *network_map_find(const char *const *map, const MachineNic *nic)
{
    const char *by_name = NULL;

    for (guint i = 0; map != NULL && map[i] != NULL; i++) {
        const char *equals = find_equals(map[i]);
        g_autofree char *source = g_strndup(map[i], (gsize)(equals - map[i]));

        if (source_is_mac(source, nic->mac) || source_is_mac(source, nic->source_mac))
            return equals + 1;
        if (by_name == NULL && g_strcmp0(source, nic->network) == 0)
            by_name = equals + 1;
    }
    return by_name;
}
