/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a record of $LogFile does to the volume, and how it is taken back. Names and layout: Linux,
   fs/ntfs3/fslog.c, enum NTFS_LOG_OPERATION and struct LOG_REC_HDR. */
#ifndef FS_NTFS_LOG_ACTION_H
#define FS_NTFS_LOG_ACTION_H

#include "fs/ntfs_log_file.h"

typedef enum {
    NTFS_LOG_NOOP = 0x00,
    NTFS_LOG_COMPENSATION = 0x01,
    NTFS_LOG_INITIALIZE_FILE_RECORD = 0x02,
    NTFS_LOG_DEALLOCATE_FILE_RECORD = 0x03,
    NTFS_LOG_WRITE_END_OF_FILE_RECORD = 0x04,
    NTFS_LOG_CREATE_ATTRIBUTE = 0x05,
    NTFS_LOG_DELETE_ATTRIBUTE = 0x06,
    NTFS_LOG_UPDATE_RESIDENT_VALUE = 0x07,
    NTFS_LOG_UPDATE_NONRESIDENT_VALUE = 0x08,
    NTFS_LOG_UPDATE_MAPPING_PAIRS = 0x09,
    NTFS_LOG_DELETE_DIRTY_CLUSTERS = 0x0a,
    NTFS_LOG_SET_NEW_ATTRIBUTE_SIZES = 0x0b,
    NTFS_LOG_ADD_INDEX_ENTRY_ROOT = 0x0c,
    NTFS_LOG_DELETE_INDEX_ENTRY_ROOT = 0x0d,
    NTFS_LOG_ADD_INDEX_ENTRY_ALLOCATION = 0x0e,
    NTFS_LOG_DELETE_INDEX_ENTRY_ALLOCATION = 0x0f,
    NTFS_LOG_WRITE_END_OF_INDEX_BUFFER = 0x10,
    NTFS_LOG_SET_INDEX_ENTRY_VCN_ROOT = 0x11,
    NTFS_LOG_SET_INDEX_ENTRY_VCN_ALLOCATION = 0x12,
    NTFS_LOG_UPDATE_FILE_NAME_ROOT = 0x13,
    NTFS_LOG_UPDATE_FILE_NAME_ALLOCATION = 0x14,
    NTFS_LOG_SET_BITS = 0x15,
    NTFS_LOG_CLEAR_BITS = 0x16,
    NTFS_LOG_HOT_FIX = 0x17,
    NTFS_LOG_END_TOP_LEVEL_ACTION = 0x18,
    NTFS_LOG_PREPARE_TRANSACTION = 0x19,
    NTFS_LOG_COMMIT_TRANSACTION = 0x1a,
    NTFS_LOG_FORGET_TRANSACTION = 0x1b,
    NTFS_LOG_OPEN_ATTRIBUTE = 0x1c,
    NTFS_LOG_OPEN_ATTRIBUTE_TABLE = 0x1d,
    NTFS_LOG_ATTRIBUTE_NAMES = 0x1e,
    NTFS_LOG_DIRTY_PAGE_TABLE = 0x1f,
    NTFS_LOG_TRANSACTION_TABLE = 0x20,
    NTFS_LOG_UPDATE_RECORD_DATA_ROOT = 0x21,
    NTFS_LOG_UPDATE_RECORD_DATA_ALLOCATION = 0x22,
    NTFS_LOG_ZERO_END_OF_FILE_RECORD = 0x25,
} NtfsLogOperation;

/* What an operation changes on the volume. */
typedef enum {
    NTFS_LOG_TARGET_UNKNOWN, /* no such operation, or none that can be replayed */
    NTFS_LOG_TARGET_NONE,
    NTFS_LOG_TARGET_FILE_RECORD,
    NTFS_LOG_TARGET_INDEX_BLOCK,
    NTFS_LOG_TARGET_BYTES,
    NTFS_LOG_TARGET_BITMAP,
} NtfsLogTarget;

NtfsLogTarget ntfs_log_operation_target(uint16_t operation);
const char *ntfs_log_operation_name(uint16_t operation);

typedef struct {
    uint64_t lsn;
    uint32_t transaction;
    uint16_t redo, undo;                  /* NtfsLogOperation, both of a known target */
    const uint8_t *redo_data, *undo_data; /* undo_data is NULL where nothing is to be undone */
    uint32_t redo_length, undo_length;
    uint16_t attribute; /* its place in the table of open attributes; 0: none */
    uint16_t clusters;  /* how many follow */
    uint16_t record_offset;
    uint16_t attribute_offset;
    uint32_t cluster_offset; /* bytes from the start of the first cluster */
    uint64_t vcn;            /* of the first cluster in the attribute */
    const uint8_t *lcns;     /* the clusters, 8 bytes each */
} NtfsLogAction;

/* Borrows from record. */
gboolean ntfs_log_action_parse(const NtfsLogRecord *record, NtfsLogAction *ret_action,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
