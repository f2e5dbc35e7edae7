/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The links that init systems read, made and removed as their own tools do it. */
#include "linux/services.h"

#include <string.h>

#include "base/error.h"

#define SYSTEM_FOLDER "/etc/systemd/system"
#define RUNLEVELS "/etc/runlevels"         /* of OpenRC */
#define RUNIT_LEVELS "/etc/runit/runsvdir" /* of runit, as Void has it */
#define LEVELS 7

static const char *const unit_folders[] = {SYSTEM_FOLDER, "/usr/lib/systemd/system",
                                           "/lib/systemd/system"};
/* The second is where the first leads on Red Hat. */
static const char *const script_folders[] = {"/etc/init.d", "/etc/rc.d/init.d"};
static const char *const level_formats[] = {"/etc/rc%u.d", "/etc/rc.d/rc%u.d",
                                            "/etc/init.d/rc%u.d"};

static gboolean path_exists(FsTree *tree, const char *path)
{
    gboolean found = FALSE;
    return fs_tree_stat_link(tree, path, &found, NULL, NULL) && found;
}

gboolean services_find_init(FsTree *tree, InitSystem *ret_init, GError **error)
{
    static const struct {
        const char *path;
        InitSystem init;
    } marks[] = {
        {"/usr/lib/systemd/systemd", INIT_SYSTEM_SYSTEMD},
        {"/lib/systemd/systemd", INIT_SYSTEM_SYSTEMD},
        {"/sbin/openrc-run", INIT_SYSTEM_OPENRC},
        {"/usr/sbin/openrc-run", INIT_SYSTEM_OPENRC},
        {"/etc/inittab", INIT_SYSTEM_SYSV},
        {"/sbin/initctl", INIT_SYSTEM_SYSV},
    };
    *ret_init = INIT_SYSTEM_UNKNOWN;
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
        gboolean found = FALSE;
        if (!fs_tree_stat(tree, marks[i].path, &found, NULL, error))
            return FALSE;
        if (found) {
            *ret_init = marks[i].init;
            return TRUE;
        }
    }
    return TRUE;
}

static gboolean set_not_found(const char *name, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, "see which services the guest has",
                      "the guest has no service '%s'", name);
    return FALSE;
}

static gboolean set_unsupported(const char *name, const char *why, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "enable it in the guest",
                      "the service '%s' cannot be enabled: %s", name, why);
    return FALSE;
}

/* systemd */

static char *unit_name(const char *name)
{
    static const char *const types[] = {".service", ".socket", ".timer",  ".target",
                                        ".path",    ".mount",  ".device", NULL};
    for (guint i = 0; types[i]; i++)
        if (g_str_has_suffix(name, types[i]))
            return g_strdup(name);
    return g_strconcat(name, ".service", NULL);
}

/* "getty@tty1.service" is an instance of "getty@.service". *ret_path NULL: there is no such unit.
 */
static gboolean find_unit(Edits *edits, const char *unit, char **ret_path, char **ret_text,
                          GError **error)
{
    const char *at = strchr(unit, '@');
    const char *type = strrchr(unit, '.');
    g_autofree char *file = at && type > at
                                ? g_strdup_printf("%.*s%s", (int)(at + 1 - unit), unit, type)
                                : g_strdup(unit);
    *ret_path = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(unit_folders); i++) {
        g_autofree char *path = g_build_filename(unit_folders[i], file, NULL);
        g_autofree char *target = NULL, *text = NULL;
        if (fs_tree_read_link(edits_tree(edits), path, &target, NULL) &&
            g_strcmp0(target, "/dev/null") == 0) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "unmask it in the guest",
                              "the service '%s' is masked", unit);
            return FALSE;
        }
        if (!edits_read_text(edits, path, &text, error))
            return FALSE;
        if (text) {
            *ret_path = g_steal_pointer(&path);
            *ret_text = g_steal_pointer(&text);
            return TRUE;
        }
    }
    return TRUE;
}

/* All words that [Install] assigns to key. */
static char **read_install(const char *text, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    gboolean is_install = FALSE;
    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (*line == '[')
            is_install = g_str_equal(line, "[Install]");
        char *equals = strchr(line, '=');
        if (!is_install || *line == '#' || *line == ';' || !equals)
            continue;
        *equals = '\0';
        g_auto(GStrv) values = g_strsplit_set(equals + 1, " \t", -1);
        for (guint j = 0; g_str_equal(g_strstrip(line), key) && values[j]; j++)
            if (*values[j] && !strchr(values[j], '/') && !strchr(values[j], '%'))
                g_strv_builder_add(words, values[j]);
    }
    return g_strv_builder_end(words);
}

static const struct {
    const char *key, *ending;
} install_folders[] = {
    {"WantedBy", ".wants"},
    {"RequiredBy", ".requires"},
};

