/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stages, bars and notes on stderr: a bar on a terminal, a line per ten percent elsewhere, JSON
   objects on request. */
#ifndef MIGRATE_PROGRESS_H
#define MIGRATE_PROGRESS_H

#include <glib.h>
#include <stdint.h>

typedef enum {
    PROGRESS_AUTO, /* bar on a terminal, lines elsewhere */
    PROGRESS_JSON, /* one object per line */
    PROGRESS_NONE,
} ProgressMode;

typedef struct Progress Progress;

Progress *progress_new(ProgressMode mode);
void progress_free(Progress *progress); /* ends a bar that is still on the line */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/* Ends the current stage and begins the next: one of the pipeline's names. */
void progress_begin_stage(Progress *progress, const char *stage);
/* What the current stage has found, for people. */
void progress_note(Progress *progress, const char *note);
/* total_bytes: what total stands for in bytes, for the rate; 0: no rate is shown. */
void progress_update(Progress *progress, uint64_t done, uint64_t total, uint64_t total_bytes);
void progress_end_stage(Progress *progress);

/* Writes an error as the mode asks: "migrate: error (code): …" with its hint, or a JSON object. */
void progress_report_error(Progress *progress, const GError *error);

/* Seconds of each finished stage, in order; for the report. */
typedef struct {
    const char *stage;
    double seconds;
} ProgressStage;
const ProgressStage *progress_stages(const Progress *progress, guint *ret_count);

#endif
