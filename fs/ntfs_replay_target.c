/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds, reads, changes and writes file records, index blocks, bitmaps and plain bytes. */
#include "fs/ntfs_replay_target.h"

#include <string.h>

#include "base/bytes.h"
#include "fs/ntfs_fixup.h"

enum {
    BLOCK_LSN = 8, /* of a file record and of an index block: the last change that it has */
    INDEX_BLOCK_MIN_BYTES = 512,
    INDEX_BLOCK_MAX_BYTES = 64 * 1024,
    FILE_MFT = 0,
    TYPE_DATA = 0x80,
    TYPE_INDEX_ALLOCATION = 0xa0,
    BITMAP_RANGE_BYTES = 8,
    BITMAP_MAX_BYTES = 64 * 1024, /* of a bitmap, at once: a page of Windows' cache, and more */
};

#define FILE_NUMBER_MASK UINT64_C(0xffffffffffff)

/* One record on its way to the volume. Offsets count from the start of its first cluster. */
typedef struct {
    const NtfsReplayContext *context;
    const NtfsLogAction *action;
    NtfsChange change;
    gboolean undo;
} Job;

typedef gboolean (*Transfer)(const Job *job, uint64_t disk_offset, uint8_t *bytes, size_t length,
                             GError **error);

gboolean ntfs_replay_write(NtfsReplay *replay, uint64_t offset, const void *bytes, size_t length,
                           GError **error)
{
    const uint64_t last = (offset + length - 1) / NTFS_REPLAY_BLOCK_BYTES;

    if (!disk_write(replay->disk, offset, bytes, length, error)) {
        return FALSE;
    }
    for (uint64_t block = offset / NTFS_REPLAY_BLOCK_BYTES; block <= last; block++) {
        const gboolean taken_back =
            replay->undoing || g_hash_table_lookup(replay->changed, &block) != NULL;

        (void)g_hash_table_insert(replay->changed, g_memdup2(&block, sizeof block),
                                  GINT_TO_POINTER(taken_back));
    }
    return TRUE;
}

static gboolean read_part(const Job *job, uint64_t disk_offset, uint8_t *bytes, size_t length,
                          GError **error)
{
    return disk_read(job->context->replay->disk, disk_offset, bytes, length, error);
}

static gboolean write_part(const Job *job, uint64_t disk_offset, uint8_t *bytes, size_t length,
                           GError **error)
{
    return ntfs_replay_write(job->context->replay, disk_offset, bytes, length, error);
}

/* Where the attribute's cluster with this number, counted from the record's first, is at the end of
   the log; 0: nowhere any more. */
static gboolean find_cluster(const Job *job, uint64_t index, uint64_t *ret_lcn, GError **error)
{
    const NtfsDirtyCluster *cluster = ntfs_replay_tables_cluster(
        job->context->tables, job->action->attribute, job->action->vcn + index);
    uint64_t lcn = 0;

    if (cluster != NULL) {
        lcn = cluster->lcn;
    } else if (index >= job->action->clusters) {
        return ntfs_change_fail(&job->change, "changes a cluster that it does not name", error);
    }
    /* What is taken back was changed while the cluster was still where the record says. */
    if (lcn == 0 && (cluster == NULL || job->undo) && index < job->action->clusters) {
        lcn = get_le64(job->action->lcns + (size_t)index * 8);
    }
    if (lcn >= job->context->geometry->clusters) {
        return ntfs_change_fail(&job->change, "names a cluster beyond the end of the volume",
                                error);
    }
    *ret_lcn = lcn;
    return TRUE;
}

/* *ret_complete FALSE: clusters without a place were left out. */
static gboolean transfer(const Job *job, Transfer part, uint64_t offset, uint8_t *bytes,
                         size_t length, gboolean *ret_complete, GError **error)
{
    const uint32_t cluster_bytes = job->context->geometry->cluster_bytes;

    *ret_complete = TRUE;
    while (length > 0) {
        const uint32_t in_cluster = (uint32_t)(offset % cluster_bytes);
        const size_t chunk = MIN(length, cluster_bytes - in_cluster);
        uint64_t lcn;

        if (!find_cluster(job, offset / cluster_bytes, &lcn, error)) {
            return FALSE;
        }
        if (lcn == 0) {
            *ret_complete = FALSE;
        } else if (!part(job, lcn * cluster_bytes + in_cluster, bytes, chunk, error)) {
            return FALSE;
        }
        offset += chunk;
        bytes += chunk;
        length -= chunk;
    }
    return TRUE;
}

