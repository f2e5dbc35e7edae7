/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an action by hand is about, and where its changes go. */
#include "migrate/workpiece.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/new_file.h"
#include "convert/copy.h"
#include "migrate/in_place.h"
#include "migrate/output.h"

struct Workpiece {
    const Options *options;
    Progress *progress;
    WorkpieceFlags flags;
    HiveFile *hive_file;
    Session *session;
    Output *output;     /* with -o */
    InPlace *in_place;  /* of an image */
    GArray *disk_bytes; /* guint64: of each overlay before anything was changed */
    int hive_fd;        /* of a hive that is edited in place, locked; -1: none */
};

void workpiece_close(Workpiece *workpiece)
{
    if (!workpiece)
        return;
    if (workpiece->hive_fd >= 0)
        close(workpiece->hive_fd);
    session_close(workpiece->session);
    in_place_close(workpiece->in_place);
    output_close(workpiece->output);
    hive_file_free(workpiece->hive_file);
    g_clear_pointer(&workpiece->disk_bytes, g_array_unref);
    g_free(workpiece);
}

static gboolean check_target(const Options *options, GError **error)
{
    int targets = (options->output_directory != NULL) + options->in_place + options->dry_run;
    if (targets == 1)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                      "-o DIR for new images, --in-place for the source itself, or --dry-run",
                      targets == 0 ? "where should the changes go?"
                                   : "-o, --in-place and --dry-run exclude each other");
    return FALSE;
}

gboolean workpiece_is_written(const Workpiece *workpiece)
{
    return (workpiece->flags & WORKPIECE_EDIT) && !workpiece->options->dry_run;
}

static char *overlay_path(const Workpiece *workpiece, guint index)
{
    const char *folder = workpiece->output ? output_work_directory(workpiece->output)
                                           : in_place_work_directory(workpiece->in_place);
    return session_overlay_path(folder, index);
}

static guint64 file_bytes(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (guint64)status.st_size : 0;
}

static void remember_sizes(Workpiece *workpiece)
{
    const GPtrArray *disks = session_machine(workpiece->session)->disks;
    workpiece->disk_bytes = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (guint i = 0; i < disks->len; i++) {
        g_autofree char *path = overlay_path(workpiece, i);
        guint64 bytes = file_bytes(path);
        g_array_append_val(workpiece->disk_bytes, bytes);
    }
}

/* A qcow2 file grows with the first cluster that is written to it. */
static gboolean disk_is_changed(const Workpiece *workpiece, guint index)
{
    g_autofree char *path = overlay_path(workpiece, index);
    return file_bytes(path) != g_array_index(workpiece->disk_bytes, guint64, index);
}

static gboolean open_machine(Workpiece *workpiece, GError **error)
{
    const Options *options = workpiece->options;
    const char *const sources[] = {options->arguments[0]};
    SourceRequest request = options_source_request(options, workpiece->progress);
    g_autoptr(Source) source = NULL;
    const char *overlays = NULL;

    if (workpiece_is_written(workpiece) && options->in_place) {
        workpiece->in_place = in_place_open(sources[0], error);
        if (!workpiece->in_place)
            return FALSE;
        overlays = in_place_work_directory(workpiece->in_place);
    }
    source = source_open(sources, 1, &request, error);
    if (!source)
        return FALSE;
    if (workpiece_is_written(workpiece) && options->output_directory) {
        workpiece->output =
            output_open(options->output_directory, source_machine(source)->name, error);
        if (!workpiece->output)
            return FALSE;
        overlays = output_work_directory(workpiece->output);
    }
    workpiece->session = session_open(g_steal_pointer(&source), overlays, error);
    if (!workpiece->session)
        return FALSE;
    session_set_keys(workpiece->session, options->keys);
    session_set_root(workpiece->session, options->root);
    session_set_backend(workpiece->session, options->fs_backend);
    if (workpiece->in_place &&
        !in_place_check(workpiece->in_place, session_machine(workpiece->session), error))
        return FALSE;
    if (overlays)
        remember_sizes(workpiece);
    return TRUE;
}

/* Two edits at once would each be of the hive without the other. */
static gboolean open_hive_file(Workpiece *workpiece, GError **error)
{
    const char *path = workpiece->options->arguments[0];
    if (workpiece_is_written(workpiece) && workpiece->options->in_place) {
        workpiece->hive_fd = open(path, O_RDONLY | O_CLOEXEC);
        if (workpiece->hive_fd >= 0 && flock(workpiece->hive_fd, LOCK_EX | LOCK_NB) != 0) {
            drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "wait until it has ended",
                              "'%s' is being edited by another run", path);
            return FALSE;
        }
    }
    return hive_file_open(path, &workpiece->hive_file, error);
}

