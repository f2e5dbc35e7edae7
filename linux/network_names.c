/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network configuration of distributions: ifcfg, interfaces, NetworkManager, networkd, udev. */
#include "linux/network_names.h"

#include <string.h>

#include "linux/config_lines.h"

#define NAMES_MAX 256u

static void name_free(gpointer data)
{
    NetworkName *name = data;

    g_free(name->name);
    g_free(name->mac);
    g_free(name);
}

GPtrArray *network_names_new(void)
{
    return g_ptr_array_new_with_free_func(name_free);
}

char *network_mac_normalise(const char *text)
{
    g_autofree char *mac = NULL;

    if (text == NULL || strlen(text) != 17)
        return NULL;
    mac = g_ascii_strdown(text, -1);
    g_strdelimit(mac, "-", ':');
    for (size_t i = 0; i < 17; i++)
        if (i % 3 == 2 ? mac[i] != ':' : !g_ascii_isxdigit(mac[i]))
            return NULL;
    return g_steal_pointer(&mac);
}

/* Kernel names have at most 15 characters. What is no card of the machine has a name of its own
   making that no driver changes. */
static gboolean is_card(const char *name)
{
    static const char *const others[] = {
        "lo", "bond", "br",    "virbr", "docker", "veth", "vlan", "tun", "tap",
        "wl", "team", "dummy", "ww",    "ib",     "sit",  "ppp",  "wg",  "vnet",
    };
    size_t len = strlen(name);

    if (len == 0 || len > 15 ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz"
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != len)
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (g_str_has_prefix(name, others[i]))
            return FALSE;
    return TRUE;
}

void network_names_add(GPtrArray *names, const char *name, const char *mac, gboolean active,
                       gboolean pinned)
{
    NetworkName *entry = NULL;
    const char *dot = strchr(name, '.');

    /* "ens192.10" is a VLAN on ens192. */
    if (dot != NULL && dot[1] != '\0' && strspn(dot + 1, G_CSET_DIGITS) == strlen(dot + 1)) {
        g_autofree char *parent = g_strndup(name, (gsize)(dot - name));

        network_names_add(names, parent, NULL, active, FALSE);
        return;
    }
    if (!is_card(name))
        return;
    for (guint i = 0; i < names->len && entry == NULL; i++)
        if (g_str_equal(((NetworkName *)names->pdata[i])->name, name))
            entry = names->pdata[i];
    if (entry == NULL) {
        if (names->len >= NAMES_MAX)
            return;
        entry = g_new0(NetworkName, 1);
        entry->name = g_strdup(name);
        g_ptr_array_add(names, entry);
    }
    if (entry->mac == NULL)
        entry->mac = network_mac_normalise(mac);
    entry->active = entry->active || active;
    entry->pinned = entry->pinned || pinned;
}

/* What a VLAN, bridge, bond or team of this file stands on: of initscripts and of SUSE. */
static void add_parts(const GPtrArray *lines, GPtrArray *names)
{
    static const char *const keys[] = {"PHYSDEV", "ETHERDEVICE", "BRIDGE_PORTS"};
    static const char *const numbered[] = {"BONDING_SLAVE", "TEAM_PORT_DEVICE"};

    for (guint i = 0; i < lines->len; i++) {
        g_auto(GStrv) pair = g_strsplit(g_strchug(lines->pdata[i]), "=", 2);
        g_auto(GStrv) words = NULL;
        gboolean is_list = FALSE;

        if (pair[0] == NULL || pair[1] == NULL)
            continue;
        for (size_t j = 0; j < G_N_ELEMENTS(keys); j++)
            is_list = is_list || g_str_equal(pair[0], keys[j]);
        for (size_t j = 0; j < G_N_ELEMENTS(numbered); j++)
            is_list = is_list || g_str_has_prefix(pair[0], numbered[j]);
        words = g_strsplit_set(is_list ? pair[1] : "", " \t\r\"'", -1);
        for (guint j = 0; words[j] != NULL; j++)
            network_names_add(names, words[j], NULL, TRUE, FALSE);
    }
}

