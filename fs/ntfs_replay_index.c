/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations on index entries. */
#include <string.h>

#include "base/bytes.h"
#include "fs/ntfs_replay_action.h"

enum {
    FIRST_ENTRY = 0, /* of the header: offsets from its start */
    USED = 4,
    ALLOCATED = 8,
    HEADER_BYTES = 16,
    ENTRY_SIZE = 8, /* of an entry */
    ENTRY_KEY_SIZE = 10,
    ENTRY_FLAGS = 12,
    ENTRY_BYTES = 16,
    FLAG_HAS_CHILD = 1,
    FLAG_LAST = 2,
    CHILD_BYTES = 8,
    FILE_NAME_INFORMATION = 8, /* of a key that is a file name: times, sizes, flags */
    FILE_NAME_INFORMATION_BYTES = 56,
    FILE_NAME_MIN_BYTES = 66,
    BLOCK_HEADER = 24, /* of an index block: where the header of its entries is */
};

/* The size of the entry at offset; 0: there cannot be one. */
static uint32_t entry_size(const uint8_t *header, uint32_t offset, uint32_t end)
{
    const uint8_t *entry = header + offset;
    uint32_t size, needed = ENTRY_BYTES;

    if (!range_is_within(offset, ENTRY_BYTES, end)) {
        return 0;
    }
    size = get_le16(entry + ENTRY_SIZE);
    if ((get_le16(entry + ENTRY_FLAGS) & FLAG_HAS_CHILD) != 0) {
        needed += CHILD_BYTES;
    }
    if ((get_le16(entry + ENTRY_FLAGS) & FLAG_LAST) == 0) {
        needed += get_le16(entry + ENTRY_KEY_SIZE);
    }
    return size % 8 == 0 && size >= needed && range_is_within(offset, size, end) ? size : 0;
}

/* TRUE: an entry starts at wanted, and the entries are sound up to the last. */
static gboolean walk(const NtfsIndex *index, uint32_t wanted, gboolean *ret_found)
{
    const uint32_t used = get_le32(index->header + USED);
    uint32_t offset = get_le32(index->header + FIRST_ENTRY), size;

    *ret_found = FALSE;
    if (used > index->room || get_le32(index->header + ALLOCATED) > index->room ||
        used > get_le32(index->header + ALLOCATED) || offset < HEADER_BYTES) {
        return FALSE;
    }
    for (;;) {
        size = entry_size(index->header, offset, used);
        if (size == 0) {
            return FALSE;
        }
        *ret_found = *ret_found || offset == wanted;
        if ((get_le16(index->header + offset + ENTRY_FLAGS) & FLAG_LAST) != 0) {
            return offset + size == used;
        }
        offset += size;
    }
}

gboolean ntfs_index_is_sound(const NtfsIndex *index)
{
    gboolean found;

    return index->room >= HEADER_BYTES && walk(index, 0, &found);
}

gboolean ntfs_index_growth(const NtfsChange *change, uint32_t *ret_bytes, GError **error)
{
    *ret_bytes = 0;
    if (change->operation != NTFS_LOG_ADD_INDEX_ENTRY_ROOT &&
        change->operation != NTFS_LOG_ADD_INDEX_ENTRY_ALLOCATION) {
        return TRUE;
    }
    *ret_bytes = entry_size(change->data, 0, change->length);
    if (*ret_bytes == 0 || (get_le16(change->data + ENTRY_FLAGS) & FLAG_LAST) != 0) {
        return ntfs_change_fail(change, "adds an impossible index entry", error);
    }
    return TRUE;
}

static gboolean add_entry(const NtfsIndex *index, uint8_t *entry, const NtfsChange *change,
                          GError **error)
{
    const uint32_t used = get_le32(index->header + USED);
    uint32_t size;

    if (!ntfs_index_growth(change, &size, error)) {
        return FALSE;
    }
    if (size > get_le32(index->header + ALLOCATED) - used) {
        return ntfs_change_fail(change, "adds an index entry for which there is no room", error);
    }
    memmove(entry + size, entry, used - (size_t)(entry - index->header));
    memcpy(entry, change->data, size);
    put_le32(index->header + USED, used + size);
    return TRUE;
}

static gboolean remove_entry(const NtfsIndex *index, uint8_t *entry, const NtfsChange *change,
                             GError **error)
{
    const uint32_t used = get_le32(index->header + USED);
    const uint32_t size = get_le16(entry + ENTRY_SIZE);

    if ((get_le16(entry + ENTRY_FLAGS) & FLAG_LAST) != 0) {
        return ntfs_change_fail(change, "removes the end of an index", error);
    }
    memmove(entry, entry + size, used - (size_t)(entry - index->header) - size);
    put_le32(index->header + USED, used - size);
    return TRUE;
}

