/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying chosen drivers into a guest. */
#include "windows/driver_files.h"

#include <string.h>

#include "base/error.h"

#define PACKAGES_FOLDER "Drivers/VirtIO"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* The path in the tree of the package's file of that name; NULL: none. */
static const char *find_file(const ChosenDriver *chosen, const char *name)
{
    for (guint i = 0; i < chosen->files->len; i++) {
        const char *path = g_ptr_array_index(chosen->files, i);

        if (g_ascii_strcasecmp(base_name(path), name) == 0)
            return path;
    }
    return NULL;
}

gboolean driver_files_read_boot(const DriverTree *drivers, const ChosenDriver *chosen,
                                char **ret_name, GBytes **ret_content, GError **error)
{
    g_autofree char *name = inf_service_file_name(chosen_driver_service(chosen));
    const char *source = find_file(chosen, name);

    if (!source) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "'%s' has no file '%s'",
                          chosen->inf_path, name);
        return FALSE;
    }
    if (!driver_tree_read(drivers, source, ret_content, error))
        return FALSE;
    *ret_name = g_ascii_strdown(name, -1);
    return TRUE;
}

gboolean driver_files_stage_boot(const DriverTree *drivers, const ChosenDriver *chosen,
                                 const char *system_root, Edits *edits, GError **error)
{
    g_autofree char *name = NULL;
    g_autofree char *like = g_strdup_printf("%s/System32/drivers/disk.sys", system_root);
    g_autoptr(GBytes) content = NULL;

    if (!driver_files_read_boot(drivers, chosen, &name, &content, error))
        return FALSE;
    g_autofree char *path = g_strdup_printf("%s/System32/drivers/%s", system_root, name);
    return edits_write_file(edits, path, content,
                            fs_tree_is_file(edits_tree(edits), like) ? like : NULL, -1,
                            "the virtio disk driver Windows boots with", error);
}

static gboolean stage_package(const DriverTree *drivers, const ChosenDriver *chosen,
                              const char *system_root, Edits *edits, GError **error)
{
    g_autofree char *version = inf_driver_version_text(chosen->driver);
    g_autofree char *reason = g_strdup_printf("driver package %s %s, for Plug and Play to install",
                                              chosen->name, version);

    for (guint i = 0; i < chosen->files->len; i++) {
        const char *source = g_ptr_array_index(chosen->files, i);
        g_autofree char *name = g_ascii_strdown(base_name(source), -1);
        g_autofree char *path =
            g_strdup_printf("%s/" PACKAGES_FOLDER "/%s/%s", system_root, chosen->name, name);
        g_autoptr(GBytes) content = NULL;

        if (!driver_tree_read(drivers, source, &content, error) ||
            !edits_write_file(edits, path, content, NULL, -1, reason, error))
            return FALSE;
    }
    return TRUE;
}

gboolean driver_files_stage_packages(const DriverTree *drivers, const DriverChoice *choice,
                                     const char *system_root, Edits *edits, GError **error)
{
    for (guint i = 0; i < choice->drivers->len; i++) {
        if (!stage_package(drivers, g_ptr_array_index(choice->drivers, i), system_root, edits,
                           error))
            return FALSE;
    }
    return TRUE;
}

char *driver_files_package_path(const ChosenDriver *chosen, const char *source)
{
    g_autofree char *name = g_ascii_strdown(base_name(source), -1);

    return g_strdup_printf("Drivers\\VirtIO\\%s\\%s", chosen->name, name);
}

char *driver_files_inf_path(const ChosenDriver *chosen)
{
    return driver_files_package_path(chosen, chosen->inf_path);
}

char **driver_files_device_path(const DriverChoice *choice)
{
    GPtrArray *folders = g_ptr_array_new();

    if (choice->drivers->len > 0)
        g_ptr_array_add(folders, g_strdup("%SystemRoot%\\Drivers\\VirtIO"));
    for (guint i = 0; i < choice->drivers->len; i++)
        g_ptr_array_add(
            folders,
            g_strdup_printf("%%SystemRoot%%\\Drivers\\VirtIO\\%s",
                            ((const ChosenDriver *)g_ptr_array_index(choice->drivers, i))->name));
    g_ptr_array_add(folders, NULL);
    return (char **)g_ptr_array_free(folders, FALSE);
}
