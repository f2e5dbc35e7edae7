/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot menus that are plain lists: GRUB legacy's menu.lst and extlinux.conf. */
#include <string.h>

#include "inspect/boot_menu.h"
#include "inspect/text_file.h"

static gboolean read_first(FsTree *tree, const char *const *paths, char **ret_path, char **ret_text,
                           GError **error)
{
    *ret_path = *ret_text = NULL;
    for (guint i = 0; paths[i] && !*ret_text; i++) {
        if (!inspect_read_text(tree, paths[i], ret_text, error))
            return FALSE;
        if (*ret_text)
            *ret_path = g_strdup(paths[i]);
    }
    return TRUE;
}

/* "default saved" reads the first number of the file "default" beside the menu. */
static gboolean read_saved_number(FsTree *tree, guint64 *ret_number, GError **error)
{
    g_autofree char *text = NULL;
    *ret_number = 0;
    if (!inspect_read_text(tree, "/boot/grub/default", &text, error))
        return FALSE;
    if (text) {
        text[strspn(text, "0123456789")] = '\0';
        guint64 number;
        if (g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT, &number, NULL))
            *ret_number = number;
    }
    return TRUE;
}

gboolean grub_legacy_read_menu(FsTree *tree, const char *esp G_GNUC_UNUSED, BootMenu *menu,
                               GError **error)
{
    static const char *const paths[] = {"/boot/grub/grub.conf", "/boot/grub/menu.lst",
                                        "/etc/grub.conf", NULL};
    g_autofree char *path = NULL, *text = NULL;
    if (!read_first(tree, paths, &path, &text, error))
        return FALSE;
    if (!text)
        return TRUE;

    guint64 number = 0;
    BootEntry *entry = NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        /* "default=0" and "default 0" are the same. */
        char *line = g_strstrip(lines[i]);
        size_t key_length = strcspn(line, " \t=");
        g_autofree char *key = g_strndup(line, key_length);
        const char *value = line + key_length + strspn(line + key_length, " \t=");
        g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);

        if (g_str_equal(key, "default")) {
            if (g_str_equal(value, "saved")) {
                if (!read_saved_number(tree, &number, error))
                    return FALSE;
            } else if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT, &number, NULL)) {
                number = 0;
            }
        } else if (g_str_equal(key, "title")) {
            entry = boot_menu_add_entry(menu);
            entry->title = g_strdup(value);
        } else if (entry && g_str_equal(key, "kernel") && words[0] && !entry->linux) {
            entry->linux = g_strdup(words[0]);
            entry->options = g_strjoinv(" ", words + 1);
        } else if (entry && g_str_equal(key, "initrd")) {
            g_free(entry->initramfs);
            entry->initramfs = boot_choose_initramfs((const char *const *)words);
        }
    }
    menu->loader = "grub-legacy";
    menu->config = g_steal_pointer(&path);
    if (number < menu->entries->len)
        menu->default_entry = g_ptr_array_index(menu->entries, (guint)number);
    return TRUE;
}

/* Paths in extlinux.conf count from its own directory when they are relative. */
static char *extlinux_path(const char *directory, const char *value)
{
    return *value == '/' ? g_strdup(value) : g_strconcat(directory, "/", value, NULL);
}

static void read_append(BootEntry *entry, const char *directory, const char *value)
{
    g_free(entry->options);
    entry->options = g_strdup(value);
    g_auto(GStrv) words = g_strsplit(value, " ", -1);
    for (guint i = 0; words[i]; i++)
        if (g_str_has_prefix(words[i], "initrd=") && !entry->initramfs)
            entry->initramfs = extlinux_path(directory, words[i] + strlen("initrd="));
}

static void read_extlinux_line(BootMenu *menu, BootEntry **entry, char **default_label,
                               const char *directory, const char *key, const char *value)
{
    if (g_str_equal(key, "default")) {
        g_free(*default_label);
        *default_label = g_strdup(value);
    } else if (g_str_equal(key, "label")) {
        *entry = boot_menu_add_entry(menu);
        (*entry)->id = g_strdup(value);
        (*entry)->title = g_strdup(value);
    } else if (!*entry) {
        return;
    } else if (g_str_equal(key, "menu") && g_ascii_strcasecmp(value, "default") == 0) {
        menu->default_entry = *entry;
    } else if ((g_str_equal(key, "linux") || g_str_equal(key, "kernel")) && !(*entry)->linux) {
        (*entry)->linux = extlinux_path(directory, value);
    } else if (g_str_equal(key, "initrd")) {
        g_auto(GStrv) words = g_strsplit(value, ",", -1);
        g_autofree char *chosen = boot_choose_initramfs((const char *const *)words);
        g_free((*entry)->initramfs);
        (*entry)->initramfs = chosen ? extlinux_path(directory, chosen) : NULL;
    } else if (g_str_equal(key, "append")) {
        read_append(*entry, directory, value);
    }
}

gboolean extlinux_read_menu(FsTree *tree, const char *esp G_GNUC_UNUSED, BootMenu *menu,
                            GError **error)
{
    static const char *const paths[] = {"/boot/extlinux/extlinux.conf", "/boot/extlinux.conf",
                                        "/boot/syslinux/syslinux.cfg", "/extlinux.conf", NULL};
    g_autofree char *path = NULL, *text = NULL, *default_label = NULL;
    if (!read_first(tree, paths, &path, &text, error))
        return FALSE;
    if (!text)
        return TRUE;

    g_autofree char *directory = g_path_get_dirname(path);
    BootEntry *entry = NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        char *value = line + strcspn(line, " \t");
        if (*line == '#' || *value == '\0')
            continue;
        *value++ = '\0';
        g_autofree char *key = g_ascii_strdown(line, -1);
        read_extlinux_line(menu, &entry, &default_label, directory, key, g_strchug(value));
    }
    menu->loader = "extlinux";
    menu->config = g_steal_pointer(&path);
    for (guint i = 0; i < menu->entries->len && !menu->default_entry; i++) {
        const BootEntry *candidate = g_ptr_array_index(menu->entries, i);
        if (g_strcmp0(candidate->id, default_label) == 0)
            menu->default_entry = candidate;
    }
    return TRUE;
}
