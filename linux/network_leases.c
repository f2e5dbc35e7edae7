/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which MAC address an interface had when it last asked for an address. */
#include "linux/network_leases.h"

#include <string.h>

#include "linux/network_names.h"

#define LEASE_MAX (UINT64_C(1) << 20)
#define UUID_LENGTH 36u

static char *text_of(GBytes *content)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);

    return g_strndup(data != NULL ? data : "", size);
}

/* A client identifier of type 1 is the MAC address (RFC 2132, 9.14): "1:0:50:56:aa:bb:c" of
   dhclient, "01:00:50:56:…" of wicked. */
static char *mac_of_identifier(const char *text)
{
    g_auto(GStrv) bytes = g_strsplit(text, ":", -1);
    g_autoptr(GString) mac = g_string_new(NULL);

    if (g_strv_length(bytes) != 7 || g_ascii_strtoull(bytes[0], NULL, 16) != 1)
        return NULL;
    for (guint i = 1; i < 7; i++) {
        guint64 byte = 0;

        if (!g_ascii_string_to_unsigned(bytes[i], 16, 0, 255, &byte, NULL))
            return NULL;
        g_string_append_printf(mac, "%s%02x", i > 1 ? ":" : "", (guint)byte);
    }
    return g_string_free(g_steal_pointer(&mac), FALSE);
}

/* What stands between start and end; NULL: they are not there. */
static char *between(const char *text, const char *start, const char *end)
{
    const char *from = strstr(text, start);
    const char *to = from != NULL ? strstr(from + strlen(start), end) : NULL;

    return to != NULL ? g_strndup(from + strlen(start), (gsize)(to - from) - strlen(start)) : NULL;
}

void network_leases_parse_dhclient(GBytes *content, const char *base G_GNUC_UNUSED,
                                   GPtrArray *names)
{
    g_autofree char *text = text_of(content);
    g_auto(GStrv) leases = g_strsplit(text, "lease {", -1);

    /* The last one of a file is the newest. */
    for (guint i = g_strv_length(leases); i-- > 1;) {
        g_autofree char *name = between(leases[i], "interface \"", "\"");
        g_autofree char *identifier = between(leases[i], "dhcp-client-identifier ", ";");
        g_autofree char *mac = identifier != NULL ? mac_of_identifier(identifier) : NULL;

        if (name != NULL && mac != NULL)
            network_names_add(names, name, mac, FALSE, FALSE);
    }
}

/* "internal-UUID-NAME.lease" with CLIENTID=01005056aabbcc. */
void network_leases_parse_internal(GBytes *content, const char *base, GPtrArray *names)
{
    size_t prefix = strlen("internal-") + UUID_LENGTH + 1, length = strlen(base);
    g_autofree char *text = text_of(content), *identifier = between(text, "CLIENTID=01", "\n");
    g_autofree char *mac = identifier != NULL ? nic_mac_normalise(identifier) : NULL;
    g_autofree char *name = NULL;

    if (mac == NULL || !g_str_has_prefix(base, "internal-") || !g_str_has_suffix(base, ".lease") ||
        length <= prefix + strlen(".lease"))
        return;
    name = g_strndup(base + prefix, length - prefix - strlen(".lease"));
    network_names_add(names, name, mac, FALSE, FALSE);
}

/* "lease-NAME-dhcp-ipv4.xml" with <client-id>. */
void network_leases_parse_wicked(GBytes *content, const char *base, GPtrArray *names)
{
    g_autofree char *text = text_of(content), *name = between(base, "lease-", "-dhcp-ipv4");
    g_autofree char *identifier = between(text, "<client-id>", "</client-id>");
    g_autofree char *mac = identifier != NULL ? mac_of_identifier(identifier) : NULL;

    if (name != NULL && mac != NULL)
        network_names_add(names, name, mac, FALSE, FALSE);
}

/* "NAME.lease" or "dhcpcd-NAME.lease": the answer of the server as it came, RFC 2131, section 2: at
   1 the kind of hardware (1: Ethernet), at 2 the length of its address, at 28 the address. */
void network_leases_parse_dhcpcd(GBytes *content, const char *base, GPtrArray *names)
{
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(content, &size);
    const char *start = g_str_has_prefix(base, "dhcpcd-") ? base + strlen("dhcpcd-") : base;
    g_autofree char *name = NULL, *mac = NULL;

    if (size < 34 || data[1] != 1 || data[2] != 6 || !g_str_has_suffix(start, ".lease"))
        return;
    name = g_strndup(start, strlen(start) - strlen(".lease"));
    mac = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", data[28], data[29], data[30], data[31],
                          data[32], data[33]);
    network_names_add(names, name, mac, FALSE, FALSE);
}

static const struct {
    const char *folder, *prefix, *suffix;
    void (*parse)(GBytes *content, const char *base, GPtrArray *names);
} places[] = {
    {"/var/lib/dhclient", "dhclient", "", network_leases_parse_dhclient},
    {"/var/lib/dhcp", "dhclient", "", network_leases_parse_dhclient},
    {"/var/lib/dhcp3", "dhclient", "", network_leases_parse_dhclient},
    {"/var/lib/NetworkManager", "dhclient", ".lease", network_leases_parse_dhclient},
    {"/var/lib/NetworkManager", "internal-", ".lease", network_leases_parse_internal},
    {"/var/lib/wicked", "lease-", ".xml", network_leases_parse_wicked},
    {"/var/lib/dhcpcd", "", ".lease", network_leases_parse_dhcpcd},
    {"/var/lib/dhcpcd5", "", ".lease", network_leases_parse_dhcpcd},
};

void network_leases_read(LinuxPlan *plan, GPtrArray *names)
{
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GPtrArray) paths = linux_plan_list(plan, places[i].folder, places[i].suffix);

        for (guint j = 0; j < paths->len; j++) {
            const char *path = paths->pdata[j], *base = strrchr(path, '/') + 1;
            g_autoptr(GBytes) content = NULL;
            g_autoptr(GError) error = NULL;

            if (!g_str_has_prefix(base, places[i].prefix))
                continue;
            if (fs_tree_read_file(plan->guest->tree, path, LEASE_MAX, &content, &error))
                places[i].parse(content, base, names);
            else
                g_debug("cannot read the lease '%s': %s, skipping", path, error->message);
        }
    }
}
