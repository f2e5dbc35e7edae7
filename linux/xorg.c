/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only the lines that name such a driver are changed. */
#include "linux/xorg.h"

#include <string.h>

#define LINES_MAX 100000u
#define REASON "the old machine's display and mouse are not there any more"

/* In the order of preference; folder: below the server's modules. */
static const struct {
    const char *old_driver;
    const char *folder;
    const char *drivers[4];
} rows[] = {
    {"vmware", "drivers", {"modesetting", "vesa", "fbdev"}},
    {"vboxvideo", "drivers", {"modesetting", "vesa", "fbdev"}},
    {"cirrus", "drivers", {"modesetting", "vesa", "fbdev"}},
    {"vmmouse", "input", {"libinput", "evdev", "mouse"}},
    {"vboxmouse", "input", {"libinput", "evdev", "mouse"}},
};

static const char *const module_folders[] = {
    "/usr/lib/xorg/modules",
    "/usr/lib64/xorg/modules",
    "/usr/lib/x86_64-linux-gnu/xorg/modules",
};

/* NULL: the guest has none. modesetting has been part of the server since 1.17, as a module. */
static const char *find_driver(const LinuxPlan *plan, guint row)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows[row].drivers) && rows[row].drivers[i] != NULL; i++)
        for (guint j = 0; j < G_N_ELEMENTS(module_folders); j++) {
            g_autofree char *path = g_strdup_printf("%s/%s/%s_drv.so", module_folders[j],
                                                    rows[row].folder, rows[row].drivers[i]);

            if (fs_tree_is_file(plan->guest->tree, path))
                return rows[row].drivers[i];
        }
    return NULL;
}

/* The name in a line `Driver "name"`, or NULL. Keywords are case insensitive; ret_start: where the
   name begins. */
static char *driver_of(const char *line, gsize *ret_start)
{
    const char *word = line + strspn(line, " \t");
    const char *open = strchr(word, '"');
    const char *end = open != NULL ? strchr(open + 1, '"') : NULL;

    if (g_ascii_strncasecmp(word, "driver", strlen("driver")) != 0 || end == NULL ||
        strspn(word + strlen("driver"), " \t") != (gsize)(open - word) - strlen("driver"))
        return NULL;
    *ret_start = (gsize)(open + 1 - line);
    return g_strndup(open + 1, (gsize)(end - open - 1));
}

static char *rewrite_line(const LinuxPlan *plan, const char *line)
{
    gsize start;
    g_autofree char *driver = driver_of(line, &start);

    for (guint i = 0; driver != NULL && i < G_N_ELEMENTS(rows); i++) {
        if (g_ascii_strcasecmp(driver, rows[i].old_driver) != 0)
            continue;

        const char *other = find_driver(plan, i);

        if (other == NULL)
            return g_strconcat("#", line, NULL);
        return g_strdup_printf("%.*s%s%s", (int)start, line, other, line + start + strlen(driver));
    }
    return g_strdup(line);
}

static gboolean plan_file(LinuxPlan *plan, const char *path, GError **error)
{
    g_autofree char *text = NULL, *rewritten = NULL;

    if (!edits_read_text(plan->edits, path, &text, error))
        return FALSE;
    if (text == NULL)
        return TRUE;

    g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);

    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = rewrite_line(plan, lines[i]);

        g_free(lines[i]);
        lines[i] = line;
    }
    rewritten = g_strjoinv("\n", lines);
    return linux_plan_write_changed(plan, path, text, rewritten, REASON, error);
}

gboolean xorg_plan(LinuxPlan *plan, GError **error)
{
    static const char *const folders[] = {"/etc/X11/xorg.conf.d", "/usr/share/X11/xorg.conf.d"};
    guint count = plan->guest->linux_facts.usr == USR_FILES ? G_N_ELEMENTS(folders) : 1;

    if (fs_tree_is_file(plan->guest->tree, "/etc/X11/xorg.conf") &&
        !plan_file(plan, "/etc/X11/xorg.conf", error))
        return FALSE;
    for (guint i = 0; i < count; i++) {
        g_autoptr(GPtrArray) paths = linux_plan_list(plan, folders[i], ".conf");

        for (guint j = 0; j < paths->len; j++)
            if (!plan_file(plan, paths->pdata[j], error))
                return FALSE;
    }
    return TRUE;
}
