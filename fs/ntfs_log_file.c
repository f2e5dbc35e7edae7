/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The restart area, the ring of log pages, and the records in it. */
#include "fs/ntfs_log_file.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/ntfs_fixup.h"
#include "fs/ntfs_log.h"

enum {
    RESTART_PAGES = 2,
    RING_START_1 = 4,    /* pages; 2 and 3 are copies of the last page of the ring */
    RING_START_2 = 0x22, /* 2 to 0x11 and again 0x12 to 0x21 are copies of its last pages */
    RING_MIN_PAGES = 2,
    PAGE_LSN = 8,       /* of the last record that is in part on the page; in version 1 copies
                           the offset of the page that they are a copy of */
    PAGE_FLAGS = 16,    /* 1: a record ends here */
    PAGE_POSITION = 22, /* in the write that brought it to the disk, from 1 */
    PAGE_NEXT_RECORD = 24,
    PAGE_LAST_END_LSN = 32, /* of the last record that ends on the page */
    PAGE_COPY_OF = 60,      /* version 2 */
    PAGE_HEADER_BYTES = 64,
    FLAG_RECORD_END = 1,
    AREA_BYTES = 48,
    CLIENT_BYTES = 160,
    RECORD_HEADER_BYTES = 48,
};

struct NtfsLogFile {
    uint8_t *bytes; /* update sequences removed */
    uint8_t *whole; /* per page: it is one of the ring, and not torn */
    uint32_t size;
    uint32_t page_bytes;
    uint32_t ring_start;  /* bytes */
    uint32_t data_start;  /* within a page */
    uint32_t offset_bits; /* of an LSN, which counts in units of 8 bytes; above: the round */
    uint32_t client;      /* sequence number and index, as in its records */
    uint64_t checkpoint_lsn;
};

static gboolean fail(GError **error, DrydockError code, const char *what)
{
    drydock_error_set(error, code, NULL, "%s", what);
    return FALSE;
}

void ntfs_log_record_clear(NtfsLogRecord *record)
{
    g_free(record->owned);
    *record = (NtfsLogRecord){0};
}

void ntfs_log_file_free(NtfsLogFile *log)
{
    if (log == NULL) {
        return;
    }
    g_free(log->bytes);
    g_free(log->whole);
    g_free(log);
}

uint64_t ntfs_log_file_checkpoint(const NtfsLogFile *log)
{
    return log->checkpoint_lsn;
}

uint32_t ntfs_log_file_capacity(const NtfsLogFile *log)
{
    return log->size / RECORD_HEADER_BYTES;
}

static gboolean is_whole(const NtfsLogFile *log, uint32_t page)
{
    return log->whole[page / log->page_bytes] != 0;
}

static uint32_t offset_of_lsn(const NtfsLogFile *log, uint64_t lsn)
{
    return (uint32_t)((lsn & ((UINT64_C(1) << log->offset_bits) - 1)) << 3);
}

static uint64_t lsn_at(const NtfsLogFile *log, uint64_t round, uint32_t offset)
{
    return round << log->offset_bits | offset >> 3;
}

/* *round goes up when the ring starts over. */
static uint32_t next_page(const NtfsLogFile *log, uint32_t page, uint64_t *round)
{
    if (page + log->page_bytes < log->size) {
        return page + log->page_bytes;
    }
    (*round)++;
    return log->ring_start;
}