static gboolean enable_unit(Edits *edits, const char *unit, gboolean is_asked, const char *reason,
                            GError **error)
{
    g_autofree char *path = NULL, *text = NULL;
    guint links = 0;
    if (!find_unit(edits, unit, &path, &text, error))
        return FALSE;
    if (!path)
        return is_asked ? set_not_found(unit, error) : TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(install_folders); i++) {
        g_auto(GStrv) targets = read_install(text, install_folders[i].key);
        for (guint j = 0; targets[j]; j++, links++) {
            g_autofree char *link = g_strdup_printf(SYSTEM_FOLDER "/%s%s/%s", targets[j],
                                                    install_folders[i].ending, unit);
            if (!edits_make_symlink(edits, link, path, NULL, reason, error))
                return FALSE;
        }
    }
    g_auto(GStrv) aliases = read_install(text, "Alias");
    for (guint i = 0; aliases[i]; i++, links++) {
        g_autofree char *link = g_build_filename(SYSTEM_FOLDER, aliases[i], NULL);
        if (!g_str_equal(aliases[i], unit) &&
            !edits_make_symlink(edits, link, path, NULL, reason, error))
            return FALSE;
    }
    g_auto(GStrv) others = read_install(text, "Also");
    for (guint i = 0; is_asked && others[i]; i++, links++)
        if (!enable_unit(edits, others[i], FALSE, reason, error))
            return FALSE;
    return links > 0 || !is_asked || set_unsupported(unit, "its unit has no [Install]", error);
}

static gboolean list_names(FsTree *tree, const char *folder, GPtrArray **ret_entries,
                           GError **error)
{
    *ret_entries = NULL;
    return !fs_tree_is_directory(tree, folder) || fs_tree_list(tree, folder, ret_entries, error);
}

static gboolean disable_unit(Edits *edits, const char *unit, const char *reason, GError **error)
{
    g_autofree char *path = NULL, *text = NULL;
    g_autoptr(GPtrArray) entries = NULL;
    if (!find_unit(edits, unit, &path, &text, error))
        return FALSE;
    if (!path)
        return set_not_found(unit, error);
    if (!list_names(edits_tree(edits), SYSTEM_FOLDER, &entries, error))
        return FALSE;
    for (guint i = 0; entries && i < entries->len; i++) {
        const FsEntry *entry = entries->pdata[i];
        for (guint j = 0; j < G_N_ELEMENTS(install_folders); j++) {
            g_autofree char *link = g_build_filename(SYSTEM_FOLDER, entry->name, unit, NULL);
            if (g_str_has_suffix(entry->name, install_folders[j].ending) &&
                path_exists(edits_tree(edits), link) && !edits_remove(edits, link, reason, error))
                return FALSE;
        }
    }
    g_auto(GStrv) aliases = read_install(text, "Alias");
    for (guint i = 0; aliases[i]; i++) {
        g_autofree char *link = g_build_filename(SYSTEM_FOLDER, aliases[i], NULL);
        g_autofree char *target = NULL;
        if (path_exists(edits_tree(edits), link) &&
            fs_tree_read_link(edits_tree(edits), link, &target, NULL) &&
            !edits_remove(edits, link, reason, error))
            return FALSE;
    }
    return TRUE;
}

/* OpenRC */

/* The links NAME in the folders of parent. */
static gboolean leave_runlevels(Edits *edits, const char *parent, const char *name,
                                const char *reason, gboolean *done, GError **error)
{
    g_autoptr(GPtrArray) entries = NULL;
    if (!list_names(edits_tree(edits), parent, &entries, error))
        return FALSE;
    for (guint i = 0; entries && i < entries->len; i++) {
        const FsEntry *entry = entries->pdata[i];
        g_autofree char *path = g_build_filename(parent, entry->name, name, NULL);
        if (entry->type != FS_TYPE_DIRECTORY || !path_exists(edits_tree(edits), path))
            continue;
        if (!edits_remove(edits, path, reason, error))
            return FALSE;
        *done = TRUE;
    }
    return TRUE;
}

static gboolean change_runlevels(Edits *edits, const char *name, gboolean enable,
                                 const char *reason, GError **error)
{
    g_autofree char *script = g_build_filename(script_folders[0], name, NULL);
    g_autofree char *link = g_build_filename(RUNLEVELS "/default", name, NULL);
    g_autofree char *text = NULL;
    gboolean done = FALSE;
    if (!edits_read_text(edits, script, &text, error))
        return FALSE;
    if (!text)
        return set_not_found(name, error);
    if (enable)
        return edits_make_symlink(edits, link, script, NULL, reason, error);
    return leave_runlevels(edits, RUNLEVELS, name, reason, &done, error);
}

/* System V */

/* "S20open-vm-tools" */
static gboolean is_link_of(const char *link, char kind, const char *name)
{
    return link[0] == kind && g_ascii_isdigit(link[1]) && g_ascii_isdigit(link[2]) &&
           g_str_equal(link + 3, name);
}

