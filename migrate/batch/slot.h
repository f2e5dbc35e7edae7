/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One machine in progress: it is looked at, waits for free space, and is converted. */
#ifndef MIGRATE_BATCH_SLOT_H
#define MIGRATE_BATCH_SLOT_H

#include "migrate/batch/display.h"
#include "migrate/batch/manifest.h"
#include "migrate/batch/space.h"
#include "migrate/batch/state.h"

typedef struct BatchSlot BatchSlot;

/* What all slots of a run share; borrowed. */
typedef struct {
    const BatchManifest *manifest;
    const BatchState *state;
    BatchDisplay *display;
    gboolean retry_failed;
    GHashTable *claimed; /* "FOLDER/NAME" of every machine begun → its id; both owned */
} BatchShared;

/* Takes the machine's lock, reads again what is known of it, and begins. result is the caller's and
   is filled as it goes on; NULL: what is remembered cannot be written, or the run is interrupted.
 */
BatchSlot *batch_slot_begin(const BatchShared *shared, const BatchMachine *machine,
                            BatchResult **result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What to poll for; -1: nothing now. */
int batch_slot_fd(const BatchSlot *slot);
/* Goes on as far as that is possible without waiting. others: array of BatchReservation, those of
   all other slots. FALSE: as of batch_slot_begin(). */
gboolean batch_slot_advance(BatchSlot *slot, const GArray *others,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The machine is done, or has failed; the result says so. */
gboolean batch_slot_is_over(const BatchSlot *slot);
gboolean batch_slot_has_failed(const BatchSlot *slot);
/* FALSE: it takes no space yet. */
gboolean batch_slot_reservation(const BatchSlot *slot, BatchReservation *ret_reservation);
BatchBar batch_slot_bar(const BatchSlot *slot);

/* Asks it to stop; go on with batch_slot_advance() until it is over. Then it is pending again. */
void batch_slot_interrupt(BatchSlot *slot);

/* Ends what still runs. NULL is fine. */
void batch_slot_free(BatchSlot *slot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchSlot, batch_slot_free)

#endif
