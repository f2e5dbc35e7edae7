/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations on file records: the record as a whole, its attributes, an index in one of them. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/ntfs_replay_action.h"

enum {
    RECORD_SEQUENCE = 16, /* offsets in a record */
    RECORD_LINKS = 18,
    RECORD_ATTRIBUTES = 20,
    RECORD_FLAGS = 22,
    RECORD_USED = 24,
    RECORD_ALLOCATED = 28,
    RECORD_NEXT_INSTANCE = 40,
    RECORD_HEADER_BYTES = 42,
    IN_USE = 1,
    ATTRIBUTE_LENGTH = 4, /* offsets in an attribute */
    ATTRIBUTE_NONRESIDENT = 8,
    ATTRIBUTE_NAME_LENGTH = 9,
    ATTRIBUTE_NAME_OFFSET = 10,
    ATTRIBUTE_INSTANCE = 14,
    ATTRIBUTE_MIN_BYTES = 24,
    VALUE_LENGTH = 16, /* of a resident one */
    VALUE_OFFSET = 20,
    INDEXED_FLAG = 22,
    LOWEST_VCN = 16, /* of one that is not */
    HIGHEST_VCN = 24,
    MAPPING_PAIRS = 32,
    ALLOCATED_SIZE = 40,
    DATA_SIZE = 48,
    INITIALIZED_SIZE = 56,
    COMPRESSED_SIZE = 64,
    NONRESIDENT_MIN_BYTES = 64,
    TYPE_END_BYTES = 4,
    INDEX_ROOT_HEADER = 16, /* of an index root's value */
    SIZES_BYTES = 24,
    SIZES_WITH_COMPRESSED_BYTES = 32,
};

#define TYPE_END 0xffffffffU
#define TYPE_INDEX_ROOT 0x90U

NtfsChange ntfs_change_redo(const NtfsLogAction *action)
{
    return (NtfsChange){action->lsn,
                        action->redo,
                        action->redo_data,
                        action->redo_length,
                        action->redo_length != action->undo_length,
                        action->record_offset,
                        action->attribute_offset};
}

NtfsChange ntfs_change_undo(const NtfsLogAction *action)
{
    NtfsChange change = ntfs_change_redo(action);

    change.operation = action->undo;
    change.data = action->undo_data;
    change.length = action->undo_length;
    return change;
}

gboolean ntfs_change_fail(const NtfsChange *change, const char *what, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "record 0x%" G_GINT64_MODIFIER "x (%s) %s", change->lsn,
                      ntfs_log_operation_name(change->operation), what);
    return FALSE;
}

/* The attribute's own fields are possible. */
static gboolean attribute_is_sound(const uint8_t *attribute, uint32_t length)
{
    const uint8_t nonresident = attribute[ATTRIBUTE_NONRESIDENT];

    if (attribute[ATTRIBUTE_NAME_LENGTH] != 0 &&
        !range_is_within(get_le16(attribute + ATTRIBUTE_NAME_OFFSET),
                         attribute[ATTRIBUTE_NAME_LENGTH] * UINT64_C(2), length)) {
        return FALSE;
    }
    if (nonresident == 0) {
        return range_is_within(get_le16(attribute + VALUE_OFFSET),
                               get_le32(attribute + VALUE_LENGTH), length);
    }
    return nonresident == 1 && length >= NONRESIDENT_MIN_BYTES &&
           get_le16(attribute + MAPPING_PAIRS) >= NONRESIDENT_MIN_BYTES &&
           get_le16(attribute + MAPPING_PAIRS) < length;
}

/* The length of the attribute at offset; 0: there cannot be one. */
static uint32_t attribute_length(const uint8_t *record, uint32_t offset, uint32_t used)
{
    uint32_t length;

    if (!range_is_within(offset, ATTRIBUTE_MIN_BYTES, used)) {
        return 0;
    }
    length = get_le32(record + offset + ATTRIBUTE_LENGTH);
    return length >= ATTRIBUTE_MIN_BYTES && length % 8 == 0 &&
                   range_is_within(offset, length, used) &&
                   attribute_is_sound(record + offset, length)
               ? length
               : 0;
}

/* TRUE: the header and all attributes are sound. *ret_found: one of them, or their end mark, is at
   wanted. */
