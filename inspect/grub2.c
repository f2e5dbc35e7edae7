/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRUB 2's grub.cfg, read as the generators write it: menus, the default, grubenv, BLS entries. It
   is a script; conditions are not evaluated, the last "set default=" counts. */
#include <string.h>

#include "inspect/boot_menu.h"
#include "inspect/text_file.h"

/* A menu entry or a submenu; parent is an index, -1 the menu itself. */
typedef struct {
    int parent;
    char *title, *id;
    BootEntry *entry; /* borrowed from the menu; NULL: a submenu */
} Item;

/* What a "{" that is still open belongs to. */
typedef enum {
    BLOCK_OTHER,
    BLOCK_ENTRY,
    BLOCK_SUBMENU,
} Block;

typedef struct {
    BootMenu *menu;
    GPtrArray *items; /* of Item */
    GArray *blocks;   /* of Block */
    int parent;       /* the submenu we are in */
    BootEntry *entry; /* the entry we are in */
    gboolean uses_bls;
    char *default_text;
} Parser;

static void item_free(gpointer data)
{
    Item *item = data;
    g_free(item->title);
    g_free(item->id);
    g_free(item);
}

static void parser_clear(Parser *parser)
{
    g_clear_pointer(&parser->items, g_ptr_array_unref);
    g_clear_pointer(&parser->blocks, g_array_unref);
    g_clear_pointer(&parser->default_text, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parser, parser_clear)

static void add_item(Parser *parser, BootEntry *entry, const char *title, const char *id)
{
    Item *item = g_new0(Item, 1);
    item->parent = parser->parent;
    item->title = g_strdup(title);
    item->id = g_strdup(id);
    item->entry = entry;
    g_ptr_array_add(parser->items, item);
}

/* menuentry 'Title' --class … $menuentry_id_option 'id' { */
static void open_item(Parser *parser, char **words, Block block)
{
    const char *title = NULL, *id = NULL;
    for (guint i = 1; words[i]; i++) {
        if (g_str_has_prefix(words[i], "--id="))
            id = words[i] + strlen("--id=");
        else if ((g_str_equal(words[i], "--id") || g_str_equal(words[i], "$menuentry_id_option") ||
                  g_str_equal(words[i], "${menuentry_id_option}")) &&
                 words[i + 1])
            id = words[++i];
        else if ((g_str_equal(words[i], "--class") || g_str_equal(words[i], "--users") ||
                  g_str_equal(words[i], "--hotkey")) &&
                 words[i + 1])
            i++;
        else if (!title && words[i][0] != '-' && !g_str_equal(words[i], "{"))
            title = words[i];
    }
    if (block == BLOCK_SUBMENU) {
        add_item(parser, NULL, title, id);
        parser->parent = (int)parser->items->len - 1;
        return;
    }
    parser->entry = boot_menu_add_entry(parser->menu);
    parser->entry->title = g_strdup(title);
    parser->entry->id = g_strdup(id);
    add_item(parser, parser->entry, title, id);
}

static void close_block(Parser *parser)
{
    if (parser->blocks->len == 0)
        return;
    Block block = g_array_index(parser->blocks, Block, parser->blocks->len - 1);
    g_array_set_size(parser->blocks, parser->blocks->len - 1);
    if (block == BLOCK_ENTRY) {
        parser->entry = NULL;
    } else if (block == BLOCK_SUBMENU && parser->parent >= 0) {
        const Item *item = g_ptr_array_index(parser->items, (guint)parser->parent);
        parser->parent = item->parent;
    }
}

static void read_entry_line(BootEntry *entry, char **words)
{
    if (g_str_has_prefix(words[0], "linux") && words[1] && !entry->linux) {
        entry->linux = g_strdup(words[1]);
        entry->options = g_strjoinv(" ", words + 2);
    } else if (g_str_has_prefix(words[0], "initrd") && words[1] && !entry->initramfs) {
        entry->initramfs = boot_choose_initramfs((const char *const *)words + 1);
    } else if (g_str_equal(words[0], "multiboot") || g_str_equal(words[0], "multiboot2")) {
        /* Xen: the kernel that follows is a module of the hypervisor. */
        if (!entry->options)
            entry->options = g_strdup("");
    }
}

static void read_line(Parser *parser, const char *line)
{
    g_auto(GStrv) words = boot_split_line(line);
    guint count = g_strv_length(words);
    if (count == 0)
        return;

    Block block = BLOCK_OTHER;
    const char *assignment = g_str_equal(words[0], "set") && count > 1 ? words[1] : words[0];
    if (g_str_equal(words[0], "menuentry"))
        block = BLOCK_ENTRY;
    else if (g_str_equal(words[0], "submenu"))
        block = BLOCK_SUBMENU;
    else if (g_str_equal(words[0], "blscfg"))
        parser->uses_bls = TRUE;
    else if (g_str_has_prefix(assignment, "default=") && !parser->entry) {
        g_free(parser->default_text);
        parser->default_text = g_strdup(assignment + strlen("default="));
    }

    if (block != BLOCK_OTHER)
        open_item(parser, words, block);
    else if (parser->entry)
        read_entry_line(parser->entry, words);

    if (g_str_equal(words[count - 1], "{"))
        g_array_append_val(parser->blocks, block);
    else if (g_str_equal(words[0], "}"))
        close_block(parser);
}

/* The entry or submenu below parent that one part of "default" names: its number, id or title. */
static int find_item(const Parser *parser, int parent, const char *name)
{
    guint64 number, position = 0;
    gboolean is_number = g_ascii_string_to_unsigned(name, 10, 0, G_MAXUINT, &number, NULL);

    for (guint i = 0; i < parser->items->len; i++) {
        const Item *item = g_ptr_array_index(parser->items, i);
        if (item->parent != parent)
            continue;
        if (is_number ? position == number
                      : g_strcmp0(item->id, name) == 0 || g_strcmp0(item->title, name) == 0)
            return (int)i;
        position++;
    }
    return -1;
}

/* "1>0", "Advanced options>gnulinux-6.1-advanced"; ">>" is a ">" inside a title. */
static const BootEntry *find_default(const Parser *parser, const char *text)
{
    g_autoptr(GString) escaped = g_string_new(text);
    g_string_replace(escaped, ">>", "\x01", 0);
    g_auto(GStrv) parts = g_strsplit(escaped->str, ">", -1);
    int index = -1;

    for (guint i = 0; parts[i]; i++) {
        g_strdelimit(parts[i], "\x01", '>');
        int found = find_item(parser, index, parts[i]);
        if (found < 0)
            break;
        index = found;
    }
    /* Where only a submenu is named, its first entry. Each step goes to a later item. */
    while (index >= 0) {
        const Item *item = g_ptr_array_index(parser->items, (guint)index);
        if (item->entry)
            return item->entry;
        index = find_item(parser, index, "0");
    }
    return NULL;
}

/* saved_entry of the environment block beside the configuration; NULL: none. */
static gboolean read_saved_entry(FsTree *tree, const char *directory, char **ret_entry,
                                 GError **error)
{
    g_autofree char *path = g_strconcat(directory, "/grubenv", NULL);
    g_autofree char *text = NULL;
    *ret_entry = NULL;
    if (!inspect_read_text(tree, path, &text, error))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (guint i = 0; lines[i]; i++)
        if (g_str_has_prefix(lines[i], "saved_entry=") && lines[i][strlen("saved_entry=")]) {
            g_free(*ret_entry);
            *ret_entry = g_strdup(lines[i] + strlen("saved_entry="));
        }
    return TRUE;
}

static gboolean read_config(FsTree *tree, const char *path, const char *text, BootMenu *menu,
                            GError **error)
{
    g_auto(Parser) parser = {
        .menu = menu,
        .items = g_ptr_array_new_with_free_func(item_free),
        .blocks = g_array_new(FALSE, FALSE, sizeof(Block)),
        .parent = -1,
    };
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *saved_entry = NULL;
    if (!read_saved_entry(tree, directory, &saved_entry, error))
        return FALSE;

    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] && !parser.uses_bls; i++)
        read_line(&parser, lines[i]);
    if (parser.uses_bls) {
        if (!bls_read_entries(tree, "/boot/loader/entries", menu, error))
            return FALSE;
        for (guint i = 0; i < menu->entries->len; i++) {
            BootEntry *entry = g_ptr_array_index(menu->entries, i);
            add_item(&parser, entry, entry->title, entry->id);
        }
    }

    const char *wanted = parser.default_text;
    if (!wanted || wanted[0] == '$')
        wanted = saved_entry ? saved_entry : "0";
    menu->default_entry = find_default(&parser, wanted);
    if (!menu->default_entry)
        menu->default_entry = find_default(&parser, "0");
    menu->loader = "grub2";
    menu->config = g_strdup(path);
    return TRUE;
}