/* The client's name is NTFS; there never was another. */
static gboolean read_client(NtfsLogFile *log, const uint8_t *page, const uint8_t *area,
                            GError **error)
{
    static const uint8_t name[] = {8, 0, 0, 0, 'N', 0, 'T', 0, 'F', 0, 'S', 0};
    const uint32_t area_offset = (uint32_t)(area - page);
    const uint16_t clients_offset = get_le16(area + 22);
    const uint16_t in_use = get_le16(area + 12);
    const uint8_t *client;

    if (get_le16(area + 8) != 1 || in_use != 0 || clients_offset < AREA_BYTES - 4 ||
        !range_is_within(area_offset + clients_offset, CLIENT_BYTES, log->page_bytes)) {
        return fail(error, DRYDOCK_ERROR_CORRUPT, "its restart area has an impossible client");
    }
    client = area + clients_offset;
    if (memcmp(client + 28, name, sizeof name) != 0) {
        return fail(error, DRYDOCK_ERROR_UNSUPPORTED, "its client is not NTFS");
    }
    log->client = (uint32_t)in_use << 16 | get_le16(client + 20);
    log->checkpoint_lsn = get_le64(client + 8);
    return TRUE;
}

/* The page's update sequence has been removed. */
static gboolean read_restart(NtfsLogFile *log, const uint8_t *page, size_t length, GError **error)
{
    const uint16_t minor = get_le16(page + 26), major = get_le16(page + 28);
    const uint8_t *area = page + get_le16(page + 24);
    const uint64_t size = get_le64(area + 24);
    const uint32_t sequence_bits = get_le32(area + 16);

    if (memcmp(page, "RSTR", 4) != 0) {
        return fail(error, DRYDOCK_ERROR_UNSUPPORTED, "chkdsk has written over it");
    }
    if (!(major == 1 && minor == 1) && !(major == 2 && minor == 0)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "its version %u.%u is not known",
                          major, minor);
        return FALSE;
    }
    if (get_le32(page + 20) != log->page_bytes ||
        (major == 2 && log->page_bytes != PAGE_HEADER_BYTES * 64)) {
        return fail(error, DRYDOCK_ERROR_UNSUPPORTED, "its page size is not known");
    }
    log->ring_start = (major == 2 ? RING_START_2 : RING_START_1) * log->page_bytes;
    if (size > length || size % log->page_bytes != 0 ||
        size < log->ring_start + RING_MIN_PAGES * (uint64_t)log->page_bytes) {
        return fail(error, DRYDOCK_ERROR_CORRUPT, "its size is impossible");
    }
    log->size = (uint32_t)size;
    log->data_start = get_le16(area + 38);
    if (sequence_bits != 67 - g_bit_storage((gulong)size) ||
        get_le16(area + 36) != RECORD_HEADER_BYTES || log->data_start < PAGE_HEADER_BYTES ||
        log->data_start % 8 != 0 || log->data_start + RECORD_HEADER_BYTES > log->page_bytes) {
        return fail(error, DRYDOCK_ERROR_CORRUPT, "its restart area is impossible");
    }
    log->offset_bits = 64 - sequence_bits;
    return read_client(log, page, area, error);
}

/* Later than the other; both are pages of the ring, or a copy of one. */
static gboolean is_later(const uint8_t *page, const uint8_t *other)
{
    const uint64_t lsn = get_le64(page + PAGE_LSN), other_lsn = get_le64(other + PAGE_LSN);
    const uint64_t end = get_le64(page + PAGE_LAST_END_LSN);
    const uint64_t other_end = get_le64(other + PAGE_LAST_END_LSN);

    if (lsn != other_lsn) {
        return lsn > other_lsn;
    }
    return end != other_end
               ? end > other_end
               : get_le16(page + PAGE_NEXT_RECORD) > get_le16(other + PAGE_NEXT_RECORD);
}

static gboolean load_page(NtfsLogFile *log, uint32_t offset)
{
    uint8_t *page = log->bytes + offset;

    return memcmp(page, "RCRD", 4) == 0 && ntfs_fixup_remove(page, log->page_bytes);
}

