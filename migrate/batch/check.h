/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate batch --check: every source is opened, nothing is written. */
#ifndef MIGRATE_BATCH_CHECK_H
#define MIGRATE_BATCH_CHECK_H

#include "migrate/batch/manifest.h"

/* Prints a table, or with json one object, on stdout. DRYDOCK_ERROR_BATCH: some would fail. only:
   NULL is all. */
gboolean batch_check(const BatchManifest *manifest, const BatchMachine *only, gboolean json,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
