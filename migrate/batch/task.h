/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A function of ours run in a process of its own, beside others: what it takes long for, or breaks,
   is no trouble for the batch. It dies with this process. */
#ifndef MIGRATE_BATCH_TASK_H
#define MIGRATE_BATCH_TASK_H

#include <glib.h>

typedef struct BatchTask BatchTask;

/* Runs in the new process, a copy of this one. *ret_answer: a text for the caller; may stay NULL.
   FALSE with *error set travels to batch_task_finish() with code and hint. */
typedef gboolean (*BatchTaskFunc)(const void *data, char **ret_answer, GError **error);

/* directory: where it runs. */
BatchTask *batch_task_start(BatchTaskFunc func, const void *data, const char *directory,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Becomes readable when there is something for batch_task_read(). */
int batch_task_fd(const BatchTask *task);
/* Takes what is there without waiting. TRUE: that was all, batch_task_finish() will not wait. */
gboolean batch_task_read(BatchTask *task);
/* Waits for the end. *ret_answer may be NULL, as above. A process that breaks is
   DRYDOCK_ERROR_FAILED. */
gboolean batch_task_finish(BatchTask *task, char **ret_answer,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Kills what still runs. NULL is fine. */
void batch_task_free(BatchTask *task);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchTask, batch_task_free)

#endif
