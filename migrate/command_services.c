/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate services: services and drivers of a Windows guest by hand. */
#include <string.h>

#include "base/error.h"
#include "migrate/action.h"
#include "migrate/command.h"
#include "migrate/registry_outputs.h"
#include "migrate/services_job.h"

static const Action actions[] = {
    {"list", "SOURCE", "list services and drivers", OPTIONS_SOURCE | OPTIONS_JSON, 1, 1,
     SERVICES_LIST},
    {"start-type", "SOURCE NAME TYPE", "say when one is to start", OPTIONS_SOURCE | OPTIONS_TARGET,
     3, 3, SERVICES_START_TYPE},
};

static gboolean check_name(const char *name, GError **error)
{
    if (*name && !strchr(name, '\\') && g_utf8_validate(name, -1, NULL))
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "see migrate services list",
                      "'%s' is no name of a service", name);
    return FALSE;
}

static gboolean run(const Options *options, const Action *action, Progress *progress,
                    GError **error)
{
    g_auto(RegistryOutputs) outputs = {0};
    g_autoptr(GHashTable) results = NULL;
    gboolean is_edit = action->kind == SERVICES_START_TYPE;
    ServicesJob job = {.action = (ServicesAction)action->kind,
                       .options = options,
                       .name = is_edit ? options->arguments[1] : NULL};
    if (is_edit && (!check_name(job.name, error) ||
                    !services_parse_start(options->arguments[2], &job.start, error)))
        return FALSE;
    g_autoptr(Workpiece) workpiece = workpiece_open(
        options, WORKPIECE_HIVE | (is_edit ? WORKPIECE_EDIT : WORKPIECE_READ), progress, error);
    if (!workpiece)
        return FALSE;
    job.workpiece = workpiece;
    WorkerListener listener = registry_outputs_listener(&outputs, progress);
    if (!worker_run(services_job_run, &job, &listener, &results, error))
        return FALSE;
    key_ring_wipe(options->keys);
    g_autoptr(GBytes) hive = registry_outputs_steal_hive(&outputs);
    return workpiece_keep(workpiece, hive, error);
}

gboolean command_services(int argc, char **argv, Progress **ret_progress, GError **error)
{
    g_auto(Options) options = {0};
    const Action *action;
    if (!action_parse(actions, G_N_ELEMENTS(actions),
                      "Services and drivers of a Windows machine by hand. SOURCE is a machine as "
                      "for migrate inspect,\nor the file of a SYSTEM hive.",
                      argc, argv, &options, &action, ret_progress, error))
        return FALSE;
    return run(&options, action, *ret_progress, error);
}
