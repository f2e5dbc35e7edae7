/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of migrate registry, in the confined process. */
#ifndef MIGRATE_REGISTRY_JOB_H
#define MIGRATE_REGISTRY_JOB_H

#include "migrate/worker.h"
#include "migrate/workpiece.h"

/* Names of outputs, see worker_send_output(). */
#define REGISTRY_OUTPUT_TEXT "text"
#define REGISTRY_OUTPUT_HIVE "hive"       /* the edited bytes of a lone hive */
#define REGISTRY_OUTPUT_WARNING "warning" /* a line for people */

typedef enum {
    REGISTRY_GET,
    REGISTRY_LIST,
    REGISTRY_SEARCH,
    REGISTRY_EXPORT,
    REGISTRY_SET,
    REGISTRY_DELETE,
    REGISTRY_IMPORT,
} RegistryAction;

typedef struct {
    RegistryAction action;
    const Workpiece *workpiece;
    const Options *options;
    const char *key;    /* "HKLM\\SOFTWARE\\Microsoft\\…"; of a lone hive also without a root */
    const char *value;  /* name, "" for the default value; NULL: the key as a whole */
    const char *search; /* what is looked for */
    const char *const *data;  /* to be set, as hive_data_parse() takes it */
    const GPtrArray *entries; /* of RegEntry: to be imported … */
    const char *file_name;    /* … from there */
} RegistryJob;

/* A WorkerFunc; data is a const RegistryJob. */
gboolean registry_job_run(void *data, WorkerChannel *channel,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
