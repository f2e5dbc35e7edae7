/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a disk is known by later: its size, the identity of its partition table, and witnesses:
   places that are not about to change. */
#ifndef MIGRATE_FIX_IDENTITY_H
#define MIGRATE_FIX_IDENTITY_H

#include "disk/disk.h"
#include "migrate/fix/undo_format.h"

typedef enum {
    IDENTITY_TABLE_NONE,
    IDENTITY_TABLE_MBR,
    IDENTITY_TABLE_GPT,
} IdentityTable;

typedef struct {
    uint64_t offset;
    uint8_t sum[UNDO_SHORT_SUM_BYTES];
} Witness;

typedef struct {
    uint64_t size_bytes;
    IdentityTable table;
    uint8_t table_id[16]; /* GPT: the disk's GUID; MBR: four bytes of signature */
    GArray *witnesses;    /* of Witness */
} Identity;

void identity_clear(Identity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Identity, identity_clear)

/* A part of a disk. */
typedef struct {
    uint64_t offset, length;
} Range;

/* changes: of Range, ascending: no witness is taken there. ret_identity: to be cleared. */
gboolean identity_take(Disk *disk, const GArray *changes, Identity *ret_identity,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    IDENTITY_SAME,
    IDENTITY_CHANGED, /* the disk, but not all witnesses are what they were */
    IDENTITY_OTHER, /* another disk: its size, partition table or, without one, its beginning differ
                     */
} IdentityMatch;

gboolean identity_compare(const Identity *identity, Disk *disk, IdentityMatch *ret_match,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The first UNDO_SHORT_SUM_BYTES of the SHA-256 of bytes. */
void short_sum(const uint8_t *bytes, size_t length, uint8_t sum[UNDO_SHORT_SUM_BYTES]);

#endif