static gboolean store(const Job *job, uint64_t offset, uint8_t *bytes, size_t length,
                      GError **error)
{
    gboolean complete;

    return transfer(job, write_part, offset, bytes, length, &complete, error);
}

/* Has the block the change already? An undone one never has: it was done before. */
static gboolean is_past(const Job *job, const uint8_t *block)
{
    return !job->undo && get_le64(block + BLOCK_LSN) >= job->action->lsn;
}

/* Stamps the block and writes it. */
static gboolean store_block(const Job *job, uint64_t offset, uint8_t *block, uint32_t length,
                            GError **error)
{
    if (!job->undo) {
        put_le64(block + BLOCK_LSN, job->action->lsn);
    }
    if (!ntfs_fixup_apply(block, length)) {
        return ntfs_change_fail(&job->change, "leaves a block with an impossible header", error);
    }
    return store(job, offset, block, length, error);
}

static gboolean apply_to_record(const Job *job, const NtfsOpenAttribute *attribute,
                                gboolean *ret_done, GError **error)
{
    const NtfsGeometry *geometry = job->context->geometry;
    const uint32_t bytes = geometry->record_bytes;
    const uint64_t offset = job->action->cluster_offset;
    const gboolean creates = job->change.operation == NTFS_LOG_INITIALIZE_FILE_RECORD;
    g_autofree uint8_t *record = g_malloc(bytes);
    gboolean complete, valid;

    if ((attribute->file & FILE_NUMBER_MASK) != FILE_MFT || attribute->type != TYPE_DATA ||
        (job->action->vcn * geometry->cluster_bytes + offset) % bytes != 0) {
        return ntfs_change_fail(&job->change, "changes a file record outside of $MFT", error);
    }
    if (!transfer(job, read_part, offset, record, bytes, &complete, error)) {
        return FALSE;
    }
    if (!complete) {
        return TRUE;
    }
    valid = memcmp(record, "FILE", 4) == 0 && ntfs_fixup_remove(record, bytes);
    if (valid && is_past(job, record)) {
        return TRUE;
    }
    /* A record that was reserved, but never written. */
    if (!valid && job->change.operation == NTFS_LOG_DEALLOCATE_FILE_RECORD) {
        return TRUE;
    }
    if (!valid && !creates) {
        return ntfs_change_fail(&job->change, "changes a file record that is damaged", error);
    }
    if (!valid) {
        memset(record, 0, bytes);
    }
    if (!ntfs_replay_change_record(record, bytes, &job->change, error)) {
        return FALSE;
    }
    *ret_done = TRUE;
    return store_block(job, offset, record, bytes, error);
}

static gboolean check_index_size(const Job *job, const NtfsOpenAttribute *attribute, GError **error)
{
    const uint32_t bytes = attribute->index_bytes;

    if (attribute->type != TYPE_INDEX_ALLOCATION || bytes < INDEX_BLOCK_MIN_BYTES ||
        bytes > INDEX_BLOCK_MAX_BYTES || (bytes & (bytes - 1)) != 0) {
        return ntfs_change_fail(&job->change, "changes an index of impossible size", error);
    }
    return TRUE;
}

static gboolean apply_to_block(const Job *job, const NtfsOpenAttribute *attribute,
                               gboolean *ret_done, GError **error)
{
    const uint64_t offset = job->action->cluster_offset + (uint64_t)job->action->record_offset;
    g_autofree uint8_t *block = NULL;
    gboolean complete;

    if (!check_index_size(job, attribute, error)) {
        return FALSE;
    }
    block = g_malloc(attribute->index_bytes);
    if (!transfer(job, read_part, offset, block, attribute->index_bytes, &complete, error)) {
        return FALSE;
    }
    if (!complete) {
        return TRUE;
    }
    if (memcmp(block, "INDX", 4) != 0 || !ntfs_fixup_remove(block, attribute->index_bytes)) {
        return ntfs_change_fail(&job->change, "changes an index block that is damaged", error);
    }
    if (is_past(job, block)) {
        return TRUE;
    }
    if (!ntfs_replay_change_block(block, attribute->index_bytes, &job->change, error)) {
        return FALSE;
    }
    *ret_done = TRUE;
    return store_block(job, offset, block, attribute->index_bytes, error);
}

/* Bytes of an index block, mostly all of a new one. It keeps the number of its last change, so that
   what the log has behind this is done again as well. */
