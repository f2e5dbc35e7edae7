/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three passes: what was going on, do it again, take back what was not finished. */
#include "fs/ntfs_replay.h"

#include <string.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "fs/ntfs_replay_target.h"

enum {
    RUN_MAX_BLOCKS = 256,
    UNDO_WORK_MAX = 1 << 28, /* transactions looked at: a second or two */
    MIRROR_MAX_BYTES = 2 * 1024 * 1024,
    CLUSTER_MIN_BYTES = 512,
    CLUSTER_MAX_BYTES = 2 * 1024 * 1024,
    RECORD_MIN_BYTES = 512,
    RECORD_MAX_BYTES = 64 * 1024,
};

/* A log of 64 MiB can change no more. */
#define SCRATCH_MAX (UINT64_C(256) << 20)

void ntfs_replay_free(NtfsReplay *replay)
{
    if (replay == NULL) {
        return;
    }
    disk_unref(replay->disk);
    g_hash_table_unref(replay->changed);
    g_free(replay);
}

static gboolean is_power_of_two(uint64_t value)
{
    return (value & (value - 1)) == 0;
}

static gboolean check_geometry(const NtfsGeometry *geometry, Disk *volume, GError **error)
{
    if (geometry->cluster_bytes >= CLUSTER_MIN_BYTES &&
        geometry->cluster_bytes <= CLUSTER_MAX_BYTES && is_power_of_two(geometry->cluster_bytes) &&
        geometry->record_bytes >= RECORD_MIN_BYTES && geometry->record_bytes <= RECORD_MAX_BYTES &&
        is_power_of_two(geometry->record_bytes) &&
        geometry->clusters <= disk_size(volume) / geometry->cluster_bytes &&
        geometry->mirror_records <= MIRROR_MAX_BYTES / geometry->record_bytes &&
        geometry->mft_lcn < geometry->clusters && geometry->mirror_lcn < geometry->clusters) {
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the volume's geometry is impossible");
    return FALSE;
}

/* From the checkpoint to the end of the log. last becomes the record at its end. */
static gboolean analyse(NtfsLogFile *log, NtfsReplayTables *tables, NtfsLogRecord *last,
                        GError **error)
{
    g_auto(NtfsLogRecord) record = {0};
    uint64_t next;
    gboolean found;

    if (!ntfs_replay_tables_load(tables, log, ntfs_log_file_checkpoint(log), error) ||
        !ntfs_log_file_need(log, tables->start_lsn, last, error)) {
        return FALSE;
    }
    for (next = last->next_lsn;; next = last->next_lsn) {
        NtfsLogAction action;

        if (!ntfs_log_file_read(log, next, &record, &found, error)) {
            return FALSE;
        }
        if (!found) {
            return ntfs_log_file_check_end(log, last, error);
        }
        if (record.type == NTFS_LOG_RECORD_ACTION &&
            (!ntfs_log_action_parse(&record, &action, error) ||
             !ntfs_replay_tables_add(tables, &action, record.undo_next_lsn, error))) {
            return FALSE;
        }
        ntfs_log_record_clear(last);
        *last = record;
        record = (NtfsLogRecord){0};
    }
}

/* The change may not have reached the disk. */
static gboolean is_dirty(const NtfsReplayTables *tables, const NtfsLogAction *action)
{
    const NtfsDirtyCluster *cluster =
        ntfs_replay_tables_cluster(tables, action->attribute, action->vcn);

    return ntfs_log_operation_target(action->redo) != NTFS_LOG_TARGET_NONE && cluster != NULL &&
           action->lsn >= cluster->oldest_lsn;
}

static gboolean redo(const NtfsReplayContext *context, NtfsLogFile *log, uint64_t first,
                     uint64_t last, GError **error)
{
    g_auto(NtfsLogRecord) record = {0};

    for (uint64_t lsn = first; lsn <= last; lsn = record.next_lsn) {
        NtfsLogAction action;
        gboolean done;

        if (!interrupt_check(error) || !ntfs_log_file_need(log, lsn, &record, error)) {
            return FALSE;
        }
        if (record.type != NTFS_LOG_RECORD_ACTION) {
            continue;
        }
        if (!ntfs_log_action_parse(&record, &action, error)) {
            return FALSE;
        }
        if (!is_dirty(context->tables, &action)) {
            continue;
        }
        if (!ntfs_replay_apply(context, &action, FALSE, &done, error)) {
            return FALSE;
        }
        *(done ? &context->replay->redone : &context->replay->skipped) += 1;
    }
    return TRUE;
}

/* The unfinished transaction whose next record to be undone is the latest of all. */
static NtfsTransaction *find_unfinished(const NtfsReplayTables *tables)
{
    NtfsTransaction *latest = NULL;
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, tables->transactions);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        NtfsTransaction *transaction = value;

        if (transaction->active && transaction->undo_next_lsn != 0 &&
            (latest == NULL || transaction->undo_next_lsn > latest->undo_next_lsn)) {
            latest = transaction;
        }
    }
    return latest;
}