static gboolean walk(const uint8_t *record, uint32_t bytes, uint32_t wanted, gboolean *ret_found)
{
    const uint32_t used = get_le32(record + RECORD_USED);
    uint32_t offset = get_le16(record + RECORD_ATTRIBUTES);

    *ret_found = FALSE;
    if (memcmp(record, "FILE", 4) != 0 || used > bytes || offset < RECORD_HEADER_BYTES ||
        offset % 8 != 0 || get_le32(record + RECORD_ALLOCATED) != bytes) {
        return FALSE;
    }
    for (;;) {
        uint32_t length;

        *ret_found = *ret_found || offset == wanted;
        if (!range_is_within(offset, TYPE_END_BYTES, used)) {
            return FALSE;
        }
        if (get_le32(record + offset) == TYPE_END) {
            return TRUE;
        }
        length = attribute_length(record, offset, used);
        if (length == 0) {
            return FALSE;
        }
        offset += length;
    }
}

/* Makes the attribute at offset length bytes long, a multiple of 8; what is behind it moves. FALSE:
   no room. */
static gboolean resize(uint8_t *record, uint32_t bytes, uint32_t offset, uint32_t length)
{
    const uint32_t used = get_le32(record + RECORD_USED);
    const uint32_t old = get_le32(record + offset + ATTRIBUTE_LENGTH);
    uint8_t *attribute = record + offset;

    if (length > old && length - old > bytes - used) {
        return FALSE;
    }
    memmove(attribute + length, attribute + old, used - offset - old);
    if (length > old) {
        memset(attribute + old, 0, length - old);
    }
    put_le32(attribute + ATTRIBUTE_LENGTH, length);
    put_le32(record + RECORD_USED, used - old + length);
    return TRUE;
}

static void add_links(uint8_t *record, const uint8_t *attribute, int count)
{
    if (attribute[ATTRIBUTE_NONRESIDENT] == 0 && (attribute[INDEXED_FLAG] & 1) != 0) {
        put_le16(record + RECORD_LINKS, (uint16_t)(get_le16(record + RECORD_LINKS) + count));
    }
}

static gboolean write_end(uint8_t *record, uint32_t bytes, const NtfsChange *change, GError **error)
{
    uint64_t used = (uint64_t)change->record_offset + change->length;

    used = (used + 7) & ~UINT64_C(7);
    if (used > bytes) {
        return ntfs_change_fail(change, "writes beyond the end of a file record", error);
    }
    memcpy(record + change->record_offset, change->data, change->length);
    put_le32(record + RECORD_USED, (uint32_t)used);
    return TRUE;
}

static gboolean create_attribute(uint8_t *record, uint32_t bytes, const NtfsChange *change,
                                 GError **error)
{
    const uint32_t used = get_le32(record + RECORD_USED);
    const uint32_t length = attribute_length(change->data, 0, change->length);
    uint8_t *attribute = record + change->record_offset;
    uint16_t instance;

    if (length == 0 || get_le32(change->data) == TYPE_END || length > bytes - used) {
        return ntfs_change_fail(change, "creates an impossible attribute", error);
    }
    memmove(attribute + length, attribute, used - change->record_offset);
    memcpy(attribute, change->data, length);
    put_le32(record + RECORD_USED, used + length);
    instance = get_le16(attribute + ATTRIBUTE_INSTANCE);
    if (get_le16(record + RECORD_NEXT_INSTANCE) <= instance) {
        put_le16(record + RECORD_NEXT_INSTANCE, (uint16_t)(instance + 1));
    }
    add_links(record, attribute, 1);
    return TRUE;
}

static gboolean delete_attribute(uint8_t *record, uint32_t bytes, const NtfsChange *change,
                                 GError **error)
{
    uint8_t *attribute = record + change->record_offset;
    const uint32_t used = get_le32(record + RECORD_USED);
    const uint32_t length = get_le32(attribute + ATTRIBUTE_LENGTH);

    (void)bytes, (void)error;
    add_links(record, attribute, -1);
    memmove(attribute, attribute + length, used - change->record_offset - length);
    put_le32(record + RECORD_USED, used - length);
    return TRUE;
}

/* A change of the length is one of the value's end. */
static gboolean update_value(uint8_t *record, uint32_t bytes, const NtfsChange *change,
                             GError **error)
{
    uint8_t *attribute = record + change->record_offset;
    const uint32_t end = change->attribute_offset + change->length;
    const uint16_t value = get_le16(attribute + VALUE_OFFSET);

    /* Windows also changes the header of an attribute so, resident or not. */
    if (!change->resizes) {
        if (end > get_le32(attribute + ATTRIBUTE_LENGTH)) {
            return ntfs_change_fail(change, "writes beyond the end of an attribute", error);
        }
    } else {
        if (attribute[ATTRIBUTE_NONRESIDENT] != 0 || change->attribute_offset < value) {
            return ntfs_change_fail(change, "changes a value that is not there", error);
        }
        if ((uint32_t)(change->attribute_offset - value) > get_le32(attribute + VALUE_LENGTH) ||
            !resize(record, bytes, change->record_offset, (end + 7) & ~7U)) {
            return ntfs_change_fail(change, "makes a value too long", error);
        }
        put_le32(attribute + VALUE_LENGTH, end - value);
    }
    memcpy(attribute + change->attribute_offset, change->data, change->length);
    return TRUE;
}

