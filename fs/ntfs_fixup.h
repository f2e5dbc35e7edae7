/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Update sequences: the last two bytes of every 512 bytes of a metadata block are a number that
   changes with each write; what belongs there is kept behind the block's header. A block that was
   written in part is recognised by it. */
#ifndef FS_NTFS_FIXUP_H
#define FS_NTFS_FIXUP_H

#include <glib.h>
#include <stdint.h>

#define NTFS_FIXUP_STRIDE 512

/* FALSE: the header is impossible for a block of length bytes, or the block is torn. */
gboolean ntfs_fixup_is_whole(const uint8_t *block, size_t length);
/* From the stored form to the real content; FALSE, and nothing changed: as above. */
gboolean ntfs_fixup_remove(uint8_t *block, size_t length) G_GNUC_WARN_UNUSED_RESULT;
/* Back to the stored form, under the next number; FALSE: the header is impossible. */
gboolean ntfs_fixup_apply(uint8_t *block, size_t length) G_GNUC_WARN_UNUSED_RESULT;

#endif
