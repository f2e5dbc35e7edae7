/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes with a log to replay, made by tests/images/ntfs-crash from states that the driver made.
 */
#ifndef TESTS_UNIT_FS_NTFS_CRASH_H
#define TESTS_UNIT_FS_NTFS_CRASH_H

#include "fs/ntfs_replay.h"
#include "test-fs-ntfs-image.h"

/* Three states of one volume: files are added, grown, replaced and removed on the way to the
   second, only added on the way to the third. */
typedef struct {
    NtfsImage *before, *after, *unfinished;
} CrashStates;

/* FALSE, and the test skipped: no mkntfs. */
gboolean crash_states_make(CrashStates *states, guint cluster_bytes);
void crash_states_clear(CrashStates *states);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CrashStates, crash_states_clear)

/* options: of ntfs-crash make, separated by spaces. */
NtfsImage *crash_image_make(const CrashStates *states, gboolean with_unfinished,
                            const char *options);
NtfsImage *crash_image_copy(const NtfsImage *image);
/* Its $LogFile, and what a replay has to know of it. */
GBytes *crash_image_read_log(const NtfsImage *image, NtfsGeometry *ret_geometry);
/* The same files, names, indexes and clusters. */
void crash_image_assert_same(const NtfsImage *image, const NtfsImage *expected);
gboolean crash_image_is_same(const NtfsImage *image, const NtfsImage *expected);

#endif