Workpiece *workpiece_open(const Options *options, WorkpieceFlags flags, Progress *progress,
                          GError **error)
{
    g_autoptr(Workpiece) workpiece = g_new0(Workpiece, 1);
    workpiece->options = options;
    workpiece->progress = progress;
    workpiece->flags = flags;
    workpiece->hive_fd = -1;
    if ((flags & WORKPIECE_EDIT) && !check_target(options, error))
        return NULL;
    gboolean ok = (flags & WORKPIECE_HIVE) && hive_file_is_one(options->arguments[0])
                      ? open_hive_file(workpiece, error)
                      : open_machine(workpiece, error);
    return ok ? g_steal_pointer(&workpiece) : NULL;
}

void workpiece_provide_kernel(const Workpiece *workpiece, WorkerListener *listener)
{
    listener->provide = session_provide_kernel;
    listener->provider = workpiece->session;
}

const Session *workpiece_session(const Workpiece *workpiece)
{
    return workpiece->session;
}

const HiveFile *workpiece_hive_file(const Workpiece *workpiece)
{
    return workpiece->hive_file;
}

static gboolean write_hive(const char *path, NewFileMode mode, GBytes *hive, GError **error)
{
    gsize length;
    const void *bytes = g_bytes_get_data(hive, &length);
    g_autoptr(NewFile) file = new_file_open(path, mode, error);
    return file && new_file_write(file, bytes, length, error) && new_file_commit(file, error);
}

/* After the hive: it is clean and newer than they are, so that they count for nothing whenever this
   is interrupted. */
static gboolean empty_logs(const HiveFile *file, GError **error)
{
    for (guint i = 0; i < HIVE_FILE_LOGS; i++) {
        int fd = file->log_paths[i] ? open(file->log_paths[i], O_WRONLY | O_CLOEXEC) : -1;
        if (!file->log_paths[i])
            continue;
        gboolean ok = fd >= 0 && ftruncate(fd, 0) == 0 && fsync(fd) == 0;
        if (!ok)
            drydock_error_set_errno(error, errno, "cannot empty the log '%s'", file->log_paths[i]);
        if (fd >= 0)
            close(fd);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

static gboolean keep_hive(Workpiece *workpiece, GBytes *hive, GError **error)
{
    const HiveFile *file = workpiece->hive_file;
    const char *work_path, *final_path;
    if (workpiece->options->in_place)
        return write_hive(file->path, NEW_FILE_REPLACE, hive, error) && empty_logs(file, error);
    workpiece->output = output_open(workpiece->options->output_directory, file->name, error);
    if (!workpiece->output ||
        !output_add(workpiece->output, file->name, &work_path, &final_path, error) ||
        !write_hive(work_path, NEW_FILE_ONLY, hive, error) ||
        !output_commit(workpiece->output, error))
        return FALSE;
    printf("%s\n", final_path);
    return TRUE;
}

static void hear_copy(void *progress, uint64_t done, uint64_t total)
{
    progress_update(progress, done, total, 0);
}

static gboolean copy_changed(Workpiece *workpiece, GPtrArray *final_paths, GError **error)
{
    const Machine *machine = session_machine(workpiece->session);
    const CopyOptions how = {.sync = TRUE};
    for (guint i = 0; i < machine->disks->len; i++) {
        const char *options = session_image_options(workpiece->session, i);
        const char *work_path, *final_path;
        uint64_t needed;
        if (!disk_is_changed(workpiece, i))
            continue;
        g_autofree char *name = output_disk_name(machine->name, i, NULL);
        progress_begin_stage(workpiece->progress, "copy");
        if (!output_add(workpiece->output, name, &work_path, &final_path, error) ||
            !copy_measure(options, &needed, error) ||
            !output_check_space(workpiece->output, needed, error) ||
            !copy_image(options, work_path, &how, hear_copy, workpiece->progress, error))
            return FALSE;
        progress_end_stage(workpiece->progress);
        g_ptr_array_add(final_paths, (gpointer)(guintptr)final_path);
    }
    return TRUE;
}

static gboolean keep_images(Workpiece *workpiece, GError **error)
{
    g_autoptr(GPtrArray) final_paths = g_ptr_array_new();
    session_stop_servers(workpiece->session);
    if (workpiece->in_place)
        return !disk_is_changed(workpiece, 0) ||
               in_place_commit(workpiece->in_place, workpiece->session, error);
    if (!copy_changed(workpiece, final_paths, error))
        return FALSE;
    if (final_paths->len == 0)
        return TRUE;
    if (!output_commit(workpiece->output, error))
        return FALSE;
    for (guint i = 0; i < final_paths->len; i++)
        printf("%s\n", (const char *)g_ptr_array_index(final_paths, i));
    return TRUE;
}

gboolean workpiece_keep(Workpiece *workpiece, GBytes *hive, GError **error)
{
    if (!workpiece_is_written(workpiece))
        return TRUE;
    if (workpiece->hive_file)
        return !hive || keep_hive(workpiece, hive, error);
    return keep_images(workpiece, error);
}
