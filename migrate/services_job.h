/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of migrate services, in the confined process. */
#ifndef MIGRATE_SERVICES_JOB_H
#define MIGRATE_SERVICES_JOB_H

#include "migrate/worker.h"
#include "migrate/workpiece.h"

/* Outputs are those of registry_job.h. */

typedef enum {
    SERVICES_LIST,
    SERVICES_START_TYPE,
} ServicesAction;

typedef struct {
    ServicesAction action;
    const Workpiece *workpiece;
    const Options *options;
    const char *name;
    uint32_t start; /* SERVICE_BOOT_START … SERVICE_DISABLED: 0 … 4 */
} ServicesJob;

/* "boot", "system", "auto", "demand" (also "manual"), "disabled"; DRYDOCK_ERROR_USAGE otherwise. */
gboolean services_parse_start(const char *text, uint32_t *ret_start,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A WorkerFunc; data is a const ServicesJob. */
gboolean services_job_run(void *data, WorkerChannel *channel,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
