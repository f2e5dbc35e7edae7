/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of lines that belong together: interfaces(5) of ifupdown, ifupdown-ng and Busybox,
   netifrc's conf.d/net, dhcpcd.conf(5). */
#include <string.h>

#include "linux/config_lines.h"
#include "linux/network_style.h"

/* The words of a line; empty for a comment. */
static GPtrArray *split_words(const char *line)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) raw = g_strsplit_set(line, " \t\r", -1);

    for (guint i = 0; raw[i] != NULL && !g_str_has_prefix(raw[i], "#"); i++)
        if (*raw[i] != '\0')
            g_ptr_array_add(words, g_strdup(raw[i]));
    return words;
}

static const char *word_at(const GPtrArray *words, guint index)
{
    return index < words->len ? words->pdata[index] : "";
}

/* interfaces(5) */

static gboolean begins_stanza(const char *line)
{
    static const char *const keywords[] = {
        "iface", "mapping", "auto", "source", "source-directory", "rename", "template"};
    g_autoptr(GPtrArray) words = split_words(line);

    for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++)
        if (g_str_equal(word_at(words, 0), keywords[i]))
            return TRUE;
    return g_str_has_prefix(word_at(words, 0), "allow-") ||
           g_str_has_prefix(word_at(words, 0), "no-auto-down") ||
           g_str_has_prefix(word_at(words, 0), "no-scripts");
}

static const char *const family_words[] = {[NIC_FAMILY_IPV4] = "inet", [NIC_FAMILY_IPV6] = "inet6"};

static gboolean is_our_iface(const char *line, const NetworkTarget *target, NicFamily family)
{
    g_autoptr(GPtrArray) words = split_words(line);

    return g_str_equal(word_at(words, 0), "iface") &&
           g_str_equal(word_at(words, 1), target->name) &&
           (g_str_equal(word_at(words, 2), family_words[family]) ||
            /* ifupdown-ng: addresses say their family themselves */
            (words->len == 2 && family == NIC_FAMILY_IPV4));
}

/* What of a stanza is replaced; learns of the old address and gateway. */
static gboolean is_old_option(const char *line, NetworkTarget *target, char **ret_gateway)
{
    static const char *const plain[] = {"netmask", "broadcast", "network"};
    g_autoptr(GPtrArray) words = split_words(line);

    if (g_str_equal(word_at(words, 0), "address")) {
        network_target_had(target, word_at(words, 1));
        return TRUE;
    }
    if (g_str_equal(word_at(words, 0), "gateway")) {
        g_free(*ret_gateway);
        *ret_gateway = g_strdup(word_at(words, 1));
        return TRUE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++)
        if (g_str_equal(word_at(words, 0), plain[i]))
            return TRUE;
    return (g_str_equal(word_at(words, 0), "dns-nameservers") ||
            g_str_equal(word_at(words, 0), "dns-nameserver")) &&
           network_target_has_dns(target);
}

static void insert(GPtrArray *lines, guint *place, char *line)
{
    g_ptr_array_insert(lines, (gint)(*place)++, line);
}

/* The option lines of one address behind place. */
static void insert_address(GPtrArray *lines, guint *place, const char *text)
{
    g_autofree char *host = nic_text_host(text), *mask = nic_netmask(nic_text_prefix(text));

    insert(lines, place, g_strdup_printf("    address %s", host));
    if (nic_text_family(text) == NIC_FAMILY_IPV4)
        insert(lines, place, g_strdup_printf("    netmask %s", mask));
    else
        insert(lines, place, g_strdup_printf("    netmask %u", nic_text_prefix(text)));
}

/* Further addresses of a family have stanzas of their own. */
static void insert_addresses(GPtrArray *lines, guint *place, const NetworkTarget *target,
                             NicFamily family, const char *old_gateway)
{
    const char *gateway = network_target_gateway(target, family, old_gateway);
    g_autofree char *dns = network_target_dns(target, " ");
    gboolean first_family =
        family == NIC_FAMILY_IPV4 || !network_target_has(target, NIC_FAMILY_IPV4);
    const char *first = nic_texts_first(target->address->addresses, family);

    if (first == NULL)
        return;
    insert_address(lines, place, first);
    if (gateway != NULL)
        insert(lines, place, g_strdup_printf("    gateway %s", gateway));
    if (*dns != '\0' && first_family)
        insert(lines, place, g_strdup_printf("    dns-nameservers %s", dns));
}

