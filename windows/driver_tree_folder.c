/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drivers in a folder of the host: every file is mapped at once, so that the worker process, which
   has lost the file system by then, can read them. */
#include <sys/stat.h>

#include "base/error.h"
#include "windows/driver_tree_source.h"

/* virtio-win's own layouts are four levels deep. */
#define DEPTH_LIMIT 8

typedef struct {
    DriverTreeSource source;
    GHashTable *files; /* path → GMappedFile */
} Folder;

static void folder_free(DriverTreeSource *source)
{
    Folder *folder = (Folder *)source;

    g_ptr_array_unref(source->paths);
    g_hash_table_unref(folder->files);
    g_free(folder);
}

static gboolean folder_read(const DriverTreeSource *source, const char *path, GBytes **ret_bytes,
                            GError **error)
{
    const Folder *folder = (const Folder *)source;

    (void)error;
    *ret_bytes = g_mapped_file_get_bytes(g_hash_table_lookup(folder->files, path));
    return TRUE;
}

static const DriverTreeSourceOps folder_ops = {.free = folder_free, .read = folder_read};

static gboolean add_file(Folder *folder, const char *host_path, const char *path, GError **error)
{
    GMappedFile *file;

    if (folder->source.paths->len >= DRIVER_TREE_FILES_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name the virtio-win folder itself",
                          "more than %u files, this is no driver collection",
                          DRIVER_TREE_FILES_LIMIT);
        return FALSE;
    }
    file = g_mapped_file_new(host_path, FALSE, error);
    if (!file)
        return FALSE;
    g_ptr_array_add(folder->source.paths, g_strdup(path));
    g_hash_table_insert(folder->files, g_strdup(path), file);
    return TRUE;
}

/* prefix: "" or "viostor/w10/". */
static gboolean scan(Folder *folder, const char *host_directory, const char *prefix, guint depth,
                     GError **error)
{
    g_autoptr(GDir) directory = g_dir_open(host_directory, 0, error);
    const char *name;

    if (!directory)
        return FALSE;
    while ((name = g_dir_read_name(directory))) {
        g_autofree char *host_path = g_build_filename(host_directory, name, NULL);
        g_autofree char *path = g_strconcat(prefix, name, NULL);
        struct stat status;

        /* Fedora's package links drivers between its layouts. */
        if (stat(host_path, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode) && depth < DEPTH_LIMIT) {
            g_autofree char *below = g_strconcat(path, "/", NULL);

            if (!scan(folder, host_path, below, depth + 1, error))
                return FALSE;
        } else if (S_ISREG(status.st_mode) && status.st_size <= DRIVER_TREE_FILE_LIMIT_BYTES &&
                   driver_tree_path_is_wanted(path) && !add_file(folder, host_path, path, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

DriverTreeSource *driver_tree_folder_open(const char *path, GError **error)
{
    Folder *folder = g_new0(Folder, 1);
    GError *local_error = NULL;

    folder->source.ops = &folder_ops;
    folder->source.paths = g_ptr_array_new_with_free_func(g_free);
    folder->files =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_mapped_file_unref);
    if (scan(folder, path, "", 0, &local_error))
        return &folder->source;
    folder_free(&folder->source);
    if (local_error->domain == DRYDOCK_ERROR)
        g_propagate_error(error, local_error);
    else {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "%s", local_error->message);
        g_error_free(local_error);
    }
    g_prefix_error(error, "cannot read the drivers in '%s': ", path);
    return NULL;
}
