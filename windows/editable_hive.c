/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading, editing and staging one registry hive of a guest. */
#include "windows/editable_hive.h"

#include "base/finding.h"

#define HIVE_LIMIT_BYTES (512u << 20)

static EditableHive *hive_new(const char *name, const char *mount)
{
    EditableHive *hive = g_new0(EditableHive, 1);

    hive->name = g_strdup(name);
    hive->mount = mount ? g_strdup(mount) : g_strconcat("HKLM\\", name, NULL);
    hive->edits = hive_edits_new();
    return hive;
}

static gboolean finish_open(EditableHive *hive, GPtrArray *findings, GError **error)
{
    if (hive->replay.result == HIVE_REPLAY_UNUSABLE && findings)
        findings_add(findings, FINDING_WINDOWS_HIVE_DIRTY, hive->path);
    hive->hive = hive_open_bytes(hive->bytes, hive->name, error);
    return hive->hive != NULL;
}

EditableHive *editable_hive_open(const Guest *guest, const char *name, GPtrArray *findings,
                                 GError **error)
{
    g_autoptr(EditableHive) hive = hive_new(name, NULL);

    if (!guest_read_hive(guest, name, &hive->bytes, &hive->replay, &hive->path, &hive->log_paths,
                         error) ||
        !finish_open(hive, findings, error))
        return NULL;
    return g_steal_pointer(&hive);
}

EditableHive *editable_hive_open_path(FsTree *tree, const char *path, const char *name,
                                      const char *mount, GPtrArray *findings, GError **error)
{
    static const char *const suffixes[] = {".LOG", ".LOG1", ".LOG2"};
    g_autoptr(EditableHive) hive = hive_new(name, mount);
    g_autoptr(GPtrArray) logs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GBytes) bytes = NULL;

    hive->path = g_strdup(path);
    hive->log_paths = g_new0(char *, G_N_ELEMENTS(suffixes) + 1);
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *log_path = g_strconcat(path, suffixes[i], NULL);
        GBytes *log = NULL;

        if (!fs_tree_is_file(tree, log_path))
            continue;
        if (!fs_tree_read_file(tree, log_path, HIVE_LIMIT_BYTES, &log, error))
            return NULL;
        hive->log_paths[logs->len] = g_steal_pointer(&log_path);
        g_ptr_array_add(logs, log);
    }
    if (!fs_tree_read_file(tree, path, HIVE_LIMIT_BYTES, &bytes, error) ||
        !hive_replay(bytes, (GBytes *const *)logs->pdata, logs->len, &hive->bytes, &hive->replay,
                     error))
        return NULL;
    if (!hive->bytes)
        hive->bytes = g_steal_pointer(&bytes);
    return finish_open(hive, findings, error) ? g_steal_pointer(&hive) : NULL;
}

void editable_hive_free(EditableHive *hive)
{
    if (!hive)
        return;
    g_free(hive->name);
    g_free(hive->mount);
    g_free(hive->path);
    g_strfreev(hive->log_paths);
    hive_close(hive->hive);
    hive_edits_free(hive->edits);
    if (hive->bytes)
        g_bytes_unref(hive->bytes);
    g_free(hive);
}

GPtrArray *editable_hive_list_values(const char *mount, const GPtrArray *changes)
{
    GPtrArray *values = g_ptr_array_new_with_free_func((GDestroyNotify)edit_value_free);

    for (guint i = 0; i < changes->len; i++) {
        const HiveChange *change = g_ptr_array_index(changes, i);
        EditValue *value = g_new0(EditValue, 1);

        value->key = g_strconcat(mount, *change->key ? "\\" : "", change->key, NULL);
        value->name = g_strdup(change->name);
        value->old_text = g_strdup(change->old_text);
        value->new_text = g_strdup(change->new_text);
        value->reason = g_strdup(change->reason);
        g_ptr_array_add(values, value);
    }
    return values;
}

gboolean editable_hive_stage(const EditableHive *hive, Edits *edits, GError **error)
{
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(GBytes) edited = NULL;
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);

    if (!hive_edits_apply(hive->edits, hive->bytes, hive->replay.max_sequence, &edited, &changes,
                          error)) {
        g_prefix_error(error, "cannot change the registry hive %s: ", hive->name);
        return FALSE;
    }
    if (!changes->len)
        return TRUE;
    if (!edits_write_hive(edits, hive->path, edited,
                          editable_hive_list_values(hive->mount, changes),
                          "registry changes listed with it", error))
        return FALSE;
    /* Windows replays a log whose sequence number continues the hive's: none may be left. */
    for (guint i = 0; hive->log_paths && hive->log_paths[i]; i++) {
        if (!edits_write_file(edits, hive->log_paths[i], empty, NULL, -1,
                              "the log of the hive that is replaced", error))
            return FALSE;
    }
    return TRUE;
}
