/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A registry hive that lies by itself in a file of the host. */
#include "migrate/hive_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define HIVE_LIMIT_BYTES ((gint64)512 << 20)

static const char *const log_suffixes[HIVE_FILE_LOGS] = {".LOG", ".LOG1", ".LOG2"};

/* Windows mounts files of these names there. */
static const struct {
    const char *file_name;
    const char *mount;
} mounts[] = {
    {"SOFTWARE", "HKEY_LOCAL_MACHINE\\SOFTWARE"},
    {"SYSTEM", "HKEY_LOCAL_MACHINE\\SYSTEM"},
    {"SAM", "HKEY_LOCAL_MACHINE\\SAM"},
    {"SECURITY", "HKEY_LOCAL_MACHINE\\SECURITY"},
    {"COMPONENTS", "HKEY_LOCAL_MACHINE\\COMPONENTS"},
    {"DRIVERS", "HKEY_LOCAL_MACHINE\\DRIVERS"},
    {"BCD", "HKEY_LOCAL_MACHINE\\BCD00000000"},
    {"DEFAULT", "HKEY_USERS\\.DEFAULT"},
    {"NTUSER.DAT", "HKEY_CURRENT_USER"},
};

gboolean hive_file_is_one(const char *path)
{
    char magic[4];
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return FALSE;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    gboolean is_hive = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
                       memcmp(magic, "regf", sizeof magic) == 0;
    if (fd >= 0)
        close(fd);
    return is_hive;
}

static GBytes *read_file(const char *path, GError **error)
{
    g_autoptr(GError) local = NULL;
    char *content = NULL;
    gsize length;
    struct stat status;
    if (stat(path, &status) != 0) {
        drydock_error_set_errno(error, errno, "cannot read '%s'", path);
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > HIVE_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "'%s' is no file, or too large for a registry hive", path);
        return NULL;
    }
    if (!g_file_get_contents(path, &content, &length, &local)) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "%s", local->message);
        return NULL;
    }
    return g_bytes_new_take(content, length);
}

static gboolean read_logs(HiveFile *file, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(file->path);
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    const char *entry;
    while (directory && (entry = g_dir_read_name(directory))) {
        for (guint i = 0; i < HIVE_FILE_LOGS; i++) {
            g_autofree char *name = g_strconcat(file->name, log_suffixes[i], NULL);
            if (file->logs[i] || g_ascii_strcasecmp(name, entry) != 0)
                continue;
            file->log_paths[i] = g_build_filename(folder, entry, NULL);
            file->logs[i] = read_file(file->log_paths[i], error);
            if (!file->logs[i])
                return FALSE;
        }
    }
    return TRUE;
}

gboolean hive_file_open(const char *path, HiveFile **ret_file, GError **error)
{
    g_autoptr(HiveFile) file = g_new0(HiveFile, 1);
    file->path = g_strdup(path);
    file->name = g_path_get_basename(path);
    for (guint i = 0; i < G_N_ELEMENTS(mounts); i++)
        if (g_ascii_strcasecmp(file->name, mounts[i].file_name) == 0)
            file->mount = g_strdup(mounts[i].mount);
    file->bytes = read_file(path, error);
    if (!file->bytes || !read_logs(file, error))
        return FALSE;
    *ret_file = g_steal_pointer(&file);
    return TRUE;
}

void hive_file_free(HiveFile *file)
{
    if (!file)
        return;
    for (guint i = 0; i < HIVE_FILE_LOGS; i++) {
        g_free(file->log_paths[i]);
        g_clear_pointer(&file->logs[i], g_bytes_unref);
    }
    g_clear_pointer(&file->bytes, g_bytes_unref);
    g_free(file->path);
    g_free(file->name);
    g_free(file->mount);
    g_free(file);
}

/* A user's hive is mounted under more than one name. */
static gboolean is_of_user(const char *mount)
{
    return g_str_has_prefix(mount, "HKEY_USERS") || g_str_equal(mount, "HKEY_CURRENT_USER");
}

gboolean hive_file_match(const HiveFile *file, const HivePlace *place, char **ret_mount,
                         GError **error)
{
    if (place->root == HIVE_PLACE_RELATIVE) {
        *ret_mount = file->mount ? g_strdup(file->mount)
                                 : g_strconcat("HKEY_LOCAL_MACHINE\\", file->name, NULL);
        return TRUE;
    }
    if (!file->mount || g_ascii_strcasecmp(file->mount, place->mount) == 0 ||
        (is_of_user(file->mount) && is_of_user(place->mount))) {
        *ret_mount = g_strdup(place->mount);
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give a key below that, or one without a root",
                      "the file '%s' is %s, not %s", file->path, file->mount, place->mount);
    return FALSE;
}
