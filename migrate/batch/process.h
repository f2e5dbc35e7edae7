/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The convert command of one machine, run as a process of its own. It dies with this one. */
#ifndef MIGRATE_BATCH_PROCESS_H
#define MIGRATE_BATCH_PROCESS_H

#include <json-glib/json-glib.h>

#include "migrate/batch/manifest.h"

typedef struct BatchProcess BatchProcess;

/* Hears each event of convert's NDJSON as it comes. */
typedef void (*BatchEventFunc)(void *data, JsonObject *event);

/* lock_fd stays open in it: the lock lasts as long as the process. */
BatchProcess *batch_process_start(const BatchManifest *manifest, const BatchMachine *machine,
                                  int lock_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Becomes readable when there is something for batch_process_read(). */
int batch_process_fd(const BatchProcess *process);
/* Takes what is there without waiting. */
void batch_process_read(BatchProcess *process, BatchEventFunc func, void *data);
/* TRUE when it has ended and everything it said was read. */
gboolean batch_process_has_ended(BatchProcess *process);
/* After its end. *ret_domain: the path it printed. FALSE: it failed; *error is its own. */
gboolean batch_process_finish(BatchProcess *process, char **ret_domain,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Asks it to clean up and end. */
void batch_process_terminate(BatchProcess *process);
/* Kills what still runs. NULL is fine. */
void batch_process_free(BatchProcess *process);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchProcess, batch_process_free)

#endif
