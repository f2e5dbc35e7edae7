/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens hives of a guest lazily, or whole with their transaction logs. */
#include "inspect/guest_hive.h"

#include "base/error.h"
#include "inspect/guest.h"

/* Windows refuses to load a SYSTEM hive beyond this; SOFTWARE of a terminal server comes close. */
#define HIVE_LIMIT_BYTES (512u << 20)
#define LOG_LIMIT_BYTES (64u << 20)

static const char *const log_suffixes[] = {".LOG", ".LOG1", ".LOG2"};

struct GuestHive {
    FsFile *file;
    Hive *hive;
};

static gboolean read_from_file(void *data, uint64_t offset, void *buffer, size_t length,
                               GError **error)
{
    return fs_file_read(data, offset, buffer, length, error);
}

/* paths: logs that exist; logs: their bytes, in the order of log_suffixes. */
static gboolean read_logs(FsTree *tree, const char *path, GPtrArray *paths, GBytes **logs,
                          GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(log_suffixes); i++) {
        g_autofree char *log_path = g_strconcat(path, log_suffixes[i], NULL);
        if (!fs_tree_is_file(tree, log_path))
            continue;
        if (!fs_tree_read_file(tree, log_path, LOG_LIMIT_BYTES, &logs[i], error))
            return FALSE;
        g_ptr_array_add(paths, g_steal_pointer(&log_path));
    }
    return TRUE;
}

static gboolean read_replayed(FsTree *tree, const char *path, GBytes **ret_hive,
                              HiveReplay *ret_replay, char ***ret_log_paths, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GBytes) replayed = NULL;
    GBytes *logs[G_N_ELEMENTS(log_suffixes)] = {NULL};
    HiveReplay replay;

    gboolean ok = fs_tree_read_file(tree, path, HIVE_LIMIT_BYTES, &bytes, error) &&
                  read_logs(tree, path, paths, logs, error) &&
                  hive_replay(bytes, logs, G_N_ELEMENTS(logs), &replayed, &replay, error);
    for (guint i = 0; i < G_N_ELEMENTS(logs); i++)
        g_clear_pointer(&logs[i], g_bytes_unref);
    if (!ok) {
        g_prefix_error(error, "cannot read the registry hive '%s': ", path);
        return FALSE;
    }
    *ret_hive = replayed ? g_steal_pointer(&replayed) : g_steal_pointer(&bytes);
    *ret_replay = replay;
    if (ret_log_paths) {
        g_ptr_array_add(paths, NULL);
        g_ptr_array_set_free_func(paths, NULL);
        *ret_log_paths = (char **)g_ptr_array_free(g_steal_pointer(&paths), FALSE);
    }
    return TRUE;
}

GuestHive *guest_hive_open(FsTree *tree, const char *path, const char *name, GError **error)
{
    g_autoptr(GuestHive) hive = g_new0(GuestHive, 1);

    if (!fs_tree_file_open(tree, path, &hive->file, error))
        return NULL;
    hive->hive = hive_open(read_from_file, hive->file, fs_file_size(hive->file), name, error);
    if (!hive->hive) {
        g_prefix_error(error, "cannot read the registry hive '%s': ", path);
        return NULL;
    }
    return hive_is_dirty(hive->hive) ? guest_hive_open_whole(tree, path, name, NULL, error)
                                     : g_steal_pointer(&hive);
}

GuestHive *guest_hive_open_whole(FsTree *tree, const char *path, const char *name,
                                 gboolean *ret_is_stale, GError **error)
{
    g_autoptr(GuestHive) hive = g_new0(GuestHive, 1);
    g_autoptr(GBytes) bytes = NULL;
    HiveReplay replay;

    if (!read_replayed(tree, path, &bytes, &replay, NULL, error))
        return NULL;
    hive->hive = hive_open_bytes(bytes, name, error);
    if (!hive->hive)
        return NULL;
    if (ret_is_stale)
        *ret_is_stale = replay.result == HIVE_REPLAY_UNUSABLE;
    return g_steal_pointer(&hive);
}

void guest_hive_close(GuestHive *hive)
{
    if (!hive)
        return;
    hive_close(hive->hive);
    fs_file_close(hive->file);
    g_free(hive);
}

Hive *guest_hive_get(GuestHive *hive)
{
    return hive->hive;
}

gboolean guest_read_hive(const Guest *guest, const char *name, GBytes **ret_hive,
                         HiveReplay *ret_replay, char **ret_path, char ***ret_log_paths,
                         GError **error)
{
    g_autofree char *path =
        g_strconcat(guest->windows_facts.system_root, "/System32/config/", name, NULL);
    if (!read_replayed(guest->tree, path, ret_hive, ret_replay, ret_log_paths, error))
        return FALSE;
    *ret_path = g_steal_pointer(&path);
    return TRUE;
}
