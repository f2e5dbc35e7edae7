/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files of a guest say the addresses of an interface. */
#include "linux/network_address.h"

#include <string.h>

#include "linux/config_lines.h"
#include "linux/network_style.h"

#define REASON "the user wants another address"
#define MASTERS_MAX 4u
#define CONNMAN "/var/lib/connman"

void network_move_free(gpointer data)
{
    NetworkMove *move = data;

    g_free(move->old_host);
    g_free(move->name);
    g_free(move);
}

/* Where each kind of configuration is. */
typedef struct {
    const char *path;
    const char *prefix, *suffix; /* of files in path; suffix NULL: path is a file itself */
    NetworkEditFunc edit;
    gboolean is_source; /* something else is made from it, or was: alone it does not count */
} Place;

static const Place places[] = {
    {"/etc/netplan", "", ".yaml", network_edit_yaml, FALSE},
    {"/etc/netplan", "", ".yml", network_edit_yaml, FALSE},
    {"/etc/systemd/network", "", ".network", network_edit_networkd, FALSE},
    {"/etc/NetworkManager/system-connections", "", "", network_edit_keyfile, FALSE},
    {"/etc/sysconfig/network-scripts", "ifcfg-", "", network_edit_ifcfg, FALSE},
    {"/etc/sysconfig/network", "ifcfg-", "", network_edit_wicked, FALSE},
    {"/etc/network/interfaces", "", NULL, network_edit_interfaces, FALSE},
    {"/etc/network/interfaces.d", "", "", network_edit_interfaces, FALSE},
    {"/etc/conf.d/net", "", NULL, network_edit_netifrc, FALSE},
    {"/etc/dhcpcd.conf", "", NULL, network_edit_dhcpcd, FALSE},
    {"/etc/cloud/cloud.cfg", "", NULL, network_edit_yaml, TRUE},
    {"/etc/cloud/cloud.cfg.d", "", ".cfg", network_edit_yaml, TRUE},
    {"/var/lib/cloud/seed/nocloud", "", "network-config", network_edit_yaml, TRUE},
    {"/var/lib/cloud/seed/nocloud-net", "", "network-config", network_edit_yaml, TRUE},
};

static gboolean change_file(LinuxPlan *plan, const char *path, const char *base,
                            NetworkEditFunc edit, NetworkTarget *target, gboolean *ret_found,
                            GError **error)
{
    g_autofree char *text = NULL, *edited = NULL;

    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    edited = text != NULL ? edit(text, base, target, FALSE) : NULL;
    *ret_found = *ret_found || edited != NULL;
    return edited == NULL || edits_write_text(plan->edits, path, edited, NULL, -1, REASON, error);
}

static gboolean change_place(LinuxPlan *plan, const Place *place, NetworkTarget *target,
                             gboolean *ret_found, GError **error)
{
    gboolean found = FALSE;

    if (place->suffix == NULL) {
        if (fs_tree_is_file(plan->guest->tree, place->path) &&
            !change_file(plan, place->path, place->path, place->edit, target, &found, error))
            return FALSE;
    } else {
        g_autoptr(GPtrArray) paths = linux_plan_list(plan, place->path, place->suffix);

        for (guint i = 0; i < paths->len; i++) {
            const char *base = strrchr(paths->pdata[i], '/') + 1;

            if (g_str_has_prefix(base, place->prefix) &&
                !change_file(plan, paths->pdata[i], base, place->edit, target, &found, error))
                return FALSE;
        }
    }
    *ret_found = *ret_found || (found && !place->is_source);
    return TRUE;
}

/* One folder for each card, called by its MAC address (already the new one, if it gets one). */
static char *connman_folder(const NetworkTarget *target)
{
    g_auto(GStrv) bytes = g_strsplit(target->mac != NULL ? target->mac : "", ":", -1);
    g_autofree char *plain = g_strjoinv("", bytes);

    return g_strdup_printf("ethernet_%s_cable", plain);
}

static gboolean change_connman(LinuxPlan *plan, NetworkTarget *target, gboolean *ret_found,
                               GError **error)
{
    g_autofree char *base = connman_folder(target);
    g_autofree char *path = g_build_filename(CONNMAN, base, "settings", NULL);

    return change_file(plan, path, base, network_edit_connman, target, ret_found, error);
}

