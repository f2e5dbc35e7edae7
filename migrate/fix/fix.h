/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two things that migrate fix does. */
#ifndef MIGRATE_FIX_FIX_H
#define MIGRATE_FIX_FIX_H

#include "migrate/options.h"
#include "migrate/progress.h"

/* Repairs the disks that are the arguments. */
gboolean fix_run(const Options *options, Progress *progress,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Brings back what the undo file options->undo has; arguments: the disks, where they are called
   otherwise now. */
gboolean fix_undo(const Options *options, Progress *progress,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
