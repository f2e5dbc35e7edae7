/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares an initramfs with what a virtio machine needs and writes the archive of the difference.
 */
#include "linux/initramfs_extend.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "linux/storage_file.h"
#include "linux/initramfs_loader.h"
#include "linux/module_index.h"
#include "linux/network_address.h"
#include "linux/network_mac.h"

#define MODULE_UNPACKED_MAX (64u * 1024 * 1024)

typedef struct {
    const Initramfs *initramfs;
    FsTree *tree;
    const KernelModules *modules;
    char *folder;        /* "usr/lib/modules/VERSION" in the initramfs, links resolved */
    GHashTable *present; /* stem -> path below folder, of the modules in the initramfs */
    gboolean unpacked;   /* its modules are not compressed, whatever the guest's are */
    gboolean nash;
    GPtrArray *missing; /* of KernelModule, in load order */
    CpioWriter writer;
    GHashTable *directories; /* that the writer has made */
} Extension;

static void extension_clear(Extension *extension)
{
    g_free(extension->folder);
    g_clear_pointer(&extension->present, g_hash_table_unref);
    g_clear_pointer(&extension->missing, g_ptr_array_unref);
    g_clear_pointer(&extension->directories, g_hash_table_unref);
    cpio_writer_clear(&extension->writer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Extension, extension_clear)

void initramfs_file_free(InitramfsFile *file)
{
    if (file == NULL)
        return;
    g_free(file->path);
    g_clear_pointer(&file->content, g_bytes_unref);
    g_free(file);
}

/* NixOS: in a package of the initramfs' own, to which its init makes a link when it runs. */
static char *find_in_store(const Initramfs *initramfs, const char *version)
{
    g_autofree char *ending = g_strconcat("/lib/modules/", version, NULL);
    GHashTableIter iter;
    gpointer path = NULL;

    g_hash_table_iter_init(&iter, initramfs->members);
    while (g_hash_table_iter_next(&iter, &path, NULL))
        if (g_str_has_prefix(path, "nix/store/") && g_str_has_suffix(path, ending))
            return g_strdup(path);
    return NULL;
}

/* Where the initramfs has its modules; where it would have them if it has none. */
static char *find_folder(const Initramfs *initramfs, const char *version)
{
    static const char *const parents[] = {"lib/modules", "usr/lib/modules"};
    char *fallback = find_in_store(initramfs, version);

    if (fallback != NULL)
        return fallback;
    for (size_t i = 0; i < G_N_ELEMENTS(parents); i++) {
        g_autofree char *path = g_build_filename(parents[i], version, NULL);
        char *resolved = initramfs_resolve(initramfs, path);

        if (g_hash_table_contains(initramfs->members, resolved)) {
            g_free(fallback);
            return resolved;
        }
        if (fallback == NULL)
            fallback = resolved;
        else
            g_free(resolved);
    }
    return fallback;
}

/* nash images keep all modules flat in /lib, so only their names can be compared. */
static char *module_key(const Extension *extension, const char *stem)
{
    const char *slash = strrchr(stem, '/');

    return g_strdelimit(g_strdup(extension->nash && slash != NULL ? slash + 1 : stem), "-", '_');
}

static void find_present(Extension *extension)
{
    g_autofree char *prefix =
        extension->nash ? g_strdup("lib/") : g_strconcat(extension->folder, "/", NULL);
    GHashTableIter iter;
    gpointer path = NULL;
    guint packed = 0, count = 0;

    extension->present = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_iter_init(&iter, extension->initramfs->members);
    while (g_hash_table_iter_next(&iter, &path, NULL)) {
        const char *relative =
            g_str_has_prefix(path, prefix) ? (const char *)path + strlen(prefix) : NULL;
        size_t stem = relative != NULL ? module_stem_length(relative) : 0;
        g_autofree char *name = g_strndup(relative, stem);

        if (relative == NULL || !g_str_has_suffix(name, ".ko"))
            continue;
        count++;
        packed += relative[stem] != '\0';
        g_hash_table_replace(extension->present, module_key(extension, name), g_strdup(relative));
    }
    extension->unpacked = extension->nash || (count > 0 && packed == 0);
}

static const char *present_path(const Extension *extension, const KernelModule *module)
{
    g_autofree char *key = module_key(extension, module->stem);

    return g_hash_table_lookup(extension->present, key);
}

/* A network driver in the initramfs says that it brings the network up, or that it has everything;
   virtio_net alone in there would only rename the interface too early. */
static gboolean uses_network(const Extension *extension)
{
    GHashTableIter iter;
    gpointer path = NULL;

    g_hash_table_iter_init(&iter, extension->present);
    while (g_hash_table_iter_next(&iter, NULL, &path))
        if (strstr(path, "drivers/net/") != NULL)
            return TRUE;
    return FALSE;
}

static void find_missing(Extension *extension)
{
    const KernelModules *modules = extension->modules;
    const GPtrArray *lists[] = {modules->boot, uses_network(extension) ? modules->network : NULL};

    extension->missing = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        for (guint j = 0; lists[i] != NULL && j < lists[i]->len; j++)
            if (present_path(extension, lists[i]->pdata[j]) == NULL)
                g_ptr_array_add(extension->missing, lists[i]->pdata[j]);
}

/* Directories above path that the initramfs has not got. One that is there is not written again,
   and a link in its place is never touched: the kernel would replace it by an empty directory. */
static void add_directories(Extension *extension, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *directory = g_strndup(path, (gsize)(slash - path));

        if (g_hash_table_contains(extension->initramfs->members, directory) ||
            g_hash_table_contains(extension->directories, directory))
            continue;
        cpio_writer_add_directory(&extension->writer, directory);
        g_hash_table_add(extension->directories, g_steal_pointer(&directory));
    }
}

