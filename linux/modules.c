/* SPDX-License-Identifier: GPL-3.0-or-later */
/* modules.dep, modules.builtin and the kernel's configuration, read for the virtio drivers. */
#include "linux/modules.h"

#include <string.h>

#include "base/error.h"

#define MODULES_DEP_MAX (16u * 1024 * 1024)
#define MODULE_FILE_MAX (64u * 1024 * 1024)
#define CLOSURE_MAX 256u /* modules; virtio and SCSI need about a dozen */

static const struct {
    const char *name;
    const char *config; /* kernels before 2.6.33 have no modules.builtin */
} driver_table[DRIVER_COUNT] = {
    [DRIVER_VIRTIO_PCI] = {"virtio_pci", "CONFIG_VIRTIO_PCI"},
    [DRIVER_VIRTIO_BLK] = {"virtio_blk", "CONFIG_VIRTIO_BLK"},
    [DRIVER_VIRTIO_SCSI] = {"virtio_scsi", "CONFIG_SCSI_VIRTIO"},
    [DRIVER_SD_MOD] = {"sd_mod", "CONFIG_BLK_DEV_SD"},
    [DRIVER_VIRTIO_NET] = {"virtio_net", "CONFIG_VIRTIO_NET"},
    [DRIVER_AHCI] = {"ahci", "CONFIG_SATA_AHCI"},
};

/* modules.dep by module name: where its line starts in text. */
typedef struct {
    char *text;
    GHashTable *lines; /* name -> line (borrowed, NUL-terminated) */
    const char *folder;
    GHashTable *done; /* name -> KernelModule, borrowed */
    guint count;
} DependencyFile;

