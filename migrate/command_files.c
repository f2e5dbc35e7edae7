/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate files: files of a guest by hand. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/new_file.h"
#include "migrate/action.h"
#include "migrate/command.h"
#include "migrate/files_job.h"

#define CHANGED (OPTIONS_SOURCE | OPTIONS_TARGET)

static const Action actions[] = {
    {"ls", "SOURCE [PATH]", "list a folder",
     OPTIONS_SOURCE | OPTIONS_JSON | OPTIONS_RECURSIVE | OPTIONS_LONG, 1, 2, FILES_LS},
    {"stat", "SOURCE PATH", "say what a file is", OPTIONS_SOURCE | OPTIONS_JSON, 2, 2, FILES_STAT},
    {"find", "SOURCE PATH [PATTERN]", "list what is below a folder, or what of it is so called",
     OPTIONS_SOURCE | OPTIONS_JSON | OPTIONS_LONG, 2, 3, FILES_FIND},
    {"cat", "SOURCE PATH", "write a file's content to standard output", OPTIONS_SOURCE, 2, 2,
     FILES_CAT},
    {"get", "SOURCE PATH FILE", "copy out of the guest", OPTIONS_SOURCE | OPTIONS_RECURSIVE, 3, 3,
     FILES_GET},
    {"put", "SOURCE FILE PATH", "copy into the guest", CHANGED | OPTIONS_RECURSIVE, 3, 3,
     FILES_PUT},
    {"rm", "SOURCE PATH", "remove a file or a folder", CHANGED | OPTIONS_RECURSIVE, 2, 2, FILES_RM},
    {"mkdir", "SOURCE PATH", "make a folder, and those above it", CHANGED, 2, 2, FILES_MKDIR},
};

/* Where the outputs of the confined process go. */
typedef struct {
    const char *path;   /* get: on the host */
    NewFile *file;      /* get: of a file */
    HostFolder *folder; /* get: of a folder */
} Outputs;

static void outputs_clear(Outputs *outputs)
{
    new_file_close(outputs->file);
    host_folder_close(outputs->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outputs, outputs_clear)

static gboolean write_stdout(const uint8_t *bytes, size_t length, GError **error)
{
    if (fwrite(bytes, 1, length, stdout) == length)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "cannot write the output");
    return FALSE;
}

/* name: below what was asked for. */
static gboolean take_file(Outputs *outputs, const char *name, const uint8_t *bytes, size_t length,
                          GError **error)
{
    if (!outputs->path)
        return write_stdout(bytes, length, error);
    if (outputs->folder)
        return host_folder_write(outputs->folder, name, bytes, length, error);
    if (!outputs->file)
        outputs->file = new_file_open(outputs->path, NEW_FILE_ONLY, error);
    return outputs->file && new_file_write(outputs->file, bytes, length, error);
}

static gboolean take_folder(Outputs *outputs, const char *name, GError **error)
{
    if (outputs->folder)
        return host_folder_add(outputs->folder, name, error);
    outputs->folder = host_folder_open(outputs->path, error);
    return outputs->folder != NULL;
}

static gboolean take_output(void *data, const char *name, const uint8_t *bytes, size_t length,
                            GError **error)
{
    Outputs *outputs = data;
    if (g_str_equal(name, FILES_OUTPUT_TEXT))
        return write_stdout(bytes, length, error);
    if (g_str_equal(name, FILES_OUTPUT_WARNING)) {
        fprintf(stderr, "migrate: %.*s\n", (int)MIN(length, 1000), (const char *)bytes);
        return TRUE;
    }
    if (g_str_has_prefix(name, FILES_OUTPUT_FILE))
        return take_file(outputs, name + strlen(FILES_OUTPUT_FILE), bytes, length, error);
    if (g_str_has_prefix(name, FILES_OUTPUT_FOLDER) && outputs->path)
        return take_folder(outputs, name + strlen(FILES_OUTPUT_FOLDER), error);
    return TRUE;
}

/* A folder of the host that is there gets what is copied under the name that it has in the guest.
 */
static char *name_result(const char *host, const char *guest)
{
    if (!g_file_test(host, G_FILE_TEST_IS_DIR))
        return g_strdup(host);
    g_autofree char *path = g_strdelimit(g_strdup(guest), "\\", '/');
    g_autofree char *name = g_path_get_basename(path);
    return g_build_filename(host, name, NULL);
}

static gboolean run_get(FilesJob *job, const char *host, const WorkerListener *listener,
                        Outputs *outputs, GError **error)
{
    g_autofree char *path = name_result(host, job->path);
    g_autoptr(GHashTable) results = NULL;
    outputs->path = path;
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "move it away, or choose another name",
                          "'%s' exists already", path);
        return FALSE;
    }
    return worker_run(files_job_run, job, listener, &results, error) &&
           (!outputs->folder || host_folder_commit(outputs->folder, error)) &&
           (!outputs->file || new_file_commit(outputs->file, error));
}

static gboolean run(const Options *options, const Action *action, Progress *progress,
                    GError **error)
{
    g_auto(Outputs) outputs = {0};
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GHashTable) results = NULL;
    g_autofree char *host_name = NULL;
    char **arguments = options->arguments;
    FilesJob job = {.action = (FilesAction)action->kind,
                    .options = options,
                    .path = arguments[1],
                    .pattern = action->kind == FILES_FIND ? arguments[2] : NULL};
    if (action->kind == FILES_PUT) {
        job.path = arguments[2];
        host_name = g_path_get_basename(arguments[1]);
        job.host_name = host_name;
        if (!host_files_read(arguments[1], options->recursive, &entries, error))
            return FALSE;
        job.entries = entries;
    }
    g_autoptr(Workpiece) workpiece =
        workpiece_open(options, action->options & OPTIONS_TARGET ? WORKPIECE_EDIT : WORKPIECE_READ,
                       progress, error);
    if (!workpiece)
        return FALSE;
    job.workpiece = workpiece;
    WorkerListener listener = command_listener(progress);
    listener.output = take_output;
    listener.output_data = &outputs;
    workpiece_provide_kernel(workpiece, &listener);
    gboolean ok = action->kind == FILES_GET
                      ? run_get(&job, arguments[2], &listener, &outputs, error)
                      : worker_run(files_job_run, &job, &listener, &results, error);
    key_ring_wipe(options->keys);
    return ok && workpiece_keep(workpiece, NULL, error);
}

gboolean command_files(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    const Action *action;
    if (!action_parse(actions, G_N_ELEMENTS(actions),
                      "Files of a machine by hand. PATH is written as in the guest: "
                      "C:\\Windows or /etc.",
                      argc, argv, &options, &action, ret_progress, error))
        return FALSE;
    return run(&options, action, *ret_progress, error);
}
