/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which name belongs to which MAC, and how to say so to the guest. */
#include "linux/network.h"

#include <string.h>

#include "base/error.h"
#include "linux/boot_files.h"
#include "linux/initramfs_extend.h"
#include "linux/network_address.h"
#include "linux/network_leases.h"
#include "linux/network_mac.h"
#include "linux/network_match.h"
#include "linux/network_names.h"

#define RULES_PATH "/etc/udev/rules.d/70-persistent-net.rules"
#define LINK_FOLDER "/etc/systemd/network"

/* A card of the machine whose MAC is known. */
typedef struct {
    char *mac;
    const char *name; /* in the source; NULL: not known, or several cards' */
} Card;

static void card_free(gpointer data)
{
    Card *card = data;

    g_free(card->mac);
    g_free(card);
}

/* *ret_all: the MAC of every card is known, and there are cards. */
static GPtrArray *list_cards(const LinuxNic *nics, guint nic_count, gboolean *ret_all)
{
    GPtrArray *cards = g_ptr_array_new_with_free_func(card_free);

    for (guint i = 0; i < nic_count; i++) {
        char *mac = network_mac_normalise(nics[i].mac);
        Card *card = NULL;

        if (mac == NULL)
            continue;
        card = g_new0(Card, 1);
        card->mac = mac;
        card->name = nics[i].name;
        for (guint j = 0; j < nic_count; j++)
            if (j != i && g_strcmp0(nics[j].name, nics[i].name) == 0)
                card->name = NULL;
        g_ptr_array_add(cards, card);
    }
    *ret_all = nic_count > 0 && cards->len == nic_count;
    return cards;
}

static Card *find_card(const GPtrArray *cards, const char *mac)
{
    for (guint i = 0; i < cards->len; i++) {
        Card *card = cards->pdata[i];

        if (g_str_equal(card->mac, mac))
            return card;
    }
    return NULL;
}

static NetworkName *find_name(const GPtrArray *names, const char *wanted)
{
    for (guint i = 0; i < names->len; i++) {
        NetworkName *name = names->pdata[i];

        if (g_strcmp0(name->name, wanted) == 0)
            return name;
    }
    return NULL;
}

/* "ens192" before "ens224", "eth2" before "eth10". */
static int compare_names(gconstpointer a, gconstpointer b)
{
    const NetworkName *left = *(const NetworkName *const *)a;
    const NetworkName *right = *(const NetworkName *const *)b;
    size_t left_digits = strlen(left->name), right_digits = strlen(right->name);

    while (left_digits > 0 && g_ascii_isdigit(left->name[left_digits - 1]))
        left_digits--;
    while (right_digits > 0 && g_ascii_isdigit(right->name[right_digits - 1]))
        right_digits--;
    if (left_digits != right_digits || strncmp(left->name, right->name, left_digits) != 0)
        return strcmp(left->name, right->name);

    guint64 left_number = g_ascii_strtoull(left->name + left_digits, NULL, 10);
    guint64 right_number = g_ascii_strtoull(right->name + right_digits, NULL, 10);

    return left_number < right_number ? -1 : left_number > right_number;
}

/* Names without a MAC; those brought up at boot alone if there are any. */
static GPtrArray *unmatched_names(const GPtrArray *names)
{
    GPtrArray *unmatched = g_ptr_array_new();

    for (guint pass = 0; pass < 2 && unmatched->len == 0; pass++)
        for (guint i = 0; i < names->len; i++) {
            NetworkName *name = names->pdata[i];

            if (name->mac == NULL && (name->active || pass == 1))
                g_ptr_array_add(unmatched, name);
        }
    g_ptr_array_sort(unmatched, compare_names);
    return unmatched;
}

/* Takes cards and names out of each other's way as far as the configuration has their MAC. */
static void match_configured(GPtrArray *names, GPtrArray *cards, gboolean all_known)
{
    for (guint i = names->len; i-- > 0;) {
        const NetworkName *name = names->pdata[i];

        if (name->mac != NULL && all_known && find_card(cards, name->mac) == NULL)
            g_ptr_array_remove_index(names, i);
    }
    for (guint i = 0; i < names->len; i++) {
        const NetworkName *name = names->pdata[i];
        Card *card = NULL;

        while (name->mac != NULL && (card = find_card(cards, name->mac)) != NULL)
            g_ptr_array_remove(cards, card);
    }
}

/* TRUE if a card was called so by the source, and the configuration has that name without a MAC. */
static gboolean match_named(GPtrArray *names, GPtrArray *cards)
{
    gboolean found = FALSE;

    for (guint i = cards->len; i-- > 0;) {
        Card *card = cards->pdata[i];
        NetworkName *name = card->name != NULL ? find_name(names, card->name) : NULL;

        if (name == NULL || name->mac != NULL)
            continue;
        name->mac = g_strdup(card->mac);
        g_ptr_array_remove_index(cards, i);
        found = TRUE;
    }
    return found;
}

