/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads an undo file, see undo_format.h. It may come from anywhere, damaged or made up: nothing is
   used before all of it was checked. */
#ifndef MIGRATE_FIX_UNDO_READER_H
#define MIGRATE_FIX_UNDO_READER_H

#include "migrate/fix/undo_writer.h"

typedef enum {
    UNDO_STATE_STORED,  /* the disks were perhaps changed, perhaps in part */
    UNDO_STATE_APPLIED, /* all of it was changed */
    UNDO_STATE_UNDONE,  /* all of it was brought back */
} UndoState;

/* One DATA record. */
typedef struct {
    guint disk;
    uint32_t length;
    uint64_t offset;  /* on the disk */
    uint64_t content; /* in the undo file: the sums, then the bytes */
} UndoRange;

typedef struct {
    Disk *file;       /* reference */
    GPtrArray *disks; /* of UndoDisk, with strings of its own */
    GArray *ranges;   /* of UndoRange, ascending, disk by disk */
    uint64_t seconds; /* since 1970: when it was made */
    uint64_t data_bytes;
    UndoState state;
    uint8_t sum[UNDO_SUM_BYTES]; /* of the last whole record */
    uint64_t end_offset;         /* where the next record goes */
} UndoFile;

/* file: the whole of it. DRYDOCK_ERROR_USAGE: not an undo file; DRYDOCK_ERROR_CORRUPT: damaged or
   cut off. */
UndoFile *undo_file_read(Disk *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void undo_file_free(UndoFile *undo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UndoFile, undo_file_free)

/* before: range->length bytes; sums: one per sector of what is there afterwards. Both are read
   again, and were checked. */
gboolean undo_file_load(const UndoFile *undo, const UndoRange *range, uint8_t *before,
                        uint8_t (*sums)[UNDO_SHORT_SUM_BYTES],
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

guint undo_sector_count(uint32_t length);

#endif
