/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot Loader Specification entries and unified kernel images, as systemd-boot and Fedora's GRUB
   read them. */
#include <string.h>

#include "inspect/boot_menu.h"
#include "inspect/text_file.h"
#include "inspect/version_order.h"

/* More than any menu has; a guest may put anything into the directory. */
enum { ENTRIES_LIMIT = 256 };

static void set_once(char **field, const char *value)
{
    if (!*field)
        *field = g_strdup(value);
}

static void parse_entry(BootEntry *entry, const char *text)
{
    g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
    g_autoptr(GPtrArray) initrds = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; lines[i]; i++) {
        char *key = g_strstrip(lines[i]);
        char *value = key + strcspn(key, " \t");
        if (*key == '#' || *value == '\0')
            continue;
        *value++ = '\0';
        value = g_strchug(value);

        if (g_str_equal(key, "title"))
            set_once(&entry->title, value);
        else if (g_str_equal(key, "version"))
            set_once(&entry->version, value);
        else if (g_str_equal(key, "linux") || g_str_equal(key, "efi"))
            set_once(&entry->linux, value);
        else if (g_str_equal(key, "options"))
            set_once(&entry->options, value);
        else if (g_str_equal(key, "initrd"))
            /* Fedora writes "$tuned_initrd" behind the path. */
            g_ptr_array_add(initrds, g_strndup(value, strcspn(value, " \t")));
    }
    g_ptr_array_add(initrds, NULL);
    entry->initramfs = boot_choose_initramfs((const char *const *)initrds->pdata);
}

/* Newest first, as both loaders list them. */
static gint compare_entries(gconstpointer a, gconstpointer b)
{
    const BootEntry *first = *(const BootEntry *const *)a;
    const BootEntry *second = *(const BootEntry *const *)b;
    int order = version_text_compare(second->id, first->id);
    return order ? order : g_strcmp0(second->id, first->id);
}

/* Names in directory that end with suffix; none where there is no such directory. */
static gboolean list_names(FsTree *tree, const char *directory, const char *suffix,
                           GPtrArray **ret_names, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (fs_tree_is_directory(tree, directory)) {
        g_autoptr(GPtrArray) entries = NULL;
        if (!fs_tree_list(tree, directory, &entries, error))
            return FALSE;
        for (guint i = 0; i < entries->len && names->len < ENTRIES_LIMIT; i++) {
            const FsEntry *entry = g_ptr_array_index(entries, i);
            g_autofree char *folded = g_ascii_strdown(entry->name, -1);
            if (g_str_has_suffix(folded, suffix))
                g_ptr_array_add(names, g_strdup(entry->name));
        }
    }
    *ret_names = g_steal_pointer(&names);
    return TRUE;
}

gboolean bls_read_entries(FsTree *tree, const char *directory, BootMenu *menu, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    if (!list_names(tree, directory, ".conf", &names, error))
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_strconcat(directory, "/", name, NULL);
        g_autofree char *text = NULL;
        if (!inspect_read_text(tree, path, &text, error))
            return FALSE;
        if (!text)
            continue;
        BootEntry *entry = boot_menu_add_entry(menu);
        entry->id = g_strndup(name, strlen(name) - strlen(".conf"));
        parse_entry(entry, text);
    }
    g_ptr_array_sort(menu->entries, compare_entries);
    return TRUE;
}

/* Unified kernel images need no entry file: every .efi in EFI/Linux is one. */
static gboolean add_unified_images(FsTree *tree, const char *root, BootMenu *menu, GError **error)
{
    g_autofree char *directory = g_strconcat(root, "/EFI/Linux", NULL);
    g_autoptr(GPtrArray) names = NULL;
    if (!list_names(tree, directory, ".efi", &names, error))
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        BootEntry *entry = boot_menu_add_entry(menu);
        entry->id = g_strdup(g_ptr_array_index(names, i));
        entry->title = g_strdup(entry->id);
        entry->linux = g_strconcat("/EFI/Linux/", entry->id, NULL);
    }
    g_ptr_array_sort(menu->entries, compare_entries);
    return TRUE;
}

/* loader.conf: "default" is a pattern of entry names, with or without their ".conf". */
static const BootEntry *find_default(const BootMenu *menu, const char *text)
{
    g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) words = boot_split_line(lines[i]);
        if (g_strcmp0(words[0], "default") != 0 || !words[1])
            continue;
        for (guint j = 0; j < menu->entries->len; j++) {
            const BootEntry *entry = g_ptr_array_index(menu->entries, j);
            g_autofree char *file = g_strconcat(entry->id, ".conf", NULL);
            if (g_pattern_match_simple(words[1], file) ||
                g_pattern_match_simple(words[1], entry->id))
                return entry;
        }
    }
    return NULL;
}

gboolean systemd_boot_read_menu(FsTree *tree, const char *esp, BootMenu *menu, GError **error)
{
    const char *roots[] = {esp, "/efi", "/boot", "/boot/efi"};

    for (guint i = 0; i < G_N_ELEMENTS(roots); i++) {
        if (!roots[i])
            continue;
        g_autofree char *config = g_strconcat(roots[i], "/loader/loader.conf", NULL);
        g_autofree char *directory = g_strconcat(roots[i], "/loader/entries", NULL);
        g_autofree char *text = NULL;
        if (!inspect_read_text(tree, config, &text, error))
            return FALSE;
        if (!text)
            continue;
        if (!bls_read_entries(tree, directory, menu, error) ||
            !add_unified_images(tree, roots[i], menu, error))
            return FALSE;
        /* Entries may be on a boot partition of their own (XBOOTLDR) beside the ESP. */
        if (menu->entries->len == 0 && !bls_read_entries(tree, "/boot/loader/entries", menu, error))
            return FALSE;
        menu->loader = "systemd-boot";
        menu->config = g_steal_pointer(&config);
        menu->default_entry = find_default(menu, text);
        return TRUE;
    }
    return TRUE;
}
