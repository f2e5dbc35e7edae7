/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of a VHDX: a ring of entries in sectors of 4 KiB, each with a checksum; those that follow
   each other in number make a sequence, and the newest sequence is the one that counts. */
#include "convert/image/vhdx_log.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/image/crc32c.h"

#define SECTOR_BYTES ((uint32_t)FLAT_PATCH_BYTES)
#define MIB (UINT32_C(1) << 20)
#define LOG_LIMIT_BYTES (32 * MIB) /* Hyper-V and qemu make it 1 MiB */
#define ENTRY_HEADER_BYTES 64
#define DESCRIPTOR_BYTES 32
/* How often each byte of the log may be summed up on average. Entries are tried wherever one could
   begin, and hostile ones overlap; of an honest log each byte belongs to one entry. */
#define CHECKSUM_ROUNDS 4

typedef enum { ENTRY_UNTRIED, ENTRY_INVALID, ENTRY_VALID } EntryState;

typedef struct {
    const VhdxHeader *header;
    uint8_t *bytes;  /* the log twice, so that an entry that runs over its end is in one piece */
    uint8_t *states; /* of EntryState, for each sector that an entry could begin in */
    uint64_t checksum_budget;
} Log;

typedef struct {
    uint32_t start, head; /* offsets in the log: the first entry that counts, and the last */
    uint64_t head_number;
} Sequence;

static const uint8_t *entry_at(const Log *log, uint32_t offset)
{
    return log->bytes + offset;
}

static uint32_t entry_length(const Log *log, uint32_t offset)
{
    return get_le32(entry_at(log, offset) + 8);
}

static uint32_t entry_tail(const Log *log, uint32_t offset)
{
    return get_le32(entry_at(log, offset) + 12);
}

static uint64_t entry_number(const Log *log, uint32_t offset)
{
    return get_le64(entry_at(log, offset) + 16);
}

/* Where the data sectors of an entry begin: behind its descriptors, in the next sector. */
static uint64_t data_start(const uint8_t *entry)
{
    uint64_t end = ENTRY_HEADER_BYTES + (uint64_t)get_le32(entry + 24) * DESCRIPTOR_BYTES;
    return (end + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
}

static gboolean descriptor_is_valid(const uint8_t *descriptor, uint64_t number)
{
    uint64_t offset = get_le64(descriptor + 16), length = SECTOR_BYTES, end;
    if (memcmp(descriptor, "zero", 4) == 0)
        length = get_le64(descriptor + 8);
    else if (memcmp(descriptor, "desc", 4) != 0)
        return FALSE;
    return get_le64(descriptor + 24) == number && offset % SECTOR_BYTES == 0 &&
           length % SECTOR_BYTES == 0 && g_uint64_checked_add(&end, offset, length) &&
           end <= G_MAXINT64;
}

/* The number of the entry stands at both ends of each of its data sectors: a torn one shows. */
static gboolean data_sector_is_valid(const uint8_t *sector, uint64_t number)
{
    return memcmp(sector, "data", 4) == 0 && get_le32(sector + 4) == (uint32_t)(number >> 32) &&
           get_le32(sector + SECTOR_BYTES - 4) == (uint32_t)(number & G_MAXUINT32);
}

static gboolean descriptors_are_valid(const uint8_t *entry, uint32_t length)
{
    uint64_t number = get_le64(entry + 16), data = data_start(entry);
    uint32_t count = get_le32(entry + 24);
    if (data > length)
        return FALSE;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *descriptor = entry + ENTRY_HEADER_BYTES + (size_t)i * DESCRIPTOR_BYTES;
        if (!descriptor_is_valid(descriptor, number))
            return FALSE;
        if (memcmp(descriptor, "desc", 4) != 0)
            continue;
        if (data + SECTOR_BYTES > length || !data_sector_is_valid(entry + data, number))
            return FALSE;
        data += SECTOR_BYTES;
    }
    return TRUE;
}

static gboolean try_entry(Log *log, uint32_t offset)
{
    const uint8_t *entry = entry_at(log, offset);
    uint32_t length = entry_length(log, offset), tail = entry_tail(log, offset);
    if (memcmp(entry, "loge", 4) != 0 ||
        memcmp(entry + 32, log->header->log_guid, VHDX_GUID_BYTES) != 0 || length == 0 ||
        length % SECTOR_BYTES != 0 || length > log->header->log_length ||
        tail % SECTOR_BYTES != 0 || tail >= log->header->log_length ||
        entry_number(log, offset) == 0 || !descriptors_are_valid(entry, length) ||
        length > log->checksum_budget)
        return FALSE;
    log->checksum_budget -= length;
    return get_le32(entry + 4) == crc32c_without_field(entry, length, 4);
}

static gboolean entry_is_valid(Log *log, uint32_t offset)
{
    uint8_t *state = &log->states[offset / SECTOR_BYTES];
    if (*state == ENTRY_UNTRIED)
        *state = try_entry(log, offset) ? ENTRY_VALID : ENTRY_INVALID;
    return *state == ENTRY_VALID;
}

