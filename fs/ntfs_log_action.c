/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decodes the records of $LogFile. */
#include "fs/ntfs_log_action.h"

#include "base/bytes.h"
#include "base/error.h"

enum {
    HEADER_BYTES = 32,
    OFFSET_UNIT = 512,
    TABLE_HEADER_BYTES = 24,
    TRANSACTION_BYTES = 40,
    VCN_LIMIT_BITS = 47, /* of a volume of 2^32 clusters no attribute has more */
};

static const struct {
    const char *name;
    NtfsLogTarget target;
} operations[] = {
    [NTFS_LOG_NOOP] = {"Noop", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_COMPENSATION] = {"CompensationLogRecord", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_INITIALIZE_FILE_RECORD] = {"InitializeFileRecordSegment",
                                         NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_DEALLOCATE_FILE_RECORD] = {"DeallocateFileRecordSegment",
                                         NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_WRITE_END_OF_FILE_RECORD] = {"WriteEndOfFileRecordSegment",
                                           NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_CREATE_ATTRIBUTE] = {"CreateAttribute", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_DELETE_ATTRIBUTE] = {"DeleteAttribute", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_UPDATE_RESIDENT_VALUE] = {"UpdateResidentValue", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_UPDATE_NONRESIDENT_VALUE] = {"UpdateNonresidentValue", NTFS_LOG_TARGET_BYTES},
    [NTFS_LOG_UPDATE_MAPPING_PAIRS] = {"UpdateMappingPairs", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_DELETE_DIRTY_CLUSTERS] = {"DeleteDirtyClusters", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_SET_NEW_ATTRIBUTE_SIZES] = {"SetNewAttributeSizes", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_ADD_INDEX_ENTRY_ROOT] = {"AddIndexEntryRoot", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_DELETE_INDEX_ENTRY_ROOT] = {"DeleteIndexEntryRoot", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_ADD_INDEX_ENTRY_ALLOCATION] = {"AddIndexEntryAllocation",
                                             NTFS_LOG_TARGET_INDEX_BLOCK},
    [NTFS_LOG_DELETE_INDEX_ENTRY_ALLOCATION] = {"DeleteIndexEntryAllocation",
                                                NTFS_LOG_TARGET_INDEX_BLOCK},
    [NTFS_LOG_WRITE_END_OF_INDEX_BUFFER] = {"WriteEndOfIndexBuffer", NTFS_LOG_TARGET_INDEX_BLOCK},
    [NTFS_LOG_SET_INDEX_ENTRY_VCN_ROOT] = {"SetIndexEntryVcnRoot", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_SET_INDEX_ENTRY_VCN_ALLOCATION] = {"SetIndexEntryVcnAllocation",
                                                 NTFS_LOG_TARGET_INDEX_BLOCK},
    [NTFS_LOG_UPDATE_FILE_NAME_ROOT] = {"UpdateFileNameRoot", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_UPDATE_FILE_NAME_ALLOCATION] = {"UpdateFileNameAllocation",
                                              NTFS_LOG_TARGET_INDEX_BLOCK},
    [NTFS_LOG_SET_BITS] = {"SetBitsInNonresidentBitMap", NTFS_LOG_TARGET_BITMAP},
    [NTFS_LOG_CLEAR_BITS] = {"ClearBitsInNonresidentBitMap", NTFS_LOG_TARGET_BITMAP},
    [NTFS_LOG_HOT_FIX] = {"HotFix", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_END_TOP_LEVEL_ACTION] = {"EndTopLevelAction", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_PREPARE_TRANSACTION] = {"PrepareTransaction", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_COMMIT_TRANSACTION] = {"CommitTransaction", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_FORGET_TRANSACTION] = {"ForgetTransaction", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_OPEN_ATTRIBUTE] = {"OpenNonresidentAttribute", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_OPEN_ATTRIBUTE_TABLE] = {"OpenAttributeTableDump", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_ATTRIBUTE_NAMES] = {"AttributeNamesDump", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_DIRTY_PAGE_TABLE] = {"DirtyPageTableDump", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_TRANSACTION_TABLE] = {"TransactionTableDump", NTFS_LOG_TARGET_NONE},
    [NTFS_LOG_UPDATE_RECORD_DATA_ROOT] = {"UpdateRecordDataRoot", NTFS_LOG_TARGET_FILE_RECORD},
    [NTFS_LOG_UPDATE_RECORD_DATA_ALLOCATION] = {"UpdateRecordDataAllocation",
                                                NTFS_LOG_TARGET_INDEX_BLOCK},
    [NTFS_LOG_ZERO_END_OF_FILE_RECORD] = {"ZeroEndOfFileRecord", NTFS_LOG_TARGET_FILE_RECORD},
};