/* The last pages of the log are written aside before they are written over in the ring. */
static void load_ring(NtfsLogFile *log, gboolean is_version_2)
{
    for (uint32_t at = log->ring_start; at < log->size; at += log->page_bytes) {
        log->whole[at / log->page_bytes] = load_page(log, at) ? 1 : 0;
    }
    for (uint32_t at = RESTART_PAGES * log->page_bytes; at < log->ring_start;
         at += log->page_bytes) {
        uint8_t *copy = log->bytes + at;
        uint64_t target;

        if (!load_page(log, at)) {
            continue;
        }
        target = is_version_2 ? get_le32(copy + PAGE_COPY_OF) : get_le64(copy + PAGE_LSN);
        if (target < log->ring_start || target >= log->size || target % log->page_bytes != 0) {
            continue;
        }
        if (!is_version_2) {
            memcpy(copy + PAGE_LSN, copy + PAGE_LAST_END_LSN, 8);
        }
        if (!is_whole(log, (uint32_t)target) || is_later(copy, log->bytes + target)) {
            memcpy(log->bytes + target, copy, log->page_bytes);
            log->whole[target / log->page_bytes] = 1;
        }
    }
}

gboolean ntfs_log_file_open(const uint8_t *bytes, size_t length, NtfsLogFile **ret_log,
                            GError **error)
{
    g_autoptr(NtfsLogFile) log = g_new0(NtfsLogFile, 1);
    NtfsLogState state;
    uint8_t *restart;

    ntfs_log_parse(bytes, length, &state);
    if (state.page_bytes == 0) {
        return fail(error, DRYDOCK_ERROR_CORRUPT, "it has no restart page");
    }
    if (length > NTFS_LOG_MAX_BYTES) {
        return fail(error, DRYDOCK_ERROR_UNSUPPORTED, "it is larger than 256 MiB");
    }
    log->page_bytes = state.page_bytes;
    log->bytes = g_try_malloc(length);
    log->whole = g_try_malloc0(length / log->page_bytes + 1);
    if (log->bytes == NULL || log->whole == NULL) {
        return fail(error, DRYDOCK_ERROR_SYSTEM, "no memory for the log");
    }
    memcpy(log->bytes, bytes, length);
    restart = log->bytes + state.restart_offset;
    if (!ntfs_fixup_remove(restart, log->page_bytes)) {
        return fail(error, DRYDOCK_ERROR_CORRUPT, "its restart page is torn");
    }
    if (!read_restart(log, restart, length, error)) {
        return FALSE;
    }
    load_ring(log, state.is_version_2);
    *ret_log = g_steal_pointer(&log);
    return TRUE;
}

/* Gathers record->length bytes that begin at offset of the page; *page becomes the one where the
   record ends, *ret_end the offset in it. FALSE: a page is missing. */
static gboolean gather(const NtfsLogFile *log, uint32_t *page, uint32_t offset, uint64_t *round,
                       NtfsLogRecord *record, uint32_t *ret_end)
{
    uint32_t done = MIN(record->length, log->page_bytes - offset);

    if (done == record->length) {
        record->data = log->bytes + *page + offset;
        *ret_end = offset + done;
        return TRUE;
    }
    record->owned = g_try_malloc(record->length);
    if (record->owned == NULL) {
        return FALSE;
    }
    memcpy(record->owned, log->bytes + *page + offset, done);
    while (done < record->length) {
        const uint32_t chunk = MIN(record->length - done, log->page_bytes - log->data_start);

        *page = next_page(log, *page, round);
        if (!is_whole(log, *page) || get_le64(log->bytes + *page + PAGE_LSN) < record->lsn) {
            return FALSE;
        }
        memcpy(record->owned + done, log->bytes + *page + log->data_start, chunk);
        done += chunk;
        *ret_end = log->data_start + chunk;
    }
    record->data = record->owned;
    return TRUE;
}

