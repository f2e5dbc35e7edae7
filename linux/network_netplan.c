/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ethernets of a netplan file, which is YAML in block style: enough of it to find names, match:
   macaddress: and set-name:. */
#include <string.h>

#include "linux/network_names.h"

typedef struct {
    char *id; /* the key below ethernets: */
    char *mac;
    char *set_name;
    gboolean matches; /* has a match: of its own, so the key is no name */
} Interface;

static void interface_flush(Interface *interface, GPtrArray *names)
{
    if (interface->id != NULL && interface->set_name != NULL)
        network_names_add(names, interface->set_name, interface->mac, TRUE, interface->mac != NULL);
    else if (interface->id != NULL && !interface->matches)
        network_names_add(names, interface->id, NULL, TRUE, FALSE);
    g_clear_pointer(&interface->id, g_free);
    g_clear_pointer(&interface->mac, g_free);
    g_clear_pointer(&interface->set_name, g_free);
    interface->matches = FALSE;
}

/* "  key: value" in its parts, without quotes; FALSE for anything else. */
static gboolean split_line(const char *line, size_t *ret_indent, char **ret_key, char **ret_value)
{
    size_t indent = strspn(line, " ");
    g_autofree char *text = g_strdup(line + indent);
    char *comment = strstr(text, " #");
    char *colon = NULL;

    if (*text == '#' || *text == '-' || *text == '\0')
        return FALSE;
    if (comment != NULL)
        *comment = '\0';
    colon = strstr(text, ": ");
    if (colon == NULL && g_str_has_suffix(g_strchomp(text), ":"))
        colon = text + strlen(text) - 1;
    if (colon == NULL)
        return FALSE;
    *colon = '\0';
    *ret_indent = indent;
    *ret_key = g_strdup(g_strstrip(g_strdelimit(text, "\"'", ' ')));
    *ret_value = g_strstrip(g_strdelimit(g_strdup(colon + 1), "\"'", ' '));
    return TRUE;
}

void network_names_parse_netplan(const char *text, GPtrArray *names)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    Interface interface = {0};
    size_t section_indent = 0, id_indent = 0;
    gboolean in_section = FALSE;

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *key = NULL, *value = NULL;
        size_t indent = 0;

        if (!split_line(lines[i], &indent, &key, &value))
            continue;
        if (in_section && indent <= section_indent) {
            interface_flush(&interface, names);
            in_section = FALSE;
        }
        if (!in_section) {
            in_section = g_str_equal(key, "ethernets");
            section_indent = indent;
            id_indent = 0;
            continue;
        }
        if (id_indent == 0 || indent == id_indent) {
            interface_flush(&interface, names);
            id_indent = indent;
            interface.id = g_steal_pointer(&key);
        } else if (g_str_equal(key, "match")) {
            interface.matches = TRUE;
        } else if (g_str_equal(key, "macaddress") && interface.matches && interface.mac == NULL) {
            interface.mac = g_steal_pointer(&value);
        } else if (g_str_equal(key, "set-name")) {
            g_free(interface.set_name);
            interface.set_name = g_steal_pointer(&value);
        }
    }
    interface_flush(&interface, names);
}
