/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bridges, bonds and teams that an interface belongs to: they have its addresses. */
#include <string.h>

#include "linux/config_lines.h"
#include "linux/network_address.h"
#include "linux/yaml_edit.h"

/* Each gives the master that a file says name has, NULL if it says none. */
typedef char *(*MasterFunc)(const char *text, const char *base, const char *name);

static gboolean has_word(const char *list, const char *wanted)
{
    g_auto(GStrv) words = g_strsplit_set(list, " \t,", -1);

    for (guint i = 0; words[i] != NULL; i++)
        if (g_str_equal(words[i], wanted))
            return TRUE;
    return FALSE;
}

static const char *device_of(const char *device, const char *base)
{
    if (device != NULL)
        return device;
    return g_str_has_prefix(base, "ifcfg-") ? base + strlen("ifcfg-") : base;
}

/* The member says it. */
static char *ifcfg_master(const char *text, const char *base, const char *name)
{
    static const char *const keys[] = {"MASTER", "TEAM_MASTER", "BRIDGE", "OVS_BRIDGE"};
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *device = shell_lines_get(lines, "DEVICE");

    if (!g_str_equal(device_of(device, base), name))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *master = shell_lines_get(lines, keys[i]);

        if (master != NULL && *master != '\0')
            return g_steal_pointer(&master);
    }
    return NULL;
}

/* The master says it: BRIDGE_PORTS='eth0 eth1', BONDING_SLAVE_0='eth0', TEAM_PORT_DEVICE_1='eth0'.
 */
static char *wicked_master(const char *text, const char *base, const char *name)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);

    for (guint i = 0; i < lines->len; i++) {
        const char *line = lines->pdata[i];
        g_auto(GStrv) pair = g_strsplit(line, "=", 2);

        if (pair[0] == NULL || pair[1] == NULL ||
            (!g_str_equal(pair[0], "BRIDGE_PORTS") && !g_str_has_prefix(pair[0], "BONDING_SLAVE") &&
             !g_str_has_prefix(pair[0], "TEAM_PORT_DEVICE")))
            continue;
        g_strdelimit(pair[1], "\"'", ' ');
        if (has_word(pair[1], name))
            return g_strdup(device_of(NULL, base));
    }
    return NULL;
}

/* By the master's name; by its UUID it would take another file to find it, which is read too. */
static char *keyfile_master(const char *text, const char *base G_GNUC_UNUSED, const char *name)
{
    static const char *const keys[] = {"master", "controller"};
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *own = section_lines_get(lines, "connection", "interface-name");

    for (size_t i = 0; g_strcmp0(own, name) == 0 && i < G_N_ELEMENTS(keys); i++) {
        char *master = section_lines_get(lines, "connection", keys[i]);

        if (master != NULL)
            return master;
    }
    return NULL;
}

static char *networkd_master(const char *text, const char *base G_GNUC_UNUSED, const char *name)
{
    static const char *const keys[] = {"Bridge", "Bond"};
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *list = section_lines_get(lines, "Match", "Name");

    for (size_t i = 0; list != NULL && has_word(list, name) && i < G_N_ELEMENTS(keys); i++) {
        char *master = section_lines_get(lines, "Network", keys[i]);

        if (master != NULL)
            return master;
    }
    return NULL;
}

/* "bridge_ports eth0" and "bond-slaves eth0" in the master's stanza, "bond-master bond0" in the
   member's. */
static char *interfaces_master(const char *text, const char *base G_GNUC_UNUSED, const char *name)
{
    static const char *const member_words[] = {"bridge_ports", "bridge-ports", "bond-slaves",
                                               "bond_slaves", "slaves"};
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *current = NULL;

    for (guint i = 0; i < lines->len; i++) {
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(lines->pdata[i]), " \t", 2);
        const char *rest = words[0] != NULL && words[1] != NULL ? g_strstrip(words[1]) : NULL;

        if (rest == NULL)
            continue;
        if (g_str_equal(words[0], "iface")) {
            g_free(current);
            current = g_strndup(rest, strcspn(rest, " \t"));
        }
        for (size_t j = 0; current != NULL && j < G_N_ELEMENTS(member_words); j++)
            if (g_str_equal(words[0], member_words[j]) && has_word(rest, name))
                return g_steal_pointer(&current);
        if (g_str_equal(words[0], "bond-master") && g_strcmp0(current, name) == 0)
            return g_strdup(rest);
    }
    return NULL;
}

