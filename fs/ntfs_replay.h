/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replays the log of an NTFS volume that was not dismounted, as Windows does it at the next mount:
   what the log has and the volume does not is done again, what belongs to a transaction that was
   never finished is taken back. */
#ifndef FS_NTFS_REPLAY_H
#define FS_NTFS_REPLAY_H

#include <glib.h>
#include <stdint.h>

#include "disk/disk.h"

/* The smallest cluster: what is next to a change, $LogFile itself perhaps, is not part of it. */
#define NTFS_REPLAY_BLOCK_BYTES 512

typedef struct {
    uint32_t cluster_bytes;
    uint32_t record_bytes;   /* of a file record */
    uint64_t clusters;       /* of the volume */
    uint64_t mft_lcn;        /* of $MFT */
    uint64_t mirror_lcn;     /* of $MFTMirr, which has the first records again */
    uint32_t mirror_records; /* so many: four, or what fits into a cluster */
} NtfsGeometry;

typedef struct {
    Disk *disk;          /* the volume as it is after the replay; the volume itself is untouched */
    GHashTable *changed; /* the blocks of disk that differ; see ntfs_replay_keep() */
    gboolean undoing;    /* what is written now takes something back */
    guint redone, undone, skipped; /* skipped: the volume had it already */
} NtfsReplay;

/* log: all of $LogFile, which is not clean. Any error but DRYDOCK_ERROR_SYSTEM says why the log
   cannot be replayed as a whole; nothing of it is then. */
gboolean ntfs_replay_run(Disk *volume, const NtfsGeometry *geometry, const uint8_t *log,
                         size_t length, NtfsReplay **ret_replay,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* What a replay has done again may be written to the volume at any time, and in part: the log does
   no harm to it. What was taken back would be taken back twice: it is written when the log is no
   more.
 */
typedef enum { NTFS_REPLAY_REDONE, NTFS_REPLAY_TAKEN_BACK } NtfsReplayPart;

/* Writes the blocks of one part to the volume. */
gboolean ntfs_replay_keep(const NtfsReplay *replay, NtfsReplayPart part, Disk *volume,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ntfs_replay_free(NtfsReplay *replay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtfsReplay, ntfs_replay_free)

#endif
