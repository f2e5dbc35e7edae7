/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The actions of migrate files, in the confined process. */
#ifndef MIGRATE_FILES_JOB_H
#define MIGRATE_FILES_JOB_H

#include "migrate/host_files.h"
#include "migrate/worker.h"
#include "migrate/workpiece.h"

/* Names of outputs, see worker_send_output(). Files and folders have theirs below the one that was
   asked for, "" for itself, behind these. */
#define FILES_OUTPUT_TEXT "text"
#define FILES_OUTPUT_WARNING "warning" /* a line for people */
#define FILES_OUTPUT_FILE "file:"
#define FILES_OUTPUT_FOLDER "folder:"

typedef enum {
    FILES_LS,
    FILES_STAT,
    FILES_FIND,
    FILES_CAT,
    FILES_GET,
    FILES_PUT,
    FILES_RM,
    FILES_MKDIR,
} FilesAction;

typedef struct {
    FilesAction action;
    const Workpiece *workpiece;
    const Options *options;
    const char *path;         /* as the guest's users write it; NULL: its root */
    const char *pattern;      /* find: what names are like; NULL: any */
    const GPtrArray *entries; /* put: of HostEntry, the first is what was named */
    const char *host_name;    /* put: its name on the host */
} FilesJob;

/* A WorkerFunc; data is a const FilesJob. */
gboolean files_job_run(void *data, WorkerChannel *channel,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
