/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying chosen drivers into a guest. */
#include "windows/driver_files.h"

#include <string.h>

#include "base/error.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Below Drivers of %SystemRoot%. */
static const char *packages_folder(const ChosenDriver *chosen)
{
    return chosen->is_named ? "Vendor" : "VirtIO";
}

gboolean driver_files_read_boot(const ChosenDriver *chosen, char **ret_name, GBytes **ret_content,
                                GError **error)
{
    g_autofree char *name = inf_service_file_name(chosen_driver_service(chosen));

    if (!driver_tree_read(chosen->tree, chosen->boot_file, ret_content, error))
        return FALSE;
    *ret_name = g_ascii_strdown(name, -1);
    return TRUE;
}

gboolean driver_files_stage_boot(const ChosenDriver *chosen, const char *system_root, Edits *edits,
                                 GError **error)
{
    g_autofree char *name = NULL;
    g_autofree char *like = g_strdup_printf("%s/System32/drivers/disk.sys", system_root);
    g_autoptr(GBytes) content = NULL;

    if (!driver_files_read_boot(chosen, &name, &content, error))
        return FALSE;
    g_autofree char *path = g_strdup_printf("%s/System32/drivers/%s", system_root, name);
    return edits_write_file(
        edits, path, content, fs_tree_is_file(edits_tree(edits), like) ? like : NULL, -1,
        chosen->role == DRIVER_ROLE_OTHER ? "a disk driver of yours, which starts at boot"
                                          : "the virtio disk driver Windows boots with",
        error);
}

/* The INF may name files in folders below its own, so they stay there. */
char *driver_files_package_path(const ChosenDriver *chosen, const char *source)
{
    size_t prefix = (size_t)(base_name(chosen->inf_path) - chosen->inf_path);
    g_autofree char *name = g_ascii_strdown(source + prefix, -1);

    g_strdelimit(name, "/", '\\');
    return g_strdup_printf("Drivers\\%s\\%s\\%s", packages_folder(chosen), chosen->name, name);
}

static gboolean stage_package(const ChosenDriver *chosen, const char *system_root, Edits *edits,
                              GError **error)
{
    g_autofree char *version = inf_version_text(chosen->driver->version);
    g_autofree char *reason = g_strdup_printf("driver package %s %s, for Plug and Play to install",
                                              chosen->name, version);

    for (guint i = 0; i < chosen->files->len; i++) {
        const char *source = g_ptr_array_index(chosen->files, i);
        g_autofree char *below = g_strdelimit(driver_files_package_path(chosen, source), "\\", '/');
        g_autofree char *path = g_strdup_printf("%s/%s", system_root, below);
        g_autoptr(GBytes) content = NULL;

        if (!driver_tree_read(chosen->tree, source, &content, error) ||
            !edits_write_file(edits, path, content, NULL, -1, reason, error))
            return FALSE;
    }
    return TRUE;
}

/* All that is read of tree at once; a second time there is nothing left to do. */
static void announce(const DriverChoice *choice, const DriverTree *tree)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    for (guint i = 0; i < choice->drivers->len; i++) {
        const ChosenDriver *chosen = g_ptr_array_index(choice->drivers, i);

        for (guint j = 0; chosen->tree == tree && j < chosen->files->len; j++)
            g_ptr_array_add(paths, g_ptr_array_index(chosen->files, j));
    }
    driver_tree_prefetch(tree, paths);
}

gboolean driver_files_stage_packages(const DriverChoice *choice, const char *system_root,
                                     Edits *edits, GError **error)
{
    for (guint i = 0; i < choice->drivers->len; i++)
        announce(choice, ((const ChosenDriver *)g_ptr_array_index(choice->drivers, i))->tree);
    for (guint i = 0; i < choice->drivers->len; i++) {
        if (!stage_package(g_ptr_array_index(choice->drivers, i), system_root, edits, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean has_collection_driver(const DriverChoice *choice)
{
    for (guint i = 0; i < choice->drivers->len; i++) {
        if (!((const ChosenDriver *)g_ptr_array_index(choice->drivers, i))->is_named)
            return TRUE;
    }
    return FALSE;
}

char *driver_files_inf_path(const ChosenDriver *chosen)
{
    return driver_files_package_path(chosen, chosen->inf_path);
}

char **driver_files_device_path(const DriverChoice *choice)
{
    GPtrArray *folders = g_ptr_array_new();

    if (has_collection_driver(choice))
        g_ptr_array_add(folders, g_strdup("%SystemRoot%\\Drivers\\VirtIO"));
    for (guint i = 0; i < choice->drivers->len; i++) {
        const ChosenDriver *chosen = g_ptr_array_index(choice->drivers, i);

        g_ptr_array_add(folders, g_strdup_printf("%%SystemRoot%%\\Drivers\\%s\\%s",
                                                 packages_folder(chosen), chosen->name));
    }
    g_ptr_array_add(folders, NULL);
    return (char **)g_ptr_array_free(folders, FALSE);
}
