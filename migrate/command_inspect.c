/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate inspect, migrate plan: look, and write nothing. */
#include <stdio.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/interrupt.h"
#include "migrate/command.h"
#include "migrate/job.h"
#include "migrate/options.h"
#include "migrate/report.h"
#include "migrate/summary.h"

static Source *open_source(const Options *options, Progress *progress, GError **error)
{
    if (options->argument_count == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "see migrate --help", "no source was named");
        return NULL;
    }
    progress_begin_stage(progress, "open");
    SourceRequest request = options_source_request(options, progress);
    return source_open((const char *const *)options->arguments, options->argument_count, &request,
                       error);
}

static gboolean look(const Options *options, JobGoal goal, const char *scratch_directory,
                     Progress *progress, GError **error)
{
    Source *source = open_source(options, progress, error);
    g_autoptr(Session) session = source ? session_open(source, NULL, error) : NULL;
    if (!session)
        return FALSE;
    session_set_keys(session, options->keys);
    session_set_root(session, options->root);
    session_set_backend(session, options->fs_backend);
    Job job = {.goal = goal,
               .session = session,
               .virtio_win = options->virtio_win,
               .drivers = (const char *const *)options->drivers,
               .windows = &options->windows,
               .winre = options->winre,
               .scratch_directory = scratch_directory,
               .customisation = options->customisation,
               .discard_hibernation = options->discard_hibernation,
               .target = options->target,
               .target_is_named = options->target_profile != NULL,
               .profiles = options->profiles};
    WorkerListener listener = command_listener(progress);
    listener.provide = session_provide_kernel;
    listener.provider = session;
    g_autoptr(GHashTable) results = NULL;
    if (!worker_run(job_run, &job, &listener, &results, error))
        return FALSE;
    progress_end_stage(progress);
    const char *text =
        g_hash_table_lookup(results, options->json ? JOB_RESULT_JSON : JOB_RESULT_TEXT);
    fputs(text ? text : "", stdout);
    return TRUE;
}

/* The one plan that needs files, which are gone with it. */
static gboolean plan_with_winre(const Options *options, Progress *progress, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *directory = g_dir_make_tmp("migrate-XXXXXX", &reason);
    if (!directory) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM,
                          "set TMPDIR to a directory that can be written", "%s", reason->message);
        return FALSE;
    }
    gboolean ok = look(options, JOB_PLAN, directory, progress, error);
    folder_remove(directory);
    return ok;
}

static void error_drop(gpointer error)
{
    if (error)
        g_error_free(error);
}

/* The source is to blame, not the host: more can be told of it all the same. */
static gboolean is_about_source(const GError *error)
{
    return g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT) ||
           g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
}

/* Everything that can be told is printed, whatever is missing; the first thing that was is the
   error. */
static gboolean look_at_source(const Options *options, Progress *progress, GError **error)
{
    g_autoptr(Source) source = open_source(options, progress, error);
    if (!source)
        return FALSE;
    g_autoptr(GError) first = NULL;
    if (!source_prepare(source, NULL, &first) && !is_about_source(first)) {
        g_propagate_error(error, g_steal_pointer(&first));
        return FALSE;
    }
    const Machine *machine = source_machine(source);
    g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(error_drop);
    for (guint i = 0; i < machine->disks->len; i++) {
        GError *disk_error = NULL;
        if (!source_open_disk(source, i, &disk_error) && !first)
            first = g_error_copy(disk_error);
        g_ptr_array_add(errors, disk_error);
        if (!interrupt_check(error))
            return FALSE;
    }
    progress_end_stage(progress);
    g_autofree char *text = options->json
                                ? report_format_source(machine, errors, source_findings(source))
                                : summary_source(machine, errors, source_findings(source));
    fputs(text, stdout);
    if (!first)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}

gboolean command_inspect(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    if (!options_parse(&options, OPTIONS_INSPECT | OPTIONS_SOURCE, "SOURCE…",
                       "Shows what is on a machine's disks; writes nothing.", argc, argv, error))
        return FALSE;
    *ret_progress = progress_new(options.progress);
    return options.source_only ? look_at_source(&options, *ret_progress, error)
                               : look(&options, JOB_INSPECT, NULL, *ret_progress, error);
}

gboolean command_plan(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    if (!options_parse(&options, OPTIONS_EDITS | OPTIONS_SOURCE | OPTIONS_NICS, "SOURCE…",
                       "Shows every change a migration would make; writes nothing.", argc, argv,
                       error))
        return FALSE;
    *ret_progress = progress_new(options.progress);
    return options.winre ? plan_with_winre(&options, *ret_progress, error)
                         : look(&options, JOB_PLAN, NULL, *ret_progress, error);
}
