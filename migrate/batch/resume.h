/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be done for a machine, after what earlier runs have left of it. */
#ifndef MIGRATE_BATCH_RESUME_H
#define MIGRATE_BATCH_RESUME_H

#include "migrate/batch/result.h"

typedef enum {
    BATCH_RUN,   /* from the beginning */
    BATCH_KEEP,  /* it is done or has failed, and stays so */
    BATCH_ADOPT, /* everything is there, only the note of it is missing */
} BatchDecision;

/* known: what is remembered, with the digest of the arguments it was run with (may be NULL);
   digest: of its arguments now. */
BatchDecision batch_resume_decide(const BatchResult *known, const char *known_digest,
                                  const char *digest, gboolean retry_failed);

/* Before BATCH_RUN: removes what earlier runs left and nobody has changed since; forgets how they
   ended. */
void batch_resume_clean(BatchResult *known);

#endif