static void add_file(Extension *extension, const char *path, GBytes *content, uint32_t mode)
{
    g_autofree char *resolved = initramfs_resolve(extension->initramfs, path);

    add_directories(extension, resolved);
    cpio_writer_add_file(&extension->writer, resolved, content, mode);
}

/* The name a module of the initramfs will have below the modules folder. */
static const char *target_path(const Extension *extension, const KernelModule *module)
{
    const char *present = present_path(extension, module);

    if (present != NULL)
        return present;
    return extension->unpacked ? module->stem : module->path;
}

static gboolean add_module(Extension *extension, const KernelModule *module, GError **error)
{
    g_autoptr(GBytes) file =
        kernel_module_read_file(extension->tree, extension->modules, module, error);
    g_autofree char *path = NULL;

    if (file == NULL)
        return FALSE;
    if (extension->unpacked) {
        const Compression *compression =
            compression_detect(g_bytes_get_data(file, NULL), g_bytes_get_size(file));
        GBytes *unpacked = compression != NULL
                               ? compression_unpack(compression, file, MODULE_UNPACKED_MAX, error)
                               : g_bytes_ref(file);

        if (unpacked == NULL) {
            g_prefix_error(error, "module '%s': ", module->path);
            return FALSE;
        }
        g_bytes_unref(file);
        file = unpacked;
    }
    path = extension->nash
               ? g_strdup_printf("lib/%s.ko", module->name)
               : g_build_filename(extension->folder, target_path(extension, module), NULL);
    add_file(extension, path, file, 0644);
    return TRUE;
}

/* "kernel/a.ko: kernel/b.ko", as modules.dep has it. */
static char *dependency_line(const Extension *extension, const KernelModule *module)
{
    GString *line = g_string_new(target_path(extension, module));

    g_string_append_c(line, ':');
    for (guint i = 0; i < module->depends->len; i++)
        g_string_append_printf(line, " %s", target_path(extension, module->depends->pdata[i]));
    return g_string_free(line, FALSE);
}

typedef struct {
    const char *name;
    gboolean binary;
    gboolean aliases; /* FALSE: dependencies */
} IndexFile;

static const IndexFile index_files[] = {
    {"modules.dep", FALSE, FALSE},
    {"modules.dep.bin", TRUE, FALSE},
    {"modules.alias", FALSE, TRUE},
    {"modules.alias.bin", TRUE, TRUE},
};

static GBytes *merge_text(const Extension *extension, const IndexFile *file, GBytes *old,
                          const GPtrArray *aliases)
{
    GString *text =
        old != NULL ? g_string_new_len(g_bytes_get_data(old, NULL), (gssize)g_bytes_get_size(old))
                    : g_string_new(NULL);

    if (text->len > 0 && text->str[text->len - 1] != '\n')
        g_string_append_c(text, '\n');
    for (guint i = 0; file->aliases && i + 1 < aliases->len; i += 2)
        g_string_append_printf(text, "alias %s %s\n", (const char *)aliases->pdata[i],
                               (const char *)aliases->pdata[i + 1]);
    for (guint i = 0; !file->aliases && i < extension->missing->len; i++) {
        g_autofree char *line = dependency_line(extension, extension->missing->pdata[i]);

        g_string_append_printf(text, "%s\n", line);
    }
    return g_string_free_to_bytes(text);
}

