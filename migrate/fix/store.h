/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two steps of changing disks: what is there now is stored, then the changes are written. */
#ifndef MIGRATE_FIX_STORE_H
#define MIGRATE_FIX_STORE_H

#include "base/progress.h"
#include "migrate/fix/changes.h"
#include "migrate/fix/undo_reader.h"

typedef struct {
    const char *path, *format; /* as in UndoDisk; borrowed */
    Changes changes;
} FixDisk;

typedef struct {
    FixDisk *disks;
    guint count;
    ProgressFunc progress; /* hears of both steps; may be NULL */
    void *progress_data;
} FixPlan;

uint64_t fix_plan_bytes(const FixPlan *plan);  /* that change */
uint64_t fix_plan_ranges(const FixPlan *plan); /* in how many places */

/* Writes the undo file to path, which must not exist, and reads it again. It is complete under that
   name, and on stable storage, or not there. */
gboolean fix_store(const FixPlan *plan, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the changes to the disks, waits for stable storage, and notes in the undo file that all of
   it is there. After an error undo brings everything back. */
gboolean fix_apply(const FixPlan *plan, const char *undo_path,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Appends a mark to the undo file at path. */
gboolean fix_mark(const char *path, const char *tag, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
