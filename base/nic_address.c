/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses that a user wants a network card to have. */
#include "base/nic_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"

#define USAGE_HINT                                                                                 \
    "write ADDRESS/PREFIX[,gateway=ADDRESS][,dns=ADDRESS[;ADDRESS]], with as many addresses as "   \
    "wanted, or dhcp"
#define TEXTS_MAX 16u

static const struct {
    int family;
    size_t bytes;
    const char *name;
} families[] = {
    [NIC_FAMILY_IPV4] = {AF_INET, 4, "IPv4"},
    [NIC_FAMILY_IPV6] = {AF_INET6, 16, "IPv6"},
};

typedef struct {
    NicFamily family;
    uint8_t bytes[16];
} Host;

void nic_address_free(NicAddress *address)
{
    if (address == NULL)
        return;
    g_ptr_array_unref(address->addresses);
    g_ptr_array_unref(address->gateways);
    g_ptr_array_unref(address->dns);
    g_free(address);
}

NicFamily nic_text_family(const char *text)
{
    return strchr(text, ':') != NULL ? NIC_FAMILY_IPV6 : NIC_FAMILY_IPV4;
}

const char *nic_texts_first(const GPtrArray *texts, NicFamily family)
{
    for (guint i = 0; i < texts->len; i++)
        if (nic_text_family(texts->pdata[i]) == family)
            return texts->pdata[i];
    return NULL;
}

char *nic_text_host(const char *text)
{
    return g_strndup(text, strcspn(text, "/"));
}

guint nic_text_prefix(const char *text)
{
    const char *slash = strchr(text, '/');

    return slash != NULL ? (guint)g_ascii_strtoull(slash + 1, NULL, 10) : 0;
}

char *nic_netmask(guint prefix)
{
    uint32_t mask = prefix == 0 ? 0 : 0xffffffffu << (32 - MIN(prefix, 32));

    return g_strdup_printf("%u.%u.%u.%u", mask >> 24, mask >> 16 & 255, mask >> 8 & 255,
                           mask & 255);
}

char *nic_mac_normalise(const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    g_autoptr(GString) mac = g_string_new(NULL);

    if (length != 12 && length != 17)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (length == 17 && i % 3 == 2) {
            if (text[i] != text[2] || (text[i] != ':' && text[i] != '-'))
                return NULL;
            continue;
        }
        if (!g_ascii_isxdigit(text[i]))
            return NULL;
        if (mac->len % 3 == 2)
            g_string_append_c(mac, ':');
        g_string_append_c(mac, g_ascii_tolower(text[i]));
    }
    return g_string_free(g_steal_pointer(&mac), FALSE);
}

static gboolean fail(GError **error, const char *text, const char *why)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, USAGE_HINT, "'%s' %s", text, why);
    return FALSE;
}

/* A host's own address: none of all, loopback, group and broadcast addresses. */
static gboolean is_unicast(const Host *host)
{
    static const uint8_t zeros[15] = {0};

    if (host->family == NIC_FAMILY_IPV4)
        return host->bytes[0] != 0 && host->bytes[0] != 127 && host->bytes[0] < 224;
    return host->bytes[0] != 0xff &&
           !(memcmp(host->bytes, zeros, sizeof(zeros)) == 0 && host->bytes[15] <= 1);
}

static gboolean read_host(const char *text, Host *ret_host, char **ret_text, GError **error)
{
    char shown[INET6_ADDRSTRLEN];

    *ret_host = (Host){.family = nic_text_family(text)};
    if (inet_pton(families[ret_host->family].family, text, ret_host->bytes) != 1)
        return fail(error, text, "is no IP address");
    if (!is_unicast(ret_host))
        return fail(error, text, "is no address that a machine can have");
    *ret_text = g_strdup(
        inet_ntop(families[ret_host->family].family, ret_host->bytes, shown, sizeof(shown)));
    return TRUE;
}

static gboolean same_network(const Host *first, const Host *second, guint prefix)
{
    if (first->family != second->family)
        return FALSE;
    for (guint bit = 0; bit < prefix; bit++) {
        guint shift = 7 - bit % 8;

        if ((first->bytes[bit / 8] ^ second->bytes[bit / 8]) >> shift & 1)
            return FALSE;
    }
    return TRUE;
}

