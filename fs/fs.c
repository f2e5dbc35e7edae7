/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place that calls filesystem drivers: checks arguments, answers for what a driver lacks,
   and says in every error which driver, volume and path it was. */
#include "fs/driver.h"

#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/error.h"

/* Longer than any path of Windows (32767 UTF-16 units) or Linux (4096 bytes). */
#define PATH_LENGTH_MAX 131072

#define LARGE_FILE_BYTES ((gsize)4 << 20)

static const FsOps *const drivers[] = {
    &fs_ext_ops,
    &fs_fat_ops,
    &fs_ntfs_ops,
    NULL,
};

static const FsOps *find_driver(const char *type)
{
    for (gsize i = 0; drivers[i]; i++)
        if (type && g_strv_contains(drivers[i]->types, type))
            return drivers[i];
    return NULL;
}

static const char *volume_name(const Fs *fs)
{
    return fs->volume ? disk_name(fs->volume) : "memory";
}

/* For "return fail(…)": what was done to which path stands in front of the driver's message. */
static gboolean fail(const Fs *fs, const char *action, const char *path, GError **error)
{
    g_prefix_error(error, "%s on %s: cannot %s '%s': ", fs->ops->name, volume_name(fs), action,
                   path);
    return FALSE;
}

static gboolean fail_unsupported(const Fs *fs, const char *action, const char *path, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "this filesystem does not have that");
    return fail(fs, action, path, error);
}

static gboolean path_is_normalised(const Fs *fs, const char *path)
{
    size_t length = strlen(path);
    if (path[0] != '/' || length > PATH_LENGTH_MAX)
        return FALSE;
    /* Names on NTFS and FAT are UTF-16; on ext they are bytes and may be in any encoding. */
    if (!fs->ops->case_sensitive && !g_utf8_validate(path, (gssize)length, NULL))
        return FALSE;
    if (length == 1)
        return TRUE;
    for (const char *name = path + 1;;) {
        size_t name_length = strcspn(name, "/");
        if (name_length == 0 || (name_length == 1 && name[0] == '.') ||
            (name_length == 2 && name[0] == '.' && name[1] == '.'))
            return FALSE;
        if (name[name_length] == '\0')
            return TRUE;
        name += name_length + 1;
    }
}

/* Names come from guests (directory entries, link targets, registry values): an error, no assert.
 */
static gboolean check_path(const Fs *fs, const char *action, const char *path, GError **error)
{
    if (path_is_normalised(fs, path))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "not an absolute, normalised path");
    return fail(fs, action, path, error);
}

static gboolean check_write(const Fs *fs, const char *action, const char *path,
                            const FsAttributes *attributes, GError **error)
{
    if (!check_path(fs, action, path, error))
        return FALSE;
    if (path[1] == '\0') {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "that is the root directory");
        return fail(fs, action, path, error);
    }
    if (attributes && attributes->like && !check_path(fs, action, attributes->like, error))
        return FALSE;
    if (fs->volume && !disk_is_writable(fs->volume)) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, NULL, "it was opened read-only");
        return fail(fs, action, path, error);
    }
    g_debug("%s on %s: %s '%s'", fs->ops->name, volume_name(fs), action, path);
    return TRUE;
}

gboolean fs_type_is_supported(const char *type)
{
    return find_driver(type) != NULL;
}

gboolean fs_open(Disk *volume, const char *type, Fs **ret_fs, GError **error)
{
    return fs_open_with_flags(volume, type, FS_OPEN_DEFAULT, ret_fs, error);
}

gboolean fs_open_with_flags(Disk *volume, const char *type, FsOpenFlags flags, Fs **ret_fs,
                            GError **error)
{
    const FsOps *ops = find_driver(type);
    if (!ops) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "%s: no driver for filesystems of type '%s'", disk_name(volume),
                          type ? type : "unknown");
        return FALSE;
    }
    if (!ops->open(volume, flags, ret_fs, error)) {
        g_prefix_error(error, "%s on %s: cannot open the filesystem: ", ops->name,
                       disk_name(volume));
        return FALSE;
    }
    g_debug("%s on %s: opened", ops->name, disk_name(volume));
    return TRUE;
}

void fs_close(Fs *fs)
{
    if (fs)
        fs->ops->close(fs);
}

const char *fs_driver_name(const Fs *fs)
{
    return fs->ops->name;
}