/* How a guest without a configuration of the interface is given one. evidence: a file or folder
   that such guests have. */
static const struct {
    const char *evidence;
    gboolean needs_files; /* a folder that has to have files of this suffix */
    const char *suffix;
    const char *path; /* %s: the interface's name */
    NetworkEditFunc edit;
    int mode;
} ways[] = {
    {"/etc/netplan", TRUE, ".yaml", "/etc/netplan/90-drydock.yaml", network_edit_yaml, 0600},
    {"/etc/systemd/network", TRUE, ".network", "/etc/systemd/network/05-drydock-%s.network",
     network_edit_networkd, 0644},
    {"/etc/NetworkManager/system-connections", TRUE, "",
     "/etc/NetworkManager/system-connections/drydock-%s.nmconnection", network_edit_keyfile, 0600},
    {"/etc/conf.d/net", FALSE, NULL, "/etc/conf.d/net", network_edit_netifrc, 0644},
    {"/etc/sysconfig/network/config", FALSE, NULL, "/etc/sysconfig/network/ifcfg-%s",
     network_edit_wicked, 0600},
    {"/usr/sbin/netplan", FALSE, NULL, "/etc/netplan/90-drydock.yaml", network_edit_yaml, 0600},
    {"/etc/sysconfig/network-scripts", TRUE, "", "/etc/sysconfig/network-scripts/ifcfg-%s",
     network_edit_ifcfg, 0644},
    {"/usr/sbin/NetworkManager", FALSE, NULL,
     "/etc/NetworkManager/system-connections/drydock-%s.nmconnection", network_edit_keyfile, 0600},
    {"/usr/bin/NetworkManager", FALSE, NULL,
     "/etc/NetworkManager/system-connections/drydock-%s.nmconnection", network_edit_keyfile, 0600},
    {"/etc/systemd/system/multi-user.target.wants/systemd-networkd.service", FALSE, NULL,
     "/etc/systemd/network/05-drydock-%s.network", network_edit_networkd, 0644},
    {"/etc/network/interfaces", FALSE, NULL, "/etc/network/interfaces", network_edit_interfaces,
     0644},
    {"/etc/init.d/net.lo", FALSE, NULL, "/etc/conf.d/net", network_edit_netifrc, 0644},
    {"/etc/sysconfig/network", TRUE, "", "/etc/sysconfig/network/ifcfg-%s", network_edit_wicked,
     0600},
    {"/etc/dhcpcd.conf", FALSE, NULL, "/etc/dhcpcd.conf", network_edit_dhcpcd, 0644},
};

static gboolean has_evidence(LinuxPlan *plan, guint way)
{
    FsTree *tree = plan->guest->tree;
    g_autoptr(GPtrArray) paths = NULL;
    gboolean found = FALSE;

    if (!ways[way].needs_files)
        return fs_tree_stat_link(tree, ways[way].evidence, &found, NULL, NULL) && found;
    paths = linux_plan_list(plan, ways[way].evidence, ways[way].suffix);
    return paths->len > 0;
}

static gboolean add_connman(LinuxPlan *plan, NetworkTarget *target, gboolean *ret_found,
                            GError **error)
{
    g_autofree char *base = connman_folder(target);
    g_autofree char *path = g_build_filename(CONNMAN, base, "settings", NULL);
    g_autofree char *text = NULL;

    if (target->mac == NULL || !fs_tree_is_directory(plan->guest->tree, CONNMAN))
        return TRUE;
    text = network_edit_connman("", base, target, TRUE);
    *ret_found = TRUE;
    return edits_write_text(plan->edits, path, text, NULL, 0600, REASON, error);
}

static gboolean add_configuration(LinuxPlan *plan, NetworkTarget *target, gboolean *ret_found,
                                  GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *text = NULL, *edited = NULL, *path = NULL;
        g_auto(GStrv) parts = g_strsplit(ways[i].path, "%s", 2);

        if (!has_evidence(plan, i))
            continue;
        path = g_strjoinv(target->name, parts);
        if (!edits_read_text(plan->edits, path, &text, error))
            return FALSE;
        edited = ways[i].edit(text != NULL ? text : "", strrchr(path, '/') + 1, target, TRUE);
        if (edited == NULL)
            continue;
        *ret_found = TRUE;
        return edits_write_text(plan->edits, path, edited, NULL, text == NULL ? ways[i].mode : -1,
                                REASON, error);
    }
    return add_connman(plan, target, ret_found, error);
}