static uint32_t entry_next(const Log *log, uint32_t offset)
{
    return (uint32_t)(((uint64_t)offset + entry_length(log, offset)) % log->header->log_length);
}

/* The longest run of entries from first on that follow each other in number. *ret_length: how far
   it goes; 0: no entry begins there. It is complete when it has the entry that its last one calls
   the tail: all from there on has to be played back. */
static gboolean follow_sequence(Log *log, uint32_t first, uint64_t *ret_length,
                                Sequence *ret_sequence)
{
    uint64_t length = 0;
    uint32_t at = first, head = first;
    while (length < log->header->log_length && entry_is_valid(log, at) &&
           (length == 0 || entry_number(log, at) == entry_number(log, head) + 1) &&
           length + entry_length(log, at) <= log->header->log_length) {
        head = at;
        length += entry_length(log, at);
        at = entry_next(log, at);
    }
    *ret_length = length;
    if (length == 0)
        return FALSE;
    uint32_t tail = entry_tail(log, head);
    for (at = first; at != tail && at != head;)
        at = entry_next(log, at);
    if (at != tail)
        return FALSE;
    *ret_sequence = (Sequence){tail, head, entry_number(log, head)};
    return TRUE;
}

static gboolean find_active_sequence(Log *log, Sequence *ret_sequence)
{
    gboolean found = FALSE;
    for (uint64_t first = 0; first < log->header->log_length;) {
        Sequence sequence;
        uint64_t length;
        if (!follow_sequence(log, (uint32_t)first, &length, &sequence)) {
            first += SECTOR_BYTES;
            continue;
        }
        if (!found || sequence.head_number > ret_sequence->head_number)
            *ret_sequence = sequence;
        found = TRUE;
        first += length;
    }
    return found;
}

/* A data sector in the log has lost its first eight and last four bytes to the entry's number; the
   descriptor keeps them. */
static void replay_entry(FlatFile *file, const uint8_t *entry)
{
    const uint8_t *data = entry + data_start(entry);
    uint32_t count = get_le32(entry + 24);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *descriptor = entry + ENTRY_HEADER_BYTES + (size_t)i * DESCRIPTOR_BYTES;
        uint64_t offset = get_le64(descriptor + 16);
        if (memcmp(descriptor, "zero", 4) == 0) {
            flat_file_patch_zeros(file, offset, get_le64(descriptor + 8));
            continue;
        }
        uint8_t *sector = g_memdup2(data, SECTOR_BYTES);
        memcpy(sector, descriptor + 8, 8);
        memcpy(sector + SECTOR_BYTES - 4, descriptor + 4, 4);
        flat_file_patch(file, offset, sector);
        data += SECTOR_BYTES;
    }
}

static gboolean replay(Log *log, FlatFile *file, GError **error)
{
    Sequence sequence;
    if (!find_active_sequence(log, &sequence)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "start the machine in the source, shut it down cleanly and export it "
                          "again",
                          "it was not closed cleanly, and its log is damaged");
        return FALSE;
    }
    const uint8_t *head = entry_at(log, sequence.head);
    if (get_le64(head + 48) > flat_file_stored_size(file)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy or export it again and compare the sizes",
                          "the image is cut short: when its log was written the file had %" //
                          G_GUINT64_FORMAT " bytes, now it has %" G_GUINT64_FORMAT,
                          get_le64(head + 48), flat_file_stored_size(file));
        return FALSE;
    }
    uint32_t at = sequence.start;
    for (; at != sequence.head; at = entry_next(log, at))
        replay_entry(file, entry_at(log, at));
    replay_entry(file, head);
    flat_file_grow(file, get_le64(head + 56));
    return TRUE;
}

gboolean vhdx_log_replay(FlatFile *file, const VhdxHeader *header, GError **error)
{
    uint32_t length = header->log_length;
    if (header->log_version != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "start the machine in the source, shut it down cleanly and export it "
                          "again",
                          "it was not closed cleanly, and its log is of version %u",
                          header->log_version);
        return FALSE;
    }
    if (length == 0 || length % MIB != 0 || length > LOG_LIMIT_BYTES) {
        drydock_error_set(
            error, DRYDOCK_ERROR_CORRUPT,
            "start the machine in the source, shut it down cleanly and export it "
            "again",
            "it was not closed cleanly, and its log has an impossible size (%u bytes)", length);
        return FALSE;
    }
    g_autofree uint8_t *bytes = g_try_malloc((size_t)length * 2);
    g_autofree uint8_t *states = g_malloc0(length / SECTOR_BYTES);
    if (!bytes) {
        drydock_error_set(error, DRYDOCK_ERROR_SYSTEM, NULL, "no memory for its log");
        return FALSE;
    }
    if (!flat_file_read(file, header->log_offset, bytes, length, "log", error))
        return FALSE;
    memcpy(bytes + length, bytes, length);
    Log log = {header, bytes, states, (uint64_t)length * CHECKSUM_ROUNDS};
    return replay(&log, file, error);
}
