/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings back what an undo file says was there. */
#ifndef MIGRATE_FIX_UNDO_H
#define MIGRATE_FIX_UNDO_H

#include "base/progress.h"
#include "migrate/fix/undo_reader.h"

/* What a look at a disk has found, in sectors of UNDO_SECTOR_BYTES within the ranges. */
typedef struct {
    uint64_t restored; /* as they were before: nothing to do */
    uint64_t changed;  /* as the run has written them */
    uint64_t foreign;  /* neither */
    IdentityMatch match;
} UndoLook;

typedef struct {
    const UndoFile *file;
    Disk *const *disks; /* one per disk of file, in its order */
    ProgressFunc progress;
    void *progress_data;
} UndoRun;

/* Compares disk number disk with the undo file; writes nothing. */
gboolean undo_look(const UndoRun *run, guint disk, UndoLook *ret_look,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether it may be brought back: DRYDOCK_ERROR_USAGE: another disk; DRYDOCK_ERROR_PRECONDITION:
   changed since by somebody else, and not force. name: for messages. */
gboolean undo_check(const UndoLook *look, const char *name, gboolean force,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Writes what differs, and waits for stable storage. Can be interrupted and repeated. */
gboolean undo_restore(const UndoRun *run, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
