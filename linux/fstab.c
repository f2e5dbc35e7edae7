/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fstab(5) and crypttab(5), edited in place: one field of a line changes, spacing and comments
 * stay. */
#include "linux/fstab.h"

#include <string.h>

#define BLANKS " \t"

/* One field of a line, by number; FALSE if the line has fewer. */
static gboolean find_field(const char *line, guint number, const char **ret_start,
                           size_t *ret_length)
{
    const char *field = line + strspn(line, BLANKS);

    for (; number > 0 && *field != '\0'; number--) {
        field += strcspn(field, BLANKS);
        field += strspn(field, BLANKS);
    }
    *ret_start = field;
    *ret_length = strcspn(field, BLANKS "\r");
    return *ret_length > 0;
}

/* A CD or floppy drive has a name that no volume of ours stands for. */
static gboolean is_removable(const char *line)
{
    static const char *const types[] = {"iso9660", "udf", "udf,iso9660", "iso9660,udf"};
    const char *start = NULL;
    size_t length = 0;

    if (find_field(line, 1, &start, &length) &&
        (g_str_has_prefix(start, "/media/") || g_str_has_prefix(start, "/mnt/cdrom")))
        return TRUE;
    if (!find_field(line, 2, &start, &length))
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (strlen(types[i]) == length && strncmp(start, types[i], length) == 0)
            return TRUE;
    return FALSE;
}

static void rewrite_line(GString *out, const char *line, guint field, const Guest *guest,
                         GPtrArray *unknown)
{
    const char *start = NULL;
    size_t length = 0;

    if (line[strspn(line, BLANKS)] == '#' || !find_field(line, field, &start, &length)) {
        g_string_append(out, line);
        return;
    }

    g_autofree char *name = g_strndup(start, length);
    g_autofree char *stable =
        device_name_is_unstable(name) ? device_name_stable(guest, name, STABLE_BY_UUID) : NULL;

    if (stable == NULL) {
        if (device_name_is_unstable(name) && !is_removable(line))
            g_ptr_array_add(unknown, g_steal_pointer(&name));
        g_string_append(out, line);
        return;
    }
    g_string_append_len(out, line, (gssize)(start - line));
    g_string_append(out, stable);
    g_string_append(out, start + length);
}

static char *rewrite(const char *text, guint field, const Guest *guest, GPtrArray *unknown)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_new(NULL);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(out, '\n');
        rewrite_line(out, lines[i], field, guest, unknown);
    }
    return g_string_free(out, FALSE);
}

char *fstab_rewrite(const char *text, const Guest *guest, GPtrArray *unknown)
{
    return rewrite(text, 0, guest, unknown);
}

char *crypttab_rewrite(const char *text, const Guest *guest, GPtrArray *unknown)
{
    return rewrite(text, 1, guest, unknown);
}

gboolean fstab_plan(LinuxPlan *plan, GError **error)
{
    static const struct {
        const char *path;
        char *(*rewrite)(const char *text, const Guest *guest, GPtrArray *unknown);
    } files[] = {
        {"/etc/fstab", fstab_rewrite},
        {"/etc/crypttab", crypttab_rewrite},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *text = NULL, *rewritten = NULL;

        if (!edits_read_text(plan->edits, files[i].path, &text, error))
            return FALSE;
        if (text == NULL)
            continue;
        rewritten = files[i].rewrite(text, plan->guest, unknown);
        linux_plan_report_unknown(plan, files[i].path, unknown);
        if (!linux_plan_write_changed(plan, files[i].path, text, rewritten,
                                      "device names change with the disk controller; "
                                      "UUIDs stay",
                                      error))
            return FALSE;
    }
    return TRUE;
}
