/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two files that Windows leaves behind say about how it stopped. */
#ifndef FS_NTFS_LOG_H
#define FS_NTFS_LOG_H

#include <glib.h>
#include <stdint.h>

/* The start of $LogFile that holds both restart pages, whatever the page size. */
#define NTFS_LOG_START_BYTES (128 * 1024)

typedef struct {
    gboolean clean; /* nothing to replay */
    gboolean
        is_version_2; /* Windows 8 and later while mounted; a clean dismount goes back to 1.1 */
    uint32_t restart_offset; /* of the newer restart page */
    uint32_t page_bytes;     /* 0: there is no restart page */
} NtfsLogState;

/* bytes: up to NTFS_LOG_START_BYTES from the start of $LogFile. A log that cannot be understood
   counts as not clean. */
void ntfs_log_parse(const uint8_t *bytes, size_t length, NtfsLogState *ret_state);

/* bytes: the start of hiberfil.sys, at least 4096 bytes where it is that long. TRUE: it holds a
   memory image that Windows resumes from. */
gboolean ntfs_hiberfile_is_active(const uint8_t *bytes, size_t length);

#endif