gboolean fs_is_case_sensitive(const Fs *fs)
{
    return fs->ops->case_sensitive;
}

gboolean fs_get_state(Fs *fs, FsState *ret_state, GError **error)
{
    FsState state = {0};
    if (fs->ops->get_state && !fs->ops->get_state(fs, &state, error))
        return fail(fs, "read the state of", "/", error);
    *ret_state = state;
    return TRUE;
}

gboolean fs_stat(Fs *fs, const char *path, gboolean *ret_found, FsStat *ret_stat, GError **error)
{
    gboolean found = FALSE;
    FsStat stat = {0};
    if (!check_path(fs, "look up", path, error))
        return FALSE;
    if (!fs->ops->stat(fs, path, &found, &stat, error))
        return fail(fs, "look up", path, error);
    *ret_found = found;
    if (found && ret_stat)
        *ret_stat = stat;
    return TRUE;
}

gboolean fs_read_link(Fs *fs, const char *path, char **ret_target, GError **error)
{
    if (!check_path(fs, "read the link", path, error))
        return FALSE;
    if (!fs->ops->read_link)
        return fail_unsupported(fs, "read the link", path, error);
    if (!fs->ops->read_link(fs, path, ret_target, error))
        return fail(fs, "read the link", path, error);
    return TRUE;
}

void fs_entry_free(FsEntry *entry)
{
    if (!entry)
        return;
    g_free(entry->name);
    g_free(entry);
}

static void free_entry(gpointer entry)
{
    fs_entry_free(entry);
}

void fs_entries_add(GPtrArray *entries, const char *name, FsFileType type)
{
    FsEntry *entry = g_new0(FsEntry, 1);
    entry->name = g_strdup(name);
    entry->type = type;
    g_ptr_array_add(entries, entry);
}

gboolean fs_list(Fs *fs, const char *path, GPtrArray **ret_entries, GError **error)
{
    if (!check_path(fs, "list", path, error))
        return FALSE;
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(free_entry);
    if (!fs->ops->list(fs, path, entries, error))
        return fail(fs, "list", path, error);
    *ret_entries = g_steal_pointer(&entries);
    return TRUE;
}

gboolean fs_file_open(Fs *fs, const char *path, FsFile **ret_file, GError **error)
{
    FsFile *file = NULL;
    if (!check_path(fs, "open", path, error))
        return FALSE;
    if (!fs->ops->file_open(fs, path, &file, error))
        return fail(fs, "open", path, error);
    file->path = g_strdup(path);
    *ret_file = file;
    return TRUE;
}

uint64_t fs_file_size(const FsFile *file)
{
    return file->size_bytes;
}

gboolean fs_file_read(FsFile *file, uint64_t offset, void *buffer, size_t length, GError **error)
{
    if (!range_is_within(offset, length, file->size_bytes)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "%zu bytes at %" G_GUINT64_FORMAT
                          " are beyond its end at %" G_GUINT64_FORMAT,
                          length, offset, file->size_bytes);
        return fail(file->fs, "read", file->path, error);
    }
    if (length > 0 && !file->fs->ops->file_read(file, offset, buffer, length, error))
        return fail(file->fs, "read", file->path, error);
    return TRUE;
}

void fs_file_close(FsFile *file)
{
    if (!file)
        return;
    g_free(file->path);
    file->fs->ops->file_close(file);
}

/* A hive of 15 MB costs four thousand page faults otherwise. A hint: failing changes nothing. */
static void prefer_huge_pages(void *memory, gsize size)
{
    const uintptr_t page = 4096;
    uintptr_t start = ((uintptr_t)memory + page - 1) & ~(page - 1);
    uintptr_t end = ((uintptr_t)memory + size) & ~(page - 1);
    if (size >= LARGE_FILE_BYTES)
        madvise((uint8_t *)memory + (start - (uintptr_t)memory), end - start, MADV_HUGEPAGE);
}

gboolean fs_read_file(Fs *fs, const char *path, uint64_t limit_bytes, GBytes **ret_bytes,
                      GError **error)
{
    g_autoptr(FsFile) file = NULL;
    if (!fs_file_open(fs, path, &file, error))
        return FALSE;
    if (file->size_bytes > MIN(limit_bytes, (uint64_t)G_MAXSSIZE)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "its %" G_GUINT64_FORMAT " bytes are more than the %" G_GUINT64_FORMAT
                          " expected at most",
                          file->size_bytes, limit_bytes);
        return fail(fs, "read", path, error);
    }
    gsize size = (gsize)file->size_bytes;
    g_autofree uint8_t *content = g_try_malloc(MAX(size, 1));
    if (!content) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "no memory for %zu bytes", size);
        return fail(fs, "read", path, error);
    }
    prefer_huge_pages(content, size);
    if (!fs_file_read(file, 0, content, size, error))
        return FALSE;
    *ret_bytes = g_bytes_new_take(g_steal_pointer(&content), size);
    return TRUE;
}