void network_names_parse_ifcfg(const char *text, const char *suffix, GPtrArray *names)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *device = shell_lines_get(lines, "DEVICE");
    g_autofree char *mac = shell_lines_get(lines, "HWADDR");
    g_autofree char *type = shell_lines_get(lines, "TYPE");
    g_autofree char *onboot = shell_lines_get(lines, "ONBOOT");
    g_autofree char *startmode = shell_lines_get(lines, "STARTMODE");
    g_autofree char *vlan = shell_lines_get(lines, "VLAN");
    g_autofree char *etherdevice = shell_lines_get(lines, "ETHERDEVICE");
    g_autofree char *bonding = shell_lines_get(lines, "BONDING_MASTER");
    gboolean is_vlan = vlan != NULL && g_ascii_strcasecmp(vlan, "yes") == 0;

    add_parts(lines, names);
    if ((type != NULL && *type != '\0' && g_ascii_strcasecmp(type, "Ethernet") != 0 && !is_vlan) ||
        etherdevice != NULL || (bonding != NULL && g_ascii_strcasecmp(bonding, "yes") == 0) ||
        (is_vlan && (device == NULL || strchr(device, '.') == NULL)))
        return;
    /* NetworkManager names files after connections; without DEVICE such a file is tied to the card
       by its HWADDR alone, or to none. */
    if (device == NULL && mac == NULL && type != NULL)
        return;
    network_names_add(names, device != NULL ? device : suffix, mac,
                      !(onboot != NULL && g_ascii_strcasecmp(onboot, "no") == 0) &&
                          !(startmode != NULL &&
                            (g_str_equal(startmode, "off") || g_str_equal(startmode, "manual"))),
                      FALSE);
}

/* wicked's own configuration: <interface><name>eth0</name>… */
void network_names_parse_wicked(const char *text, GPtrArray *names)
{
    static const char start[] = "<name>";

    for (const char *at = strstr(text, start); at != NULL; at = strstr(at, start)) {
        at += strlen(start);

        g_autofree char *name = g_strndup(at, strcspn(at, "< \t\n"));

        network_names_add(names, name, NULL, TRUE, FALSE);
    }
}

/* interfaces(5): names after iface, auto and allow-…, and what bridges and bonds are made of. */
void network_names_parse_interfaces(const char *text, GPtrArray *names)
{
    static const char *const member_words[] = {"bridge_ports",    "bridge-ports",
                                               "bond-slaves",     "slaves",
                                               "vlan-raw-device", "vlan_raw_device"};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) raw = g_strsplit_set(g_strstrip(lines[i]), " \t", -1);
        g_autoptr(GPtrArray) words = g_ptr_array_new();
        gboolean is_member = FALSE;

        for (guint j = 0; raw[j] != NULL; j++)
            if (*raw[j] != '\0')
                g_ptr_array_add(words, raw[j]);
        if (words->len < 2)
            continue;

        const char *word = words->pdata[0];
        gboolean starts = g_str_equal(word, "auto") || g_str_has_prefix(word, "allow-");

        for (size_t j = 0; j < G_N_ELEMENTS(member_words); j++)
            is_member = is_member || g_str_equal(word, member_words[j]);
        if (g_str_equal(word, "iface"))
            network_names_add(names, words->pdata[1], NULL, FALSE, FALSE);
        for (guint j = 1; (starts || is_member) && j < words->len; j++)
            if (!g_str_equal(words->pdata[j], "none"))
                network_names_add(names, words->pdata[j], NULL, TRUE, FALSE);
    }
}

/* Gentoo's netifrc: variables end in the interface's name, with '_' for what no shell variable may
   contain. */
