/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transaction logs of a hive: which are usable, and the hive that comes out.

   A hive is dirty if its header's checksum is wrong or its two sequence numbers differ; otherwise
   Windows ignores whatever the logs contain. Each log starts with a copy of the header as it was
   when the log was begun. Windows XP to 8 then have a bitmap of changed 512-byte pages and those
   pages (replay_old.c); 8.1 and later a chain of hashed entries (replay_new.c). The two never occur
   for one hive at the same time; if they seem to, the entries are newer. */
#include "registry/replay.h"

#include <string.h>

#include "base/error.h"
#include "registry/replay_private.h"

gboolean hive_rebuild_set_bins_size(HiveRebuild *rebuild, uint32_t bins_size)
{
    if (bins_size == 0 || bins_size % HIVE_BIN_UNIT != 0 || bins_size > HIVE_LIMIT_BINS_BYTES) {
        return FALSE;
    }
    size_t source_length;
    const uint8_t *source = g_bytes_get_data(rebuild->source, &source_length);
    size_t old_length = rebuild->bytes != NULL ? rebuild->length : 0;
    size_t length = MAX(HIVE_BASE_SIZE + (size_t)bins_size, MAX(old_length, source_length));
    if (length > old_length) {
        uint8_t *bytes = g_try_realloc(rebuild->bytes, length);
        if (bytes == NULL) {
            return FALSE;
        }
        if (old_length == 0) {
            memcpy(bytes, source, source_length);
            old_length = source_length;
        }
        memset(bytes + old_length, 0, length - old_length);
        rebuild->bytes = bytes;
        rebuild->length = length;
    }
    rebuild->bins_size = bins_size;
    return TRUE;
}

void hive_rebuild_set_header(HiveRebuild *rebuild, const HiveLog *log)
{
    memcpy(rebuild->bytes, log->bytes, HIVE_HEADER_SIZE);
}

/* The usable logs among those given. */
static guint find_logs(GBytes *const *logs, guint count, HiveLog *ret_logs)
{
    guint usable = 0;
    for (guint i = 0; i < count && usable < LOG_MAX; i++) {
        size_t length = 0;
        const uint8_t *bytes = logs[i] != NULL ? g_bytes_get_data(logs[i], &length) : NULL;
        if (length < HIVE_HEADER_SIZE) {
            continue;
        }
        HiveLog log = {.bytes = bytes, .length = length};
        hive_header_decode(bytes, &log.header);
        if (hive_header_is_valid(&log.header) && log.header.primary == log.header.secondary &&
            log.header.type != HIVE_FILE_PRIMARY) {
            ret_logs[usable++] = log;
        }
    }
    return usable;
}

static void raise_sequence(uint32_t *maximum, uint32_t sequence)
{
    if (hive_sequence_is_after(sequence, *maximum)) {
        *maximum = sequence;
    }
}

static gboolean has_new_log(const HiveLog *logs, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (logs[i].header.type == HIVE_FILE_LOG_NEW) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hive_replay(GBytes *hive, GBytes *const *logs, guint count, GBytes **ret_hive,
                     HiveReplay *ret_replay, GError **error)
{
    HiveHeader primary = {0};
    HiveLog usable[LOG_MAX];
    guint usable_count = find_logs(logs, count, usable);
    size_t length;
    const uint8_t *bytes = g_bytes_get_data(hive, &length);

    if (length >= HIVE_HEADER_SIZE) {
        hive_header_decode(bytes, &primary);
    }
    gboolean has_primary = hive_header_is_valid(&primary);
    if (length < HIVE_BASE_SIZE || (!primary.has_magic && usable_count == 0)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "this is not a registry hive, and no log can restore it");
        return FALSE;
    }

    HiveReplay replay = {.result = HIVE_REPLAY_CLEAN};
    replay.max_sequence = has_primary        ? primary.primary
                          : usable_count > 0 ? usable[0].header.primary
                                             : primary.primary;
    if (has_primary) {
        raise_sequence(&replay.max_sequence, primary.secondary);
    }
    for (guint i = 0; i < usable_count; i++) {
        raise_sequence(&replay.max_sequence, usable[i].header.primary);
    }
    if (has_primary && primary.primary == primary.secondary) {
        *ret_hive = g_bytes_ref(hive);
        *ret_replay = replay;
        return TRUE;
    }

    HiveRebuild rebuild = {.source = hive};
    if (has_new_log(usable, usable_count)) {
        hive_replay_new_logs(&rebuild, &primary, has_primary, usable, usable_count);
    } else {
        hive_replay_old_logs(&rebuild, &primary, has_primary, usable, usable_count);
    }
    replay.entries = rebuild.entries;
    if (rebuild.entries == 0) {
        g_free(rebuild.bytes);
        replay.result = HIVE_REPLAY_UNUSABLE;
        *ret_hive = g_bytes_ref(hive);
    } else {
        replay.result = HIVE_REPLAY_APPLIED;
        raise_sequence(&replay.max_sequence, rebuild.last_sequence);
        hive_header_stamp(rebuild.bytes, replay.max_sequence + 1, rebuild.bins_size);
        *ret_hive = g_bytes_new_take(rebuild.bytes, rebuild.length);
    }
    *ret_replay = replay;
    return TRUE;
}
