/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads values of a Windows guest's registry, in the confined process. */
#ifndef MIGRATE_REGISTRY_JOB_H
#define MIGRATE_REGISTRY_JOB_H

#include "migrate/session.h"
#include "migrate/worker.h"

#define REGISTRY_RESULT_TEXT "text"

typedef struct {
    const Session *session;
    const char *key;   /* "HKLM\\SOFTWARE\\Microsoft\\…", also "HKEY_LOCAL_MACHINE\\…" */
    const char *value; /* name, "" for the default value; NULL: all values of the key */
} RegistryJob;

/* A WorkerFunc; data is a const RegistryJob. Of one value the result is its text alone (strings
   unquoted), of a key one line per value. */
gboolean registry_job_run(void *data, WorkerChannel *channel,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