/* Some UEFI systems have a stub on the ESP that only loads the one below /boot. */
static gboolean is_menu(const char *text)
{
    return strstr(text, "menuentry") || strstr(text, "blscfg");
}

static gboolean list_vendor_configs(FsTree *tree, const char *esp, GPtrArray *paths, GError **error)
{
    g_autofree char *directory = g_strconcat(esp, "/EFI", NULL);
    g_autoptr(GPtrArray) entries = NULL;
    if (!fs_tree_is_directory(tree, directory))
        return TRUE;
    if (!fs_tree_list(tree, directory, &entries, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        g_ptr_array_add(paths, g_strconcat(directory, "/", entry->name, "/grub.cfg", NULL));
    }
    return TRUE;
}

gboolean grub2_read_menu(FsTree *tree, const char *esp, BootMenu *menu, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(paths, g_strdup("/boot/grub2/grub.cfg"));
    g_ptr_array_add(paths, g_strdup("/boot/grub/grub.cfg"));
    if (esp && !list_vendor_configs(tree, esp, paths, error))
        return FALSE;

    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        g_autofree char *text = NULL;
        if (!inspect_read_text(tree, path, &text, error))
            return FALSE;
        if (text && is_menu(text))
            return read_config(tree, path, text, menu, error);
    }
    return TRUE;
}
