/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What has to be known of a log before it can be replayed: which attributes its records are about,
   which clusters were changed in memory only, which transactions were not finished. A checkpoint
   holds tables of all three; the records behind it bring them up to date. */
#ifndef FS_NTFS_REPLAY_TABLES_H
#define FS_NTFS_REPLAY_TABLES_H

#include "fs/ntfs_log_action.h"

typedef struct {
    uint32_t type;        /* of the attribute: 0x80 $DATA, 0xa0 $INDEX_ALLOCATION and so on */
    uint32_t index_bytes; /* of an index block */
    uint64_t file;        /* file reference */
} NtfsOpenAttribute;

typedef struct {
    uint64_t key;
    uint64_t lcn;        /* 0: it is not the attribute's any more */
    uint64_t oldest_lsn; /* the first record whose change may not have reached the disk */
} NtfsDirtyCluster;

typedef struct {
    uint32_t id;
    gboolean active; /* neither prepared nor committed */
    uint64_t first_lsn;
    uint64_t undo_next_lsn; /* the last one to be undone; 0: none */
} NtfsTransaction;

typedef struct {
    gboolean is_wide;         /* 64-bit layout of the tables: version 1 of the checkpoint */
    uint64_t start_lsn;       /* the last record that the checkpoint's tables know of */
    GHashTable *attributes;   /* of NtfsOpenAttribute by place in the table */
    GHashTable *clusters;     /* of NtfsDirtyCluster */
    GHashTable *transactions; /* of NtfsTransaction by id */
    uint64_t work;            /* steps spent on deleted clusters */
} NtfsReplayTables;

void ntfs_replay_tables_init(NtfsReplayTables *tables);
void ntfs_replay_tables_clear(NtfsReplayTables *tables);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NtfsReplayTables, ntfs_replay_tables_clear)

/* Reads the checkpoint at lsn. start_lsn is 0 afterwards when it is that of an empty log. */
gboolean ntfs_replay_tables_load(NtfsReplayTables *tables, NtfsLogFile *log, uint64_t lsn,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* What a record changes in the tables; undo_next_lsn is that of its header. */
gboolean ntfs_replay_tables_add(NtfsReplayTables *tables, const NtfsLogAction *action,
                                uint64_t undo_next_lsn, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Where the changes begin that may not have reached the disk; at most limit. */
uint64_t ntfs_replay_tables_oldest(const NtfsReplayTables *tables, uint64_t limit);

/* NULL: not open. */
const NtfsOpenAttribute *ntfs_replay_tables_attribute(const NtfsReplayTables *tables,
                                                      uint16_t attribute);
/* NULL: that cluster was not changed in memory only. */
const NtfsDirtyCluster *ntfs_replay_tables_cluster(const NtfsReplayTables *tables,
                                                   uint16_t attribute, uint64_t vcn);

#endif