void network_names_parse_netifrc(const char *text, GPtrArray *names)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = g_strchug(lines[i]);
        const char *end = strchr(line, '=');

        if (end == NULL || !g_str_has_prefix(line, "config_"))
            continue;
        g_autofree char *name =
            g_strndup(line + strlen("config_"), (gsize)(end - line) - strlen("config_"));

        network_names_add(names, name, NULL, TRUE, FALSE);
    }
}

/* dhcpcd.conf(5): "interface NAME" begins what holds for it alone. */
void network_names_parse_dhcpcd(const char *text, GPtrArray *names)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(lines[i]), " \t", 2);

        if (words[0] != NULL && words[1] != NULL && g_str_equal(words[0], "interface"))
            network_names_add(names, g_strstrip(words[1]), NULL, TRUE, FALSE);
    }
}

static GKeyFile *load_keyfile(const char *text)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) error = NULL;

    if (!g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, &error)) {
        g_debug("network configuration is no key file: %s, skipping", error->message);
        return NULL;
    }
    return g_steal_pointer(&file);
}

void network_names_parse_keyfile(const char *text, GPtrArray *names)
{
    static const char *const groups[] = {"ethernet", "802-3-ethernet"};
    g_autoptr(GKeyFile) file = load_keyfile(text);
    g_autofree char *type = NULL, *name = NULL, *autoconnect = NULL, *mac = NULL, *parent = NULL;

    if (file == NULL)
        return;
    type = g_key_file_get_string(file, "connection", "type", NULL);
    parent = g_key_file_get_string(file, "vlan", "parent", NULL);
    if (parent != NULL)
        network_names_add(names, parent, NULL, TRUE, FALSE);
    name = g_key_file_get_string(file, "connection", "interface-name", NULL);
    autoconnect = g_key_file_get_string(file, "connection", "autoconnect", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(groups) && mac == NULL; i++)
        mac = g_key_file_get_string(file, groups[i], "mac-address", NULL);
    if (type == NULL || name == NULL ||
        (!g_str_equal(type, "ethernet") && !g_str_equal(type, "802-3-ethernet")))
        return;
    network_names_add(names, name, mac, g_strcmp0(autoconnect, "false") != 0, FALSE);
}

/* systemd.network(5) and systemd.link(5): a link file that gives a MAC a name pins it. */
void network_names_parse_networkd(const char *text, GPtrArray *names)
{
    g_autoptr(GKeyFile) file = load_keyfile(text);
    g_autofree char *mac = NULL, *permanent = NULL, *match_name = NULL, *link_name = NULL;

    if (file == NULL)
        return;
    mac = g_key_file_get_string(file, "Match", "MACAddress", NULL);
    permanent = g_key_file_get_string(file, "Match", "PermanentMACAddress", NULL);
    match_name = g_key_file_get_string(file, "Match", "Name", NULL);
    link_name = g_key_file_get_string(file, "Link", "Name", NULL);
    if (link_name != NULL && (mac != NULL || permanent != NULL)) {
        network_names_add(names, link_name, mac != NULL ? mac : permanent, FALSE, TRUE);
        return;
    }
    /* By its place or driver (Path=, Driver=): both are others on the new machine. */
    if (link_name != NULL)
        network_names_add(names, link_name, NULL, TRUE, FALSE);
    if (match_name == NULL)
        return;

    g_auto(GStrv) words = g_strsplit_set(match_name, " \t", -1);

    for (guint i = 0; words[i] != NULL; i++)
        network_names_add(names, words[i],
                          words[1] != NULL ? NULL
                          : mac != NULL    ? mac
                                           : permanent,
                          TRUE, FALSE);
}

/* The value between quotes behind key; NULL if the line has none. */
static char *rule_value(const char *line, const char *key)
{
    const char *start = strstr(line, key);
    const char *end = start != NULL ? strchr(start + strlen(key), '"') : NULL;

    return end != NULL ? g_strndup(start + strlen(key), (gsize)(end - start) - strlen(key)) : NULL;
}