/* Name servers in resolv.conf, where nobody makes it: ifupdown and netifrc leave that to resolvconf
   alone, and it may not be there. */
static gboolean change_name_servers(LinuxPlan *plan, const NetworkTarget *target, GError **error)
{
    static const char path[] = "/etc/resolv.conf";
    FsTree *tree = plan->guest->tree;
    g_autofree char *text = NULL, *rewritten = NULL;
    g_autoptr(GPtrArray) lines = NULL;
    gboolean found = FALSE;
    FsStat status;

    if (target->address->dns->len == 0 || fs_tree_is_file(tree, "/sbin/resolvconf") ||
        fs_tree_is_file(tree, "/usr/sbin/resolvconf"))
        return TRUE;
    if (!fs_tree_stat_link(tree, path, &found, &status, error))
        return FALSE;
    if (!found || status.type != FS_TYPE_FILE)
        return TRUE;
    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    lines = config_lines_new(text != NULL ? text : "");
    for (guint i = 0; i < lines->len;) {
        if (g_str_has_prefix(lines->pdata[i], "nameserver"))
            g_ptr_array_remove_index(lines, i);
        else
            i++;
    }
    for (guint i = 0; i < target->address->dns->len; i++)
        g_ptr_array_add(
            lines, g_strdup_printf("nameserver %s", (const char *)target->address->dns->pdata[i]));
    rewritten = config_lines_join(lines);
    return edits_write_text(plan->edits, path, rewritten, NULL, -1, REASON, error);
}

/* A default gateway for all interfaces: /etc/sysconfig/network of initscripts. */
static gboolean change_common_gateway(LinuxPlan *plan, const NetworkTarget *target, GError **error)
{
    static const char path[] = "/etc/sysconfig/network";
    static const char *const keys[] = {"GATEWAY", NULL};
    const char *gateway = nic_texts_first(target->address->gateways, NIC_FAMILY_IPV4);
    g_autofree char *text = NULL, *rewritten = NULL, *old = NULL;
    g_autoptr(GPtrArray) lines = NULL;

    if (!fs_tree_is_file(plan->guest->tree, path))
        return TRUE;
    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    lines = config_lines_new(text != NULL ? text : "");
    old = shell_lines_get(lines, keys[0]);
    if (old == NULL || (gateway == NULL && !target->address->dhcp))
        return TRUE;
    shell_lines_remove(lines, keys);
    rewritten = config_lines_join(lines);
    return edits_write_text(plan->edits, path, rewritten, NULL, -1, REASON, error);
}

/* SUSE: "default GATEWAY - NAME" in routes and ifroute-NAME: routes(5) of wicked and sysconfig. */
static char *rewrite_routes(const char *text, const NetworkTarget *target, gboolean all_names,
                            char *old[NIC_FAMILY_LAST])
{
    g_autoptr(GPtrArray) lines = config_lines_new(text);

    for (guint i = 0; i < lines->len;) {
        g_auto(GStrv) raw = g_strsplit_set(lines->pdata[i], " \t", -1);
        g_autoptr(GPtrArray) words = g_ptr_array_new();

        for (guint j = 0; raw[j] != NULL; j++)
            if (*raw[j] != '\0')
                g_ptr_array_add(words, raw[j]);

        const char *way = words->len > 1 ? words->pdata[1] : "-";
        const char *name = words->len > 3 ? words->pdata[3] : "-";
        gboolean is_ours = words->len > 1 && g_str_equal(words->pdata[0], "default") &&
                           strpbrk(way, ".:") != NULL &&
                           network_target_has(target, nic_text_family(way)) &&
                           (g_str_equal(name, target->name) ||
                            (g_str_equal(name, "-") && (all_names || target->alone)));

        if (is_ours && old[nic_text_family(way)] == NULL)
            old[nic_text_family(way)] = g_strdup(way);
        if (is_ours)
            g_ptr_array_remove_index(lines, i);
        else
            i++;
    }
    return config_lines_join(lines);
}