static gboolean stop_in_folder(Edits *edits, const char *folder, const char *name,
                               const char *reason, gboolean *done, GError **error)
{
    FsTree *tree = edits_tree(edits);
    g_autoptr(GPtrArray) entries = NULL;
    if (!fs_tree_list(tree, folder, &entries, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = entries->pdata[i];
        g_autofree char *start = g_build_filename(folder, entry->name, NULL);
        g_autofree char *stop = g_strdup_printf("%s/K01%s", folder, name);
        g_autofree char *target = NULL;
        if (!is_link_of(entry->name, 'S', name) ||
            !fs_tree_read_link(tree, start, &target, NULL)) /* a file of somebody's own making */
            continue;
        if (!edits_remove(edits, start, reason, error) ||
            (!path_exists(tree, stop) &&
             !edits_make_symlink(edits, stop, target, NULL, reason, error)))
            return FALSE;
        *done = TRUE;
    }
    return TRUE;
}

/* The folder of a runlevel, by its real path: /etc/rc3.d leads to /etc/rc.d/rc3.d on Red Hat. */
static gboolean find_level(FsTree *tree, guint level, char **ret_folder, GError **error)
{
    *ret_folder = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(level_formats) && !*ret_folder; i++) {
        g_auto(GStrv) parts = g_strsplit(level_formats[i], "%u", 2);
        g_autofree char *folder = g_strdup_printf("%s%u%s", parts[0], level, parts[1]);
        FsStat stat = {0};
        gboolean found = FALSE;
        if (!fs_tree_stat_link(tree, folder, &found, &stat, error))
            return FALSE;
        if (found && stat.type == FS_TYPE_DIRECTORY)
            *ret_folder = g_steal_pointer(&folder);
    }
    return TRUE;
}

gboolean services_stop_links(Edits *edits, const char *name, const char *reason, gboolean *done,
                             GError **error)
{
    for (guint level = 0; level < LEVELS; level++) {
        g_autofree char *folder = NULL;
        if (!find_level(edits_tree(edits), level, &folder, error) ||
            (folder && !stop_in_folder(edits, folder, name, reason, done, error)))
            return FALSE;
    }
    return leave_runlevels(edits, RUNLEVELS, name, reason, done, error) &&
           leave_runlevels(edits, RUNIT_LEVELS, name, reason, done, error);
}

/* "# Default-Start: 2 3 4 5" of the LSB, "# chkconfig: 2345 99 01" of Red Hat. The order is left to
   the end: nothing that is enabled by hand may be waited for. */
static char *read_levels(const char *text)
{
    static const char *const marks[] = {"# Default-Start:", "# chkconfig:"};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++)
        for (guint j = 0; j < G_N_ELEMENTS(marks); j++)
            if (g_str_has_prefix(lines[i], marks[j])) {
                char *levels = g_strstrip(g_strdup(lines[i] + strlen(marks[j])));
                if (j == 1)
                    levels[strcspn(levels, " \t")] = '\0';
                return levels;
            }
    return NULL;
}

static gboolean start_links(Edits *edits, const char *name, const char *reason, GError **error)
{
    g_autofree char *text = NULL, *script = NULL, *levels = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(script_folders) && !text; i++) {
        g_free(script);
        script = g_build_filename(script_folders[i], name, NULL);
        if (!edits_read_text(edits, script, &text, error))
            return FALSE;
    }
    if (!text)
        return set_not_found(name, error);
    levels = read_levels(text);
    if (!levels)
        return set_unsupported(name, "its script names no runlevels", error);
    for (guint level = 0; level < LEVELS; level++) {
        g_autofree char *folder = NULL;
        if (!strchr(levels, '0' + (char)level))
            continue;
        if (!find_level(edits_tree(edits), level, &folder, error))
            return FALSE;
        if (!folder)
            continue;
        g_autofree char *link = g_strdup_printf("%s/S99%s", folder, name);
        if (!edits_make_symlink(edits, link, script, NULL, reason, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean change_service(Edits *edits, const char *name, gboolean enable, const char *reason,
                               GError **error)
{
    InitSystem init;
    gboolean done = FALSE;
    if (!*name || strchr(name, '/') || name[0] == '.')
        return set_not_found(name, error);
    if (!services_find_init(edits_tree(edits), &init, error))
        return FALSE;
    g_autofree char *unit = unit_name(name);
    switch (init) {
    case INIT_SYSTEM_SYSTEMD:
        return enable ? enable_unit(edits, unit, TRUE, reason, error)
                      : disable_unit(edits, unit, reason, error);
    case INIT_SYSTEM_OPENRC:
        return change_runlevels(edits, name, enable, reason, error);
    case INIT_SYSTEM_SYSV:
        return enable ? start_links(edits, name, reason, error)
                      : services_stop_links(edits, name, reason, &done, error);
    case INIT_SYSTEM_UNKNOWN:
        break;
    }
    return set_unsupported(name, "what starts the guest's services is not known", error);
}

gboolean services_enable(Edits *edits, const char *name, const char *reason, GError **error)
{
    return change_service(edits, name, TRUE, reason, error);
}

gboolean services_disable(Edits *edits, const char *name, const char *reason, GError **error)
{
    return change_service(edits, name, FALSE, reason, error);
}