static void insert_more(GPtrArray *lines, guint place, const NetworkTarget *target,
                        NicFamily family)
{
    const char *first = nic_texts_first(target->address->addresses, family);

    for (guint i = 0; i < target->address->addresses->len; i++) {
        const char *text = target->address->addresses->pdata[i];

        if (text == first || nic_text_family(text) != family)
            continue;
        insert(lines, &place,
               g_strdup_printf("iface %s %s static", target->name, family_words[family]));
        insert_address(lines, &place, text);
    }
}

/* Changes the stanza that begins at index; returns where it ends then. */
static guint change_stanza(GPtrArray *lines, guint index, NetworkTarget *target, NicFamily family)
{
    const char *method = !target->address->dhcp      ? "static"
                         : family == NIC_FAMILY_IPV4 ? "dhcp"
                                                     : "auto";
    g_autofree char *gateway = NULL;
    guint end = index + 1, place = index + 1;

    g_free(lines->pdata[index]);
    lines->pdata[index] =
        g_strdup_printf("iface %s %s %s", target->name, family_words[family], method);
    while (end < lines->len && !begins_stanza(lines->pdata[end])) {
        if (is_old_option(lines->pdata[end], target, &gateway))
            g_ptr_array_remove_index(lines, end);
        else
            end++;
    }
    insert_addresses(lines, &place, target, family, gateway);
    return end + place - (index + 1);
}

/* The end of a stanza without the empty lines and comments that lead to the next one. */
static guint trim_stanza(const GPtrArray *lines, guint index, guint end)
{
    while (end > index + 1) {
        g_autoptr(GPtrArray) words = split_words(lines->pdata[end - 1]);

        if (words->len > 0)
            break;
        end--;
    }
    return end;
}

/* A second stanza of a family was a second address. */
static void remove_stanza(GPtrArray *lines, guint index, NetworkTarget *target)
{
    g_autofree char *gateway = NULL;
    guint end = index + 1;

    for (; end < lines->len && !begins_stanza(lines->pdata[end]); end++)
        (void)is_old_option(lines->pdata[end], target, &gateway);
    g_ptr_array_remove_range(lines, index, trim_stanza(lines, index, end) - index);
}

static gboolean change_family(GPtrArray *lines, NetworkTarget *target, NicFamily family)
{
    guint first = lines->len, end = 0;

    for (guint i = lines->len; i-- > 0;) {
        if (!is_our_iface(lines->pdata[i], target, family))
            continue;
        if (first < lines->len)
            remove_stanza(lines, first, target);
        first = i;
    }
    if (first == lines->len)
        return FALSE;
    end = change_stanza(lines, first, target, family);
    insert_more(lines, trim_stanza(lines, first, end), target, family);
    return TRUE;
}

static void add_family(GPtrArray *lines, NetworkTarget *target, NicFamily family)
{
    guint place = 0;

    g_ptr_array_add(lines, g_strdup_printf("iface %s %s %s", target->name, family_words[family],
                                           !target->address->dhcp ? "static" : "dhcp"));
    place = lines->len;
    insert_addresses(lines, &place, target, family, NULL);
    insert_more(lines, place, target, family);
}

static gboolean is_started(const GPtrArray *lines, const NetworkTarget *target)
{
    for (guint i = 0; i < lines->len; i++) {
        g_autoptr(GPtrArray) words = split_words(lines->pdata[i]);

        if (!g_str_equal(word_at(words, 0), "auto") &&
            !g_str_has_prefix(word_at(words, 0), "allow-"))
            continue;
        for (guint j = 1; j < words->len; j++)
            if (g_str_equal(words->pdata[j], target->name))
                return TRUE;
    }
    return FALSE;
}

/* Whether any stanza of target is here, of whatever family. */
static gboolean has_iface(const GPtrArray *lines, const NetworkTarget *target)
{
    for (guint i = 0; i < lines->len; i++)
        for (guint family = 0; family < NIC_FAMILY_LAST; family++)
            if (is_our_iface(lines->pdata[i], target, (NicFamily)family))
                return TRUE;
    return FALSE;
}

