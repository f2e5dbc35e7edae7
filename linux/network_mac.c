/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MAC addresses in the texts of a guest. */
#include "linux/network_mac.h"

#include <string.h>

#include "linux/network_names.h"

#define REASON "the network card gets another MAC address"
#define CONNMAN "/var/lib/connman"

/* One byte of an address, of two digits or (dhclient's "0:c:29") one. */
static gboolean read_byte(const char **at, uint8_t *ret_byte, gboolean *ret_short)
{
    gint high = g_ascii_xdigit_value((*at)[0]);
    gint low = high >= 0 ? g_ascii_xdigit_value((*at)[1]) : -1;

    if (high < 0)
        return FALSE;
    *ret_byte = (uint8_t)(low >= 0 ? high * 16 + low : high);
    *ret_short = *ret_short || low < 0;
    *at += low >= 0 ? 2 : 1;
    return TRUE;
}

/* How an address is written. */
typedef struct {
    char separator; /* '\0': none */
    gboolean upper;
    gboolean is_short; /* "0" for "00" */
    size_t length;
} Spelling;

static gboolean read_mac(const char *text, gboolean plain_too, uint8_t mac[6],
                         Spelling *ret_spelling)
{
    const char *at = text;

    *ret_spelling = (Spelling){0};
    for (guint i = 0; i < 6; i++) {
        if (i == 1)
            ret_spelling->separator = *at == ':' || *at == '-' ? *at : '\0';
        if (i > 0 && ret_spelling->separator != '\0' && *at++ != ret_spelling->separator)
            return FALSE;
        if (!read_byte(&at, &mac[i], &ret_spelling->is_short))
            return FALSE;
    }
    ret_spelling->length = (size_t)(at - text);
    for (const char *digit = text; digit < at; digit++)
        ret_spelling->upper = ret_spelling->upper || g_ascii_isupper(*digit);
    /* Only dhclient's own files leave zeros out, and they have colons. */
    return !g_ascii_isxdigit(*at) && (ret_spelling->separator != '\0' || plain_too) &&
           !(ret_spelling->is_short && ret_spelling->separator != ':');
}

static gboolean parse_mac(const char *text, uint8_t mac[6])
{
    Spelling spelling;

    return text != NULL && read_mac(text, TRUE, mac, &spelling) &&
           spelling.length == strlen(text) && !spelling.is_short;
}

static void append_mac(GString *out, const uint8_t mac[6], const Spelling *spelling)
{
    for (guint i = 0; i < 6; i++) {
        if (i > 0 && spelling->separator != '\0')
            g_string_append_c(out, spelling->separator);
        g_string_append_printf(out,
                               spelling->is_short ? spelling->upper ? "%X" : "%x"
                               : spelling->upper  ? "%02X"
                                                  : "%02x",
                               mac[i]);
    }
}

/* Whether a number could begin at this place of text. */
static gboolean begins_number(const char *text, const char *at)
{
    return g_ascii_isxdigit(*at) && (at == text || !g_ascii_isalnum(at[-1]));
}

char *network_mac_replace(const char *text, const LinuxNic *nics, guint nic_count,
                          NetworkMacFlags flags)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean changed = FALSE;

    for (const char *at = text; *at != '\0';) {
        const LinuxNic *found = NULL;
        uint8_t mac[6], old[6], new_mac[6];
        Spelling spelling;

        if (begins_number(text, at) && read_mac(at, flags & NETWORK_MAC_PLAIN, mac, &spelling))
            for (guint i = 0; i < nic_count && found == NULL; i++)
                if (parse_mac(nics[i].mac, old) && memcmp(old, mac, sizeof(mac)) == 0 &&
                    parse_mac(nics[i].new_mac, new_mac))
                    found = &nics[i];
        if (found == NULL) {
            g_string_append_c(out, *at++);
            continue;
        }

        gboolean quote =
            (flags & NETWORK_MAC_YAML) != 0 && at > text && at[-1] != '"' && at[-1] != '\'';

        g_string_append(out, quote ? "\"" : "");
        append_mac(out, new_mac, &spelling);
        g_string_append(out, quote ? "\"" : "");
        at += spelling.length;
        changed = TRUE;
    }
    return changed ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

