/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds kernels by their images in /boot and in the boot menu, and what belongs to each. */
#include "inspect/kernels.h"

#include <string.h>

#include "base/bytes.h"
#include "inspect/ostree.h"
#include "inspect/version_order.h"

typedef struct {
    FsTree *tree;
    const BootMenu *menu;
    GPtrArray *module_names; /* of char *: names of directories below /lib/modules */
    GPtrArray *kernels;      /* of GuestKernel */
    GHashTable *images;      /* set of image_key() of those */
} Search;

static void kernel_free(gpointer data)
{
    GuestKernel *kernel = data;
    g_free(kernel->version);
    g_free(kernel->image);
    g_free(kernel->initramfs);
    g_free(kernel->config);
    g_free(kernel->modules_dir);
    g_free(kernel);
}

static void search_clear(Search *search)
{
    g_clear_pointer(&search->module_names, g_ptr_array_unref);
    g_clear_pointer(&search->kernels, g_ptr_array_unref);
    g_clear_pointer(&search->images, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

/* One text per file, whatever links lead to it; NULL: not there. */
static char *image_key(FsTree *tree, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *resolved = NULL;
    Fs *fs;
    gboolean found;
    if (!fs_tree_resolve(tree, path, TRUE, &fs, &resolved, &found, &error)) {
        g_debug("%s: %s", path, error->message);
        return NULL;
    }
    return found ? g_strdup_printf("%p%s", (void *)fs, resolved) : NULL;
}

static gboolean list_modules(Search *search, GError **error)
{
    search->module_names = g_ptr_array_new_with_free_func(g_free);
    if (!fs_tree_is_directory(search->tree, "/lib/modules"))
        return TRUE;
    g_autoptr(GPtrArray) entries = NULL;
    if (!fs_tree_list(search->tree, "/lib/modules", &entries, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        if (entry->type == FS_TYPE_DIRECTORY)
            g_ptr_array_add(search->module_names, g_strdup(entry->name));
    }
    return TRUE;
}

static gboolean has_modules(const Search *search, const char *version)
{
    for (guint i = 0; i < search->module_names->len; i++)
        if (g_str_equal(g_ptr_array_index(search->module_names, i), version))
            return TRUE;
    return FALSE;
}

/* The release in the header of an x86 image (Linux Documentation/arch/x86/boot.rst: "HdrS" at
   0x202, kernel_version at 0x20e counts from 0x200); NULL: no such header. */
static char *read_header_version(FsTree *tree, const char *image)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FsFile) file = NULL;
    uint8_t header[0x10];
    char text[128] = {0};

    if (!fs_tree_file_open(tree, image, &file, &error)) {
        g_debug("%s: %s", image, error->message);
        return NULL;
    }
    if (!range_is_within(0x200, sizeof header, fs_file_size(file)) ||
        !fs_file_read(file, 0x200, header, sizeof header, &error) ||
        memcmp(header + 2, "HdrS", 4) != 0)
        return NULL;
    uint64_t offset = 0x200 + (uint64_t)get_le16(header + 0xe);
    if (offset == 0x200 || !range_is_within(offset, sizeof text, fs_file_size(file)) ||
        !fs_file_read(file, offset, text, sizeof text - 1, &error))
        return NULL;
    size_t length = strcspn(text, " ");
    for (size_t i = 0; i < length; i++)
        if (!g_ascii_isgraph(text[i]) || text[i] == '/')
            return NULL;
    return length > 0 ? g_strndup(text, length) : NULL;
}

/* Arch names images by flavour ("linux-lts") and says in pkgbase which modules are its; Alpine
   appends the flavour to the release ("6.6.4-0-lts"). */
static char *find_by_flavour(const Search *search, const char *flavour)
{
    const char *by_suffix = NULL;
    guint count = 0;
    for (guint i = 0; i < search->module_names->len; i++) {
        const char *name = g_ptr_array_index(search->module_names, i);
        g_autofree char *path = g_strconcat("/lib/modules/", name, "/pkgbase", NULL);
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        if (!fs_tree_read_text(search->tree, path, &text, &error))
            g_debug("%s: %s", path, error->message);
        if (text && g_str_equal(g_strstrip(text), flavour))
            return g_strdup(name);
        g_autofree char *suffix = g_strconcat("-", flavour, NULL);
        if (g_str_has_suffix(name, suffix)) {
            by_suffix = name;
            count++;
        }
    }
    return count == 1 ? g_strdup(by_suffix) : NULL;
}

/* name: what follows "vmlinuz-" in the image's name, may be "". */
static char *find_version(const Search *search, const char *image, const char *name)
{
    if (*name && has_modules(search, name))
        return g_strdup(name);
    g_autofree char *header = read_header_version(search->tree, image);
    if (header && has_modules(search, header))
        return g_steal_pointer(&header);
    char *flavoured = *name ? find_by_flavour(search, name) : NULL;
    if (flavoured)
        return flavoured;
    if (header)
        return g_steal_pointer(&header);
    gboolean is_only_one = !*name && search->module_names->len == 1;
    return g_strdup(is_only_one ? g_ptr_array_index(search->module_names, 0) : name);
}

static char *find_file(FsTree *tree, const char *directory, const char *const *patterns,
                       const char *name)
{
    for (guint i = 0; patterns[i] && *name; i++) {
        g_autoptr(GString) file = g_string_new(patterns[i]);
        g_string_replace(file, "{}", name, 0);
        char *path =
            g_strconcat(g_str_equal(directory, "/") ? "" : directory, "/", file->str, NULL);
        if (fs_tree_is_file(tree, path))
            return path;
        g_free(path);
    }
    return NULL;
}

/* Debian and Ubuntu; Red Hat, Arch and Void; SUSE and old Red Hat; the same with .img; Alpine;
   Gentoo's genkernel. */
static const char *const initramfs_patterns[] = {
    "initrd.img-{}", "initramfs-{}.img",       "initrd-{}", "initrd-{}.img",
    "initramfs-{}",  "initramfs-genkernel-{}", NULL,
};
static const char *const config_patterns[] = {"config-{}", NULL};

/* "/nix/store/…-nixos-system-…" for "init=" of that and "/init"; NULL: it is no NixOS. */
static char *find_nix_system(const char *options)
{
    static const char key[] = "init=/nix/store/";
    g_auto(GStrv) words = g_strsplit(options ? options : "", " ", -1);
    for (guint i = 0; words[i]; i++)
        if (g_str_has_prefix(words[i], key))
            return g_path_get_dirname(words[i] + strlen("init="));
    return NULL;
}

/* Modules of kernel, in the system itself or, where entry starts another deployment of ostree's, in
 * that one.
 */
static char *find_modules_dir(const Search *search, const BootEntry *entry, const char *version)
{
    if (has_modules(search, version))
        return g_strconcat("/lib/modules/", version, NULL);
    g_autofree char *root = entry ? ostree_find_root(entry->options) : NULL;
    g_autofree char *store = entry ? find_nix_system(entry->options) : NULL;
    char *path = root    ? g_strconcat(root, "/usr/lib/modules/", version, NULL)
                 : store ? g_strconcat(store, "/kernel-modules/lib/modules/", version, NULL)
                         : NULL;
    if (path && fs_tree_is_directory(search->tree, path))
        return path;
    g_free(path);
    return NULL;
}

/* entry: of the boot menu, or NULL. */
static void add_kernel(Search *search, const char *image, const char *name, const BootEntry *entry)
{
    g_autofree char *key = image_key(search->tree, image);
    if (!key || g_hash_table_contains(search->images, key))
        return;
    g_hash_table_add(search->images, g_steal_pointer(&key));

    g_autofree char *directory = g_path_get_dirname(image);
    GuestKernel *kernel = g_new0(GuestKernel, 1);
    g_ptr_array_add(search->kernels, kernel);
    kernel->image = g_strdup(image);
    kernel->is_rescue = strstr(name, "rescue") != NULL;
    kernel->version = kernel->is_rescue ? g_strdup(name) : find_version(search, image, name);
    if (!kernel->is_rescue)
        kernel->modules_dir = find_modules_dir(search, entry, kernel->version);

    kernel->initramfs = g_strdup(entry ? entry->initramfs : NULL);
    if (!kernel->initramfs)
        kernel->initramfs = find_file(search->tree, directory, initramfs_patterns, name);
    if (!kernel->initramfs)
        kernel->initramfs = find_file(search->tree, directory, initramfs_patterns, kernel->version);
    kernel->config = find_file(search->tree, directory, config_patterns, kernel->version);
    if (!kernel->config && kernel->modules_dir) {
        g_autofree char *path = g_strconcat(kernel->modules_dir, "/config", NULL);
        if (fs_tree_is_file(search->tree, path))
            kernel->config = g_steal_pointer(&path);
    }
}

/* What follows the name of a kernel image; NULL: name is none. */
static const char *image_suffix(const char *name)
{
    static const char *const prefixes[] = {"vmlinuz", "vmlinux", "kernel",
                                           "bzImage", "Image",   "linux"};
    static const char *const leftovers[] = {".gz",       ".hmac",  ".sig",      ".old", ".bak",
                                            ".rpmsave",  ".xz",    ".dpkg-bak", "~",    ".pre-v2v",
                                            ".dpkg-new", ".cover", ".rpmnew",   NULL};
    for (guint i = 0; leftovers[i]; i++)
        if (g_str_has_suffix(name, leftovers[i]))
            return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (!g_str_has_prefix(name, prefixes[i]))
            continue;
        const char *rest = name + strlen(prefixes[i]);
        if (*rest == '-')
            return rest + 1;
        if (*rest == '\0')
            return rest;
    }
    return NULL;
}