/* How many clusters the mapping pairs cover. */
static gboolean count_clusters(const uint8_t *pairs, uint32_t length, uint64_t *ret_count)
{
    uint64_t total = 0;

    for (uint32_t at = 0; at < length && pairs[at] != 0;) {
        const uint32_t length_bytes = pairs[at] & 15, lcn_bytes = pairs[at] >> 4;
        uint64_t count = 0;

        if (length_bytes == 0 || length_bytes > 8 || lcn_bytes > 8 ||
            !range_is_within((uint64_t)at + 1, (uint64_t)length_bytes + lcn_bytes, length)) {
            return FALSE;
        }
        for (uint32_t i = length_bytes; i > 0; i--) {
            count = count << 8 | pairs[at + i];
        }
        if (count == 0 || count > G_MAXINT64 || !g_uint64_checked_add(&total, total, count)) {
            return FALSE;
        }
        at += 1 + length_bytes + lcn_bytes;
    }
    *ret_count = total;
    return TRUE;
}

static gboolean update_mapping(uint8_t *record, uint32_t bytes, const NtfsChange *change,
                               GError **error)
{
    uint8_t *attribute = record + change->record_offset;
    const uint32_t end = change->attribute_offset + change->length;
    const uint16_t pairs = get_le16(attribute + MAPPING_PAIRS);
    const uint32_t old = get_le32(attribute + ATTRIBUTE_LENGTH);
    uint64_t count, highest;

    if (attribute[ATTRIBUTE_NONRESIDENT] == 0 || change->attribute_offset < pairs ||
        change->attribute_offset > old ||
        !resize(record, bytes, change->record_offset, (end + 7) & ~7U)) {
        return ntfs_change_fail(change, "changes mapping pairs that are not there", error);
    }
    memcpy(attribute + change->attribute_offset, change->data, change->length);
    if (!count_clusters(attribute + pairs, end - pairs, &count) ||
        !g_uint64_checked_add(&highest, get_le64(attribute + LOWEST_VCN), count)) {
        return ntfs_change_fail(change, "writes impossible mapping pairs", error);
    }
    put_le64(attribute + HIGHEST_VCN, highest - 1);
    return TRUE;
}

static gboolean set_sizes(uint8_t *record, uint32_t bytes, const NtfsChange *change, GError **error)
{
    uint8_t *attribute = record + change->record_offset;

    (void)bytes;
    if (attribute[ATTRIBUTE_NONRESIDENT] == 0 || change->length < SIZES_BYTES) {
        return ntfs_change_fail(change, "sets sizes that are not there", error);
    }
    memcpy(attribute + ALLOCATED_SIZE, change->data, 8);
    memcpy(attribute + INITIALIZED_SIZE, change->data + 8, 8);
    memcpy(attribute + DATA_SIZE, change->data + 16, 8);
    if (change->length >= SIZES_WITH_COMPRESSED_BYTES &&
        get_le16(attribute + MAPPING_PAIRS) >= COMPRESSED_SIZE + 8) {
        memcpy(attribute + COMPRESSED_SIZE, change->data + 24, 8);
    }
    return TRUE;
}

/* Room for what is added is made before, what was removed is given back after. */
static gboolean change_root(uint8_t *record, uint32_t bytes, const NtfsChange *change,
                            GError **error)
{
    uint8_t *attribute = record + change->record_offset;
    const uint32_t header_offset = get_le16(attribute + VALUE_OFFSET) + (uint32_t)INDEX_ROOT_HEADER;
    uint32_t value, growth, used;
    NtfsIndex index;

    if (attribute[ATTRIBUTE_NONRESIDENT] != 0 || get_le32(attribute) != TYPE_INDEX_ROOT ||
        get_le32(attribute + VALUE_LENGTH) < 2 * INDEX_ROOT_HEADER ||
        change->attribute_offset < header_offset) {
        return ntfs_change_fail(change, "changes an index root that is not there", error);
    }
    index = (NtfsIndex){attribute + header_offset,
                        get_le32(attribute + VALUE_LENGTH) - INDEX_ROOT_HEADER};
    if (!ntfs_index_growth(change, &growth, error)) {
        return FALSE;
    }
    used = get_le32(index.header + 4);
    if (used > index.room || get_le32(index.header + 8) != used) {
        return ntfs_change_fail(change, "changes an index root of impossible size", error);
    }
    value = get_le32(attribute + VALUE_LENGTH);
    if (growth != 0) {
        if (!resize(record, bytes, change->record_offset,
                    get_le32(attribute + ATTRIBUTE_LENGTH) + growth)) {
            return ntfs_change_fail(change, "adds an index entry for which there is no room",
                                    error);
        }
        index.room += growth;
        put_le32(index.header + 8, used + growth);
    }
    if (!ntfs_replay_change_index(&index, change->attribute_offset - header_offset, change,
                                  error)) {
        return FALSE;
    }
    value = value - used + get_le32(index.header + 4);
    put_le32(attribute + VALUE_LENGTH, value);
    put_le32(index.header + 8, get_le32(index.header + 4));
    return growth != 0 ||
           resize(record, bytes, change->record_offset,
                  get_le32(attribute + ATTRIBUTE_LENGTH) - (used - get_le32(index.header + 4)));
}

