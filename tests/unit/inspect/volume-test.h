/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three disks in memory, and what inspect/ finds on them. */
#ifndef TESTS_UNIT_INSPECT_VOLUME_TEST_H
#define TESTS_UNIT_INSPECT_VOLUME_TEST_H

#include "inspect-support.h"

typedef struct {
    char *folder; /* for files of the host's tools */
    Disk *disks[3];
    GPtrArray *all; /* of Disk, borrowed: those that volume_test_open() looks at; all at first */
    GPtrArray *findings;
    VolumeSet *set; /* NULL at first */
} VolumeTest;

void volume_test_init(VolumeTest *test, uint64_t disk_bytes);
void volume_test_clear(VolumeTest *test);

/* Anew: what was staged in volumes and not flushed is lost. */
void volume_test_open(VolumeTest *test);
/* NULL: there is none. */
Volume *volume_test_get(const VolumeTest *test, const char *name);

/* A filesystem of e2fsprogs' making with the files of tree (a folder; NULL: none), written to the
   beginning of disk and flushed. */
void volume_test_make_ext4(const VolumeTest *test, Disk *disk, uint64_t size, const char *tree);

#endif