char *network_edit_interfaces(const char *text, const char *base G_GNUC_UNUSED,
                              NetworkTarget *target, gboolean add)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);

    if (!add && !has_iface(lines, target))
        return NULL;
    if (add && lines->len > 0)
        g_ptr_array_add(lines, g_strdup(""));
    if (add && !is_started(lines, target))
        g_ptr_array_add(lines, g_strdup_printf("auto %s", target->name));
    for (guint i = 0; i < NIC_FAMILY_LAST; i++) {
        NicFamily family = (NicFamily)i;

        if (network_target_has(target, family) && !change_family(lines, target, family) &&
            (family == NIC_FAMILY_IPV4 || !target->address->dhcp))
            add_family(lines, target, family);
    }
    return config_lines_join(lines);
}

/* netifrc: variables end in the name, with '_' for what no variable may contain. */

static char *netifrc_key(const char *variable, const NetworkTarget *target)
{
    char *key = g_strdup_printf("%s_%s", variable, target->name);

    return g_strcanon(key, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_", '_');
}

/* The items of "a" or ( "a" "b" ) or of several lines; a whole assignment as text. */
static GPtrArray *netifrc_items(const GPtrArray *lines, const char *key)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
    gboolean inside = FALSE;
    char close = '\0';

    for (guint i = 0; i < lines->len; i++) {
        const char *line = lines->pdata[i];
        const char *start = line + strspn(line, " \t");

        if (!inside) {
            if (!g_str_has_prefix(start, key) || start[strlen(key)] != '=')
                continue;
            start += strlen(key) + 1;
            close = *start == '(' ? ')' : *start;
            start += *start != '\0';
            inside = TRUE;
        }

        g_auto(GStrv) parts = g_strsplit_set(start, "\"'()", -1);

        for (guint j = 0; parts[j] != NULL; j++)
            if (*g_strstrip(parts[j]) != '\0' && *parts[j] != '#')
                g_ptr_array_add(items, g_strdup(parts[j]));
        inside = strchr(start, close) == NULL;
        if (!inside)
            break;
    }
    return items;
}

static void set_items(GPtrArray *lines, const char *key, const GPtrArray *items)
{
    const char *const patterns[] = {key, NULL};
    g_autoptr(GString) value = g_string_new(NULL);

    shell_lines_remove(lines, patterns);
    for (guint i = 0; i < items->len; i++)
        g_string_append_printf(value, "%s%s", i > 0 ? "\n" : "", (const char *)items->pdata[i]);
    if (items->len > 0)
        g_ptr_array_add(lines, g_strdup_printf("%s=\"%s\"", key, value->str));
}

/* "192.0.2.10/24 brd +", "192.0.2.10 netmask 255.255.255.0", "dhcp", "null". */
static GPtrArray *kept_addresses(const GPtrArray *old, NetworkTarget *target)
{
    GPtrArray *kept = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < old->len; i++) {
        g_autoptr(GPtrArray) words = split_words(old->pdata[i]);
        const char *first = word_at(words, 0);
        gboolean is_address = strpbrk(first, ".:") != NULL;

        if (is_address)
            network_target_had(target, first);
        if (is_address ? network_target_has(target, nic_text_family(first))
                       : network_target_has(target, NIC_FAMILY_IPV4))
            continue;
        g_ptr_array_add(kept, g_strdup(old->pdata[i]));
    }
    return kept;
}

static void set_netifrc_routes(GPtrArray *lines, const NetworkTarget *target)
{
    g_autofree char *key = netifrc_key("routes", target);
    g_autoptr(GPtrArray) items = netifrc_items(lines, key);
    char *old[NIC_FAMILY_LAST] = {NULL};

    for (guint i = 0; i < items->len;) {
        g_autoptr(GPtrArray) words = split_words(items->pdata[i]);
        const char *way = g_str_equal(word_at(words, 1), "via") ? word_at(words, 2) : "";

        if (!g_str_equal(word_at(words, 0), "default") || *way == '\0' ||
            !network_target_has(target, nic_text_family(way))) {
            i++;
            continue;
        }
        if (old[nic_text_family(way)] == NULL)
            old[nic_text_family(way)] = g_strdup(way);
        g_ptr_array_remove_index(items, i);
    }
    for (guint i = NIC_FAMILY_LAST; i-- > 0;) {
        const char *gateway = network_target_has(target, (NicFamily)i)
                                  ? network_target_gateway(target, (NicFamily)i, old[i])
                                  : NULL;

        if (gateway != NULL)
            g_ptr_array_insert(items, 0, g_strdup_printf("default via %s", gateway));
        g_free(old[i]);
    }
    set_items(lines, key, items);
}

