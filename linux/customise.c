/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host name, time zone, users, services and scripts, in the places that the guest has for them. */
#include "linux/customise.h"

#include <string.h>

#include "base/error.h"
#include "linux/accounts.h"
#include "linux/embedded.h"
#include "linux/serial_console.h"
#include "linux/services.h"

#define HOSTNAME_REASON "--hostname asks for another name"
#define TIMEZONE_REASON "--timezone asks for another time zone"
#define ZONES "/usr/share/zoneinfo/"

static void user_text_free(gpointer data)
{
    LinuxUserText *text = data;
    g_free(text->user);
    g_free(text->text);
    g_free(text);
}

void linux_options_clear(LinuxOptions *options)
{
    g_free(options->hostname);
    g_free(options->timezone);
    g_clear_pointer(&options->passwords, g_ptr_array_unref);
    g_clear_pointer(&options->ssh_keys, g_ptr_array_unref);
    g_clear_pointer(&options->packages, g_ptr_array_unref);
    g_strfreev(options->enable);
    g_strfreev(options->disable);
    *options = (LinuxOptions){0};
}

void linux_options_add(GPtrArray **array, const char *user, const char *text)
{
    if (!*array)
        *array = g_ptr_array_new_with_free_func(user_text_free);
    LinuxUserText *entry = g_new0(LinuxUserText, 1);
    entry->user = g_strdup(user);
    entry->text = g_strdup(text);
    g_ptr_array_add(*array, entry);
}

gboolean linux_hostname_is_valid(const char *name)
{
    g_auto(GStrv) labels = g_strsplit(name, ".", -1);
    for (guint i = 0; labels[i]; i++) {
        gsize length = strlen(labels[i]);
        if (length == 0 || length > 63 || labels[i][0] == '-' || labels[i][length - 1] == '-' ||
            strspn(labels[i], G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-") != length)
            return FALSE;
    }
    return *name && strlen(name) <= 64;
}

/* The last line "KEY=…" of a file of shell assignments gets the value in double quotes; without one
   the text stays as it is. */
static char *assign(const char *text, const char *key, const char *value)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *start = g_strconcat(key, "=", NULL);
    char **found = NULL;
    for (guint i = 0; lines[i]; i++)
        if (g_str_has_prefix(lines[i], start))
            found = &lines[i];
    if (found) {
        g_free(*found);
        *found = g_strdup_printf("%s\"%s\"", start, value);
    }
    return g_strjoinv("\n", lines);
}

/* Only in a file that is there, and has the key. */
static gboolean assign_in_file(Edits *edits, const char *path, const char *key, const char *value,
                               const char *reason, GError **error)
{
    g_autofree char *text = NULL;
    if (!edits_read_text(edits, path, &text, error))
        return FALSE;
    if (!text)
        return TRUE;
    g_autofree char *changed = assign(text, key, value);
    return edits_write_text(edits, path, changed, NULL, -1, reason, error);
}

static gboolean append_new_name(const GMatchInfo *match, GString *result, gpointer data)
{
    const char *new_name = *(const char *const *)data;
    g_autofree char *domain = g_match_info_fetch(match, 1);
    if (domain && *domain && strchr(new_name, '.')) {
        g_string_append(result, new_name);
        return FALSE;
    }
    g_string_append_len(result, new_name, (gssize)strcspn(new_name, "."));
    g_string_append(result, domain ? domain : "");
    return FALSE;
}

/* "127.0.1.1 old.example.com old": on lines of this machine's own addresses. A new name with a
   domain takes the old domain's place. */
static char *rename_in_hosts(const char *text, const char *old_name, const char *new_name)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *old_short = g_strndup(old_name, strcspn(old_name, "."));
    g_autofree char *escaped = g_regex_escape_string(old_short, -1);
    g_autofree char *pattern = g_strdup_printf("(?<=\\s)%s(\\.[^\\s#]+)?(?=\\s|$)", escaped);
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW, 0, NULL);
    for (guint i = 0; regex && lines[i]; i++) {
        gsize comment = strcspn(lines[i], "#");
        if (!g_str_has_prefix(lines[i], "127.") && !g_str_has_prefix(lines[i], "::1"))
            continue;
        g_autofree char *renamed = g_regex_replace_eval(regex, lines[i], (gssize)comment, 0, 0,
                                                        append_new_name, &new_name, NULL);
        if (!renamed)
            continue;
        char *line = g_strconcat(renamed, lines[i] + comment, NULL);
        g_free(lines[i]);
        lines[i] = line;
    }
    return g_strjoinv("\n", lines);
}

