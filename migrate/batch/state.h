/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a batch remembers: a folder of small files, one per machine, that survive whatever ends the
   batch; and the locks that keep runs apart. */
#ifndef MIGRATE_BATCH_STATE_H
#define MIGRATE_BATCH_STATE_H

#include "migrate/batch/manifest.h"
#include "migrate/batch/result.h"

/* The folder, and a lock on it. */
typedef struct BatchState BatchState;

/* FOLDER/.migrate-batch/NAME-OF-THE-MANIFEST, made when missing. is_unit: one machine of many runs
   by itself, beside others; otherwise this is the only run. What another run forbids is
   DRYDOCK_ERROR_PRECONDITION and names its process. */
BatchState *batch_state_open(const BatchManifest *manifest, const char *folder, gboolean is_unit,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void batch_state_close(BatchState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchState, batch_state_close)

const char *batch_state_folder(const BatchState *state);

/* What is known of a machine; nothing is BATCH_PENDING. *ret_digest: of the arguments it was run
   with; NULL: it never was. A file that cannot be read counts as none. */
BatchResult *batch_state_load(const BatchState *state, const char *id, char **ret_digest);

/* Replaces it at once and for good: on stable storage when this returns. */
gboolean batch_state_save(const BatchState *state, const BatchResult *result, const char *digest,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A lock on one machine, as a descriptor that the caller closes: whoever inherits it holds the lock
   too. One that ends right now is waited for. */
int batch_state_lock_machine(const BatchState *state, const char *id,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