const char *network_mac_new(const LinuxNic *nics, guint nic_count, const char *old)
{
    g_autofree char *wanted = network_mac_normalise(old);

    for (guint i = 0; i < nic_count && wanted != NULL; i++) {
        g_autofree char *mac = network_mac_normalise(nics[i].mac);

        if (nics[i].new_mac != NULL && g_strcmp0(mac, wanted) == 0)
            return nics[i].new_mac;
    }
    return old;
}

/* Folders whose files may name the card they are for; what else is in them has no such words. */
static const struct {
    const char *path;
    const char *suffix; /* NULL: path is a file */
    gboolean in_initramfs;
} places[] = {
    {"/etc/sysconfig/network-scripts", "", TRUE},
    {"/etc/sysconfig/network", "", TRUE},
    {"/etc/sysconfig/networking/devices", "", FALSE},
    {"/etc/wicked", ".xml", FALSE},
    {"/etc/wicked/ifconfig", ".xml", FALSE},
    {"/etc/network/interfaces", NULL, FALSE},
    {"/etc/network/interfaces.d", "", FALSE},
    {"/etc/NetworkManager/system-connections", "", TRUE},
    {"/etc/NetworkManager/NetworkManager.conf", NULL, TRUE},
    {"/etc/NetworkManager/conf.d", ".conf", TRUE},
    {"/var/lib/NetworkManager/no-auto-default.state", NULL, FALSE},
    {"/etc/netplan", ".yaml", FALSE},
    {"/etc/netplan", ".yml", FALSE},
    {"/etc/cloud/cloud.cfg", NULL, FALSE},
    {"/etc/cloud/cloud.cfg.d", ".cfg", FALSE},
    {"/var/lib/cloud/seed/nocloud", "network-config", FALSE},
    {"/var/lib/cloud/seed/nocloud-net", "network-config", FALSE},
    {"/etc/systemd/network", ".network", TRUE},
    {"/etc/systemd/network", ".link", TRUE},
    {"/etc/systemd/network", ".netdev", TRUE},
    {"/etc/udev/rules.d", ".rules", TRUE},
    {"/etc/iftab", NULL, FALSE},
    {"/etc/mactab", NULL, FALSE},
    {"/etc/conf.d/net", NULL, FALSE},
    {"/etc/dhcpcd.conf", NULL, FALSE},
    {"/etc/dhcp", ".conf", FALSE},
    {"/etc/dhclient.conf", NULL, FALSE},
    {"/etc/dhcp3", ".conf", FALSE},
    {"/etc/initramfs-tools", ".conf", FALSE},
    {"/etc/initramfs-tools/conf.d", "", FALSE},
    {"/etc/dracut.conf", NULL, FALSE},
    {"/etc/dracut.conf.d", ".conf", FALSE},
    {"/etc/connman/main.conf", NULL, FALSE},
    {"/etc/cmdline.d", ".conf", TRUE},
    {"/conf", ".conf", TRUE},
    {"/conf/conf.d", "", TRUE},
};

gboolean network_mac_is_copy(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        if (!places[i].in_initramfs)
            continue;
        if (places[i].suffix == NULL ? g_str_equal(path, places[i].path + 1)
                                     : g_str_equal(folder, places[i].path + 1) &&
                                           g_str_has_suffix(path, places[i].suffix))
            return TRUE;
    }
    return FALSE;
}

static gboolean is_yaml(const char *path)
{
    static const char *const endings[] = {".yaml", ".yml", ".cfg", "/network-config"};

    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(path, endings[i]))
            return TRUE;
    return FALSE;
}

static gboolean is_new(const LinuxPlan *plan, const char *mac)
{
    for (guint i = 0; i < plan->nic_count; i++) {
        g_autofree char *new_mac = network_mac_normalise(plan->nics[i].new_mac);

        if (g_strcmp0(new_mac, mac) == 0)
            return TRUE;
    }
    return FALSE;
}

/* An address that the guest gives an interface itself, whatever the machine's card has: of
   initscripts, SUSE, NetworkManager, ifupdown. */