/* bonds and bridges with a list of "interfaces". */
static char *find_in_network(yaml_document_t *document, const char *name)
{
    static const char *const kinds[] = {"bonds", "bridges"};
    int network = yaml_edit_get(document, 1, "network");

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        int kind = yaml_edit_get(document, network, kinds[i]), key = 0, value = 0;

        for (guint j = 0; yaml_edit_pair(document, kind, j, &key, &value); j++) {
            int list = yaml_edit_get(document, value, "interfaces"), item = 0;

            for (guint k = 0; (item = yaml_edit_item(document, list, k)) != 0; k++)
                if (g_strcmp0(yaml_edit_scalar(document, item), name) == 0)
                    return g_strdup(yaml_edit_scalar(document, key));
        }
    }
    return NULL;
}

static char *yaml_master(const char *text, const char *base G_GNUC_UNUSED, const char *name)
{
    g_auto(yaml_document_t) document = {0};

    if (!yaml_edit_load(text, &document) || yaml_document_get_root_node(&document) == NULL)
        return NULL;
    return find_in_network(&document, name);
}

static const struct {
    const char *path;
    const char *prefix, *suffix; /* suffix NULL: path is a file */
    MasterFunc find;
} places[] = {
    {"/etc/netplan", "", ".yaml", yaml_master},
    {"/etc/systemd/network", "", ".network", networkd_master},
    {"/etc/NetworkManager/system-connections", "", "", keyfile_master},
    {"/etc/sysconfig/network-scripts", "ifcfg-", "", ifcfg_master},
    {"/etc/sysconfig/network", "ifcfg-", "", wicked_master},
    {"/etc/network/interfaces", "", NULL, interfaces_master},
    {"/etc/network/interfaces.d", "", "", interfaces_master},
};

static char *find_in_file(LinuxPlan *plan, const char *path, MasterFunc find, const char *name)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    if (!edits_read_text(plan->edits, path, &text, &error)) {
        g_debug("cannot read '%s': %s, skipping", path, error->message);
        return NULL;
    }
    return text != NULL ? find(text, strrchr(path, '/') + 1, name) : NULL;
}

/* NetworkManager may name a master by the UUID of its connection. */
static char *resolve_uuid(LinuxPlan *plan, char *master)
{
    g_autoptr(GPtrArray) paths = NULL;

    if (!g_uuid_string_is_valid(master))
        return master;
    paths = linux_plan_list(plan, "/etc/NetworkManager/system-connections", "");
    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *text = NULL, *uuid = NULL;
        g_autoptr(GPtrArray) lines = NULL;

        if (!edits_read_text(plan->edits, paths->pdata[i], &text, NULL) || text == NULL)
            continue;
        lines = config_lines_new(text);
        uuid = section_lines_get(lines, "connection", "uuid");
        if (g_strcmp0(uuid, master) == 0) {
            g_free(master);
            return section_lines_get(lines, "connection", "interface-name");
        }
    }
    g_free(master);
    return NULL;
}

char *network_master_find(LinuxPlan *plan, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GPtrArray) paths = NULL;

        if (places[i].suffix == NULL) {
            char *master = fs_tree_is_file(plan->guest->tree, places[i].path)
                               ? find_in_file(plan, places[i].path, places[i].find, name)
                               : NULL;

            if (master != NULL)
                return master;
            continue;
        }
        paths = linux_plan_list(plan, places[i].path, places[i].suffix);
        for (guint j = 0; j < paths->len; j++) {
            char *master = g_str_has_prefix(strrchr(paths->pdata[j], '/') + 1, places[i].prefix)
                               ? find_in_file(plan, paths->pdata[j], places[i].find, name)
                               : NULL;

            if (master != NULL)
                return resolve_uuid(plan, master);
        }
    }
    return NULL;
}
