/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extents of VMware that no program here can write. */
#ifndef TESTS_UNIT_CONVERT_VMDK_WRITER_H
#define TESTS_UNIT_CONVERT_VMDK_WRITER_H

#include <glib.h>
#include <stdint.h>

/* Where a grain of content is all zeros it is not allocated; where below (NULL: nothing) has the
   same bytes, neither. */
void vmdk_write_cowd(const char *folder, const char *name, const GByteArray *content,
                     const GByteArray *below);

/* As above; grains that are zeros over something else become zero grains. replay_journal: what the
   header says of the journal. */
void vmdk_write_se_sparse(const char *folder, const char *name, const GByteArray *content,
                          const GByteArray *below, uint64_t replay_journal);

/* Gives a streamOptimized image of QEMU the footer that VMware writes. */
void vmdk_append_footer(const char *folder, const char *name);

#endif
