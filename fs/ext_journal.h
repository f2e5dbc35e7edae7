/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A JBD2 journal that is being replayed. Only for fs/ext_journal.c and fs/ext_replay.c. */
#ifndef FS_EXT_JOURNAL_H
#define FS_EXT_JOURNAL_H

#include "fs/ext.h"

/* Numbers of the on-disk format: Linux, include/linux/jbd2.h. All of it is big-endian. */
#define JOURNAL_MAGIC 0xC03B3998U
#define JOURNAL_BLOCK_DESCRIPTOR 1
#define JOURNAL_BLOCK_COMMIT 2
#define JOURNAL_BLOCK_SUPERBLOCK_V1 3
#define JOURNAL_BLOCK_SUPERBLOCK_V2 4
#define JOURNAL_BLOCK_REVOKE 5

#define JOURNAL_COMPAT_CHECKSUM 0x1U
#define JOURNAL_INCOMPAT_REVOKE 0x1U
#define JOURNAL_INCOMPAT_64BIT 0x2U
#define JOURNAL_INCOMPAT_ASYNC_COMMIT 0x4U
#define JOURNAL_INCOMPAT_CSUM_V2 0x8U
#define JOURNAL_INCOMPAT_CSUM_V3 0x10U
#define JOURNAL_INCOMPAT_FAST_COMMIT 0x20U

#define JOURNAL_HEADER_BYTES 12

/* A block of the file system as a transaction wrote it. */
typedef struct {
    uint64_t target;   /* block of the volume */
    uint32_t source;   /* block of the journal */
    uint32_t sequence; /* of the transaction */
    uint32_t checksum; /* of the tag; 16 bits of it with CSUM_V2 */
    gboolean escaped;  /* began with the journal's magic number, which was replaced by zeros */
} JournalWrite;

typedef struct {
    uint64_t block;
    uint32_t sequence; /* writes of this transaction and of earlier ones are void */
} JournalRevoke;

typedef struct {
    ExtFs *ext;
    GArray *map; /* of ExtRun: the journal's own blocks */
    uint32_t block_size;
    uint32_t first, end;    /* the ring is [first, end) */
    uint32_t start;         /* block of the ring where the log begins */
    uint32_t sequence;      /* its first transaction */
    uint32_t last_sequence; /* the first one that was not committed */
    uint32_t compat, incompat;
    uint32_t seed;          /* of all CRC-32C in the log */
    gboolean has_checksums; /* CSUM_V2 or CSUM_V3 */
    GArray *writes;         /* of JournalWrite, committed, in the order of the log */
    GArray *revokes;        /* of JournalRevoke, by block, then by sequence */
    char *damage;           /* what ended the scan before the end of the log; NULL: nothing */
} JournalLog;

gboolean journal_read_block(JournalLog *log, uint32_t block, uint8_t *buffer,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* TRUE if transaction a is later than b; the numbers wrap. */
gboolean journal_sequence_is_after(uint32_t a, uint32_t b);
/* Fills writes, revokes, last_sequence and damage. */
gboolean journal_scan(JournalLog *log, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