static gboolean decode_header(const NtfsLogFile *log, const uint8_t *header, NtfsLogRecord *record,
                              GError **error)
{
    const uint32_t type = get_le32(header + 32);

    record->undo_next_lsn = get_le64(header + 16);
    record->length = get_le32(header + 24);
    record->transaction = get_le32(header + 36);
    record->type = type == 2 ? NTFS_LOG_RECORD_CHECKPOINT : NTFS_LOG_RECORD_ACTION;
    if ((type != 1 && type != 2) || record->length > log->size - log->ring_start ||
        get_le32(header + 28) != log->client) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "record 0x%" G_GINT64_MODIFIER "x has an impossible header", record->lsn);
        return FALSE;
    }
    return TRUE;
}

/* A record that is not the last of its page is followed by the next at a multiple of 8 bytes; the
   last one says so by being the page's, though there may be room behind it. */
static uint64_t find_next(const NtfsLogFile *log, uint64_t lsn, uint32_t page, uint32_t end,
                          uint64_t round)
{
    const uint32_t next = (end + 7) & ~7U;

    if (get_le64(log->bytes + page + PAGE_LSN) == lsn ||
        next + RECORD_HEADER_BYTES > log->page_bytes) {
        page = next_page(log, page, &round);
        return lsn_at(log, round, page + log->data_start);
    }
    return lsn_at(log, round, page + next);
}

gboolean ntfs_log_file_read(NtfsLogFile *log, uint64_t lsn, NtfsLogRecord *record,
                            gboolean *ret_found, GError **error)
{
    const uint32_t offset = offset_of_lsn(log, lsn);
    const uint32_t in_page = offset % log->page_bytes;
    uint64_t round = lsn >> log->offset_bits;
    uint32_t page = offset - in_page, end;
    const uint8_t *last;

    ntfs_log_record_clear(record);
    *ret_found = FALSE;
    record->lsn = lsn;
    if (offset < log->ring_start || offset >= log->size || in_page < log->data_start ||
        in_page + RECORD_HEADER_BYTES > log->page_bytes || !is_whole(log, page) ||
        get_le64(log->bytes + page + PAGE_LSN) < lsn || get_le64(log->bytes + offset) != lsn) {
        return TRUE;
    }
    if (!decode_header(log, log->bytes + offset, record, error)) {
        return FALSE;
    }
    if (!gather(log, &page, in_page + RECORD_HEADER_BYTES, &round, record, &end)) {
        return TRUE;
    }
    last = log->bytes + page;
    if ((get_le32(last + PAGE_FLAGS) & FLAG_RECORD_END) == 0 ||
        get_le64(last + PAGE_LAST_END_LSN) < lsn) {
        return TRUE;
    }
    record->next_lsn = find_next(log, lsn, page, end, round);
    *ret_found = TRUE;
    return TRUE;
}

gboolean ntfs_log_file_need(NtfsLogFile *log, uint64_t lsn, NtfsLogRecord *record, GError **error)
{
    gboolean found;

    if (!ntfs_log_file_read(log, lsn, record, &found, error)) {
        return FALSE;
    }
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "record 0x%" G_GINT64_MODIFIER "x is not there", lsn);
        return FALSE;
    }
    return TRUE;
}

gboolean ntfs_log_file_check_end(const NtfsLogFile *log, const NtfsLogRecord *last, GError **error)
{
    const uint32_t pages = (log->size - log->ring_start) / log->page_bytes;
    const uint32_t first = offset_of_lsn(log, last->next_lsn) / log->page_bytes;
    uint64_t round = 0;
    uint32_t page = first * log->page_bytes;

    for (uint32_t i = 0; i < pages; i++, page = next_page(log, page, &round)) {
        const uint8_t *bytes = log->bytes + page;
        const uint16_t position = get_le16(bytes + PAGE_POSITION);

        /* The pages of one write may reach the disk in any order. */
        if (is_whole(log, page) && get_le64(bytes + PAGE_LSN) > last->lsn && position <= i) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                              "it breaks off behind record 0x%" G_GINT64_MODIFIER
                              "x, but goes on later",
                              last->lsn);
            return FALSE;
        }
    }
    return TRUE;
}