/* The guest calls its cards as the source says: a card that is left, but whose name is known, has
   no configuration, and none of the names that are left is its. */
static void drop_named(GPtrArray *names, GPtrArray *cards, gboolean all_known)
{
    for (guint i = cards->len; i-- > 0;)
        if (((const Card *)cards->pdata[i])->name != NULL)
            g_ptr_array_remove_index(cards, i);
    for (guint i = names->len; all_known && cards->len == 0 && i-- > 0;)
        if (((const NetworkName *)names->pdata[i])->mac == NULL)
            g_ptr_array_remove_index(names, i);
}

void network_match_macs(GPtrArray *names, const LinuxNic *nics, guint nic_count,
                        gboolean *ret_by_order)
{
    gboolean all_known = FALSE;
    g_autoptr(GPtrArray) cards = list_cards(nics, nic_count, &all_known);
    g_autoptr(GPtrArray) unmatched = NULL;

    *ret_by_order = FALSE;
    match_configured(names, cards, all_known);
    if (match_named(names, cards))
        drop_named(names, cards, all_known);
    unmatched = unmatched_names(names);
    if (!all_known || unmatched->len != cards->len)
        return;
    for (guint i = 0; i < unmatched->len; i++)
        ((NetworkName *)unmatched->pdata[i])->mac = g_strdup(((Card *)cards->pdata[i])->mac);
    *ret_by_order = unmatched->len > 1;
}

static gboolean has_link_files(LinuxPlan *plan)
{
    return fs_tree_is_file(plan->guest->tree, "/usr/lib/systemd/network/99-default.link") ||
           fs_tree_is_file(plan->guest->tree, "/lib/systemd/network/99-default.link");
}

static void keep_for_initramfs(LinuxPlan *plan, const char *path, const char *text)
{
    InitramfsFile *file = NULL;

    for (guint i = 0; i < plan->network_files->len && file == NULL; i++)
        if (g_str_equal(((InitramfsFile *)plan->network_files->pdata[i])->path, path))
            file = plan->network_files->pdata[i];
    if (file != NULL) {
        g_bytes_unref(file->content);
        file->content = g_bytes_new(text, strlen(text));
        return;
    }
    file = g_new0(InitramfsFile, 1);
    file->path = g_strdup(path);
    file->content = g_bytes_new(text, strlen(text));
    g_ptr_array_add(plan->network_files, file);
}

/* Path= is only there so that bonds, bridges and VLANs, which copy the MAC of a card but have no
   path, do not match. PermanentMACAddress= would say it better and needs systemd 247. */
static gboolean write_link(LinuxPlan *plan, const NetworkName *name, const char *mac,
                           const char *reason, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/10-drydock-%s.link", LINK_FOLDER, name->name);
    g_autofree char *text = g_strdup_printf("[Match]\nMACAddress=%s\nPath=?*\n\n"
                                            "[Link]\nName=%s\n",
                                            mac, name->name);

    keep_for_initramfs(plan, path, text);
    return edits_write_text(plan->edits, path, text, NULL, 0644, reason, error);
}

static gboolean write_rule(LinuxPlan *plan, const NetworkName *name, const char *mac,
                           const char *reason, GError **error)
{
    g_autofree char *old = NULL, *text = NULL;

    if (!edits_read_text(plan->edits, RULES_PATH, &old, error))
        return FALSE;
    text = g_strdup_printf("%s%sSUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", "
                           "ATTR{address}==\"%s\", ATTR{type}==\"1\", NAME=\"%s\"\n",
                           old != NULL ? old : "",
                           old != NULL && *old != '\0' && !g_str_has_suffix(old, "\n") ? "\n" : "",
                           mac, name->name);
    keep_for_initramfs(plan, RULES_PATH, text);
    return edits_write_text(plan->edits, RULES_PATH, text, NULL, old == NULL ? 0644 : -1, reason,
                            error);
}

/* "eth0" is what the kernel itself calls the first card: safe where nothing renames it. */
static gboolean is_kernels_own_name(LinuxPlan *plan, const NetworkName *name)
{
    const char *config = plan->guest->linux_facts.boot_loader_config;
    g_autofree char *text = NULL;

    if (!g_str_equal(name->name, "eth0"))
        return FALSE;
    if (!has_link_files(plan))
        return TRUE;
    return config != NULL && fs_tree_read_text(plan->guest->tree, config, &text, NULL) &&
           text != NULL && strstr(text, "net.ifnames=0") != NULL;
}

