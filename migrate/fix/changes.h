/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a disk and the overlay with its edits differ. */
#ifndef MIGRATE_FIX_CHANGES_H
#define MIGRATE_FIX_CHANGES_H

#include "migrate/fix/identity.h"

/* A disk as it is, and as it is to be. */
typedef struct {
    Disk *before;   /* the disk itself, or its image */
    Disk *after;    /* the overlay alone: what was never written there is zeros */
    GArray *ranges; /* of Range, ascending, in whole UNDO_WITNESS_BYTES but at the disk's end */
    uint64_t bytes; /* in the ranges */
} Changes;

void changes_clear(Changes *changes);

/* overlay_path: a qcow2 file, nobody else's now. Compares what it holds with before; disks are
   borrowed. */
gboolean changes_find(const char *overlay_path, Disk *before, Disk *after, Changes *ret_changes,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Every range, in pieces of at most limit bytes. FALSE from func ends it. */
typedef gboolean (*ChangesFunc)(void *data, uint64_t offset, size_t length, GError **error);
gboolean changes_for_each(const Changes *changes, size_t limit, ChangesFunc func, void *data,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
