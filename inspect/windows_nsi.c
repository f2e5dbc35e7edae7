/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network store of Vista and later: one key per table, one value per row; a value's name is the
   row's key in hexadecimal, its data the row's settings. Microsoft does not describe it. Table 10
   has addresses and 16 routes; their IPv4 halves were compared with the Interfaces keys of a real
   Windows 7, and the fields are those that other implementations of the NSI device use. */
#include <arpa/inet.h>
#include <string.h>

#include "base/bytes.h"
#include "inspect/windows_network.h"
#include "inspect/windows_values.h"

#define IPV6_MODULE "Control\\Nsi\\{eb004a01-9b1a-11d4-9123-0050047759bc}"

enum {
    ADDRESS_BYTES = 16,
    /* Key of an address: LUID, address. */
    ADDRESS_KEY_BYTES = 24,
    ADDRESS_KEY_ADDRESS = 8,
    /* Its settings: lifetimes, origins, length of the prefix. */
    ADDRESS_PREFIX = 16,
    ADDRESS_DATA_BYTES = 20,
    /* Key of a route: destination and its length, LUID twice, next hop. */
    ROUTE_KEY_BYTES = 72,
    ROUTE_KEY_DESTINATION = 4,
    ROUTE_KEY_PREFIX = 20,
    ROUTE_KEY_LUID = 40,
    ROUTE_KEY_NEXT_HOP = 56,
    ROWS_LIMIT = 1024,
};

/* The name of a value as the bytes it stands for; FALSE: it is not that many. */
static gboolean parse_key(const char *name, uint8_t *bytes, size_t count)
{
    if (strlen(name) != 2 * count)
        return FALSE;
    for (size_t i = 0; i < count; i++) {
        int high = g_ascii_xdigit_value(name[2 * i]), low = g_ascii_xdigit_value(name[2 * i + 1]);
        if (high < 0 || low < 0)
            return FALSE;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return TRUE;
}

static char *format_address(const uint8_t *address)
{
    char text[INET6_ADDRSTRLEN];
    return g_strdup(inet_ntop(AF_INET6, address, text, sizeof text));
}

static gboolean is_usable(const uint8_t *address)
{
    static const uint8_t none[ADDRESS_BYTES] = {0};
    gboolean is_link_local = address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
    return memcmp(address, none, sizeof none) != 0 && address[0] != 0xff && !is_link_local;
}

static void add_address(const HiveValue *row, uint64_t luid, GuestWindowsAdapter *adapter)
{
    uint8_t key[ADDRESS_KEY_BYTES];
    gsize length;
    const uint8_t *data = g_bytes_get_data(row->data, &length);
    if (!parse_key(row->name, key, sizeof key) || get_le64(key) != luid ||
        length < ADDRESS_DATA_BYTES || !is_usable(key + ADDRESS_KEY_ADDRESS))
        return;
    uint32_t prefix = get_le32(data + ADDRESS_PREFIX);
    if (prefix == 0 || prefix > 128)
        return;
    g_autofree char *address = format_address(key + ADDRESS_KEY_ADDRESS);
    g_ptr_array_add(adapter->addresses, g_strdup_printf("%s/%u", address, prefix));
    adapter->has_nsi_ipv6 = TRUE;
}

/* Of the default route only; others stay with the rest of what cannot be carried over. */
static void add_gateway(const HiveValue *row, uint64_t luid, GuestWindowsAdapter *adapter)
{
    static const uint8_t none[ADDRESS_BYTES] = {0};
    uint8_t key[ROUTE_KEY_BYTES];
    if (!parse_key(row->name, key, sizeof key) || get_le64(key + ROUTE_KEY_LUID) != luid)
        return;
    adapter->has_nsi_ipv6 = TRUE;
    if (key[ROUTE_KEY_PREFIX] != 0 || memcmp(key + ROUTE_KEY_DESTINATION, none, sizeof none) != 0 ||
        memcmp(key + ROUTE_KEY_NEXT_HOP, none, sizeof none) == 0)
        return;
    g_ptr_array_add(adapter->gateways, format_address(key + ROUTE_KEY_NEXT_HOP));
}

gboolean windows_nsi_read(Hive *system, const char *control_set, uint64_t luid,
                          GuestWindowsAdapter *adapter, GError **error)
{
    static const struct {
        const char *table;
        void (*add)(const HiveValue *row, uint64_t luid, GuestWindowsAdapter *adapter);
    } tables[] = {{"10", add_address}, {"16", add_gateway}};

    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *path =
            g_strdup_printf("%s\\" IPV6_MODULE "\\%s", control_set, tables[i].table);
        g_autoptr(GPtrArray) rows = NULL;
        gboolean found;
        HiveKey key;
        if (!hive_find_key(system, hive_root(system), path, &found, &key, error) ||
            (found && !hive_list_values(system, key, &rows, error)))
            return FALSE;
        for (guint j = 0; rows && j < MIN(rows->len, ROWS_LIMIT); j++)
            tables[i].add(g_ptr_array_index(rows, j), luid, adapter);
    }
    return TRUE;
}
