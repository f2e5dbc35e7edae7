/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch on stderr: one bar per running machine on a terminal, a line per event elsewhere, JSON
   objects on request. */
#ifndef MIGRATE_BATCH_DISPLAY_H
#define MIGRATE_BATCH_DISPLAY_H

#include <json-glib/json-glib.h>

#include "migrate/batch/result.h"
#include "migrate/progress.h"

typedef struct BatchDisplay BatchDisplay;

/* A running machine; borrowed texts. */
typedef struct {
    const char *id;
    const char *stage; /* NULL: none yet */
    double share;      /* of the stage; negative: not known */
    double whole;      /* of all there is to do for this machine */
} BatchBar;

/* total: machines of the batch; done: of them those that earlier runs have finished. */
BatchDisplay *batch_display_new(ProgressMode mode, guint total, guint done);
void batch_display_free(BatchDisplay *display); /* removes the bars */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchDisplay, batch_display_free)

void batch_display_started(BatchDisplay *display, const BatchResult *result);
/* For what happens on the way: "waits for free space". */
void batch_display_note(BatchDisplay *display, const char *id, const char *note);
/* An event of the machine's own: handed on with JSON, with the machine's id in it. */
void batch_display_event(BatchDisplay *display, const char *id, JsonObject *event);
/* One that has failed in an earlier run and is left so. */
void batch_display_kept_failure(BatchDisplay *display, const BatchResult *result);
void batch_display_finished(BatchDisplay *display, const BatchResult *result);
/* Draws the bars of machines in progress (array of BatchBar), not too often. */
void batch_display_draw(BatchDisplay *display, const GArray *bars);
/* The last line: how many are done, have failed, are left; results: array of BatchResult. */
void batch_display_summary(BatchDisplay *display, const GPtrArray *results);

#endif
