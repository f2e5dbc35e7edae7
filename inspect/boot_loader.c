/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks each boot loader's reader in turn, and finds the files they name in the guest's tree. */
#include "inspect/boot_loader.h"

#include <string.h>

#include "inspect/boot_menu.h"

/* GRUB 2 first: upgraded systems keep a menu.lst beside it, and Fedora the BLS files of
 * systemd-boot. */
static const BootMenuReader readers[] = {
    grub2_read_menu,
    systemd_boot_read_menu,
    grub_legacy_read_menu,
    extlinux_read_menu,
};

void boot_entry_free(BootEntry *entry)
{
    if (!entry)
        return;
    g_free(entry->id);
    g_free(entry->title);
    g_free(entry->version);
    g_free(entry->linux);
    g_free(entry->initramfs);
    g_free(entry->options);
    g_free(entry);
}

static void free_element(gpointer entry)
{
    boot_entry_free(entry);
}

void boot_menu_clear(BootMenu *menu)
{
    g_free(menu->config);
    g_clear_pointer(&menu->entries, g_ptr_array_unref);
    *menu = (BootMenu){0};
}

BootEntry *boot_menu_add_entry(BootMenu *menu)
{
    BootEntry *entry = g_new0(BootEntry, 1);
    g_ptr_array_add(menu->entries, entry);
    return entry;
}

char *boot_choose_initramfs(const char *const *words)
{
    const char *chosen = NULL;
    for (guint i = 0; words[i]; i++)
        if (words[i][0] && (!chosen || !strstr(words[i], "ucode")))
            chosen = words[i];
    return g_strdup(chosen);
}

char **boot_split_line(const char *line)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    const char *p = line;

    for (;;) {
        while (g_ascii_isspace(*p) || *p == ';')
            p++;
        if (*p == '\0' || *p == '#')
            break;
        GString *word = g_string_new(NULL);
        char quote = '\0';
        for (; *p && (quote || (!g_ascii_isspace(*p) && *p != ';')); p++) {
            if (quote && *p == quote)
                quote = '\0';
            else if (!quote && (*p == '\'' || *p == '"'))
                quote = *p;
            else if (*p == '\\' && quote != '\'' && p[1])
                g_string_append_c(word, *++p);
            else
                g_string_append_c(word, *p);
        }
        g_ptr_array_add(words, g_string_free(word, FALSE));
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

/* "/@/boot/vmlinuz" in the tree of Btrfs' subvolume "/@". */
static const char *skip_folder(const FsTree *tree, const char *path)
{
    const char *folder = fs_tree_root_folder(tree);
    size_t length = strlen(folder);
    return length > 0 && g_str_has_prefix(path, folder) && path[length] == '/' ? path + length
                                                                               : path;
}

/* A loader counts paths from the root of the volume it reads: the tree's root, a separate /boot, or
   the EFI system partition. "(hd0,1)/…" names a volume in GRUB's way. */
static char *find_in_tree(FsTree *tree, const char *esp, const char *path)
{
    const char *roots[] = {"", "/boot", esp};

    if (*path == '(' && strchr(path, ')'))
        path = strchr(path, ')') + 1;
    path = skip_folder(tree, path);
    for (guint i = 0; i < G_N_ELEMENTS(roots); i++) {
        if (!roots[i])
            continue;
        g_autofree char *full = g_strconcat(g_str_equal(roots[i], "/") ? "" : roots[i],
                                            *path == '/' ? "" : "/", path, NULL);
        if (fs_tree_is_file(tree, full))
            return g_steal_pointer(&full);
    }
    return NULL;
}

static void replace_by_found(FsTree *tree, const char *esp, char **path)
{
    if (!*path)
        return;
    char *found = find_in_tree(tree, esp, *path);
    g_free(*path);
    *path = found;
}

gboolean boot_menu_read(FsTree *tree, const char *esp, BootMenu *ret_menu, GError **error)
{
    g_auto(BootMenu) menu = {.entries = g_ptr_array_new_with_free_func(free_element)};

    for (guint i = 0; i < G_N_ELEMENTS(readers) && !menu.loader; i++)
        if (!readers[i](tree, esp, &menu, error)) {
            g_prefix_error(error, "cannot read the boot menu: ");
            return FALSE;
        }
    for (guint i = 0; i < menu.entries->len; i++) {
        BootEntry *entry = g_ptr_array_index(menu.entries, i);
        replace_by_found(tree, esp, &entry->linux);
        replace_by_found(tree, esp, &entry->initramfs);
    }
    if (!menu.default_entry && menu.entries->len > 0)
        menu.default_entry = g_ptr_array_index(menu.entries, 0);
    *ret_menu = menu;
    menu = (BootMenu){0};
    return TRUE;
}