/* Kernels named by the boot menu. In the layout of kernel-install the directory is the version. */
static void add_menu_kernels(Search *search)
{
    for (guint i = 0; i < search->menu->entries->len; i++) {
        const BootEntry *entry = g_ptr_array_index(search->menu->entries, i);
        if (!entry->linux)
            continue;
        g_autofree char *base = g_path_get_basename(entry->linux);
        const char *name = image_suffix(base);
        gboolean named = name && *name;
        if (!named)
            name = entry->version ? entry->version : "";
        if (!named && entry->title && strstr(entry->title, "Rescue"))
            name = "0-rescue";
        add_kernel(search, entry->linux, name, entry);
    }
}

static gboolean add_folder_kernels(Search *search, const char *folder, GError **error)
{
    if (!fs_tree_is_directory(search->tree, folder))
        return TRUE;
    g_autoptr(GPtrArray) entries = NULL;
    if (!fs_tree_list(search->tree, folder, &entries, error))
        return FALSE;
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = g_ptr_array_index(entries, i);
        const char *name = image_suffix(entry->name);
        if (!name || entry->type != FS_TYPE_FILE)
            continue;
        g_autofree char *image = g_strconcat(folder, "/", entry->name, NULL);
        add_kernel(search, image, name, NULL);
    }
    return TRUE;
}

