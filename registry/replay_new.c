/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs of Windows 8.1 and later: a chain of entries, each a set of changed pages under two Marvin32
   hashes. Rebuilt so, a Windows 10 hive had byte for byte the bins that Windows itself made of it.
 */
#include <string.h>

#include "base/bytes.h"
#include "registry/marvin32.h"
#include "registry/replay_private.h"

enum {
    ENTRY_SIZE = 4,
    ENTRY_FLAGS = 8,
    ENTRY_SEQUENCE = 12,
    ENTRY_BINS_SIZE = 16,
    ENTRY_PAGE_COUNT = 20,
    ENTRY_DATA_HASH = 24,
    ENTRY_HEADER_HASH = 32,
    ENTRY_PAGES = 40, /* of u32 offset, u32 length; then the data of all, back to back */
    ENTRY_FLAG_TRANSACTIONS = 1,
};

typedef struct {
    const uint8_t *bytes;
    size_t size;
    uint32_t flags, sequence, bins_size;
    size_t page_count;
} Entry;

/* FALSE: the log ends here, by its end, by damage or by remnants of an older cycle. */
static gboolean entry_decode(const HiveLog *log, size_t offset, uint32_t expected_sequence,
                             Entry *ret_entry)
{
    if (!range_is_within(offset, LOG_UNIT, log->length)) {
        return FALSE;
    }
    const uint8_t *bytes = log->bytes + offset;
    Entry entry = {
        .bytes = bytes,
        .size = get_le32(bytes + ENTRY_SIZE),
        .flags = get_le32(bytes + ENTRY_FLAGS),
        .sequence = get_le32(bytes + ENTRY_SEQUENCE),
        .bins_size = get_le32(bytes + ENTRY_BINS_SIZE),
        .page_count = get_le32(bytes + ENTRY_PAGE_COUNT),
    };
    if (memcmp(bytes, "HvLE", 4) != 0 || entry.sequence != expected_sequence ||
        entry.size < LOG_UNIT || entry.size % LOG_UNIT != 0 ||
        !range_is_within(offset, entry.size, log->length) || entry.bins_size == 0 ||
        entry.bins_size % HIVE_BIN_UNIT != 0) {
        return FALSE;
    }
    if (get_le64(bytes + ENTRY_HEADER_HASH) != marvin32(bytes, ENTRY_HEADER_HASH) ||
        get_le64(bytes + ENTRY_DATA_HASH) !=
            marvin32(bytes + ENTRY_PAGES, entry.size - ENTRY_PAGES)) {
        return FALSE;
    }
    *ret_entry = entry;
    return TRUE;
}

/* Every page lies within the bins and has its data in the entry: looked at before the first byte is
   copied, so that an entry is applied whole or not at all. */
static gboolean entry_pages_fit(const Entry *entry)
{
    uint64_t data = ENTRY_PAGES + 8 * (uint64_t)entry->page_count;
    if (data > entry->size) {
        return FALSE;
    }
    for (size_t i = 0; i < entry->page_count; i++) {
        const uint8_t *page = entry->bytes + ENTRY_PAGES + 8 * i;
        uint32_t length = get_le32(page + 4);
        if (!range_is_within(get_le32(page), length, entry->bins_size) ||
            !range_is_within(data, length, entry->size)) {
            return FALSE;
        }
        data += length;
    }
    return TRUE;
}

static gboolean entry_apply(const Entry *entry, HiveRebuild *rebuild)
{
    if (!entry_pages_fit(entry) || !hive_rebuild_set_bins_size(rebuild, entry->bins_size)) {
        return FALSE;
    }
    size_t data = ENTRY_PAGES + 8 * entry->page_count;
    for (size_t i = 0; i < entry->page_count; i++) {
        const uint8_t *page = entry->bytes + ENTRY_PAGES + 8 * i;
        uint32_t length = get_le32(page + 4);
        memcpy(rebuild->bytes + HIVE_BASE_SIZE + get_le32(page), entry->bytes + data, length);
        data += length;
    }
    rebuild->last_sequence = entry->sequence;
    rebuild->entries++;
    return TRUE;
}

/* The number of entries applied; *flags becomes that of the last one. */
static guint log_apply(const HiveLog *log, HiveRebuild *rebuild, uint32_t *flags)
{
    size_t offset = LOG_UNIT;
    uint32_t sequence = log->header.primary;
    guint count = 0;
    Entry entry;
    while (entry_decode(log, offset, sequence, &entry) && entry_apply(&entry, rebuild)) {
        *flags = entry.flags;
        offset += entry.size;
        sequence++;
        count++;
    }
    return count;
}

static void set_transaction_flag(HiveRebuild *rebuild, uint32_t entry_flags)
{
    uint8_t *field = rebuild->bytes + HIVE_HEADER_FLAGS;
    uint32_t flags = get_le32(field) & ~(uint32_t)ENTRY_FLAG_TRANSACTIONS;
    put_le32(field, flags | (entry_flags & ENTRY_FLAG_TRANSACTIONS));
}

/* Keeps the logs of this format only, oldest first. */
static guint sort_logs(HiveLog *logs, guint count)
{
    guint kept = 0;
    for (guint i = 0; i < count; i++) {
        if (logs[i].header.type != HIVE_FILE_LOG_NEW) {
            continue;
        }
        HiveLog log = logs[i];
        guint at = kept++;
        for (; at > 0 && hive_sequence_is_after(logs[at - 1].header.primary, log.header.primary);
             at--) {
            logs[at] = logs[at - 1];
        }
        logs[at] = log;
    }
    return kept;
}

void hive_replay_new_logs(HiveRebuild *rebuild, const HiveHeader *primary, gboolean has_primary,
                          HiveLog *logs, guint count)
{
    uint32_t flags = 0;
    count = sort_logs(logs, count);
    if (!has_primary) {
        /* Nothing says up to where the bins are written: only the newest log is known to follow. */
        if (count > 0 && log_apply(&logs[count - 1], rebuild, &flags) > 0) {
            hive_rebuild_set_header(rebuild, &logs[count - 1]);
            set_transaction_flag(rebuild, flags);
        }
        return;
    }
    for (guint i = 0; i < count; i++) {
        uint32_t sequence = logs[i].header.primary;
        if (rebuild->entries == 0 ? hive_sequence_is_after(primary->secondary, sequence)
                                  : sequence != rebuild->last_sequence + 1) {
            continue; /* already in the hive, or not the continuation */
        }
        if (log_apply(&logs[i], rebuild, &flags) == 0) {
            break;
        }
    }
    if (rebuild->entries > 0) {
        set_transaction_flag(rebuild, flags);
    }
}
