/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of migrate drivers, in the confined process. */
#ifndef MIGRATE_DRIVERS_JOB_H
#define MIGRATE_DRIVERS_JOB_H

#include "migrate/worker.h"
#include "migrate/workpiece.h"

/* Outputs are those of registry_job.h. */

typedef enum {
    DRIVERS_LIST,
    DRIVERS_ADD,
} DriversAction;

typedef struct {
    DriversAction action;
    const Workpiece *workpiece; /* add */
    const Options *options;
} DriversJob;

/* A WorkerFunc; data is a const DriversJob. */
gboolean drivers_job_run(void *data, WorkerChannel *channel,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