static void dependency_file_clear(DependencyFile *file)
{
    g_clear_pointer(&file->lines, g_hash_table_unref);
    g_clear_pointer(&file->done, g_hash_table_unref);
    g_clear_pointer(&file->text, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DependencyFile, dependency_file_clear)

static void module_free(gpointer data)
{
    KernelModule *module = data;

    g_free(module->name);
    g_free(module->path);
    g_free(module->stem);
    g_ptr_array_unref(module->depends);
    g_free(module);
}

void kernel_modules_free(KernelModules *modules)
{
    if (modules == NULL)
        return;
    g_ptr_array_unref(modules->boot);
    g_ptr_array_unref(modules->network);
    g_free(modules->folder);
    g_free(modules);
}

size_t module_stem_length(const char *path)
{
    static const char *const suffixes[] = {".xz", ".zst", ".gz"};

    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
        if (g_str_has_suffix(path, suffixes[i]))
            return strlen(path) - strlen(suffixes[i]);
    return strlen(path);
}

/* "kernel/drivers/scsi/sd-mod.ko.xz" -> "sd_mod"; NULL if it is no module's file. */
static char *name_of_path(const char *path, size_t len)
{
    g_autofree char *copy = g_strndup(path, len);
    const char *slash = strrchr(copy, '/');
    g_autofree char *base = g_strdup(slash != NULL ? slash + 1 : copy);

    base[module_stem_length(base)] = '\0';
    if (!g_str_has_suffix(base, ".ko"))
        return NULL;
    base[strlen(base) - 3] = '\0';
    return g_strdelimit(g_steal_pointer(&base), "-", '_');
}

/* Before kmod, modules.dep had absolute paths. */
static const char *relative_path(const char *path)
{
    const char *version = g_str_has_prefix(path, "/lib/modules/") ? path + 13 : NULL;
    const char *slash = version != NULL ? strchr(version, '/') : NULL;

    return slash != NULL ? slash + 1 : path;
}

static char *read_big_text(FsTree *tree, const char *folder, const char *name, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%s", folder, name);
    g_autoptr(GBytes) bytes = NULL;
    gsize size = 0;

    if (!fs_tree_is_file(tree, path))
        return g_strdup("");
    if (!fs_tree_read_file(tree, path, MODULES_DEP_MAX, &bytes, error)) {
        g_prefix_error(error, "cannot read '%s': ", path);
        return NULL;
    }

    const char *data = g_bytes_get_data(bytes, &size);

    return g_strndup(data != NULL ? data : "", size);
}

static gboolean dependency_file_read(DependencyFile *file, FsTree *tree, const char *folder,
                                     GError **error)
{
    file->folder = folder;
    file->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    file->done = g_hash_table_new(g_str_hash, g_str_equal);
    file->text = read_big_text(tree, folder, "modules.dep", error);
    if (file->text == NULL)
        return FALSE;
    for (char *line = file->text, *next = NULL; line != NULL; line = next) {
        char *colon = strchr(line, ':');

        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (colon == NULL || (next != NULL && colon >= next))
            continue;

        char *name = name_of_path(line, (size_t)(colon - line));

        if (name != NULL)
            g_hash_table_replace(file->lines, name, line);
    }
    return TRUE;
}

static KernelModule *module_new(const char *name, const char *line)
{
    KernelModule *module = g_new0(KernelModule, 1);
    g_autofree char *path = g_strndup(line, (gsize)(strchr(line, ':') - line));

    module->name = g_strdup(name);
    module->path = g_strdup(relative_path(path));
    module->stem = g_strndup(module->path, module_stem_length(module->path));
    module->depends = g_ptr_array_new();
    return module;
}

/* Adds the module and, before it, what it depends on. A module that is not listed is built in or
   not there; the caller knows which. */
static KernelModule *add_closure(DependencyFile *file, const char *name, GPtrArray *list)
{
    KernelModule *known = g_hash_table_lookup(file->done, name);
    const char *line = g_hash_table_lookup(file->lines, name);

    if (known != NULL || line == NULL || file->count >= CLOSURE_MAX)
        return known;
    file->count++;

    KernelModule *module = module_new(name, line);
    g_auto(GStrv) depends = g_strsplit_set(strchr(line, ':') + 1, " \t\r", -1);

    /* Known before its dependencies are: a loop in a damaged modules.dep ends here. The last one of
       a line is what has to be loaded first. */
    g_hash_table_insert(file->done, module->name, module);
    for (guint i = g_strv_length(depends); i-- > 0;) {
        g_autofree char *depend_name = name_of_path(depends[i], strlen(depends[i]));
        KernelModule *depend = depend_name != NULL ? add_closure(file, depend_name, list) : NULL;

        if (depend != NULL)
            g_ptr_array_insert(module->depends, 0, depend);
    }
    g_ptr_array_add(list, module);
    return module;
}

/* What is built in, of the drivers in the table. */
static gboolean find_built_in(FsTree *tree, const GuestKernel *kernel, KernelModules *modules,
                              GError **error)
{
    g_autofree char *config = NULL, *builtin = NULL;

    if (kernel->config != NULL && !fs_tree_read_text(tree, kernel->config, &config, error))
        return FALSE;
    builtin = modules->folder != NULL
                  ? read_big_text(tree, modules->folder, "modules.builtin", error)
                  : g_strdup("");
    if (builtin == NULL)
        return FALSE;

    g_auto(GStrv) lines = g_strsplit(builtin, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *name = name_of_path(lines[i], strlen(lines[i]));

        for (guint driver = 0; driver < DRIVER_COUNT && name != NULL; driver++)
            if (g_str_equal(name, driver_table[driver].name))
                modules->state[driver] = DRIVER_BUILT_IN;
    }
    for (guint driver = 0; driver < DRIVER_COUNT && config != NULL; driver++) {
        g_autofree char *set = g_strdup_printf("\n%s=y\n", driver_table[driver].config);

        if (strstr(config, set) != NULL)
            modules->state[driver] = DRIVER_BUILT_IN;
    }
    return TRUE;
}

KernelModules *kernel_modules_read(FsTree *tree, const GuestKernel *kernel, GError **error)
{
    g_autoptr(KernelModules) modules = g_new0(KernelModules, 1);
    g_auto(DependencyFile) file = {0};

    modules->boot = g_ptr_array_new_with_free_func(module_free);
    modules->network = g_ptr_array_new_with_free_func(module_free);
    modules->folder = g_strdup(kernel->modules_dir);
    if (!find_built_in(tree, kernel, modules, error))
        return NULL;
    if (modules->folder == NULL)
        return g_steal_pointer(&modules);
    if (!dependency_file_read(&file, tree, modules->folder, error))
        return NULL;
    for (guint driver = 0; driver < DRIVER_COUNT; driver++) {
        GPtrArray *list = driver == DRIVER_VIRTIO_NET ? modules->network : modules->boot;
        KernelModule *module = NULL;

        /* The machine gets SATA disks if it cannot have virtio's. */
        if (driver != DRIVER_AHCI || !kernel_modules_can_boot(modules))
            module = add_closure(&file, driver_table[driver].name, list);
        if (module == NULL)
            continue;
        module->wanted = TRUE;
        modules->state[driver] = DRIVER_MODULE;
    }
    return g_steal_pointer(&modules);
}

gboolean kernel_modules_can_boot(const KernelModules *modules)
{
    return modules->state[DRIVER_VIRTIO_PCI] != DRIVER_MISSING &&
           modules->state[DRIVER_VIRTIO_BLK] != DRIVER_MISSING;
}

gboolean kernel_modules_have_network(const KernelModules *modules)
{
    return modules->state[DRIVER_VIRTIO_PCI] != DRIVER_MISSING &&
           modules->state[DRIVER_VIRTIO_NET] != DRIVER_MISSING;
}

const char *driver_name(Driver driver)
{
    return driver_table[driver].name;
}

GBytes *kernel_module_read_file(FsTree *tree, const KernelModules *modules,
                                const KernelModule *module, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%s", modules->folder, module->path);
    GBytes *bytes = NULL;

    if (!fs_tree_read_file(tree, path, MODULE_FILE_MAX, &bytes, error)) {
        g_prefix_error(error, "cannot read the module '%s': ", path);
        return NULL;
    }
    return bytes;
}

static const KernelModule *find_by_name(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        const KernelModule *module = list->pdata[i];

        if (g_str_equal(module->name, name))
            return module;
    }
    return NULL;
}

gboolean kernel_modules_read_aliases(FsTree *tree, const KernelModules *modules,
                                     const GPtrArray *list, GPtrArray *ret_aliases, GError **error)
{
    g_autofree char *text = read_big_text(tree, modules->folder, "modules.alias", error);

    if (text == NULL)
        return FALSE;
    for (char *line = text, *next = NULL; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!g_str_has_prefix(line, "alias "))
            continue;

        const char *name = strrchr(line, ' ') + 1;

        if (name <= line + 7 || find_by_name(list, name) == NULL)
            continue;
        g_ptr_array_add(ret_aliases, g_strndup(line + 6, (gsize)(name - line - 7)));
        g_ptr_array_add(ret_aliases, g_strdup(name));
    }
    return TRUE;
}
