/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate inspect, migrate plan: look, and write nothing. */
#include <stdio.h>

#include "base/error.h"
#include "migrate/command.h"
#include "migrate/job.h"
#include "migrate/options.h"

static gboolean look(const Options *options, JobGoal goal, Progress *progress, GError **error)
{
    if (options->argument_count == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "see migrate --help",
                          "no source disk was named");
        return FALSE;
    }
    progress_begin_stage(progress, "open");
    g_autoptr(Session) session = session_open((const char *const *)options->arguments,
                                              options->argument_count, NULL, NULL, error);
    if (!session)
        return FALSE;
    Job job = {.goal = goal,
               .session = session,
               .virtio_win = options->virtio_win,
               .profile_dir = options->profile_dir};
    WorkerListener listener = command_listener(progress);
    g_autoptr(GHashTable) results = NULL;
    if (!worker_run(job_run, &job, &listener, &results, error))
        return FALSE;
    progress_end_stage(progress);
    const char *text =
        g_hash_table_lookup(results, options->json ? JOB_RESULT_JSON : JOB_RESULT_TEXT);
    fputs(text ? text : "", stdout);
    return TRUE;
}

gboolean command_inspect(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    if (!options_parse(&options, OPTIONS_JSON, "SOURCE…",
                       "Shows what is on a machine's disks; writes nothing.", argc, argv, error))
        return FALSE;
    *ret_progress = progress_new(options.progress);
    return look(&options, JOB_INSPECT, *ret_progress, error);
}

gboolean command_plan(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    if (!options_parse(&options, OPTIONS_EDITS, "SOURCE…",
                       "Shows every change a migration would make; writes nothing.", argc, argv,
                       error))
        return FALSE;
    *ret_progress = progress_new(options.progress);
    return look(&options, JOB_PLAN, *ret_progress, error);
}