static void report_by_order(LinuxPlan *plan, const GPtrArray *names)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < names->len; i++) {
        const NetworkName *name = names->pdata[i];

        if (name->mac != NULL)
            g_string_append_printf(text, "%s%s is %s", text->len > 0 ? ", " : "", name->name,
                                   name->mac);
    }
    findings_add(plan->findings, FINDING_LINUX_NETWORK_NAME_BY_ORDER, text->str);
}

/* Ties each name to the MAC address that its card will have. */
static gboolean pin_names(LinuxPlan *plan, const GPtrArray *names, GError **error)
{
    gboolean links = has_link_files(plan);

    for (guint i = 0; i < names->len; i++) {
        const NetworkName *name = names->pdata[i];
        g_autofree char *reason =
            g_strdup_printf("the configuration names the interface %s", name->name);

        if (name->mac == NULL) {
            if (name->active && !is_kernels_own_name(plan, name))
                findings_add(plan->findings, FINDING_LINUX_NETWORK_MAC_UNKNOWN, name->name);
            continue;
        }
        if (!name->pinned &&
            !(links ? write_link : write_rule)(
                plan, name, network_mac_new(plan->nics, plan->nic_count, name->mac), reason, error))
            return FALSE;
    }
    return TRUE;
}

static const NetworkName *find_by_mac(const GPtrArray *names, const char *mac)
{
    const NetworkName *found = NULL;

    /* A template may have left another name for the same card, which is not brought up. */
    for (guint i = 0; i < names->len; i++) {
        const NetworkName *name = names->pdata[i];

        if (g_strcmp0(name->mac, mac) == 0 && (found == NULL || (name->active && !found->active)))
            found = name;
    }
    return found;
}

/* What leases say of names whose card the configuration leaves open, as far as this machine has
   such a card, and no other name is known to be its. */
static void match_leases(LinuxPlan *plan, const GPtrArray *leases, GPtrArray *names)
{
    for (guint i = 0; i < leases->len; i++) {
        const NetworkName *lease = leases->pdata[i];
        NetworkName *name = find_name(names, lease->name);

        if (name == NULL || name->mac != NULL || find_by_mac(names, lease->mac) != NULL)
            continue;
        for (guint j = 0; j < plan->nic_count && name->mac == NULL; j++) {
            g_autofree char *mac = network_mac_normalise(plan->nics[j].mac);

            if (g_strcmp0(mac, lease->mac) == 0)
                name->mac = g_steal_pointer(&mac);
        }
    }
}

/* Not of a group, and not all zeros. */
static gboolean can_be_card(const char *mac)
{
    return mac != NULL && g_ascii_xdigit_value(mac[1]) % 2 == 0 &&
           !g_str_equal(mac, "00:00:00:00:00:00");
}

/* Disks without a configuration: their one card gets the address that the guest knows its first
   interface by, so that DHCP servers and its own rules find it again. */
static void adopt_mac(LinuxPlan *plan, const GPtrArray *leases, const GPtrArray *names)
{
    const NetworkName *first = NULL;
    const char *mac = NULL;

    if (plan->nic_count != 1 || !plan->nics[0].mac_is_new)
        return;
    for (guint i = 0; i < names->len; i++) {
        const NetworkName *name = names->pdata[i];
        const NetworkName *lease = find_name(leases, name->name);
        const char *known = name->mac != NULL ? name->mac : lease != NULL ? lease->mac : NULL;

        if (!name->active || !can_be_card(known) ||
            (first != NULL && compare_names(&first, &name) < 0))
            continue;
        first = name;
        mac = known;
    }
    if (mac == NULL)
        return;
    plan->result.nic_mac = g_strdup(mac);
    plan->adopted = plan->nics[0];
    plan->adopted.mac = plan->result.nic_mac;
    plan->nics = &plan->adopted;
}

/* A name for a card that is to get an address and has none in the configuration: the one that the
   source's guest gave it, else one that no driver and no rule of udev uses. */
static gboolean name_card(GPtrArray *names, const LinuxNic *nic, GError **error)
{
    g_autofree char *mac = network_mac_normalise(nic->mac), *name = g_strdup(nic->name);

    if (mac == NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "give it one with --mac, and the guest will know it by that",
                          "a network card without a known MAC address cannot be given an address");
        return FALSE;
    }
    if (find_by_mac(names, mac) != NULL)
        return TRUE;
    for (guint i = 0; name == NULL || find_name(names, name) != NULL; i++) {
        g_free(name);
        name = g_strdup_printf("lan%u", i);
    }
    network_names_add(names, name, mac, TRUE, FALSE);
    if (find_by_mac(names, mac) != NULL)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "the guest has too many names of network interfaces");
    return FALSE;
}

