/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a batch consists of. */
#include "migrate/batch/manifest.h"

#include <string.h>

#include "base/error.h"

#define ID_LIMIT_BYTES 128u

static const char *const hook_points[BATCH_HOOK_LAST] = {
    [BATCH_HOOK_BEFORE] = "before",
    [BATCH_HOOK_AFTER] = "after",
    [BATCH_HOOK_FAILURE] = "failure",
};

const char *batch_hook_point_name(BatchHookPoint point)
{
    g_return_val_if_fail(point < BATCH_HOOK_LAST, NULL);
    return hook_points[point];
}

BatchHook *batch_hook_new(BatchHookType type)
{
    BatchHook *hook = g_new0(BatchHook, 1);
    hook->type = type;
    return hook;
}

void batch_hook_free(BatchHook *hook)
{
    if (!hook)
        return;
    g_free(hook->stage);
    g_free(hook->path);
    g_strfreev(hook->arguments);
    g_strfreev(hook->environment);
    g_free(hook->working_directory);
    g_free(hook->url);
    g_free(hook->method);
    g_strfreev(hook->headers);
    g_free(hook->body);
    g_free(hook);
}

static void hook_drop(gpointer hook)
{
    batch_hook_free(hook);
}

BatchMachine *batch_machine_new(const char *id, DocumentPlace place)
{
    BatchMachine *machine = g_new0(BatchMachine, 1);
    machine->id = g_strdup(id);
    machine->place = place;
    machine->enabled = TRUE;
    machine->hooks = g_ptr_array_new_with_free_func(hook_drop);
    return machine;
}

void batch_machine_free(BatchMachine *machine)
{
    if (!machine)
        return;
    g_free(machine->id);
    g_strfreev(machine->sources);
    batch_settings_clear(&machine->settings);
    g_ptr_array_unref(machine->hooks);
    if (machine->findings)
        g_ptr_array_unref(machine->findings);
    g_free(machine);
}

static void machine_drop(gpointer machine)
{
    batch_machine_free(machine);
}

BatchManifest *batch_manifest_new(const char *path)
{
    BatchManifest *manifest = g_new0(BatchManifest, 1);
    manifest->path = g_canonicalize_filename(path, NULL);
    manifest->directory = g_path_get_dirname(manifest->path);
    manifest->kind = g_strdup("drydock");
    manifest->machines = g_ptr_array_new_with_free_func(machine_drop);
    manifest->ids = g_hash_table_new(g_str_hash, g_str_equal);
    manifest->findings = findings_new();
    return manifest;
}

void batch_manifest_free(BatchManifest *manifest)
{
    if (!manifest)
        return;
    g_free(manifest->path);
    g_free(manifest->directory);
    g_free(manifest->kind);
    g_hash_table_unref(manifest->ids);
    g_ptr_array_unref(manifest->machines);
    g_ptr_array_unref(manifest->findings);
    g_free(manifest);
}

char *batch_manifest_resolve(const BatchManifest *manifest, const char *path)
{
    return g_canonicalize_filename(path, manifest->directory);
}

static gboolean is_file_name(const char *id)
{
    size_t length = strlen(id);
    return g_ascii_isalnum(*id) && length <= ID_LIMIT_BYTES &&
           strspn(id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-") == length;
}

gboolean batch_manifest_add(BatchManifest *manifest, BatchMachine *machine, GError **error)
{
    const BatchMachine *other = batch_manifest_find(manifest, machine->id);
    if (!is_file_name(machine->id)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "use up to 128 letters, digits, '.', '_' and '-', beginning with a "
                          "letter or digit",
                          "'%s' cannot be an id", machine->id);
    } else if (other) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "give one of them another id",
                          "the machine in line %u has the id '%s' too", other->place.line,
                          machine->id);
    } else if (manifest->machines->len >= BATCH_LIMIT_MACHINES) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "make two manifests of it",
                          "there are more than %u machines", BATCH_LIMIT_MACHINES);
    } else {
        g_hash_table_insert(manifest->ids, machine->id, machine);
        g_ptr_array_add(manifest->machines, machine);
        return TRUE;
    }
    return FALSE;
}

BatchMachine *batch_manifest_find(const BatchManifest *manifest, const char *id)
{
    return g_hash_table_lookup(manifest->ids, id);
}
