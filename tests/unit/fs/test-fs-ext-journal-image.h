/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journals for tests: made by debugfs, changed by hand, replayed by the driver and by others. */
#ifndef TESTS_UNIT_FS_EXT_JOURNAL_IMAGE_H
#define TESTS_UNIT_FS_EXT_JOURNAL_IMAGE_H

#include "test-fs-ext-image.h"

enum {
    JOURNAL_IMAGE_MIB = 12,
    JOURNAL_UNCOMMITTED = 7, /* number of journal_image_make_dirty()'s last transaction */
};

guint journal_image_block_size(const ExtImage *image);

/* Transactions: blocks written twice, revoked, revoked and written again, blocks that look like the
   journal's own, and a last one that was never committed. In the journal lie 1: descriptor, 2-5:
   data, 6: commit, 7: revokes, 8: commit, 9: descriptor, 10-11: data, 12: commit, 13: descriptor,
   14: data, 15: commit, 16: revokes, 17: commit, 18: descriptor, 19-21: data, 22: commit, 23:
   descriptor, 24: data. open: the debugfs command that opens the journal. */
void journal_image_make_dirty(const ExtImage *image, const char *open);

typedef void (*JournalChange)(uint8_t *journal, guint block_size, gconstpointer data);

/* Takes the journal out of the image, has it changed, and puts it back. set_checksum: with a right
   one, if it has any. */
void journal_image_change(const ExtImage *image, JournalChange change, gboolean set_checksum,
                          gconstpointer data);

void journal_image_assert_state(Fs *fs, gboolean dirty, gboolean replayed);

/* But for what each program writes into the superblock of its own. */
void journal_image_assert_same(const ExtImage *image, const ExtImage *reference);

/* By the driver, which keeps what comes of it. */
void journal_image_replay(const ExtImage *image);

/* The driver's replay is debugfs's, e2fsck finds nothing, and the volume can be written. */
void journal_image_check(const ExtImage *image);

#endif