static gboolean rewrite_boot_file(LinuxPlan *plan, const char *path, BootFileKind kind,
                                  const char *text, void *data, GError **error)
{
    g_autofree char *body =
        kind == BOOT_FILE_ENVIRONMENT ? grub_environment_body(text) : g_strdup(text);
    g_autofree char *rewritten =
        body != NULL ? network_copy_rewrite(plan->nics, plan->nic_count, data, body) : NULL;
    g_autofree char *whole = NULL;

    if (rewritten == NULL)
        return TRUE;
    whole = kind == BOOT_FILE_ENVIRONMENT ? grub_environment_replace(text, rewritten)
                                          : g_steal_pointer(&rewritten);
    return whole == NULL || edits_write_text(plan->edits, path, whole, NULL, -1,
                                             "the network card gets other addresses", error);
}

/* Files that are about something else and name an address. */
static gboolean plan_elsewhere(LinuxPlan *plan, GError **error)
{
    static const char hosts[] = "/etc/hosts";
    static const char *const arguments[] = {"/etc/initramfs-tools/initramfs.conf",
                                            "/etc/initramfs-tools/conf.d/ip"};
    g_autofree char *text = NULL, *rewritten = NULL;

    if (!boot_files_visit(plan, rewrite_boot_file, plan->network_moves, error) ||
        !edits_read_text(plan->edits, hosts, &text, error))
        return FALSE;
    rewritten = text != NULL ? network_hosts_rewrite(text, plan->network_moves) : NULL;
    if (rewritten != NULL && !edits_write_text(plan->edits, hosts, rewritten, NULL, -1,
                                               "the machine gets another address", error))
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(arguments); i++) {
        g_autofree char *old = NULL;

        if (!edits_read_text(plan->edits, arguments[i], &old, error) ||
            (old != NULL && !rewrite_boot_file(plan, arguments[i], BOOT_FILE_DEFAULTS, old,
                                               plan->network_moves, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean any_wanted(const LinuxPlan *plan)
{
    for (guint i = 0; i < plan->nic_count; i++)
        if (plan->nics[i].new_mac != NULL || plan->nics[i].address != NULL)
            return TRUE;
    return FALSE;
}

/* What cloud-init remembers of its datasource has the old addresses, and it would write them again;
   what it is told in its own configuration is changed there. */
static gboolean keep_cloud_init_out(LinuxPlan *plan, GError **error)
{
    static const char folder[] = "/etc/cloud/cloud.cfg.d";
    static const char path[] = "/etc/cloud/cloud.cfg.d/99-drydock-network.cfg";
    g_autoptr(GPtrArray) paths = linux_plan_list(plan, folder, ".cfg");

    if (!any_wanted(plan) || !fs_tree_is_file(plan->guest->tree, "/etc/cloud/cloud.cfg") ||
        !fs_tree_is_directory(plan->guest->tree, folder))
        return TRUE;
    g_ptr_array_add(paths, g_strdup("/etc/cloud/cloud.cfg"));
    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *text = NULL;

        if (!edits_read_text(plan->edits, paths->pdata[i], &text, error))
            return FALSE;
        if (text != NULL &&
            (g_str_has_prefix(text, "network:") || strstr(text, "\nnetwork:") != NULL))
            return TRUE;
    }
    return edits_write_text(plan->edits, path, "network: {config: disabled}\n", NULL, 0644,
                            "cloud-init would bring the old addresses back", error);
}

static gboolean plan_addresses(LinuxPlan *plan, const GPtrArray *names, GError **error)
{
    for (guint i = 0; i < plan->nic_count; i++) {
        g_autofree char *mac = network_mac_normalise(plan->nics[i].mac);
        const NetworkName *name = NULL;

        if (plan->nics[i].address == NULL)
            continue;
        name = find_by_mac(names, mac);
        if (name != NULL &&
            !network_address_plan(plan, &plan->nics[i], name->name, plan->network_moves, error))
            return FALSE;
    }
    return TRUE;
}

gboolean network_plan(LinuxPlan *plan, GError **error)
{
    g_autoptr(GPtrArray) names = network_names_new(), leases = network_names_new();
    gboolean by_order = FALSE;

    if (!network_matches_plan(plan, error) || !network_names_read(plan, names, error))
        return FALSE;
    network_leases_read(plan, leases);
    adopt_mac(plan, leases, names);
    match_leases(plan, leases, names);
    network_match_macs(names, plan->nics, plan->nic_count, &by_order);
    if (by_order)
        report_by_order(plan, names);
    for (guint i = 0; i < plan->nic_count; i++)
        if (plan->nics[i].address != NULL && !name_card(names, &plan->nics[i], error))
            return FALSE;
    return network_macs_plan(plan, error) && pin_names(plan, names, error) &&
           plan_addresses(plan, names, error) && plan_elsewhere(plan, error) &&
           keep_cloud_init_out(plan, error);
}