/* The network's own number, and IPv4's broadcast address. */
static gboolean is_whole_network(const Host *host, guint prefix)
{
    guint bits = (guint)families[host->family].bytes * 8;
    gboolean zeros = TRUE, ones = host->family == NIC_FAMILY_IPV4;

    if (prefix + 1 >= bits)
        return FALSE;
    for (guint bit = prefix; bit < bits; bit++) {
        gboolean is_set = (host->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;

        zeros = zeros && !is_set;
        ones = ones && is_set;
    }
    return (zeros && host->family == NIC_FAMILY_IPV4) || ones;
}

static gboolean add_once(GPtrArray *texts, char *text, GError **error)
{
    g_autofree char *owned = text;

    for (guint i = 0; i < texts->len; i++)
        if (g_str_equal(texts->pdata[i], text))
            return fail(error, text, "is named twice");
    if (texts->len >= TEXTS_MAX)
        return fail(error, text, "is one too many");
    g_ptr_array_add(texts, g_steal_pointer(&owned));
    return TRUE;
}

static gboolean read_address(const char *word, NicAddress *address, GError **error)
{
    const char *slash = strchr(word, '/');
    g_autofree char *host_text = nic_text_host(word), *shown = NULL;
    guint64 prefix = 0;
    Host host;

    if (slash == NULL)
        return fail(error, word, "has no prefix length");
    if (!read_host(host_text, &host, &shown, error))
        return FALSE;
    if (!g_ascii_string_to_unsigned(slash + 1, 10, 1, families[host.family].bytes * 8, &prefix,
                                    NULL))
        return fail(error, word, "has no prefix length that its family knows");
    if (is_whole_network(&host, (guint)prefix))
        return fail(error, word, "is the address of a network, not of a machine in it");
    return add_once(address->addresses, g_strdup_printf("%s/%u", shown, (guint)prefix), error);
}

static gboolean read_list(const char *list, GPtrArray *texts, GError **error)
{
    g_auto(GStrv) words = g_strsplit(list, ";", -1);

    if (words[0] == NULL)
        return fail(error, list, "is no IP address");
    for (guint i = 0; words[i] != NULL; i++) {
        char *shown = NULL;
        Host host;

        if (!read_host(words[i], &host, &shown, error) || !add_once(texts, shown, error))
            return FALSE;
    }
    return TRUE;
}

gboolean nic_address_reaches(const NicAddress *address, const char *gateway)
{
    Host way = {.family = nic_text_family(gateway)};

    if (inet_pton(families[way.family].family, gateway, way.bytes) != 1)
        return FALSE;
    if (way.family == NIC_FAMILY_IPV6 && way.bytes[0] == 0xfe && (way.bytes[1] & 0xc0) == 0x80 &&
        nic_texts_first(address->addresses, NIC_FAMILY_IPV6) != NULL)
        return TRUE;
    for (guint i = 0; i < address->addresses->len; i++) {
        const char *text = address->addresses->pdata[i];
        g_autofree char *host = nic_text_host(text);
        Host own = {.family = nic_text_family(text)};

        if (inet_pton(families[own.family].family, host, own.bytes) == 1 &&
            same_network(&way, &own, nic_text_prefix(text)))
            return TRUE;
    }
    return FALSE;
}

static gboolean check_gateway(const NicAddress *address, const char *gateway, GError **error)
{
    for (guint i = 0; i < address->addresses->len; i++) {
        g_autofree char *host = nic_text_host(address->addresses->pdata[i]);

        if (g_str_equal(host, gateway))
            return fail(error, gateway, "is the card's own address, not a gateway");
    }
    return nic_address_reaches(address, gateway) ||
           fail(error, gateway, "is in none of the networks of these addresses");
}

static gboolean check(const NicAddress *address, const char *text, GError **error)
{
    if (address->dhcp)
        return address->addresses->len + address->gateways->len + address->dns->len == 0 ||
               fail(error, text, "asks for DHCP and for addresses at once");
    if (address->addresses->len == 0)
        return fail(error, text, "has no address");
    for (guint i = 0; i < address->gateways->len; i++) {
        const char *gateway = address->gateways->pdata[i];

        if (nic_texts_first(address->gateways, nic_text_family(gateway)) != gateway)
            return fail(error, gateway, "is a second gateway");
        if (!check_gateway(address, gateway, error))
            return FALSE;
    }
    return TRUE;
}

NicAddress *nic_address_parse(const char *text, GError **error)
{
    g_autoptr(NicAddress) address = g_new0(NicAddress, 1);
    g_auto(GStrv) words = g_strsplit(text, ",", -1);

    address->addresses = g_ptr_array_new_with_free_func(g_free);
    address->gateways = g_ptr_array_new_with_free_func(g_free);
    address->dns = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; words[i] != NULL; i++) {
        const char *word = words[i];
        const char *value = strchr(word, '=') != NULL ? strchr(word, '=') + 1 : NULL;
        gboolean ok = TRUE;

        if (g_str_equal(word, "dhcp"))
            address->dhcp = TRUE;
        else if (value != NULL && g_str_has_prefix(word, "gateway="))
            ok = read_list(value, address->gateways, error);
        else if (value != NULL && g_str_has_prefix(word, "dns="))
            ok = read_list(value, address->dns, error);
        else if (value != NULL)
            ok = fail(error, word, "is nothing that a network card has");
        else
            ok = read_address(word, address, error);
        if (!ok)
            return NULL;
    }
    return check(address, text, error) ? g_steal_pointer(&address) : NULL;
}
