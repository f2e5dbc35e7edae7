/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes an undo file, see undo_format.h. */
#ifndef MIGRATE_FIX_UNDO_WRITER_H
#define MIGRATE_FIX_UNDO_WRITER_H

#include "migrate/fix/identity.h"

/* Where the bytes go: appended, all or an error. */
typedef gboolean (*UndoWriteFunc)(void *data, const void *bytes, size_t length, GError **error);

typedef struct {
    const char *path, *format; /* format: as source_format_name() */
    Identity identity;
} UndoDisk;

void undo_disk_clear(UndoDisk *disk); /* the identity; the rest is borrowed */

typedef struct UndoWriter UndoWriter;

UndoWriter *undo_writer_new(UndoWriteFunc write, void *data);
/* Appends to a file that ends with a record of that sum: for marks. */
UndoWriter *undo_writer_new_after(const uint8_t sum[UNDO_SUM_BYTES], UndoWriteFunc write,
                                  void *data);
void undo_writer_free(UndoWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UndoWriter, undo_writer_free)

/* In this order: once; once per disk; in ascending order, disk by disk; once. */
gboolean undo_writer_begin(UndoWriter *writer, guint disk_count,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean undo_writer_add_disk(UndoWriter *writer, const UndoDisk *disk,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* length: at most UNDO_DATA_LIMIT_BYTES. */
gboolean undo_writer_add_data(UndoWriter *writer, guint disk, uint64_t offset,
                              const uint8_t *before, const uint8_t *after, size_t length,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean undo_writer_finish(UndoWriter *writer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* tag: UNDO_APPLIED or UNDO_UNDONE. */
gboolean undo_writer_mark(UndoWriter *writer, const char *tag,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* No file with data_bytes in range_count ranges of one disk is larger, but for longer paths. */
uint64_t undo_size_limit(uint64_t data_bytes, uint64_t range_count);

#endif