char *network_edit_netifrc(const char *text, const char *base G_GNUC_UNUSED, NetworkTarget *target,
                           gboolean add)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *key = netifrc_key("config", target), *dns_key = NULL, *dns = NULL;
    g_autoptr(GPtrArray) old = netifrc_items(lines, key), kept = NULL;

    if (!add && old->len == 0)
        return NULL;
    kept = kept_addresses(old, target);
    if (target->address->dhcp)
        g_ptr_array_add(kept, g_strdup("dhcp"));
    for (guint i = 0; i < target->address->addresses->len; i++)
        g_ptr_array_add(kept, g_strdup(target->address->addresses->pdata[i]));
    set_items(lines, key, kept);
    set_netifrc_routes(lines, target);
    if (network_target_has_dns(target)) {
        g_autoptr(GPtrArray) list = g_ptr_array_new();

        dns_key = netifrc_key("dns_servers", target);
        dns = network_target_dns(target, " ");
        if (*dns != '\0')
            g_ptr_array_add(list, dns);
        set_items(lines, dns_key, list);
    }
    return config_lines_join(lines);
}

/* dhcpcd.conf */

static gboolean ends_block(const char *line)
{
    g_autoptr(GPtrArray) words = split_words(line);
    const char *first = word_at(words, 0);

    return g_str_equal(first, "interface") || g_str_equal(first, "ssid") ||
           g_str_equal(first, "profile") || g_str_equal(first, "arping");
}

static gboolean is_our_block(const char *line, const NetworkTarget *target)
{
    g_autoptr(GPtrArray) words = split_words(line);

    return g_str_equal(word_at(words, 0), "interface") &&
           g_str_equal(word_at(words, 1), target->name);
}

/* "static ip_address=192.0.2.10/24", "static routers=…". */
static gboolean is_old_static(const char *line, NetworkTarget *target, char **ret_gateway)
{
    g_autoptr(GPtrArray) words = split_words(line);
    g_auto(GStrv) pair = g_strsplit(word_at(words, 1), "=", 2);
    const char *value = pair[0] != NULL && pair[1] != NULL ? pair[1] : "";

    if (!g_str_equal(word_at(words, 0), "static") || pair[0] == NULL)
        return FALSE;
    if (g_str_equal(pair[0], "ip_address") || g_str_equal(pair[0], "ip6_address")) {
        if (!network_target_has(target, nic_text_family(value)))
            return FALSE;
        network_target_had(target, value);
        return TRUE;
    }
    if (g_str_equal(pair[0], "routers") && network_target_has(target, NIC_FAMILY_IPV4)) {
        *ret_gateway = g_strdup(value);
        return TRUE;
    }
    return g_str_equal(pair[0], "domain_name_servers") && network_target_has_dns(target);
}

char *network_edit_dhcpcd(const char *text, const char *base G_GNUC_UNUSED, NetworkTarget *target,
                          gboolean add)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *old_gateway = NULL, *dns = network_target_dns(target, " ");
    const char *gateway = NULL;
    guint place = 0;

    while (place < lines->len && !is_our_block(lines->pdata[place], target))
        place++;
    if (place == lines->len && !add)
        return NULL;
    if (place == lines->len)
        g_ptr_array_add(lines, g_strdup_printf("interface %s", target->name));
    place++;
    for (guint i = place; i < lines->len && !ends_block(lines->pdata[i]);) {
        if (is_old_static(lines->pdata[i], target, &old_gateway))
            g_ptr_array_remove_index(lines, i);
        else
            i++;
    }
    for (guint i = 0; i < target->address->addresses->len; i++) {
        const char *own = target->address->addresses->pdata[i];

        insert(lines, &place,
               g_strdup_printf(
                   "static %s=%s",
                   nic_text_family(own) == NIC_FAMILY_IPV4 ? "ip_address" : "ip6_address", own));
    }
    gateway = network_target_gateway(target, NIC_FAMILY_IPV4, old_gateway);
    if (gateway != NULL)
        insert(lines, &place, g_strdup_printf("static routers=%s", gateway));
    if (*dns != '\0')
        insert(lines, &place, g_strdup_printf("static domain_name_servers=%s", dns));
    return config_lines_join(lines);
}