static gboolean undo(const NtfsReplayContext *context, NtfsLogFile *log, GError **error)
{
    g_auto(NtfsLogRecord) record = {0};
    NtfsTransaction *transaction;
    uint64_t work = 0;

    context->replay->undoing = TRUE;
    while ((transaction = find_unfinished(context->tables)) != NULL) {
        NtfsLogAction action;
        gboolean done = FALSE;

        work += g_hash_table_size(context->tables->transactions);
        if (work > UNDO_WORK_MAX) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "too many transactions were not finished");
            return FALSE;
        }
        if (!interrupt_check(error) ||
            !ntfs_log_file_need(log, transaction->undo_next_lsn, &record, error) ||
            !ntfs_log_action_parse(&record, &action, error)) {
            return FALSE;
        }
        if (record.undo_next_lsn >= record.lsn) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                              "record 0x%" G_GINT64_MODIFIER "x comes before itself", record.lsn);
            return FALSE;
        }
        if (!ntfs_replay_apply(context, &action, TRUE, &done, error)) {
            return FALSE;
        }
        if (done) {
            context->replay->undone++;
        }
        transaction->undo_next_lsn = record.undo_next_lsn;
    }
    return TRUE;
}

/* Mounting compares the two. */
static gboolean update_mirror(NtfsReplay *replay, const NtfsGeometry *geometry, GError **error)
{
    const size_t length = (size_t)geometry->mirror_records * geometry->record_bytes;
    g_autofree uint8_t *records = g_malloc(MAX(length, 1));
    g_autofree uint8_t *mirror = g_malloc(MAX(length, 1));

    if (!disk_read(replay->disk, geometry->mft_lcn * geometry->cluster_bytes, records, length,
                   error) ||
        !disk_read(replay->disk, geometry->mirror_lcn * geometry->cluster_bytes, mirror, length,
                   error)) {
        return FALSE;
    }
    return memcmp(records, mirror, length) == 0 ||
           ntfs_replay_write(replay, geometry->mirror_lcn * geometry->cluster_bytes, records,
                             length, error);
}

static gboolean run_passes(NtfsReplay *replay, const NtfsGeometry *geometry, NtfsLogFile *log,
                           GError **error)
{
    g_auto(NtfsReplayTables) tables = {0};
    g_auto(NtfsLogRecord) last = {0};
    const NtfsReplayContext context = {replay, geometry, &tables};
    uint64_t first;

    ntfs_replay_tables_init(&tables);
    if (!analyse(log, &tables, &last, error)) {
        return FALSE;
    }
    first = ntfs_replay_tables_oldest(&tables, G_MAXUINT64);
    return redo(&context, log, first, last.lsn, error) && undo(&context, log, error) &&
           update_mirror(replay, geometry, error);
}

gboolean ntfs_replay_run(Disk *volume, const NtfsGeometry *geometry, const uint8_t *log,
                         size_t length, NtfsReplay **ret_replay, GError **error)
{
    g_autoptr(NtfsReplay) replay = g_new0(NtfsReplay, 1);
    g_autoptr(NtfsLogFile) file = NULL;

    replay->disk = disk_new_scratch(volume, SCRATCH_MAX);
    replay->changed = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    if (!check_geometry(geometry, volume, error) ||
        !ntfs_log_file_open(log, length, &file, error)) {
        return FALSE;
    }
    if (ntfs_log_file_checkpoint(file) != 0 && !run_passes(replay, geometry, file, error)) {
        return FALSE;
    }
    g_debug("%s: log replayed, %u done, %u taken back, %u already there", disk_name(volume),
            replay->redone, replay->undone, replay->skipped);
    *ret_replay = g_steal_pointer(&replay);
    return TRUE;
}

static gint compare_blocks(gconstpointer a, gconstpointer b)
{
    const uint64_t *first = a, *second = b;

    return *first < *second ? -1 : *first > *second;
}

static gboolean copy_blocks(const NtfsReplay *replay, Disk *volume, uint64_t first, uint64_t count,
                            GError **error)
{
    const size_t length = (size_t)count * NTFS_REPLAY_BLOCK_BYTES;
    g_autofree uint8_t *bytes = g_malloc(length);

    return disk_read(replay->disk, first * NTFS_REPLAY_BLOCK_BYTES, bytes, length, error) &&
           disk_write(volume, first * NTFS_REPLAY_BLOCK_BYTES, bytes, length, error);
}

gboolean ntfs_replay_keep(const NtfsReplay *replay, NtfsReplayPart part, Disk *volume,
                          GError **error)
{
    g_autoptr(GList) blocks = g_list_sort(g_hash_table_get_keys(replay->changed), compare_blocks);
    uint64_t first = 0, count = 0;

    for (const GList *item = blocks; item != NULL; item = item->next) {
        const uint64_t block = *(const uint64_t *)item->data;
        const gboolean taken_back = g_hash_table_lookup(replay->changed, item->data) != NULL;

        if (taken_back != (part == NTFS_REPLAY_TAKEN_BACK)) {
            continue;
        }
        if (count > 0 && (block != first + count || count == RUN_MAX_BLOCKS)) {
            if (!copy_blocks(replay, volume, first, count, error)) {
                return FALSE;
            }
            count = 0;
        }
        first = count == 0 ? block : first;
        count++;
    }
    return count == 0 || copy_blocks(replay, volume, first, count, error);
}
