/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration that finds its network card by what the new machine has differently. */
#include "linux/network_match.h"

#include <string.h>

#include "linux/config_lines.h"
#include "linux/yaml_edit.h"

/* "pci-0000:0b:00.0" is a place; "pci-*" and "?*" are any. */
static gboolean is_lost(const char *key, const char *value)
{
    if (g_ascii_strcasecmp(key, "path") == 0)
        return strchr(value, ':') != NULL;
    return g_ascii_strcasecmp(key, "driver") == 0 && *value != '!' && strchr(value, '*') == NULL &&
           strstr(value, "virtio") == NULL;
}

static gboolean remove_lost(const char *key, const char *value, gpointer data)
{
    gboolean *found = data, lost = is_lost(key, value);

    *found = *found || lost;
    return lost;
}

char *network_match_networkd(const char *text, const char *mac)
{
    static const char *const enough[] = {"MACAddress", "PermanentMACAddress", "Name",
                                         "OriginalName"};
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *type = NULL;
    gboolean found = FALSE, is_told = FALSE;

    section_lines_remove(lines, "Match", remove_lost, &found);
    if (!found)
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(enough); i++) {
        g_autofree char *value = section_lines_get(lines, "Match", enough[i]);

        is_told = is_told || value != NULL;
    }
    type = section_lines_get(lines, "Match", "Type");
    if (!is_told && mac != NULL) {
        section_lines_add(lines, "Match", "MACAddress", mac);
        /* What stands on the card has its address too, and is of another type. */
        if (type == NULL)
            section_lines_add(lines, "Match", "Type", "ether");
    }
    return config_lines_join(lines);
}

char *network_match_keyfile(const char *text, const char *mac)
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);
    g_autofree char *name = NULL, *own_mac = NULL;
    gboolean found = FALSE;

    section_lines_remove(lines, "match", remove_lost, &found);
    if (!found)
        return NULL;
    name = section_lines_get(lines, "connection", "interface-name");
    own_mac = section_lines_get(lines, "ethernet", "mac-address");
    if (name == NULL && own_mac == NULL && mac != NULL)
        section_lines_add(lines, "ethernet", "mac-address", mac);
    return config_lines_join(lines);
}

static gboolean match_interface(yaml_document_t *document, int interface, const char *mac)
{
    int match = yaml_edit_get(document, interface, "match");
    const char *driver = yaml_edit_scalar(document, yaml_edit_get(document, match, "driver"));

    if (driver == NULL || !is_lost("driver", driver))
        return FALSE;
    yaml_edit_remove(document, match, "driver");
    if (mac != NULL && yaml_edit_get(document, match, "macaddress") == 0 &&
        yaml_edit_get(document, match, "name") == 0)
        yaml_edit_set(document, match, "macaddress", yaml_edit_new_scalar(document, mac));
    return TRUE;
}

char *network_match_netplan(const char *text, const char *mac)
{
    yaml_document_t document = {0};
    int ethernets = 0, key = 0, value = 0;
    gboolean found = FALSE;

    if (!yaml_edit_load(text, &document))
        return NULL;
    ethernets = yaml_edit_get(&document, yaml_edit_get(&document, 1, "network"), "ethernets");
    for (guint i = 0; yaml_edit_pair(&document, ethernets, i, &key, &value); i++)
        found = match_interface(&document, value, mac) || found;
    if (found)
        return yaml_edit_save(&document, text);
    yaml_document_delete(&document);
    return NULL;
}

static const struct {
    const char *folder, *suffix;
    char *(*rewrite)(const char *text, const char *mac);
} places[] = {
    {"/etc/systemd/network", ".network", network_match_networkd},
    {"/etc/systemd/network", ".link", network_match_networkd},
    {"/etc/NetworkManager/system-connections", "", network_match_keyfile},
    {"/etc/netplan", ".yaml", network_match_netplan},
};

static gboolean plan_file(LinuxPlan *plan, const char *path, guint place, const char *mac,
                          GError **error)
{
    g_autofree char *text = NULL, *rewritten = NULL;

    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    rewritten = text != NULL ? places[place].rewrite(text, mac) : NULL;
    if (rewritten == NULL)
        return TRUE;
    if (mac == NULL) {
        findings_add(plan->findings, FINDING_LINUX_NETWORK_MATCH_LOST, path);
        return TRUE;
    }
    return edits_write_text(plan->edits, path, rewritten, NULL, -1,
                            "the network card has another place and driver, and its MAC address",
                            error);
}

gboolean network_matches_plan(LinuxPlan *plan, GError **error)
{
    gboolean is_known = plan->nic_count == 1 && !plan->nics[0].mac_is_new;
    g_autofree char *mac = is_known ? nic_mac_normalise(plan->nics[0].mac) : NULL;

    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GPtrArray) paths = linux_plan_list(plan, places[i].folder, places[i].suffix);

        for (guint j = 0; j < paths->len; j++)
            if (!plan_file(plan, paths->pdata[j], i, mac, error))
                return FALSE;
    }
    return TRUE;
}
