/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations of $LogFile on one file record or one index block in memory. What each of them
   does follows Linux, fs/ntfs3/fslog.c, do_action(); what is found there is checked before and
   after, so that a log that does not fit the volume is noticed. */
#ifndef FS_NTFS_REPLAY_ACTION_H
#define FS_NTFS_REPLAY_ACTION_H

#include "fs/ntfs_log_action.h"

/* One side of a record: what is to be done now. */
typedef struct {
    uint64_t lsn; /* of the record, for messages */
    uint16_t operation;
    const uint8_t *data;
    uint32_t length;
    gboolean resizes; /* the other side has another length */
    uint16_t record_offset, attribute_offset;
} NtfsChange;

NtfsChange ntfs_change_redo(const NtfsLogAction *action);
NtfsChange ntfs_change_undo(const NtfsLogAction *action);

/* Sets *error: the log does not fit the volume. Always FALSE. */
gboolean ntfs_change_fail(const NtfsChange *change, const char *what, GError **error);

/* record: update sequence removed; bytes long. */
gboolean ntfs_replay_change_record(uint8_t *record, uint32_t bytes, const NtfsChange *change,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An index that lies in a block of its own, or in a resident attribute. */
typedef struct {
    uint8_t *header; /* of the entries; their offsets count from here */
    uint32_t room;   /* bytes from there */
} NtfsIndex;

gboolean ntfs_index_is_sound(const NtfsIndex *index);
/* Does what change wants with the entry at offset bytes from the header. Adding and removing move
   the entries behind it; there has to be room. */
gboolean ntfs_replay_change_index(const NtfsIndex *index, uint32_t offset, const NtfsChange *change,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* How much change would make the entries grow; 0 where it does not add. */
gboolean ntfs_index_growth(const NtfsChange *change, uint32_t *ret_bytes,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* block: update sequence removed. */
gboolean ntfs_replay_change_block(uint8_t *block, uint32_t bytes, const NtfsChange *change,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