static GBytes *merge_binary(const Extension *extension, const IndexFile *file, GBytes *old,
                            const GPtrArray *aliases, GError **error)
{
    g_autoptr(GPtrArray) entries = old != NULL ? module_index_read(old, error) : module_index_new();

    if (entries == NULL) {
        g_prefix_error(error, "%s: ", file->name);
        return NULL;
    }
    for (guint i = 0; file->aliases && i + 1 < aliases->len; i += 2) {
        g_autofree char *alias = module_index_normalise_alias(aliases->pdata[i]);

        module_index_add(entries, alias, aliases->pdata[i + 1]);
    }
    for (guint i = 0; !file->aliases && i < extension->missing->len; i++) {
        const KernelModule *module = extension->missing->pdata[i];
        g_autofree char *line = dependency_line(extension, module);

        module_index_add(entries, module->name, line);
    }
    return module_index_write(entries);
}

static gboolean add_indexes(Extension *extension, GError **error)
{
    g_autoptr(GPtrArray) aliases = g_ptr_array_new_with_free_func(g_free);
    gboolean any = FALSE;

    if (!kernel_modules_read_aliases(extension->tree, extension->modules, extension->missing,
                                     aliases, error))
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(index_files); i++) {
        g_autofree char *path = g_build_filename(extension->folder, index_files[i].name, NULL);

        any = any || initramfs_has(extension->initramfs, path);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(index_files); i++) {
        const IndexFile *file = &index_files[i];
        g_autofree char *path = g_build_filename(extension->folder, file->name, NULL);
        GBytes *old = initramfs_content(extension->initramfs, path);
        g_autoptr(GBytes) merged = NULL;

        /* Only what its tools read: those that have no text index work without. */
        if (any && !initramfs_has(extension->initramfs, path))
            continue;
        merged = file->binary ? merge_binary(extension, file, old, aliases, error)
                              : merge_text(extension, file, old, aliases);
        if (merged == NULL)
            return FALSE;
        add_file(extension, path, merged, 0644);
    }
    return TRUE;
}

static void add_loaders(Extension *extension)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func((GDestroyNotify)loader_edit_free);

    for (guint i = 0; i < extension->missing->len; i++) {
        KernelModule *module = extension->missing->pdata[i];

        if (module->wanted || extension->nash)
            g_ptr_array_add(names, module->name);
    }
    g_ptr_array_add(names, NULL);
    initramfs_loader_plan(extension->initramfs, (const char *const *)names->pdata, edits);
    for (guint i = 0; i < edits->len; i++) {
        const LoaderEdit *edit = edits->pdata[i];

        add_file(extension, edit->path, edit->content, edit->mode);
    }
}

static gboolean has_network_driver(const Extension *extension)
{
    return uses_network(extension) ||
           extension->modules->state[DRIVER_VIRTIO_NET] == DRIVER_BUILT_IN;
}

/* LVM's devices file names the source's disks by WWID, and LVM then ignores the same volumes on any
   other disk (lvmdevices(8)). A file that is not there lifts that, and a link to nowhere is as
   close to deleting it as an appended archive comes. */
static gboolean add_devices_file_cover(Extension *extension)
{
    g_autofree char *path =
        initramfs_resolve(extension->initramfs, "etc/lvm/devices/system.devices");
    const InitramfsMember *member = g_hash_table_lookup(extension->initramfs->members, path);

    if (member == NULL || !S_ISREG(member->mode))
        return FALSE;
    cpio_writer_add_symlink(&extension->writer, path, "/dev/.lvm-devices-file-removed");
    return TRUE;
}

/* Copies of the guest's texts name the old machine's disks too. */
static guint add_storage_files(Extension *extension, const Guest *guest)
{
    const char *path = NULL;
    guint count = 0;

    for (guint i = 0; (path = storage_file_copy_path(i)) != NULL; i++) {
        const InitramfsMember *member = g_hash_table_lookup(extension->initramfs->members, path);

        if (member == NULL || member->content == NULL)
            continue;

        g_autofree char *text =
            g_strndup(g_bytes_get_data(member->content, NULL), g_bytes_get_size(member->content));
        char *rewritten = storage_file_rewrite_copy(i, text, guest);

        if (rewritten == NULL)
            continue;

        g_autoptr(GBytes) content = g_bytes_new_take(rewritten, strlen(rewritten));

        add_file(extension, path, content, member->mode & 0777);
        count++;
    }
    return count;
}

static gboolean has_content(const Extension *extension, const char *path, GBytes *content)
{
    GBytes *old = initramfs_content(extension->initramfs, path);

    return old != NULL && g_bytes_equal(old, content);
}

static guint add_network_files(Extension *extension, const InitramfsNetwork *network)
{
    guint count = 0;

    if (network == NULL || network->files == NULL || !has_network_driver(extension))
        return 0;
    for (guint i = 0; i < network->files->len; i++) {
        const InitramfsFile *file = network->files->pdata[i];

        if (has_content(extension, file->path, file->content))
            continue;
        add_file(extension, file->path, file->content, 0644);
        count++;
    }
    return count;
}

