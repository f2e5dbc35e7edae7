/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kinds of network configuration have in common. */
#include "linux/network_style.h"

#include <arpa/inet.h>
#include <string.h>

gboolean network_target_has(const NetworkTarget *target, NicFamily family)
{
    return target->address->dhcp || nic_texts_first(target->address->addresses, family) != NULL;
}

const char *network_target_gateway(const NetworkTarget *target, NicFamily family, const char *old)
{
    const char *named = nic_texts_first(target->address->gateways, family);

    if (named != NULL || old == NULL || nic_text_family(old) != family)
        return named;
    return nic_address_reaches(target->address, old) ? old : NULL;
}

gboolean network_target_has_dns(const NetworkTarget *target)
{
    return target->address->dhcp || target->address->dns->len > 0;
}

char *network_target_dns(const NetworkTarget *target, const char *separator)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < target->address->dns->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? separator : "",
                               (const char *)target->address->dns->pdata[i]);
    return g_string_free(text, FALSE);
}

void network_target_had(NetworkTarget *target, const char *address)
{
    g_autofree char *host = g_strstrip(nic_text_host(address));
    uint8_t bytes[16];

    if (inet_pton(AF_INET, host, bytes) != 1 && inet_pton(AF_INET6, host, bytes) != 1)
        return;
    for (guint i = 0; i < target->old_addresses->len; i++)
        if (g_str_equal(target->old_addresses->pdata[i], host))
            return;
    g_ptr_array_add(target->old_addresses, g_steal_pointer(&host));
}

guint network_prefix_of(const char *text)
{
    struct in_addr mask;
    guint64 number = 0;

    if (g_ascii_string_to_unsigned(text, 10, 1, 128, &number, NULL))
        return (guint)number;
    for (guint prefix = 1; inet_pton(AF_INET, text, &mask) == 1 && prefix <= 32; prefix++)
        if (g_ntohl(mask.s_addr) == 0xffffffffu << (32 - prefix))
            return prefix;
    return 0;
}