static gboolean write_into_block(const Job *job, const NtfsOpenAttribute *attribute,
                                 uint64_t offset, GError **error)
{
    const uint32_t bytes = attribute->index_bytes;
    const uint64_t start = offset - offset % bytes;
    g_autofree uint8_t *block = NULL;
    gboolean complete;

    if (!check_index_size(job, attribute, error)) {
        return FALSE;
    }
    if (!range_is_within(offset - start, job->change.length, bytes)) {
        return ntfs_change_fail(&job->change, "writes beyond the end of an index block", error);
    }
    block = g_malloc0(bytes);
    if (!transfer(job, read_part, start, block, bytes, &complete, error)) {
        return FALSE;
    }
    if (!complete) {
        return TRUE;
    }
    if (memcmp(block, "INDX", 4) != 0 || !ntfs_fixup_remove(block, bytes)) {
        memset(block, 0, bytes);
    }
    memcpy(block + (offset - start), job->change.data, job->change.length);
    if (memcmp(block, "INDX", 4) != 0 || !ntfs_fixup_apply(block, bytes)) {
        return ntfs_change_fail(&job->change, "leaves a damaged index block", error);
    }
    return store(job, start, block, bytes, error);
}

static gboolean apply_to_bytes(const Job *job, const NtfsOpenAttribute *attribute,
                               gboolean *ret_done, GError **error)
{
    const uint64_t offset = job->action->cluster_offset + (uint64_t)job->action->record_offset;
    g_autofree uint8_t *bytes = NULL;

    if ((attribute->file & FILE_NUMBER_MASK) == FILE_MFT && attribute->type == TYPE_DATA) {
        return ntfs_change_fail(&job->change, "writes over file records", error);
    }
    *ret_done = TRUE;
    if (attribute->type == TYPE_INDEX_ALLOCATION) {
        return write_into_block(job, attribute, offset, error);
    }
    bytes = g_memdup2(job->change.data, job->change.length);
    return store(job, offset, bytes, job->change.length, error);
}

static gboolean apply_to_bitmap(const Job *job, const NtfsOpenAttribute *attribute,
                                gboolean *ret_done, GError **error)
{
    const uint64_t room = (uint64_t)job->action->clusters * job->context->geometry->cluster_bytes;
    const uint64_t offset = job->action->cluster_offset + (uint64_t)job->action->record_offset;
    const gboolean sets = job->change.operation == NTFS_LOG_SET_BITS;
    g_autofree uint8_t *bytes = NULL;
    uint64_t first, count, length;
    gboolean complete;

    (void)attribute;
    if (job->change.length < BITMAP_RANGE_BYTES) {
        return ntfs_change_fail(&job->change, "does not say which bits it changes", error);
    }
    first = get_le32(job->change.data);
    count = get_le32(job->change.data + 4);
    length = (first % 8 + count + 7) / 8;
    if (count == 0) {
        return TRUE;
    }
    if (length > BITMAP_MAX_BYTES || !range_is_within(offset + first / 8, length, room)) {
        return ntfs_change_fail(&job->change, "changes bits beyond the end of a bitmap", error);
    }
    bytes = g_malloc0(length);
    if (!transfer(job, read_part, offset + first / 8, bytes, length, &complete, error)) {
        return FALSE;
    }
    for (uint64_t bit = first % 8; bit < first % 8 + count; bit++) {
        const uint8_t mask = (uint8_t)(1U << bit % 8);

        bytes[bit / 8] = (uint8_t)(sets ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask);
    }
    *ret_done = TRUE;
    return store(job, offset + first / 8, bytes, length, error);
}

gboolean ntfs_replay_apply(const NtfsReplayContext *context, const NtfsLogAction *action,
                           gboolean undo, gboolean *ret_done, GError **error)
{
    const Job job = {
        .context = context,
        .action = action,
        .change = undo ? ntfs_change_undo(action) : ntfs_change_redo(action),
        .undo = undo,
    };
    const NtfsOpenAttribute *attribute =
        ntfs_replay_tables_attribute(context->tables, action->attribute);

    *ret_done = FALSE;
    if (attribute == NULL) {
        return ntfs_change_fail(&job.change, "changes an attribute that was not opened", error);
    }
    switch (ntfs_log_operation_target(job.change.operation)) {
    case NTFS_LOG_TARGET_FILE_RECORD:
        return apply_to_record(&job, attribute, ret_done, error);
    case NTFS_LOG_TARGET_INDEX_BLOCK:
        return apply_to_block(&job, attribute, ret_done, error);
    case NTFS_LOG_TARGET_BYTES:
        return apply_to_bytes(&job, attribute, ret_done, error);
    case NTFS_LOG_TARGET_BITMAP:
        return apply_to_bitmap(&job, attribute, ret_done, error);
    case NTFS_LOG_TARGET_NONE:
    case NTFS_LOG_TARGET_UNKNOWN:
        break;
    }
    return TRUE;
}
