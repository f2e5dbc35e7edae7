/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files and folders of the host: what goes into a guest, and what comes out of one. */
#include "migrate/host_files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* Each file is a mapping; the kernel allows 65530 of them. */
#define ENTRIES_LIMIT 20000

static void entry_free(gpointer data)
{
    HostEntry *entry = data;
    g_free(entry->path);
    g_clear_pointer(&entry->content, g_bytes_unref);
    g_free(entry);
}

static gboolean read_folder(const char *root, const char *name, GPtrArray *entries, GError **error);

/* name: below root. */
static gboolean read_entry(const char *root, const char *name, gboolean recursive,
                           GPtrArray *entries, GError **error)
{
    g_autofree char *path = *name ? g_build_filename(root, name, NULL) : g_strdup(root);
    g_autoptr(GError) local = NULL;
    struct stat status;
    /* What was named may be a link; what is found below it is not followed. */
    if ((*name ? lstat(path, &status) : stat(path, &status)) != 0) {
        drydock_error_set_errno(error, errno, "cannot read '%s'", path);
        return FALSE;
    }
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "leave it out",
                          "'%s' is neither a file nor a folder", path);
        return FALSE;
    }
    if (entries->len >= ENTRIES_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "do it in parts",
                          "'%s' holds more than %d files", root, ENTRIES_LIMIT);
        return FALSE;
    }
    HostEntry *entry = g_new0(HostEntry, 1);
    entry->path = g_strdup(name);
    entry->mode = status.st_mode & 0777;
    g_ptr_array_add(entries, entry);
    if (S_ISDIR(status.st_mode)) {
        if (recursive)
            return read_folder(root, name, entries, error);
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "copy all of it with --recursive",
                          "'%s' is a folder", path);
        return FALSE;
    }
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &local);
    if (!file) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "%s", local->message);
        return FALSE;
    }
    entry->content = g_mapped_file_get_bytes(file);
    return TRUE;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean read_folder(const char *root, const char *name, GPtrArray *entries, GError **error)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    g_autoptr(GError) local = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &local);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *entry;
    if (!folder) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "%s", local->message);
        return FALSE;
    }
    while ((entry = g_dir_read_name(folder)))
        g_ptr_array_add(names, g_strdup(entry));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *below =
            g_strconcat(name, *name ? "/" : "", g_ptr_array_index(names, i), NULL);
        if (!read_entry(root, below, TRUE, entries, error))
            return FALSE;
    }
    return TRUE;
}

gboolean host_files_read(const char *path, gboolean recursive, GPtrArray **ret_entries,
                         GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    if (!read_entry(path, "", recursive, entries, error))
        return FALSE;
    *ret_entries = g_steal_pointer(&entries);
    return TRUE;
}

struct HostFolder {
    char *path;
    char *work_path; /* NULL: committed */
    char *name;      /* of the file that is being written; NULL: none */
    int fd;
};

HostFolder *host_folder_open(const char *path, GError **error)
{
    g_autoptr(HostFolder) folder = g_new0(HostFolder, 1);
    struct stat status;
    folder->fd = -1;
    folder->path = g_canonicalize_filename(path, NULL);
    if (lstat(folder->path, &status) == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "move it away, or choose another name",
                          "'%s' exists already", path);
        return NULL;
    }
    g_autofree char *parent = g_path_get_dirname(folder->path);
    g_autofree char *base = g_path_get_basename(folder->path);
    g_autofree char *template = g_strdup_printf("%s/.%.200s-XXXXXX", parent, base);
    if (!g_mkdtemp_full(template, 0700)) {
        drydock_error_set_errno(error, errno, "cannot write '%s'", path);
        return NULL;
    }
    folder->work_path = g_steal_pointer(&template);
    return g_steal_pointer(&folder);
}

static gboolean name_is_safe(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    for (char **part = parts; *part; part++)
        if (!**part || g_str_equal(*part, ".") || g_str_equal(*part, ".."))
            return FALSE;
    return parts[0] != NULL;
}

static char *place(const HostFolder *folder, const char *name, GError **error)
{
    if (name_is_safe(name))
        return g_build_filename(folder->work_path, name, NULL);
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "a file of the guest is called '%s', which no file can be", name);
    return NULL;
}

static gboolean folder_has_failed(const char *name, GError **error)
{
    drydock_error_set_errno(error, errno, "cannot write '%s'", name);
    return FALSE;
}

static gboolean finish_file(HostFolder *folder, GError **error)
{
    g_autofree char *name = g_steal_pointer(&folder->name);
    int fd = folder->fd;
    folder->fd = -1;
    return fd < 0 || close(fd) == 0 || folder_has_failed(name, error);
}

gboolean host_folder_add(HostFolder *folder, const char *name, GError **error)
{
    if (!finish_file(folder, error))
        return FALSE;
    g_autofree char *path = place(folder, name, error);
    return path && (mkdir(path, 0777) == 0 || folder_has_failed(name, error));
}

gboolean host_folder_write(HostFolder *folder, const char *name, const uint8_t *bytes,
                           size_t length, GError **error)
{
    if (g_strcmp0(folder->name, name) != 0) {
        if (!finish_file(folder, error))
            return FALSE;
        g_autofree char *path = place(folder, name, error);
        if (!path)
            return FALSE;
        folder->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (folder->fd < 0)
            return folder_has_failed(name, error);
        folder->name = g_strdup(name);
    }
    while (length > 0) {
        ssize_t written = write(folder->fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return folder_has_failed(name, error);
        bytes += written;
        length -= (size_t)written;
    }
    return TRUE;
}

gboolean host_folder_commit(HostFolder *folder, GError **error)
{
    mode_t mask = umask(0);
    umask(mask);
    if (!finish_file(folder, error))
        return FALSE;
    if (chmod(folder->work_path, 0777 & ~mask) != 0 ||
        (renameat2(AT_FDCWD, folder->work_path, AT_FDCWD, folder->path, RENAME_NOREPLACE) != 0 &&
         (errno != EINVAL || rename(folder->work_path, folder->path) != 0)))
        return folder_has_failed(folder->path, error);
    g_clear_pointer(&folder->work_path, g_free);
    return TRUE;
}

static int remove_one(const char *path, G_GNUC_UNUSED const struct stat *status,
                      G_GNUC_UNUSED int kind, G_GNUC_UNUSED struct FTW *place)
{
    return remove(path);
}

void host_folder_close(HostFolder *folder)
{
    if (!folder)
        return;
    if (folder->fd >= 0)
        close(folder->fd);
    if (folder->work_path)
        nftw(folder->work_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    g_free(folder->name);
    g_free(folder->work_path);
    g_free(folder->path);
    g_free(folder);
}
