/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads fstab(5): fields between blanks, blanks inside them as octal escapes. */
#include "inspect/fstab.h"

static void mount_free(gpointer data)
{
    GuestMount *mount = data;
    g_free(mount->spec);
    g_free(mount->mount_point);
    g_free(mount->type);
    g_free(mount->options);
    g_free(mount);
}

static gboolean is_octal(char c)
{
    return c >= '0' && c <= '7';
}

static char *unescape(const char *field)
{
    GString *text = g_string_new(NULL);
    for (const char *p = field; *p; p++) {
        if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && is_octal(p[2]) && is_octal(p[3])) {
            int byte = (p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0');
            if (byte != 0)
                g_string_append_c(text, (char)byte);
            p += 3;
        } else {
            g_string_append_c(text, *p);
        }
    }
    return g_string_free(text, FALSE);
}

GPtrArray *fstab_parse(const char *text)
{
    GPtrArray *mounts = g_ptr_array_new_with_free_func(mount_free);
    g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);

    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit_set(lines[i], " \t", -1);
        const char *fields[4] = {NULL};
        guint count = 0;
        for (guint j = 0; words[j] && count < G_N_ELEMENTS(fields); j++)
            if (words[j][0])
                fields[count++] = words[j];
        if (count < 3 || fields[0][0] == '#')
            continue;
        GuestMount *mount = g_new0(GuestMount, 1);
        mount->spec = unescape(fields[0]);
        mount->mount_point = unescape(fields[1]);
        mount->type = unescape(fields[2]);
        mount->options = unescape(fields[3] ? fields[3] : "");
        g_ptr_array_add(mounts, mount);
    }
    return mounts;
}