static gint compare_kernels(gconstpointer a, gconstpointer b)
{
    const GuestKernel *first = *(const GuestKernel *const *)a;
    const GuestKernel *second = *(const GuestKernel *const *)b;
    if (first->is_default != second->is_default)
        return first->is_default ? -1 : 1;
    if (first->is_rescue != second->is_rescue)
        return first->is_rescue ? 1 : -1;
    int order = version_text_compare(second->version, first->version);
    return order ? order : g_strcmp0(first->image, second->image);
}

static void mark_default(Search *search)
{
    const BootEntry *entry = search->menu->default_entry;
    g_autofree char *wanted = entry && entry->linux ? image_key(search->tree, entry->linux) : NULL;
    GuestKernel *found = NULL;

    for (guint i = 0; i < search->kernels->len && wanted && !found; i++) {
        GuestKernel *kernel = g_ptr_array_index(search->kernels, i);
        g_autofree char *key = image_key(search->tree, kernel->image);
        if (g_strcmp0(key, wanted) == 0)
            found = kernel;
    }
    g_ptr_array_sort(search->kernels, compare_kernels);
    if (!found && search->kernels->len > 0)
        found = g_ptr_array_index(search->kernels, 0);
    if (found)
        found->is_default = TRUE;
    g_ptr_array_sort(search->kernels, compare_kernels);
}

/* The last two: of a system whose /usr is a partition, on its EFI system partition; one kernel for
   each of the two. */
static const char *const kernel_folders[] = {"/boot", "/boot/flatcar", "/boot/coreos"};

gboolean kernels_read(FsTree *tree, const BootMenu *menu, GPtrArray **ret_kernels, GError **error)
{
    g_auto(Search) search = {.tree = tree, .menu = menu};
    search.kernels = g_ptr_array_new_with_free_func(kernel_free);
    search.images = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    if (!list_modules(&search, error))
        return FALSE;
    add_menu_kernels(&search);
    for (guint i = 0; i < G_N_ELEMENTS(kernel_folders); i++)
        if (!add_folder_kernels(&search, kernel_folders[i], error))
            return FALSE;
    mark_default(&search);
    *ret_kernels = g_steal_pointer(&search.kernels);
    return TRUE;
}