static gboolean is_among(const InitramfsNetwork *network, const char *path)
{
    for (guint i = 0; network->files != NULL && i < network->files->len; i++)
        if (g_str_equal(((const InitramfsFile *)network->files->pdata[i])->path + 1, path))
            return TRUE;
    return FALSE;
}

/* Copies of the guest's network configuration, and what its tool has made of it, follow it. */
static guint add_network_copies(Extension *extension, const InitramfsNetwork *network)
{
    GHashTableIter iter;
    gpointer path = NULL, value = NULL;
    guint count = 0;

    if (network == NULL || network->moves == NULL)
        return 0;
    g_hash_table_iter_init(&iter, extension->initramfs->members);
    while (g_hash_table_iter_next(&iter, &path, &value)) {
        const InitramfsMember *member = value;
        g_autofree char *text = NULL;
        char *rewritten = NULL;

        if (member->content == NULL || !network_mac_is_copy(path) || is_among(network, path))
            continue;
        text =
            g_strndup(g_bytes_get_data(member->content, NULL), g_bytes_get_size(member->content));
        rewritten = network_copy_rewrite(network->nics, network->nic_count, network->moves, text);
        if (rewritten == NULL)
            continue;

        g_autoptr(GBytes) content = g_bytes_new_take(rewritten, strlen(rewritten));

        add_file(extension, path, content, member->mode & 0777);
        count++;
    }
    return count;
}

static char *summarise(const Extension *extension, gboolean lvm, guint network_files, guint copies,
                       guint texts)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < extension->missing->len; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "adds " : ", ",
                               ((const KernelModule *)extension->missing->pdata[i])->name);
    if (network_files > 0)
        g_string_append_printf(text, "%skeeps the names of network interfaces",
                               text->len > 0 ? "; " : "");
    if (copies > 0)
        g_string_append_printf(text, "%shas the new addresses of network cards",
                               text->len > 0 ? "; " : "");
    if (texts > 0)
        g_string_append_printf(text, "%sfinds its disks by other names", text->len > 0 ? "; " : "");
    if (lvm)
        g_string_append_printf(text, "%slifts LVM's list of known disks",
                               text->len > 0 ? "; " : "");
    return g_string_free(text, FALSE);
}

/* booster's init reads aliases and dependencies from files of its own making, not from depmod's, so
   that a module beside them would never be loaded. */
static gboolean check_kind(const Extension *extension, GError **error)
{
    static const struct {
        const char *member, *message;
    } kinds[] = {
        {"etc/booster.init.yaml", "booster made it without virtio, and only booster can add to it"},
        /* dracut's module "squash", which kdump takes: mounted over what we would add. */
        {"squash-root.img", "its files are in a squashfs, to which nothing can be added"},
        {"squash/root.img", "its files are in a squashfs, to which nothing can be added"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && extension->missing->len > 0; i++)
        if (initramfs_has(extension->initramfs, kinds[i].member)) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "%s", kinds[i].message);
            return FALSE;
        }
    return TRUE;
}

gboolean initramfs_extend(GBytes *image, const Guest *guest, const char *version,
                          const KernelModules *modules, const InitramfsNetwork *network,
                          GBytes **ret_image, char **ret_summary, GError **error)
{
    g_autoptr(Initramfs) initramfs = initramfs_read(image, error);
    g_auto(Extension) extension = {.tree = guest->tree, .modules = modules};

    if (initramfs == NULL)
        return FALSE;
    extension.initramfs = initramfs;
    extension.nash = initramfs_is_nash(initramfs);
    extension.folder = find_folder(initramfs, version);
    extension.directories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    cpio_writer_init(&extension.writer);
    find_present(&extension);
    find_missing(&extension);
    if (!check_kind(&extension, error))
        return FALSE;
    for (guint i = 0; i < extension.missing->len; i++)
        if (!add_module(&extension, extension.missing->pdata[i], error))
            return FALSE;
    if (extension.missing->len > 0) {
        if (!extension.nash && !add_indexes(&extension, error))
            return FALSE;
        add_loaders(&extension);
    }

    gboolean lvm = add_devices_file_cover(&extension);
    guint names_kept = add_network_files(&extension, network);
    guint copies = add_network_copies(&extension, network);
    guint texts = add_storage_files(&extension, guest);

    if (extension.missing->len == 0 && !lvm && names_kept == 0 && copies == 0 && texts == 0)
        return TRUE;

    g_autoptr(GBytes) archive = cpio_writer_finish(&extension.writer);
    GBytes *extended = initramfs_append(initramfs, archive, error);

    if (extended == NULL)
        return FALSE;
    *ret_image = extended;
    *ret_summary = summarise(&extension, lvm, names_kept, copies, texts);
    return TRUE;
}
