/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row per place where an initramfs lists the modules it loads. */
#include "linux/initramfs_loader.h"

#include <string.h>
#include <sys/stat.h>

void loader_edit_free(LoaderEdit *edit)
{
    if (edit == NULL)
        return;
    g_free(edit->path);
    g_clear_pointer(&edit->content, g_bytes_unref);
    g_free(edit);
}

static gboolean has_word(const char *text, const char *word)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t\r\n\"'()", -1);

    return g_strv_contains((const char *const *)words, word);
}

/* initramfs-tools: one name per line, given to modprobe by load_modules() of scripts/functions. */
static char *edit_module_lines(const char *text, const char *const *names)
{
    GString *edited = g_string_new(text);

    if (edited->len > 0 && edited->str[edited->len - 1] != '\n')
        g_string_append_c(edited, '\n');
    for (guint i = 0; names[i] != NULL; i++)
        if (!has_word(text, names[i]))
            g_string_append_printf(edited, "%s\n", names[i]);
    return g_string_free(edited, FALSE);
}

/* mkinitcpio: MODULES="a b" in /config, sourced by /init; the last assignment counts. */
static char *edit_mkinitcpio(const char *text, const char *const *names)
{
    GString *edited = g_string_new(text);

    if (edited->len > 0 && edited->str[edited->len - 1] != '\n')
        g_string_append_c(edited, '\n');
    g_string_append(edited, "MODULES=\"$MODULES");
    for (guint i = 0; names[i] != NULL; i++)
        g_string_append_printf(edited, " %s", names[i]);
    g_string_append(edited, "\"\n");
    return g_string_free(edited, FALSE);
}

/* Red Hat's mkinitrd up to version 5: a nash script of insmod lines; ours come behind the last one,
   which is before the block devices are looked for. */
static char *edit_nash(const char *text, const char *const *names)
{
    const char *last = NULL;

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (g_str_has_prefix(line, "insmod "))
            last = line;
    }
    if (last == NULL)
        return NULL;

    const char *end = strchr(last, '\n');
    gsize split = end != NULL ? (gsize)(end - text) + 1 : strlen(text);
    GString *edited = g_string_new_len(text, (gssize)split);

    if (end == NULL)
        g_string_append_c(edited, '\n');
    for (guint i = 0; names[i] != NULL; i++)
        g_string_append_printf(edited, "echo \"Loading %s.ko module\"\ninsmod /lib/%s.ko\n",
                               names[i], names[i]);
    g_string_append(edited, text + split);
    return g_string_free(edited, FALSE);
}

/* needle: the text that shows what kind it is (NULL: any will do). */
static const struct {
    const char *path;
    const char *needle;
    char *(*edit)(const char *text, const char *const *names);
    gboolean needs_file; /* FALSE: made if one of its markers is there */
    const char *markers[3];
} loaders[] = {
    {"conf/modules", NULL, edit_module_lines, TRUE, {NULL}},
    {"config", "MODULES=", edit_mkinitcpio, TRUE, {NULL}},
    {"init", "#!/bin/nash", edit_nash, TRUE, {NULL}},
    /* dracut and mkinitcpio with systemd in the initramfs: modules-load.d(5). */
    {"etc/modules-load.d/drydock-virtio.conf",
     NULL,
     edit_module_lines,
     FALSE,
     {"usr/lib/systemd/systemd-modules-load", "lib/systemd/systemd-modules-load", NULL}},
};

static gboolean has_marker(const Initramfs *initramfs, const char *const *markers)
{
    for (guint i = 0; i < 3 && markers[i] != NULL; i++)
        if (initramfs_has(initramfs, markers[i]))
            return TRUE;
    return FALSE;
}

static char *content_text(const Initramfs *initramfs, const char *path)
{
    GBytes *content = initramfs_content(initramfs, path);
    gsize size = 0;
    const char *data = content != NULL ? g_bytes_get_data(content, &size) : NULL;

    return data != NULL ? g_strndup(data, size) : g_strdup("");
}

void initramfs_loader_plan(const Initramfs *initramfs, const char *const *names, GPtrArray *edits)
{
    for (guint i = 0; i < G_N_ELEMENTS(loaders); i++) {
        g_autofree char *path = initramfs_resolve(initramfs, loaders[i].path);
        const InitramfsMember *member = g_hash_table_lookup(initramfs->members, path);
        g_autofree char *text = content_text(initramfs, path);

        if (loaders[i].needs_file ? member == NULL || !S_ISREG(member->mode)
                                  : !has_marker(initramfs, loaders[i].markers))
            continue;
        if (loaders[i].needle != NULL && strstr(text, loaders[i].needle) == NULL)
            continue;

        char *edited = loaders[i].edit(text, names);

        if (edited == NULL || g_str_equal(edited, text)) {
            g_free(edited);
            continue;
        }

        LoaderEdit *edit = g_new0(LoaderEdit, 1);

        edit->path = g_steal_pointer(&path);
        edit->mode = member != NULL ? member->mode & 07777 : 0644;
        edit->content = g_bytes_new_take(edited, strlen(edited));
        g_ptr_array_add(edits, edit);
    }
}

gboolean initramfs_is_nash(const Initramfs *initramfs)
{
    g_autofree char *text = content_text(initramfs, "init");

    return g_str_has_prefix(text, "#!/bin/nash");
}