static gboolean set_hostname(const Guest *guest, const char *name, Edits *edits, GError **error)
{
    static const struct {
        const char *path, *key;
    } assignments[] = {
        {"/etc/sysconfig/network", "HOSTNAME"}, /* Red Hat up to 6 */
        {"/etc/conf.d/hostname", "hostname"},   /* Gentoo */
    };
    static const char *const files[] = {"/etc/hostname", "/etc/HOSTNAME"};
    g_autofree char *line = g_strconcat(name, "\n", NULL);
    g_autofree char *hosts = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(assignments); i++)
        if (!assign_in_file(edits, assignments[i].path, assignments[i].key, name, HOSTNAME_REASON,
                            error))
            return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        gboolean is_wanted = fs_tree_is_file(edits_tree(edits), files[i]) || i == 0;
        if (is_wanted &&
            !edits_write_text(edits, files[i], line, NULL, 0644, HOSTNAME_REASON, error))
            return FALSE;
    }
    if (!guest->hostname || !edits_read_text(edits, "/etc/hosts", &hosts, error))
        return !guest->hostname;
    if (!hosts)
        return TRUE;
    g_autofree char *renamed = rename_in_hosts(hosts, guest->hostname, name);
    return edits_write_text(edits, "/etc/hosts", renamed, NULL, -1, HOSTNAME_REASON, error);
}

/* tzfile(5) in /etc/localtime: a link, or on old systems a copy. */
static gboolean set_timezone(const char *zone, Edits *edits, GError **error)
{
    g_autofree char *path = g_strconcat(ZONES, zone, NULL);
    g_autofree char *target = g_strconcat("..", path, NULL);
    g_autofree char *line = g_strconcat(zone, "\n", NULL);
    FsStat stat = {0};
    gboolean found = FALSE;
    if (zone[0] == '.' || zone[0] == '/' || strstr(zone, "..") ||
        !fs_tree_is_file(edits_tree(edits), path)) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "give a name such as Europe/Berlin",
                          "the guest has no time zone '%s'", zone);
        return FALSE;
    }
    if (!fs_tree_stat_link(edits_tree(edits), "/etc/localtime", &found, &stat, error))
        return FALSE;
    if (found && stat.type == FS_TYPE_FILE) {
        g_autoptr(GBytes) content = NULL;
        if (!fs_tree_read_file(edits_tree(edits), path, 1 << 20, &content, error) ||
            !edits_write_file(edits, "/etc/localtime", content, NULL, -1, TIMEZONE_REASON, error))
            return FALSE;
    } else if (!edits_make_symlink(edits, "/etc/localtime", target, NULL, TIMEZONE_REASON, error)) {
        return FALSE;
    }
    return (!fs_tree_is_file(edits_tree(edits), "/etc/timezone") ||
            edits_write_text(edits, "/etc/timezone", line, NULL, -1, TIMEZONE_REASON, error)) &&
           assign_in_file(edits, "/etc/sysconfig/clock", "ZONE", zone, TIMEZONE_REASON, error) &&
           assign_in_file(edits, "/etc/sysconfig/clock", "TIMEZONE", zone, TIMEZONE_REASON, error);
}