void network_names_parse_rules(const char *text, GPtrArray *names)
{
    static const char *const mac_keys[] = {"ATTR{address}==\"", "ATTRS{address}==\"",
                                           "SYSFS{address}==\""};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *name = rule_value(lines[i], " NAME=\"");
        g_autofree char *mac = NULL;

        if (name == NULL)
            name = rule_value(lines[i], ",NAME=\"");
        for (size_t j = 0; j < G_N_ELEMENTS(mac_keys) && mac == NULL; j++)
            mac = rule_value(lines[i], mac_keys[j]);
        if (*lines[i] != '#' && name != NULL && mac != NULL)
            network_names_add(names, name, mac, FALSE, TRUE);
    }
}

/* Folders with one configuration per file. */
static const struct {
    const char *folder;
    const char *suffix;
    void (*parse)(const char *text, GPtrArray *names);
} sources[] = {
    {"/etc/network/interfaces.d", "", network_names_parse_interfaces},
    {"/etc/wicked/ifconfig", ".xml", network_names_parse_wicked},
    {"/etc/NetworkManager/system-connections", "", network_names_parse_keyfile},
    {"/etc/netplan", ".yaml", network_names_parse_netplan},
    {"/etc/netplan", ".yml", network_names_parse_netplan},
    {"/etc/systemd/network", ".network", network_names_parse_networkd},
    {"/etc/systemd/network", ".link", network_names_parse_networkd},
    {"/etc/cloud/cloud.cfg.d", ".cfg", network_names_parse_netplan},
    {"/var/lib/cloud/seed/nocloud", "network-config", network_names_parse_netplan},
    {"/var/lib/cloud/seed/nocloud-net", "network-config", network_names_parse_netplan},
    {"/etc/udev/rules.d", "net.rules", network_names_parse_rules},
    {"/etc/udev/rules.d", "net_persistent_names.rules", network_names_parse_rules},
};

static const struct {
    const char *path;
    void (*parse)(const char *text, GPtrArray *names);
} files[] = {
    {"/etc/network/interfaces", network_names_parse_interfaces},
    {"/etc/conf.d/net", network_names_parse_netifrc},
    {"/etc/dhcpcd.conf", network_names_parse_dhcpcd},
};

static gboolean read_file(LinuxPlan *plan, const char *path, GPtrArray *names,
                          void (*parse)(const char *text, GPtrArray *names), GError **error)
{
    g_autofree char *text = NULL;

    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    if (text != NULL)
        parse(text, names);
    return TRUE;
}

static gboolean read_ifcfg_folder(LinuxPlan *plan, const char *folder, GPtrArray *names,
                                  GError **error)
{
    g_autoptr(GPtrArray) paths = linux_plan_list(plan, folder, "");

    for (guint i = 0; i < paths->len; i++) {
        const char *base = strrchr(paths->pdata[i], '/') + 1;
        g_autofree char *text = NULL;

        /* Backups that editors and package managers leave are read by nobody. */
        if (!g_str_has_prefix(base, "ifcfg-") || strchr(base, '~') != NULL ||
            strchr(base, '.') != NULL)
            continue;
        if (!edits_read_text(plan->edits, paths->pdata[i], &text, error))
            return FALSE;
        if (text != NULL)
            network_names_parse_ifcfg(text, base + strlen("ifcfg-"), names);
    }
    return TRUE;
}

gboolean network_names_read(LinuxPlan *plan, GPtrArray *names, GError **error)
{
    if (!read_ifcfg_folder(plan, "/etc/sysconfig/network-scripts", names, error) ||
        !read_ifcfg_folder(plan, "/etc/sysconfig/network", names, error))
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        if (!read_file(plan, files[i].path, names, files[i].parse, error))
            return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_autoptr(GPtrArray) paths = linux_plan_list(plan, sources[i].folder, sources[i].suffix);

        for (guint j = 0; j < paths->len; j++)
            if (!read_file(plan, paths->pdata[j], names, sources[i].parse, error))
                return FALSE;
    }
    return TRUE;
}
