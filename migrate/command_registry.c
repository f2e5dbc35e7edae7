/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate registry: values of a Windows guest, or of a lone hive, by hand. */
#include "base/error.h"
#include "base/new_file.h"
#include "migrate/action.h"
#include "migrate/command.h"
#include "migrate/registry_job.h"
#include "migrate/registry_outputs.h"
#include "registry/reg_file.h"

#define SHOWN (OPTIONS_SOURCE | OPTIONS_USER)
#define CHANGED (OPTIONS_SOURCE | OPTIONS_USER | OPTIONS_TARGET)

static const Action actions[] = {
    {"get", "SOURCE KEY [VALUE]", "print a value, or all values of a key", SHOWN | OPTIONS_JSON, 2,
     3, REGISTRY_GET},
    {"set", "SOURCE KEY VALUE DATA…", "set a value", CHANGED | OPTIONS_TYPE, 4, 0, REGISTRY_SET},
    {"delete", "SOURCE KEY [VALUE]", "delete a value, or a key", CHANGED | OPTIONS_RECURSIVE, 2, 3,
     REGISTRY_DELETE},
    {"list", "SOURCE KEY", "print the keys below a key",
     SHOWN | OPTIONS_JSON | OPTIONS_RECURSIVE | OPTIONS_LONG, 2, 2, REGISTRY_LIST},
    {"search", "SOURCE KEY TEXT", "find a text in names and data below a key",
     SHOWN | OPTIONS_JSON | OPTIONS_SEARCH, 3, 3, REGISTRY_SEARCH},
    {"export", "SOURCE KEY [FILE]", "write a key and everything below it as a .reg file",
     SHOWN | OPTIONS_UTF8, 2, 3, REGISTRY_EXPORT},
    {"import", "SOURCE FILE", "change what a .reg file says", CHANGED, 2, 2, REGISTRY_IMPORT},
};

static gboolean read_reg_file(const char *path, GPtrArray **ret_entries, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &local);
    if (!file) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name a .reg file", "%s", local->message);
        return FALSE;
    }
    if (g_mapped_file_get_length(file) > REG_FILE_LIMIT_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "split it", "'%s' is too large", path);
        return FALSE;
    }
    g_autoptr(GBytes) content = g_mapped_file_get_bytes(file);
    return reg_file_read(content, path, ret_entries, error);
}

static gboolean run(const Options *options, const Action *action, Progress *progress,
                    GError **error)
{
    g_auto(RegistryOutputs) outputs = {0};
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GHashTable) results = NULL;
    char **arguments = options->arguments;
    gboolean has_value = options->argument_count > 2 &&
                         (action->kind == REGISTRY_GET || action->kind == REGISTRY_SET ||
                          action->kind == REGISTRY_DELETE);
    RegistryJob job = {
        .action = (RegistryAction)action->kind,
        .options = options,
        .key = arguments[1],
        .value = has_value ? arguments[2] : NULL,
        .search = action->kind == REGISTRY_SEARCH ? arguments[2] : NULL,
        .data = action->kind == REGISTRY_SET ? (const char *const *)arguments + 3 : NULL,
    };
    if (action->kind == REGISTRY_IMPORT) {
        job.file_name = arguments[1];
        if (!read_reg_file(arguments[1], &entries, error))
            return FALSE;
        job.entries = entries;
    }
    WorkpieceFlags flags =
        WORKPIECE_HIVE | (action->options & OPTIONS_TARGET ? WORKPIECE_EDIT : WORKPIECE_READ);
    g_autoptr(Workpiece) workpiece = workpiece_open(options, flags, progress, error);
    if (!workpiece)
        return FALSE;
    if (action->kind == REGISTRY_EXPORT && options->argument_count == 3) {
        outputs.file = new_file_open(arguments[2], NEW_FILE_ONLY, error);
        if (!outputs.file)
            return FALSE;
    }
    job.workpiece = workpiece;
    WorkerListener listener = registry_outputs_listener(&outputs, progress);
    if (!worker_run(registry_job_run, &job, &listener, &results, error) ||
        (outputs.file && !new_file_commit(outputs.file, error)))
        return FALSE;
    key_ring_wipe(options->keys);
    g_autoptr(GBytes) hive = registry_outputs_steal_hive(&outputs);
    return workpiece_keep(workpiece, hive, error);
}

gboolean command_registry(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    const Action *action;
    if (!action_parse(actions, G_N_ELEMENTS(actions),
                      "Values of a Windows machine's registry by hand. SOURCE is a machine as for "
                      "migrate inspect,\nor the file of a hive.",
                      argc, argv, &options, &action, ret_progress, error))
        return FALSE;
    return run(&options, action, *ret_progress, error);
}
