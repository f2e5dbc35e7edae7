/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs of Windows 2000 to 8: a bitmap of changed 512-byte pages, and those pages. */
#include <string.h>

#include "base/bytes.h"
#include "registry/replay_private.h"

enum {
    DIRT_BITMAP =
        LOG_UNIT + 4, /* after the signature; one bit per page of the bins, lowest first */
};

static gboolean bit_is_set(const uint8_t *bitmap, size_t index)
{
    return (bitmap[index / 8] >> (index % 8) & 1) != 0;
}

/* Where the data of the first page is; FALSE if the log does not hold all its bitmap promises. */
static gboolean log_is_complete(const HiveLog *log, size_t *ret_data)
{
    uint32_t bins_size = log->header.bins_size;
    if (bins_size == 0 || bins_size % HIVE_BIN_UNIT != 0) {
        return FALSE;
    }
    size_t pages = bins_size / LOG_UNIT;
    uint64_t data;
    if (!range_is_within(LOG_UNIT, 4 + pages / 8, log->length) ||
        memcmp(log->bytes + LOG_UNIT, "DIRT", 4) != 0 ||
        !round_up_checked(DIRT_BITMAP + pages / 8, LOG_UNIT, &data)) {
        return FALSE;
    }
    uint64_t dirty = 0;
    for (size_t i = 0; i < pages; i++) {
        dirty += bit_is_set(log->bytes + DIRT_BITMAP, i) ? 1 : 0;
    }
    if (dirty == 0 || !range_is_within(data, dirty * LOG_UNIT, log->length)) {
        return FALSE;
    }
    *ret_data = (size_t)data;
    return TRUE;
}

/* The time the hive's own bytes say: by its header, else by its first bin (0: neither is there). */
static uint64_t hive_written(const HiveRebuild *rebuild, const HiveHeader *primary,
                             gboolean has_primary)
{
    size_t length;
    const uint8_t *bytes = g_bytes_get_data(rebuild->source, &length);
    if (has_primary) {
        return primary->written;
    }
    if (length < HIVE_BASE_SIZE + HIVE_BIN_HEADER_SIZE ||
        memcmp(bytes + HIVE_BASE_SIZE, "hbin", 4) != 0) {
        return 0;
    }
    return get_le64(bytes + HIVE_BASE_SIZE + HIVE_BIN_WRITTEN);
}

void hive_replay_old_logs(HiveRebuild *rebuild, const HiveHeader *primary, gboolean has_primary,
                          HiveLog *logs, guint count)
{
    const HiveLog *best = NULL;
    size_t best_data = 0;
    uint64_t written = hive_written(rebuild, primary, has_primary);
    for (guint i = 0; i < count; i++) {
        size_t data;
        const HiveLog *log = &logs[i];
        /* Windows wants equal times; a hive whose header was lost can be recovered with a later
           one too. Windows 8 takes the newest log, 7 the first: the newest, if equal the first. */
        if (log->header.type != HIVE_FILE_LOG_NEW && log->header.written >= written &&
            (best == NULL || log->header.written > best->header.written) &&
            log_is_complete(log, &data)) {
            best = log;
            best_data = data;
        }
    }
    if (best == NULL || !hive_rebuild_set_bins_size(rebuild, best->header.bins_size)) {
        return;
    }
    const uint8_t *data = best->bytes + best_data;
    size_t pages = best->header.bins_size / LOG_UNIT;
    for (size_t i = 0; i < pages; i++) {
        if (bit_is_set(best->bytes + DIRT_BITMAP, i)) {
            memcpy(rebuild->bytes + HIVE_BASE_SIZE + i * LOG_UNIT, data, LOG_UNIT);
            data += LOG_UNIT;
        }
    }
    hive_rebuild_set_header(rebuild, best);
    rebuild->last_sequence = best->header.primary;
    rebuild->entries = 1;
}