static const FsAttributes default_attributes = {.like = NULL, .mode = -1};

gboolean fs_write_file(Fs *fs, const char *path, GBytes *content, const FsAttributes *attributes,
                       GError **error)
{
    if (!check_write(fs, "write", path, attributes, error))
        return FALSE;
    if (!fs->ops->write_file)
        return fail_unsupported(fs, "write", path, error);
    if (!fs->ops->write_file(fs, path, content, attributes ? attributes : &default_attributes,
                             error))
        return fail(fs, "write", path, error);
    return TRUE;
}

gboolean fs_make_directory(Fs *fs, const char *path, const FsAttributes *attributes, GError **error)
{
    if (g_str_equal(path, "/"))
        return TRUE;
    if (!check_write(fs, "make the directory", path, attributes, error))
        return FALSE;
    if (!fs->ops->make_directory)
        return fail_unsupported(fs, "make the directory", path, error);
    if (!fs->ops->make_directory(fs, path, attributes ? attributes : &default_attributes, error))
        return fail(fs, "make the directory", path, error);
    return TRUE;
}

gboolean fs_make_symlink(Fs *fs, const char *path, const char *target,
                         const FsAttributes *attributes, GError **error)
{
    if (!check_write(fs, "make the link", path, attributes, error))
        return FALSE;
    if (!fs->ops->make_symlink)
        return fail_unsupported(fs, "make the link", path, error);
    if (target[0] == '\0') {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "its target is empty");
        return fail(fs, "make the link", path, error);
    }
    if (!fs->ops->make_symlink(fs, path, target, attributes ? attributes : &default_attributes,
                               error))
        return fail(fs, "make the link", path, error);
    return TRUE;
}

gboolean fs_remove(Fs *fs, const char *path, GError **error)
{
    if (!check_write(fs, "remove", path, NULL, error))
        return FALSE;
    if (!fs->ops->remove)
        return fail_unsupported(fs, "remove", path, error);
    if (!fs->ops->remove(fs, path, error))
        return fail(fs, "remove", path, error);
    return TRUE;
}

void fs_extents_add(GArray *extents, uint64_t start_bytes, uint64_t length_bytes)
{
    if (length_bytes == 0)
        return;
    if (extents->len > 0) {
        FsExtent *last = &g_array_index(extents, FsExtent, extents->len - 1);
        if (last->start_bytes + last->length_bytes == start_bytes) {
            last->length_bytes += length_bytes;
            return;
        }
    }
    FsExtent extent = {start_bytes, length_bytes};
    g_array_append_val(extents, extent);
}

gboolean fs_free_extents(Fs *fs, GArray **ret_extents, GError **error)
{
    if (!fs->ops->free_extents)
        return fail_unsupported(fs, "list the free space of", "/", error);
    g_autoptr(GArray) extents = g_array_new(FALSE, FALSE, sizeof(FsExtent));
    if (!fs->ops->free_extents(fs, extents, error))
        return fail(fs, "list the free space of", "/", error);
    *ret_extents = g_steal_pointer(&extents);
    return TRUE;
}

gboolean fs_file_extents(Fs *fs, const char *path, GArray **ret_extents, GError **error)
{
    if (!check_path(fs, "list the extents of", path, error))
        return FALSE;
    if (!fs->ops->file_extents)
        return fail_unsupported(fs, "list the extents of", path, error);
    g_autoptr(GArray) extents = g_array_new(FALSE, FALSE, sizeof(FsExtent));
    if (!fs->ops->file_extents(fs, path, extents, error))
        return fail(fs, "list the extents of", path, error);
    *ret_extents = g_steal_pointer(&extents);
    return TRUE;
}

gboolean fs_sync(Fs *fs, GError **error)
{
    if (fs->ops->sync && !fs->ops->sync(fs, error))
        return fail(fs, "finish writing to", "/", error);
    return TRUE;
}
