/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a record of $LogFile to the bytes of the volume that it is about. */
#ifndef FS_NTFS_REPLAY_TARGET_H
#define FS_NTFS_REPLAY_TARGET_H

#include "fs/ntfs_replay.h"
#include "fs/ntfs_replay_action.h"
#include "fs/ntfs_replay_tables.h"

typedef struct {
    NtfsReplay *replay;
    const NtfsGeometry *geometry;
    const NtfsReplayTables *tables;
} NtfsReplayContext;

/* Writes to replay->disk and remembers where. */
gboolean ntfs_replay_write(NtfsReplay *replay, uint64_t offset, const void *bytes, size_t length,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Carries out one side of action. *ret_done FALSE: the volume is already past it, or the clusters
   were given back later. */
gboolean ntfs_replay_apply(const NtfsReplayContext *context, const NtfsLogAction *action,
                           gboolean undo, gboolean *ret_done,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
