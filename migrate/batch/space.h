/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Free space that machines in progress will still need. */
#ifndef MIGRATE_BATCH_SPACE_H
#define MIGRATE_BATCH_SPACE_H

#include <glib.h>
#include <stdint.h>

/* Of one machine; borrowed texts. */
typedef struct {
    const char *folder; /* where its results go; may not exist yet */
    const char *name;   /* the machine's: what it has written already lies below folder */
    uint64_t bytes;     /* what it takes at most */
} BatchReservation;

typedef enum {
    BATCH_SPACE_FITS,
    BATCH_SPACE_LATER, /* when others on the same filesystem have finished */
    BATCH_SPACE_SHORT, /* there are no others */
} BatchSpace;

/* others: array of BatchReservation, those that run. */
BatchSpace batch_space_check(const BatchReservation *wanted, const GArray *others);

#endif