static gboolean set_users(const LinuxOptions *options, Edits *edits, GError **error)
{
    for (guint i = 0; options->passwords && i < options->passwords->len; i++) {
        const LinuxUserText *password = options->passwords->pdata[i];
        if (!accounts_set_password(edits, password->user, password->text, error))
            return FALSE;
    }
    for (guint i = 0; options->ssh_keys && i < options->ssh_keys->len; i++) {
        const LinuxUserText *key = options->ssh_keys->pdata[i];
        if (!accounts_add_ssh_keys(edits, key->user, key->text, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean set_services(const LinuxOptions *options, Edits *edits, GError **error)
{
    for (guint i = 0; options->enable && options->enable[i]; i++)
        if (!services_enable(edits, options->enable[i], "--enable asks for it", error))
            return FALSE;
    for (guint i = 0; options->disable && options->disable[i]; i++)
        if (!services_disable(edits, options->disable[i], "--disable asks for it", error))
            return FALSE;
    return TRUE;
}

static void add_script(GPtrArray *scripts, const char *name)
{
    LinuxScript *script = g_new0(LinuxScript, 1);
    script->name = g_strndup(name, strcspn(name, "."));
    script->content = embedded_file_get(linux_first_boot_files, name);
    g_ptr_array_add(scripts, script);
}

static LinuxScript *copy_script(const LinuxScript *script)
{
    LinuxScript *copy = g_new0(LinuxScript, 1);
    copy->name = g_strdup(script->name);
    copy->content = g_bytes_ref(script->content);
    return copy;
}

/* An image brings its initramfs, and packages are added to it in its own way or not at all; units
   of NixOS are in the store, where none of ours may be. */
static gboolean check_image(const Guest *guest, const LinuxOptions *options,
                            const GPtrArray *scripts, GError **error)
{
    UsrKind usr = guest->linux_facts.usr;
    gboolean has_units = usr != USR_PARTITION && usr != USR_STORE;
    const struct {
        const char *option;
        gboolean is_given, is_possible;
    } rows[] = {
        {"--rebuild-initramfs", options->rebuild_initramfs, usr == USR_FILES},
        {"--install-agent", options->install_agent, has_units},
        {"--agent-package", options->packages != NULL, has_units},
        {"--remove-tools", options->remove_tools, has_units},
        {"--firstboot", scripts && scripts->len > 0, usr != USR_STORE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!rows[i].is_given || rows[i].is_possible)
            continue;
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "leave the option out",
                          "%s does nothing in this guest, whose system is an image",
                          rows[i].option);
        return FALSE;
    }
    return TRUE;
}

/* Where install-agent.sh finds them; the folder goes with everything else in the end. */
static gboolean stage_packages(const Guest *guest, const GPtrArray *packages, Edits *edits,
                               GError **error)
{
    static const char reason[] = "--agent-package is installed at the first start";
    static const char folder[] = LINUX_FIRST_BOOT_FOLDER "/packages";
    static const char *const agents[] = {"qemu-guest-agent", "qemu-ga", NULL};
    gboolean has_agent = FALSE;
    for (guint i = 0; i < packages->len; i++) {
        const LinuxPackage *package = packages->pdata[i];
        g_autofree char *path =
            g_strdup_printf("%s/%s%s", folder, package->name, linux_package_ending(package));
        has_agent = has_agent || g_strv_contains(agents, package->name);
        if (!linux_package_check(package, guest, error) ||
            !edits_make_directory(edits, folder, NULL, 0700, reason, error) ||
            !edits_write_file(edits, path, package->content, NULL, 0600, reason, error))
            return FALSE;
    }
    if (!has_agent)
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give the package qemu-guest-agent too",
                          "none of the packages is the QEMU guest agent");
    return has_agent;
}

static gboolean stage_scripts(const LinuxOptions *options, const GPtrArray *own, Edits *edits,
                              GError **error)
{
    g_autoptr(GPtrArray) scripts =
        g_ptr_array_new_with_free_func((GDestroyNotify)linux_script_free);
    if (options->rebuild_initramfs)
        add_script(scripts, "rebuild-initramfs.sh");
    if (options->remove_tools)
        add_script(scripts, "remove-tools.sh");
    if (options->install_agent || options->packages)
        add_script(scripts, "install-agent.sh");
    for (guint i = 0; own && i < own->len; i++)
        g_ptr_array_add(scripts, copy_script(own->pdata[i]));
    return scripts->len == 0 || first_boot_stage(edits, scripts, error);
}

gboolean linux_customise(const Guest *guest, const LinuxOptions *options, const GPtrArray *scripts,
                         Edits *edits, GError **error)
{
    LinuxPlan plan = {.guest = guest, .edits = edits};

    return check_image(guest, options, scripts, error) &&
           (!options->serial_console || serial_console_plan(&plan, error)) &&
           (!options->hostname || set_hostname(guest, options->hostname, edits, error)) &&
           (!options->timezone || set_timezone(options->timezone, edits, error)) &&
           set_users(options, edits, error) && set_services(options, edits, error) &&
           (!options->packages || stage_packages(guest, options->packages, edits, error)) &&
           stage_scripts(options, scripts, edits, error);
}