static void report_own(LinuxPlan *plan, const char *path, const char *text)
{
    static const char *const keys[] = {
        "MACADDR=", "LLADDR=", "cloned-mac-address=", "hwaddress ether ", "hwaddress "};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++)
        for (size_t j = 0; j < G_N_ELEMENTS(keys); j++) {
            const char *line = g_strchug(lines[i]);
            g_autofree char *value = NULL, *mac = NULL, *subject = NULL;

            if (!g_str_has_prefix(line, keys[j]))
                continue;
            value = g_strdelimit(g_strdup(line + strlen(keys[j])), "\"'", ' ');
            mac = network_mac_normalise(g_strstrip(value));
            subject = g_strdup_printf("%s in %s", mac, path);
            if (mac != NULL && !is_new(plan, mac))
                findings_add(plan->findings, FINDING_LINUX_NETWORK_MAC_OWN, subject);
        }
}

static gboolean replace_in_file(LinuxPlan *plan, const char *path, GError **error)
{
    NetworkMacFlags flags = is_yaml(path) ? NETWORK_MAC_YAML : NETWORK_MAC_DEFAULT;
    g_autofree char *text = NULL, *replaced = NULL;

    if (!fs_tree_is_file(plan->guest->tree, path))
        return TRUE;
    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    replaced = text != NULL ? network_mac_replace(text, plan->nics, plan->nic_count, flags) : NULL;
    if (text != NULL)
        report_own(plan, path, replaced != NULL ? replaced : text);
    return replaced == NULL ||
           edits_write_text(plan->edits, path, replaced, NULL, -1, REASON, error);
}

static gboolean replace_in_places(LinuxPlan *plan, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GPtrArray) paths = NULL;

        if (places[i].suffix == NULL) {
            if (!replace_in_file(plan, places[i].path, error))
                return FALSE;
            continue;
        }
        paths = linux_plan_list(plan, places[i].path, places[i].suffix);
        for (guint j = 0; j < paths->len; j++)
            if (!replace_in_file(plan, paths->pdata[j], error))
                return FALSE;
    }
    return TRUE;
}

/* "ethernet_005056aabbcc_cable/settings", with that name in the file too: connman's
   doc/settings-storage. What else is in such a folder are its counters. */
static gboolean move_service(LinuxPlan *plan, const char *folder, const char *new_folder,
                             GError **error)
{
    g_autoptr(GPtrArray) paths = linux_plan_list(plan, folder, "");

    for (guint i = 0; i < paths->len; i++) {
        const char *path = paths->pdata[i];
        g_autofree char *new_path = g_build_filename(new_folder, strrchr(path, '/') + 1, NULL);
        g_autofree char *text = NULL, *replaced = NULL;

        if (g_str_has_suffix(path, "/settings") &&
            !edits_read_text(plan->edits, path, &text, error))
            return FALSE;
        replaced = text != NULL
                       ? network_mac_replace(text, plan->nics, plan->nic_count, NETWORK_MAC_PLAIN)
                       : NULL;
        if ((text != NULL &&
             !edits_write_text(plan->edits, new_path, replaced != NULL ? replaced : text, path, -1,
                               REASON, error)) ||
            !edits_remove(plan->edits, path, REASON, error))
            return FALSE;
    }
    return edits_remove(plan->edits, folder, REASON, error);
}

static gboolean replace_in_connman(LinuxPlan *plan, GError **error)
{
    g_autoptr(GPtrArray) entries = NULL;

    if (!fs_tree_is_directory(plan->guest->tree, CONNMAN))
        return TRUE;
    if (!fs_tree_list(plan->guest->tree, CONNMAN, &entries, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = entries->pdata[i];
        g_autofree char *path = g_build_filename(CONNMAN, entry->name, NULL);
        g_autofree char *name =
            network_mac_replace(entry->name, plan->nics, plan->nic_count, NETWORK_MAC_PLAIN);
        g_autofree char *new_path = g_build_filename(CONNMAN, name, NULL);
        gboolean ok = TRUE;

        if (entry->type != FS_TYPE_DIRECTORY)
            ok = replace_in_file(plan, path, error);
        else if (name != NULL)
            ok = move_service(plan, path, new_path, error);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

static gboolean any_changes(const LinuxPlan *plan)
{
    for (guint i = 0; i < plan->nic_count; i++)
        if (plan->nics[i].new_mac != NULL)
            return TRUE;
    return FALSE;
}

gboolean network_macs_plan(LinuxPlan *plan, GError **error)
{
    return !any_changes(plan) ||
           (replace_in_places(plan, error) && replace_in_connman(plan, error));
}
