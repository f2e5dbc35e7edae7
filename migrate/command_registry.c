/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate registry: values of a Windows guest, or of a lone hive, by hand. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/new_file.h"
#include "migrate/action.h"
#include "migrate/command.h"
#include "migrate/registry_job.h"
#include "registry/reg_file.h"

#define SHOWN (OPTIONS_SOURCE | OPTIONS_USER)
#define CHANGED (OPTIONS_SOURCE | OPTIONS_USER | OPTIONS_TARGET)
/* A hive is not edited beyond the half of a GiB that is read of it. */
#define HIVE_LIMIT_BYTES ((gsize)1 << 30)

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

/* Where the outputs of the confined process go. */
typedef struct {
    NewFile *file;    /* export; NULL: text goes to stdout */
    GByteArray *hive; /* NULL: none came */
} Outputs;

static void outputs_clear(Outputs *outputs)
{
    new_file_close(outputs->file);
    g_clear_pointer(&outputs->hive, g_byte_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outputs, outputs_clear)

static gboolean take_hive(Outputs *outputs, const uint8_t *bytes, size_t length, GError **error)
{
    if (!outputs->hive)
        outputs->hive = g_byte_array_new();
    if (length > HIVE_LIMIT_BYTES - outputs->hive->len) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "the edited hive is too large");
        return FALSE;
    }
    g_byte_array_append(outputs->hive, bytes, (guint)length);
    return TRUE;
}

static gboolean take_output(void *data, const char *name, const uint8_t *bytes, size_t length,
                            GError **error)
{
    Outputs *outputs = data;
    if (g_str_equal(name, REGISTRY_OUTPUT_HIVE))
        return take_hive(outputs, bytes, length, error);
    if (g_str_equal(name, REGISTRY_OUTPUT_WARNING)) {
        fprintf(stderr, "migrate: %.*s\n", (int)MIN(length, 1000), (const char *)bytes);
        return TRUE;
    }
    if (outputs->file)
        return new_file_write(outputs->file, bytes, length, error);
    if (fwrite(bytes, 1, length, stdout) == length)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "cannot write the output");
    return FALSE;
}

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
    g_auto(Outputs) outputs = {0};
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
    WorkerListener listener = command_listener(progress);
    listener.output = take_output;
    listener.output_data = &outputs;
    if (!worker_run(registry_job_run, &job, &listener, &results, error) ||
        (outputs.file && !new_file_commit(outputs.file, error)))
        return FALSE;
    key_ring_wipe(options->keys);
    g_autoptr(GBytes) hive =
        outputs.hive ? g_byte_array_free_to_bytes(g_steal_pointer(&outputs.hive)) : NULL;
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
