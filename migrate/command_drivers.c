/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate drivers: drivers of a Windows guest by hand, without migrating it. */
#include "base/error.h"
#include "migrate/action.h"
#include "migrate/command.h"
#include "migrate/drivers_job.h"
#include "migrate/registry_outputs.h"

static const Action actions[] = {
    {"list", "", "list what a collection of drivers holds",
     OPTIONS_DRIVERS | OPTIONS_JSON | OPTIONS_LONG, 0, 0, DRIVERS_LIST},
    {"add", "SOURCE", "add drivers to a Windows guest",
     OPTIONS_SOURCE | OPTIONS_DRIVERS | OPTIONS_TARGET, 1, 1, DRIVERS_ADD},
};

static gboolean check(const Options *options, const Action *action, GError **error)
{
    if (action->kind == DRIVERS_LIST && options->argument_count > 0) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                          "name the collection with --virtio-win or --driver",
                          "'%s' is an argument too many", options->arguments[0]);
        return FALSE;
    }
    if (action->kind == DRIVERS_ADD && !options->drivers && !options->virtio_win) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "--driver DIR, or --virtio-win PATH",
                          "which drivers are to be added?");
        return FALSE;
    }
    return TRUE;
}

static gboolean run(const Options *options, const Action *action, Progress *progress,
                    GError **error)
{
    g_auto(RegistryOutputs) outputs = {0};
    g_autoptr(GHashTable) results = NULL;
    g_autoptr(Workpiece) workpiece = NULL;
    DriversJob job = {.action = (DriversAction)action->kind, .options = options};
    if (!check(options, action, error))
        return FALSE;
    if (job.action == DRIVERS_ADD) {
        workpiece = workpiece_open(options, WORKPIECE_EDIT, progress, error);
        if (!workpiece)
            return FALSE;
    }
    job.workpiece = workpiece;
    WorkerListener listener = registry_outputs_listener(&outputs, progress);
    gboolean ok = worker_run(drivers_job_run, &job, &listener, &results, error);
    key_ring_wipe(options->keys);
    return ok && (!workpiece || workpiece_keep(workpiece, NULL, error));
}

gboolean command_drivers(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    const Action *action;
    if (!action_parse(actions, G_N_ELEMENTS(actions),
                      "Drivers of a Windows machine by hand: what collections hold, and adding to "
                      "a machine that stays\nwhat it is.",
                      argc, argv, &options, &action, ret_progress, error))
        return FALSE;
    return run(&options, action, *ret_progress, error);
}