NtfsLogTarget ntfs_log_operation_target(uint16_t operation)
{
    return operation < G_N_ELEMENTS(operations) ? operations[operation].target
                                                : NTFS_LOG_TARGET_UNKNOWN;
}

const char *ntfs_log_operation_name(uint16_t operation)
{
    return ntfs_log_operation_target(operation) == NTFS_LOG_TARGET_UNKNOWN
               ? "unknown"
               : operations[operation].name;
}

static gboolean fail(const NtfsLogRecord *record, const char *what, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "record 0x%" G_GINT64_MODIFIER "x %s",
                      record->lsn, what);
    return FALSE;
}

static gboolean check_operation(const NtfsLogRecord *record, uint16_t operation, GError **error)
{
    if (ntfs_log_operation_target(operation) != NTFS_LOG_TARGET_UNKNOWN) {
        return TRUE;
    }
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "record 0x%" G_GINT64_MODIFIER "x has the unknown operation 0x%x",
                      record->lsn, operation);
    return FALSE;
}

static gboolean is_transaction(uint32_t transaction)
{
    return transaction >= TABLE_HEADER_BYTES &&
           (transaction - TABLE_HEADER_BYTES) % TRANSACTION_BYTES == 0;
}

static gboolean needs_target(uint16_t operation)
{
    return ntfs_log_operation_target(operation) != NTFS_LOG_TARGET_NONE;
}

gboolean ntfs_log_action_parse(const NtfsLogRecord *record, NtfsLogAction *ret_action,
                               GError **error)
{
    const uint8_t *data = record->data;
    NtfsLogAction action;
    uint16_t redo_offset, undo_offset;

    if (record->length < HEADER_BYTES) {
        return fail(record, "is too short", error);
    }
    redo_offset = get_le16(data + 4);
    undo_offset = get_le16(data + 8);
    action = (NtfsLogAction){
        .lsn = record->lsn,
        .transaction = record->transaction,
        .redo = get_le16(data),
        .undo = get_le16(data + 2),
        .redo_length = get_le16(data + 6),
        .undo_length = get_le16(data + 10),
        .attribute = get_le16(data + 12),
        .clusters = get_le16(data + 14),
        .record_offset = get_le16(data + 16),
        .attribute_offset = get_le16(data + 18),
        .cluster_offset = (uint32_t)get_le16(data + 20) * OFFSET_UNIT,
        .vcn = get_le64(data + 24),
        .lcns = data + HEADER_BYTES,
    };
    if (!check_operation(record, action.redo, error) ||
        !check_operation(record, action.undo, error)) {
        return FALSE;
    }
    if (!is_transaction(action.transaction)) {
        return fail(record, "belongs to an impossible transaction", error);
    }
    /* Records that compensate another give the length of what they do not hold. */
    if (!range_is_within(redo_offset, action.redo_length, record->length) ||
        !range_is_within(HEADER_BYTES, (uint64_t)action.clusters * 8, record->length) ||
        (action.undo != NTFS_LOG_COMPENSATION &&
         !range_is_within(undo_offset, action.undo_length, record->length))) {
        return fail(record, "is too short for what it holds", error);
    }
    if ((needs_target(action.redo) || needs_target(action.undo)) &&
        (action.attribute == 0 || action.clusters == 0 || action.vcn >> VCN_LIMIT_BITS != 0)) {
        return fail(record, "says not what it changes", error);
    }
    action.redo_data = data + redo_offset;
    action.undo_data = action.undo == NTFS_LOG_COMPENSATION ? NULL : data + undo_offset;
    *ret_action = action;
    return TRUE;
}
