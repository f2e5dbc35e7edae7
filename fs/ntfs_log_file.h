/* SPDX-License-Identifier: GPL-3.0-or-later */
/* $LogFile as a ring of pages that holds records, found by their log sequence number (LSN). The
   layout is that of Windows' log file service 1.1 and 2.0, as described by Linux, fs/ntfs3/fslog.c,
   and by ntfs-3g, include/ntfs-3g/logfile.h. All of it is little-endian. */
#ifndef FS_NTFS_LOG_FILE_H
#define FS_NTFS_LOG_FILE_H

#include <glib.h>
#include <stdint.h>

/* Windows gives $LogFile 64 MiB at most, unless chkdsk /L is told otherwise. */
#define NTFS_LOG_MAX_BYTES (256 * 1024 * 1024)

typedef struct NtfsLogFile NtfsLogFile;

typedef enum {
    NTFS_LOG_RECORD_ACTION = 1,
    NTFS_LOG_RECORD_CHECKPOINT = 2,
} NtfsLogRecordType;

typedef struct {
    uint64_t lsn;
    uint64_t undo_next_lsn; /* the one before it in its transaction that may have to be undone */
    uint64_t next_lsn;      /* where the next record is, if there is one */
    uint32_t transaction;
    NtfsLogRecordType type;
    const uint8_t *data; /* what NTFS logged */
    uint32_t length;
    uint8_t *owned; /* data, when it was put together from several pages */
} NtfsLogRecord;

void ntfs_log_record_clear(NtfsLogRecord *record);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NtfsLogRecord, ntfs_log_record_clear)

/* bytes: all of $LogFile; copied. DRYDOCK_ERROR_CORRUPT, or DRYDOCK_ERROR_UNSUPPORTED for a version
   or a geometry that is not known. */
gboolean ntfs_log_file_open(const uint8_t *bytes, size_t length, NtfsLogFile **ret_log,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ntfs_log_file_free(NtfsLogFile *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtfsLogFile, ntfs_log_file_free)

/* LSN of the last checkpoint; 0: there was none, and nothing was logged. */
uint64_t ntfs_log_file_checkpoint(const NtfsLogFile *log);
/* How many records fit at most. */
uint32_t ntfs_log_file_capacity(const NtfsLogFile *log);

/* record: cleared, or of an earlier call. *ret_found FALSE: no whole record has that LSN, which is
   how the log ends. An error: one that has it is impossible. */
gboolean ntfs_log_file_read(NtfsLogFile *log, uint64_t lsn, NtfsLogRecord *record,
                            gboolean *ret_found, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same for a record that has to be there. */
gboolean ntfs_log_file_need(NtfsLogFile *log, uint64_t lsn, NtfsLogRecord *record,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* last: the record after which none was found. An error when pages behind it were written later,
   other than by the very write that was cut off: the log has a hole. */
gboolean ntfs_log_file_check_end(const NtfsLogFile *log, const NtfsLogRecord *last,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
