/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate batch: many machines, as a manifest says. */
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "migrate/batch/check.h"
#include "migrate/batch/run.h"
#include "migrate/command.h"
#include "migrate/options.h"
#include "migrate/printable.h"

#define DEFAULT_JOBS_LIMIT 4

/* The folder of the command line is for machines whose entries name none. */
static gboolean choose_outputs(BatchManifest *manifest, const Options *options, GError **error)
{
    g_autofree char *folder =
        options->output_directory ? g_canonicalize_filename(options->output_directory, NULL) : NULL;
    for (guint i = 0; i < manifest->machines->len; i++) {
        BatchMachine *machine = g_ptr_array_index(manifest->machines, i);
        if (machine->settings.output)
            continue;
        if (!folder) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                              "say 'output: DIR' in the manifest's defaults, or -o DIR",
                              "%s:%u:%u: no output folder is named for '%s'", manifest->path,
                              machine->place.line, machine->place.column, machine->id);
            return FALSE;
        }
        machine->settings.output = g_strdup(folder);
    }
    return TRUE;
}

/* Where state and reports of the batch go. */
static char *batch_folder(const BatchManifest *manifest, const Options *options)
{
    if (options->output_directory)
        return g_canonicalize_filename(options->output_directory, NULL);
    const BatchMachine *first = g_ptr_array_index(manifest->machines, 0);
    return g_strdup(first->settings.output);
}

static gboolean choose_machine(const BatchManifest *manifest, const Options *options,
                               const BatchMachine **ret_only, GError **error)
{
    guint count = manifest->machines->len;
    *ret_only = NULL;
    if (options->only && options->index >= 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "leave out one of the two",
                          "--only and --index both name a machine");
        return FALSE;
    }
    if (options->only) {
        *ret_only = batch_manifest_find(manifest, options->only);
        if (*ret_only)
            return TRUE;
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "migrate batch --check lists them",
                          "there is no machine '%s' in '%s'", options->only, manifest->path);
        return FALSE;
    }
    if (options->index < 0)
        return TRUE;
    if ((guint)options->index < count) {
        *ret_only = g_ptr_array_index(manifest->machines, (guint)options->index);
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "they are counted from 0",
                      "there is no machine number %d among the %u of '%s'", options->index, count,
                      manifest->path);
    return FALSE;
}

static guint choose_jobs(const BatchManifest *manifest, const Options *options)
{
    if (options->jobs > 0)
        return options->jobs;
    return manifest->jobs > 0 ? manifest->jobs
                              : CLAMP(g_get_num_processors(), 1, DEFAULT_JOBS_LIMIT);
}

static DrydockError code_named(const char *name)
{
    for (DrydockError code = 0; code < DRYDOCK_ERROR_LAST; code++)
        if (g_strcmp0(drydock_error_name(code), name) == 0)
            return code;
    return DRYDOCK_ERROR_FAILED;
}

/* A batch that failed in part; a unit alone fails as its machine did. */
static gboolean judge(const GPtrArray *results, const BatchMachine *only, GError **error)
{
    guint failed = 0;
    for (guint i = 0; i < results->len; i++) {
        const BatchResult *result = g_ptr_array_index(results, i);
        failed += result->status == BATCH_FAILED;
    }
    if (failed == 0)
        return TRUE;
    const BatchResult *first = g_ptr_array_index(results, 0);
    if (only)
        drydock_error_set(error, code_named(first->error_code),
                          "migrate batch --retry-failed runs it again", "'%s' has failed: %s",
                          first->id, first->error_message);
    else
        drydock_error_set(error, DRYDOCK_ERROR_BATCH,
                          "migrate batch --retry-failed runs them again",
                          "%u of %u machines have failed", failed, results->len);
    return FALSE;
}

static gboolean run(const BatchManifest *manifest, const BatchMachine *only, const Options *options,
                    GError **error)
{
    g_autofree char *folder = batch_folder(manifest, options);
    g_autoptr(BatchState) state = batch_state_open(manifest, folder, only != NULL, error);
    g_autoptr(GPtrArray) results = NULL;
    if (!state)
        return FALSE;
    BatchRunOptions run_options = {
        .jobs = choose_jobs(manifest, options),
        .stop_on_error = options->stop_on_error || manifest->stop_on_error,
        .retry_failed = options->retry_failed,
        .only = only,
        .progress = options->progress,
        .report_folder = only ? NULL : folder,
    };
    gboolean ok = batch_run(manifest, state, &run_options, &results, error);
    return ok && judge(results, only, error);
}

static void print_findings(const char *of, const GPtrArray *findings)
{
    for (guint i = 0; findings && i < findings->len; i++) {
        const Finding *finding = g_ptr_array_index(findings, i);
        g_autoptr(GString) line = g_string_new(NULL);
        printable_append(line, finding->sentence);
        fprintf(stderr, "%s: %s: %s [%s]\n", of,
                finding_severity_name(finding_code_severity(finding->code)), line->str,
                finding_code_name(finding->code));
    }
}

/* What of another program's manifest is not followed: known before anything is done. */
static void tell_findings(const BatchManifest *manifest, const Options *options)
{
    if (options->progress != PROGRESS_AUTO)
        return;
    print_findings(manifest->path, manifest->findings);
    for (guint i = 0; i < manifest->machines->len; i++) {
        const BatchMachine *machine = g_ptr_array_index(manifest->machines, i);
        print_findings(machine->id, machine->findings);
    }
}

gboolean command_batch(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    const BatchMachine *only;
    if (!options_parse(&options, OPTIONS_BATCH | OPTIONS_JSON, "MANIFEST",
                       "Converts the machines of a manifest, several at a time. What was finished "
                       "before is not done again.",
                       argc, argv, error))
        return FALSE;
    *ret_progress = progress_new(options.progress);
    if (options.argument_count != 1) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "migrate batch MANIFEST; see migrate-batch(1)",
                          options.argument_count == 0 ? "no manifest was named"
                                                      : "there is more than one manifest");
        return FALSE;
    }
    g_autoptr(BatchManifest) manifest = batch_manifest_read(options.arguments[0], error);
    if (!manifest || !choose_outputs(manifest, &options, error) ||
        !choose_machine(manifest, &options, &only, error))
        return FALSE;
    tell_findings(manifest, &options);
    if (options.check)
        return batch_check(manifest, only, options.json, error);
    return manifest->machines->len == 0 || run(manifest, only, &options, error);
}
