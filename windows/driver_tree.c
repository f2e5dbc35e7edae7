/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening, listing and reading a driver collection, whatever holds it. */
#include "windows/driver_tree.h"

#include <string.h>

#include "base/error.h"
#include "windows/driver_tree_source.h"

struct DriverTree {
    char *path;
    DriverTreeSource *source;
    GHashTable *known; /* borrowed from source->paths */
};

static const char missing_hint[] =
    "install the package virtio-win (Fedora, RHEL) or download virtio-win.iso from "
    "https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/ and name it with "
    "--virtio-win PATH";

/* Where Fedora's and RHEL's packages put them; the ISO is complete, the folder may be pruned. */
static const char *const default_paths[] = {
    "/usr/share/virtio-win/virtio-win.iso",
    "/usr/share/virtio-win",
    "/usr/local/share/virtio-win/virtio-win.iso",
    "/usr/local/share/virtio-win",
};

static gboolean has_suffix(const char *path, const char *suffix)
{
    size_t length = strlen(path), suffix_length = strlen(suffix);

    return length >= suffix_length &&
           g_ascii_strcasecmp(path + length - suffix_length, suffix) == 0;
}

gboolean driver_tree_path_is_wanted(const char *path)
{
    static const char *const unwanted[] = {".pdb", ".iso", ".vfd", ".msi"};
    const char *slash = strrchr(path, '/');

    /* The guest agent is for the first-boot service; the other installers hold what is here anyway.
     */
    if (g_ascii_strncasecmp(slash ? slash + 1 : path, "qemu-ga-", strlen("qemu-ga-")) == 0)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(unwanted); i++) {
        if (has_suffix(path, unwanted[i]))
            return FALSE;
    }
    return TRUE;
}

static int compare_paths(const void *a, const void *b)
{
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

static gboolean has_inf(const GPtrArray *paths)
{
    for (guint i = 0; i < paths->len; i++) {
        if (has_suffix(g_ptr_array_index(paths, i), ".inf"))
            return TRUE;
    }
    return FALSE;
}

/* what: "virtio drivers", for the sentence. No drivers at path is an error of that code. */
static DriverTree *open_tree(const char *path, const char *what, DrydockError code,
                             const char *hint, GError **error)
{
    g_autoptr(DriverTree) tree = g_new0(DriverTree, 1);
    GPtrArray *paths;

    tree->path = g_strdup(path);
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        tree->source = driver_tree_folder_open(path, error);
    } else if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        tree->source = driver_tree_iso_open(path, error);
    } else {
        drydock_error_set(error, code, hint, "there are no %s at '%s'", what, path);
    }
    if (!tree->source)
        return NULL;
    paths = tree->source->paths;
    if (!has_inf(paths)) {
        drydock_error_set(error, code, hint, "'%s' holds no Windows driver (no .inf file)", path);
        return NULL;
    }
    g_ptr_array_sort(paths, compare_paths);
    tree->known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < paths->len; i++)
        g_hash_table_add(tree->known, g_ptr_array_index(paths, i));
    g_ptr_array_add(paths, NULL);
    return g_steal_pointer(&tree);
}

DriverTree *driver_tree_open(const char *path, GError **error)
{
    return open_tree(path, "virtio drivers", DRYDOCK_ERROR_MISSING_TOOL, missing_hint, error);
}

DriverTree *driver_tree_open_named(const char *path, GError **error)
{
    return open_tree(path, "drivers", DRYDOCK_ERROR_USAGE,
                     "name the folder that has the driver's .inf, .cat and .sys files", error);
}

DriverTree *driver_tree_open_default(GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(default_paths); i++) {
        if (g_file_test(default_paths[i], G_FILE_TEST_EXISTS))
            return driver_tree_open(default_paths[i], error);
    }
    drydock_error_set(error, DRYDOCK_ERROR_MISSING_TOOL, missing_hint,
                      "the virtio drivers for Windows are not installed (no '%s')",
                      default_paths[0]);
    return NULL;
}

void driver_tree_free(DriverTree *tree)
{
    if (!tree)
        return;
    g_free(tree->path);
    if (tree->known)
        g_hash_table_unref(tree->known);
    if (tree->source)
        tree->source->ops->free(tree->source);
    g_free(tree);
}

const char *driver_tree_path(const DriverTree *tree)
{
    return tree->path;
}

const char *const *driver_tree_list(const DriverTree *tree)
{
    return (const char *const *)tree->source->paths->pdata;
}

void driver_tree_prefetch(const DriverTree *tree, const GPtrArray *paths)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();

    if (!tree->source->ops->prefetch)
        return;
    for (guint i = 0; i < paths->len; i++) {
        if (g_hash_table_contains(tree->known, g_ptr_array_index(paths, i)))
            g_ptr_array_add(known, g_ptr_array_index(paths, i));
    }
    tree->source->ops->prefetch(tree->source, known);
}

gboolean driver_tree_read(const DriverTree *tree, const char *path, GBytes **ret_bytes,
                          GError **error)
{
    if (!g_hash_table_contains(tree->known, path)) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "'%s' is not in '%s'", path,
                          tree->path);
        return FALSE;
    }
    if (tree->source->ops->read(tree->source, path, ret_bytes, error))
        return TRUE;
    g_prefix_error(error, "cannot read '%s' of '%s': ", path, tree->path);
    return FALSE;
}