typedef gboolean (*ChangeAttribute)(uint8_t *record, uint32_t bytes, const NtfsChange *change,
                                    GError **error);

static const struct {
    ChangeAttribute change;
    gboolean may_be_end; /* record_offset may be that of the end mark */
} changes[] = {
    [NTFS_LOG_WRITE_END_OF_FILE_RECORD] = {write_end, TRUE},
    [NTFS_LOG_CREATE_ATTRIBUTE] = {create_attribute, TRUE},
    [NTFS_LOG_DELETE_ATTRIBUTE] = {delete_attribute, FALSE},
    [NTFS_LOG_UPDATE_RESIDENT_VALUE] = {update_value, FALSE},
    [NTFS_LOG_UPDATE_MAPPING_PAIRS] = {update_mapping, FALSE},
    [NTFS_LOG_SET_NEW_ATTRIBUTE_SIZES] = {set_sizes, FALSE},
    [NTFS_LOG_ADD_INDEX_ENTRY_ROOT] = {change_root, FALSE},
    [NTFS_LOG_DELETE_INDEX_ENTRY_ROOT] = {change_root, FALSE},
    [NTFS_LOG_SET_INDEX_ENTRY_VCN_ROOT] = {change_root, FALSE},
    [NTFS_LOG_UPDATE_FILE_NAME_ROOT] = {change_root, FALSE},
    [NTFS_LOG_UPDATE_RECORD_DATA_ROOT] = {change_root, FALSE},
};

static gboolean change_attribute(uint8_t *record, uint32_t bytes, const NtfsChange *change,
                                 GError **error)
{
    gboolean found;

    if (change->operation >= G_N_ELEMENTS(changes) || changes[change->operation].change == NULL) {
        return ntfs_change_fail(change, "is none for a file record", error);
    }
    if (!walk(record, bytes, change->record_offset, &found) ||
        (get_le16(record + RECORD_FLAGS) & IN_USE) == 0) {
        return ntfs_change_fail(change, "changes a file record that is damaged or not in use",
                                error);
    }
    if (!found || (!changes[change->operation].may_be_end &&
                   get_le32(record + change->record_offset) == TYPE_END)) {
        return ntfs_change_fail(change, "changes an attribute that is not there", error);
    }
    return changes[change->operation].change(record, bytes, change, error);
}

gboolean ntfs_replay_change_record(uint8_t *record, uint32_t bytes, const NtfsChange *change,
                                   GError **error)
{
    gboolean found;

    switch (change->operation) {
    case NTFS_LOG_INITIALIZE_FILE_RECORD:
    case NTFS_LOG_ZERO_END_OF_FILE_RECORD:
        if (!range_is_within(change->record_offset, change->length, bytes)) {
            return ntfs_change_fail(change, "writes beyond the end of a file record", error);
        }
        if (change->operation == NTFS_LOG_INITIALIZE_FILE_RECORD) {
            memcpy(record + change->record_offset, change->data, change->length);
        } else {
            memset(record + change->record_offset, 0, change->length);
        }
        break;
    case NTFS_LOG_DEALLOCATE_FILE_RECORD:
        put_le16(record + RECORD_FLAGS,
                 (uint16_t)(get_le16(record + RECORD_FLAGS) & ~(unsigned)IN_USE));
        put_le16(record + RECORD_SEQUENCE, (uint16_t)(get_le16(record + RECORD_SEQUENCE) + 1));
        return TRUE;
    default:
        if (!change_attribute(record, bytes, change, error)) {
            return FALSE;
        }
        break;
    }
    if (!walk(record, bytes, 0, &found)) {
        return ntfs_change_fail(change, "leaves a damaged file record", error);
    }
    return TRUE;
}