static gboolean write_end(const NtfsIndex *index, uint8_t *entry, const NtfsChange *change,
                          GError **error)
{
    const uint32_t offset = (uint32_t)(entry - index->header);

    if (change->length > get_le32(index->header + ALLOCATED) - offset) {
        return ntfs_change_fail(change, "writes beyond the end of an index block", error);
    }
    memcpy(entry, change->data, change->length);
    put_le32(index->header + USED, offset + change->length);
    return TRUE;
}

static gboolean set_child(uint8_t *entry, const NtfsChange *change, GError **error)
{
    if ((get_le16(entry + ENTRY_FLAGS) & FLAG_HAS_CHILD) == 0 || change->length < CHILD_BYTES) {
        return ntfs_change_fail(change, "gives a child to an index entry that has none", error);
    }
    memcpy(entry + get_le16(entry + ENTRY_SIZE) - CHILD_BYTES, change->data, CHILD_BYTES);
    return TRUE;
}

static gboolean set_file_name(uint8_t *entry, const NtfsChange *change, GError **error)
{
    if ((get_le16(entry + ENTRY_FLAGS) & FLAG_LAST) != 0 ||
        get_le16(entry + ENTRY_KEY_SIZE) < FILE_NAME_MIN_BYTES ||
        change->length != FILE_NAME_INFORMATION_BYTES) {
        return ntfs_change_fail(change, "updates an index entry that is no file name", error);
    }
    memcpy(entry + ENTRY_BYTES + FILE_NAME_INFORMATION, change->data, change->length);
    return TRUE;
}

/* Entries of view indexes hold offset and length of their data where others have a reference. */
static gboolean set_data(uint8_t *entry, const NtfsChange *change, GError **error)
{
    const uint16_t offset = get_le16(entry);

    if (offset < ENTRY_BYTES ||
        !range_is_within(offset, change->length, get_le16(entry + 2) + offset) ||
        !range_is_within(offset, change->length, get_le16(entry + ENTRY_SIZE))) {
        return ntfs_change_fail(change, "updates data that an index entry does not have", error);
    }
    memcpy(entry + offset, change->data, change->length);
    return TRUE;
}

static gboolean dispatch(const NtfsIndex *index, uint8_t *entry, const NtfsChange *change,
                         GError **error)
{
    switch (change->operation) {
    case NTFS_LOG_ADD_INDEX_ENTRY_ROOT:
    case NTFS_LOG_ADD_INDEX_ENTRY_ALLOCATION:
        return add_entry(index, entry, change, error);
    case NTFS_LOG_DELETE_INDEX_ENTRY_ROOT:
    case NTFS_LOG_DELETE_INDEX_ENTRY_ALLOCATION:
        return remove_entry(index, entry, change, error);
    case NTFS_LOG_WRITE_END_OF_INDEX_BUFFER:
        return write_end(index, entry, change, error);
    case NTFS_LOG_SET_INDEX_ENTRY_VCN_ROOT:
    case NTFS_LOG_SET_INDEX_ENTRY_VCN_ALLOCATION:
        return set_child(entry, change, error);
    case NTFS_LOG_UPDATE_FILE_NAME_ROOT:
    case NTFS_LOG_UPDATE_FILE_NAME_ALLOCATION:
        return set_file_name(entry, change, error);
    case NTFS_LOG_UPDATE_RECORD_DATA_ROOT:
    case NTFS_LOG_UPDATE_RECORD_DATA_ALLOCATION:
        return set_data(entry, change, error);
    default:
        return ntfs_change_fail(change, "is none for an index", error);
    }
}

gboolean ntfs_replay_change_index(const NtfsIndex *index, uint32_t offset, const NtfsChange *change,
                                  GError **error)
{
    gboolean found;

    if (index->room < HEADER_BYTES || !walk(index, offset, &found)) {
        return ntfs_change_fail(change, "changes an index that is damaged", error);
    }
    if (!found) {
        return ntfs_change_fail(change, "changes an index entry that is not there", error);
    }
    if (!dispatch(index, index->header + offset, change, error)) {
        return FALSE;
    }
    if (!ntfs_index_is_sound(index)) {
        return ntfs_change_fail(change, "leaves a damaged index", error);
    }
    return TRUE;
}

gboolean ntfs_replay_change_block(uint8_t *block, uint32_t bytes, const NtfsChange *change,
                                  GError **error)
{
    const NtfsIndex index = {block + BLOCK_HEADER, bytes - BLOCK_HEADER};

    if (change->attribute_offset < BLOCK_HEADER) {
        return ntfs_change_fail(change, "changes the header of an index block", error);
    }
    return ntfs_replay_change_index(&index, change->attribute_offset - (uint32_t)BLOCK_HEADER,
                                    change, error);
}
