/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replays the log of an NTFS volume that was not dismounted, as Windows does it at the next mount:
   what the log has and the volume does not is done again, what belongs to a transaction that was
   never finished is taken back. */
#ifndef FS_NTFS_REPLAY_H
#define FS_NTFS_REPLAY_H

#include <glib.h>
#include <stdint.h>

#include "disk/disk.h"

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
    guint redone, undone, skipped; /* skipped: the volume had it already */
} NtfsReplay;

/* log: all of $LogFile, which is not clean. Any error but DRYDOCK_ERROR_SYSTEM says why the log
   cannot be replayed as a whole; nothing of it is then. */
gboolean ntfs_replay_run(Disk *volume, const NtfsGeometry *geometry, const uint8_t *log,
                         size_t length, NtfsReplay **ret_replay,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Writes what the replay changed to the volume. Doing it twice, or only in part before the log is
   replayed again, does no harm. */
gboolean ntfs_replay_keep(const NtfsReplay *replay, Disk *volume,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ntfs_replay_free(NtfsReplay *replay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtfsReplay, ntfs_replay_free)

#endif