static gboolean change_routes(LinuxPlan *plan, const NetworkTarget *target, GError **error)
{
    g_autofree char *own_path = g_strdup_printf("/etc/sysconfig/network/ifroute-%s", target->name);
    const char *const paths[] = {"/etc/sysconfig/network/routes", own_path};
    char *old[NIC_FAMILY_LAST] = {NULL};
    g_autoptr(GString) added = g_string_new(NULL);
    gboolean ok = TRUE;

    for (size_t i = 0; i < G_N_ELEMENTS(paths) && ok; i++) {
        g_autofree char *text = NULL, *rewritten = NULL, *whole = NULL;

        ok = edits_read_text(plan->edits, paths[i], &text, error);
        rewritten = rewrite_routes(text != NULL ? text : "", target, i == 1, old);
        for (guint j = 0; i == 1 && j < NIC_FAMILY_LAST; j++) {
            const char *gateway = network_target_has(target, (NicFamily)j)
                                      ? network_target_gateway(target, (NicFamily)j, old[j])
                                      : NULL;

            if (gateway != NULL)
                g_string_append_printf(added, "default %s - %s\n", gateway, target->name);
        }
        whole = g_strconcat(rewritten, added->str, NULL);
        if (ok && (text != NULL || *whole != '\0') && g_strcmp0(text, whole) != 0)
            ok = edits_write_text(plan->edits, paths[i], whole, NULL, text == NULL ? 0644 : -1,
                                  REASON, error);
    }
    for (guint i = 0; i < NIC_FAMILY_LAST; i++)
        g_free(old[i]);
    return ok;
}

/* SUSE: the static ones of netconfig(8). */
static gboolean change_netconfig(LinuxPlan *plan, const NetworkTarget *target, GError **error)
{
    static const char path[] = "/etc/sysconfig/network/config";
    g_autofree char *text = NULL, *rewritten = NULL, *dns = network_target_dns(target, " ");
    g_autoptr(GPtrArray) lines = NULL;

    if (!network_target_has_dns(target) || !fs_tree_is_file(plan->guest->tree, path))
        return TRUE;
    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    lines = config_lines_new(text != NULL ? text : "");
    shell_lines_set(lines, "NETCONFIG_DNS_STATIC_SERVERS", dns, TRUE);
    rewritten = config_lines_join(lines);
    return edits_write_text(plan->edits, path, rewritten, NULL, -1, REASON, error);
}

static gboolean change_rest(LinuxPlan *plan, const NetworkTarget *target, GError **error)
{
    if (fs_tree_is_directory(plan->guest->tree, "/etc/sysconfig/network"))
        return change_routes(plan, target, error) && change_netconfig(plan, target, error);
    return change_common_gateway(plan, target, error) && change_name_servers(plan, target, error);
}

/* name, or the uppermost of what it belongs to. */
static char *find_owner(LinuxPlan *plan, const char *name)
{
    char *owner = g_strdup(name);

    for (guint i = 0; i < MASTERS_MAX; i++) {
        char *master = network_master_find(plan, owner);

        if (master == NULL)
            break;
        g_free(owner);
        owner = master;
    }
    return owner;
}

gboolean network_address_plan(LinuxPlan *plan, const LinuxNic *nic, const char *name,
                              GPtrArray *moves, GError **error)
{
    g_autofree char *owner = find_owner(plan, name);
    gboolean is_own = g_str_equal(owner, name), found = FALSE;
    g_autoptr(GPtrArray) old = g_ptr_array_new_with_free_func(g_free);
    const char *mac = nic->new_mac != NULL ? nic->new_mac : nic->mac;
    NetworkTarget target = {.name = owner,
                            .mac = is_own ? mac : NULL,
                            .alone = is_own && plan->nic_count == 1,
                            .address = nic->address,
                            .old_addresses = old};

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        if (!change_place(plan, &places[i], &target, &found, error))
            return FALSE;
    if (!change_connman(plan, &target, &found, error) ||
        (!found && is_own && !add_configuration(plan, &target, &found, error)))
        return FALSE;
    if (!found) {
        findings_add(plan->findings, FINDING_LINUX_NETWORK_STYLE_UNKNOWN, owner);
        return TRUE;
    }
    for (guint i = 0; i < old->len; i++) {
        NetworkMove *move = g_new0(NetworkMove, 1);

        move->old_host = g_strdup(old->pdata[i]);
        move->name = g_strdup(owner);
        move->address = nic->address;
        g_ptr_array_add(moves, move);
    }
    return change_rest(plan, &target, error);
}
