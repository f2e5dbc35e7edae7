/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of the guest in files that are about something else. */
#include <string.h>

#include "linux/network_address.h"
#include "linux/network_mac.h"

static const NetworkMove *find_move(const GPtrArray *moves, const char *host)
{
    for (guint i = 0; i < moves->len; i++) {
        const NetworkMove *move = moves->pdata[i];

        if (g_str_equal(move->old_host, host))
            return move;
    }
    return NULL;
}

/* hosts(5): the address is the first word of a line. */
char *network_hosts_rewrite(const char *text, const GPtrArray *moves)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean changed = FALSE;

    for (guint i = 0; lines[i] != NULL; i++) {
        size_t blank = strspn(lines[i], " \t"), length = strcspn(lines[i] + blank, " \t#");
        g_autofree char *host = g_strndup(lines[i] + blank, length), *new_host = NULL;
        const NetworkMove *move = find_move(moves, host);
        const char *text_of =
            move != NULL ? nic_texts_first(move->address->addresses, nic_text_family(host)) : NULL;

        new_host = text_of != NULL ? nic_text_host(text_of) : NULL;
        changed = changed || new_host != NULL;
        g_string_append_printf(out, "%s%.*s%s%s", i > 0 ? "\n" : "", (int)blank, lines[i],
                               new_host != NULL ? new_host : host, lines[i] + blank + length);
    }
    return changed ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

/* "[2001:db8::5]" is one field; so is what has no brackets, up to the next ':'. */
static GPtrArray *split_fields(const char *value)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);

    for (const char *at = value;; at++) {
        size_t length = *at == '[' ? strcspn(at, "]") : 0;

        length += strcspn(at + length, ":");
        g_ptr_array_add(fields, g_strndup(at, length));
        at += length;
        if (*at == '\0')
            return fields;
    }
}

static void set_field(GPtrArray *fields, guint index, const char *text)
{
    gboolean is_ipv6 = strchr(text, ':') != NULL;

    while (fields->len <= index)
        g_ptr_array_add(fields, g_strdup(""));
    g_free(fields->pdata[index]);
    fields->pdata[index] = g_strdup_printf(is_ipv6 ? "[%s]" : "%s", text);
}

/* "CLIENT:PEER:GATEWAY:NETMASK:HOSTNAME:INTERFACE:METHOD": nfsroot.txt of the kernel,
   dracut.cmdline(7), initramfs-tools(7). NULL: it is of no address that is moved. */
static char *rewrite_ip(const char *value, const GPtrArray *moves)
{
    g_autoptr(GPtrArray) fields = split_fields(value);
    g_autofree char *host = g_strdup(fields->pdata[0]);
    const NetworkMove *move = NULL;
    const char *text = NULL, *gateway = NULL;
    NicFamily family = NIC_FAMILY_IPV4;

    if (*host == '[')
        g_strlcpy(host, (const char *)fields->pdata[0] + 1, strlen(host));
    host[strcspn(host, "]")] = '\0';
    move = find_move(moves, host);
    if (move == NULL)
        return NULL;
    if (move->address->dhcp)
        return g_strdup_printf(":::::%s:dhcp", move->name);
    family = nic_text_family(host);
    text = nic_texts_first(move->address->addresses, family);
    gateway = nic_texts_first(move->address->gateways, family);
    if (text == NULL)
        return NULL;

    g_autofree char *new_host = nic_text_host(text), *mask = nic_netmask(nic_text_prefix(text));
    g_autofree char *prefix = g_strdup_printf("%u", nic_text_prefix(text));
    g_auto(GStrv) parts = NULL;

    set_field(fields, 0, new_host);
    if (gateway != NULL)
        set_field(fields, 2, gateway);
    set_field(fields, 3, family == NIC_FAMILY_IPV4 ? mask : prefix);
    g_ptr_array_add(fields, NULL);
    return g_strjoinv(":", (char **)fields->pdata);
}

static gboolean begins_argument(const char *text, const char *at)
{
    return (g_str_has_prefix(at, "ip=") || g_str_has_prefix(at, "IP=")) &&
           (at == text || strchr(" \t\n\"'", at[-1]) != NULL);
}

char *network_arguments_rewrite(const char *text, const GPtrArray *moves)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean changed = FALSE;

    for (const char *at = text; *at != '\0';) {
        if (!begins_argument(text, at)) {
            g_string_append_c(out, *at++);
            continue;
        }
        g_string_append_len(out, at, 3);
        at += 3;
        if (*at == '"' || *at == '\'')
            g_string_append_c(out, *at++);

        size_t length = strcspn(at, " \t\r\n\"'");
        g_autofree char *value = g_strndup(at, length);
        g_autofree char *rewritten = rewrite_ip(value, moves);

        g_string_append(out, rewritten != NULL ? rewritten : value);
        at += length;
        changed = changed || rewritten != NULL;
    }
    return changed ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

char *network_copy_rewrite(const LinuxNic *nics, guint nic_count, const GPtrArray *moves,
                           const char *text)
{
    g_autofree char *replaced = network_mac_replace(text, nics, nic_count, NETWORK_MAC_DEFAULT);
    char *moved = network_arguments_rewrite(replaced != NULL ? replaced : text, moves);

    return moved != NULL ? moved : g_steal_pointer(&replaced);
}
