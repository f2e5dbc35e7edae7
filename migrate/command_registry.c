/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate registry: look at single values of a Windows guest. */
#include <stdio.h>

#include "base/error.h"
#include "migrate/command.h"
#include "migrate/options.h"
#include "migrate/registry_job.h"

gboolean command_registry(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    if (!options_parse(&options, OPTIONS_SOURCE, "get SOURCE KEY [VALUE]",
                       "Prints one value of a Windows machine's registry, or all values of a key "
                       "(HKLM\\SOFTWARE\\…); writes nothing.",
                       argc, argv, error))
        return FALSE;
    *ret_progress = progress_new(PROGRESS_NONE);
    char **arguments = options.arguments;
    if (options.argument_count < 3 || options.argument_count > 4 ||
        !g_str_equal(arguments[0], "get")) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "migrate registry get SOURCE KEY [VALUE]",
                          "a source disk and a key are needed");
        return FALSE;
    }
    const char *const sources[] = {arguments[1]};
    SourceRequest request = options_source_request(&options, *ret_progress);
    Source *source = source_open(sources, 1, &request, error);
    g_autoptr(Session) session = source ? session_open(source, NULL, error) : NULL;
    if (!session)
        return FALSE;
    session_set_keys(session, options.keys);
    RegistryJob job = {session, arguments[2], options.argument_count == 4 ? arguments[3] : NULL};
    WorkerListener listener = command_listener(*ret_progress);
    g_autoptr(GHashTable) results = NULL;
    if (!worker_run(registry_job_run, &job, &listener, &results, error))
        return FALSE;
    const char *text = g_hash_table_lookup(results, REGISTRY_RESULT_TEXT);
    fputs(text ? text : "", stdout);
    return TRUE;
}
