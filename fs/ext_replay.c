/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks a JBD2 log from its tail to the last complete transaction. What counts as the end, and what
   as damage, follows Linux, fs/jbd2/recovery.c, so that the guest's kernel would have seen the same
   file system. */
#include "fs/ext_journal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define TAG_FLAG_ESCAPED 0x1U
#define TAG_FLAG_SAME_UUID 0x2U
#define TAG_FLAG_LAST 0x8U
#define TAG_UUID_BYTES 16
#define CHECKSUM_BYTES 4
#define COMMIT_CHECKSUM_OFFSET 16
#define COMMIT_TIME_OFFSET 48
#define COMMIT_CRC32 1
/* A revoke record for each block of 64 GiB at 4 KiB. */
#define REVOKES_MAX (1U << 24)

typedef struct {
    JournalLog *log;
    uint8_t *block;      /* the one looked at */
    uint8_t *data;       /* a data block, for the checksum of old journals */
    uint32_t next;       /* its successor in the ring */
    uint32_t left;       /* blocks of the ring not walked yet */
    uint32_t sequence;   /* of the transaction being read */
    guint writes_before; /* committed so far */
    guint revokes_before;
    uint32_t crc;         /* of the transaction, JOURNAL_COMPAT_CHECKSUM */
    gboolean suspect;     /* a checksum in this transaction was wrong */
    uint64_t commit_time; /* of the last transaction */
    gboolean done;
} Scan;

gboolean journal_sequence_is_after(uint32_t a, uint32_t b)
{
    return a != b && a - b < 0x80000000U;
}

static void step(Scan *scan)
{
    scan->left--;
    scan->next++;
    if (scan->next >= scan->log->end) {
        scan->next = scan->log->first;
    }
}

/* Descriptor and revoke blocks end in a checksum of the block with zeros in its place. */
static gboolean tail_is_right(Scan *scan)
{
    size_t body = scan->log->block_size - CHECKSUM_BYTES;
    uint32_t stored;
    uint32_t computed;

    if (!scan->log->has_checksums) {
        return TRUE;
    }
    stored = get_be32(scan->block + body);
    memset(scan->block + body, 0, CHECKSUM_BYTES);
    computed = ext2fs_crc32c_le(scan->log->seed, scan->block, scan->log->block_size);
    put_be32(scan->block + body, stored);
    return stored == computed;
}

static size_t tag_size(const JournalLog *log)
{
    size_t size;

    if ((log->incompat & JOURNAL_INCOMPAT_CSUM_V3) != 0) {
        return 16;
    }
    size = (log->incompat & JOURNAL_INCOMPAT_64BIT) != 0 ? 12 : 8;
    return (log->incompat & JOURNAL_INCOMPAT_CSUM_V2) != 0 ? size + 2 : size;
}

static JournalWrite read_tag(const Scan *scan, const uint8_t *tag)
{
    const JournalLog *log = scan->log;
    JournalWrite write = {
        .target = get_be32(tag),
        .source = scan->next,
        .sequence = scan->sequence,
        .checksum = get_be16(tag + 4),
        .escaped = (get_be16(tag + 6) & TAG_FLAG_ESCAPED) != 0,
    };

    if ((log->incompat & JOURNAL_INCOMPAT_64BIT) != 0) {
        write.target |= (uint64_t)get_be32(tag + 8) << 32;
    }
    if ((log->incompat & JOURNAL_INCOMPAT_CSUM_V3) != 0) {
        write.checksum = get_be32(tag + 12);
    }
    return write;
}

static gboolean scan_descriptor(Scan *scan, GError **error)
{
    JournalLog *log = scan->log;
    size_t end = log->block_size - (log->has_checksums ? CHECKSUM_BYTES : 0);
    size_t offset = JOURNAL_HEADER_BYTES;
    size_t size = tag_size(log);
    gboolean sums = (log->compat & JOURNAL_COMPAT_CHECKSUM) != 0;

    /* Old blocks beyond the log's end look like this too; the commit block decides. */
    scan->suspect = scan->suspect || !tail_is_right(scan);
    if (sums) {
        scan->crc = ext2fs_crc32_be(scan->crc, scan->block, log->block_size);
    }
    while (offset + size <= end && scan->left > 0) {
        const uint8_t *tag = scan->block + offset;
        uint16_t flags = get_be16(tag + 6);
        JournalWrite write = read_tag(scan, tag);

        g_array_append_val(log->writes, write);
        if (sums) {
            if (!journal_read_block(log, scan->next, scan->data, error)) {
                return FALSE;
            }
            scan->crc = ext2fs_crc32_be(scan->crc, scan->data, log->block_size);
        }
        step(scan);
        offset += size + ((flags & TAG_FLAG_SAME_UUID) != 0 ? 0 : TAG_UUID_BYTES);
        if ((flags & TAG_FLAG_LAST) != 0) {
            break;
        }
    }
    return TRUE;
}

static gboolean scan_revoke(Scan *scan, GError **error)
{
    JournalLog *log = scan->log;
    size_t end = log->block_size - (log->has_checksums ? CHECKSUM_BYTES : 0);
    size_t used = get_be32(scan->block + JOURNAL_HEADER_BYTES);
    size_t size = (log->incompat & JOURNAL_INCOMPAT_64BIT) != 0 ? 8 : 4;
    size_t offset = JOURNAL_HEADER_BYTES + 4;

    if (!tail_is_right(scan) || used > end) {
        scan->suspect = TRUE;
        return TRUE;
    }
    for (; offset + size <= used; offset += size) {
        const uint8_t *record = scan->block + offset;
        JournalRevoke revoke = {size == 8 ? get_be64(record) : get_be32(record), scan->sequence};

        if (log->revokes->len >= REVOKES_MAX) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "the journal revokes more than %u blocks", REVOKES_MAX);
            return FALSE;
        }
        g_array_append_val(log->revokes, revoke);
    }
    return TRUE;
}

static gboolean commit_is_right(Scan *scan)
{
    JournalLog *log = scan->log;
    uint8_t *checksum = scan->block + COMMIT_CHECKSUM_OFFSET;
    uint32_t stored = get_be32(checksum);
    guint type = scan->block[JOURNAL_HEADER_BYTES];
    guint size = scan->block[JOURNAL_HEADER_BYTES + 1];

    if (log->has_checksums) {
        put_be32(checksum, 0);
        return stored == ext2fs_crc32c_le(log->seed, scan->block, log->block_size);
    }
    if ((log->compat & JOURNAL_COMPAT_CHECKSUM) != 0) {
        return (type == COMMIT_CRC32 && size == CHECKSUM_BYTES && stored == scan->crc) ||
               (type == 0 && size == 0 && stored == 0);
    }
    return TRUE;
}

static void scan_commit(Scan *scan)
{
    JournalLog *log = scan->log;
    uint64_t time = get_be64(scan->block + COMMIT_TIME_OFFSET);
    gboolean right = commit_is_right(scan);

    if (scan->suspect || !right) {
        /* Time going backwards: a stale block of an earlier round of the ring. With asynchronous
           commits the block may have reached the disk before its transaction did. */
        scan->done = TRUE;
        if (time >= scan->commit_time &&
            (scan->suspect || (log->incompat & JOURNAL_INCOMPAT_ASYNC_COMMIT) == 0)) {
            log->damage =
                g_strdup_printf("transaction %u of the journal is damaged", scan->sequence);
        }
        return;
    }
    scan->commit_time = time;
    scan->writes_before = log->writes->len;
    scan->revokes_before = log->revokes->len;
    scan->crc = G_MAXUINT32;
    scan->sequence++;
}

static gboolean scan_block(Scan *scan, GError **error)
{
    uint32_t type;

    if (!journal_read_block(scan->log, scan->next, scan->block, error)) {
        return FALSE;
    }
    type = get_be32(scan->block + 4);
    if (get_be32(scan->block) != JOURNAL_MAGIC || get_be32(scan->block + 8) != scan->sequence) {
        scan->done = TRUE;
        return TRUE;
    }
    step(scan);
    switch (type) {
    case JOURNAL_BLOCK_DESCRIPTOR:
        return scan_descriptor(scan, error);
    case JOURNAL_BLOCK_REVOKE:
        return scan_revoke(scan, error);
    case JOURNAL_BLOCK_COMMIT:
        scan_commit(scan);
        return TRUE;
    default:
        scan->done = TRUE;
        return TRUE;
    }
}

static gint compare_revokes(gconstpointer a, gconstpointer b)
{
    const JournalRevoke *first = a, *second = b;

    if (first->block != second->block) {
        return first->block < second->block ? -1 : 1;
    }
    if (first->sequence == second->sequence) {
        return 0;
    }
    return journal_sequence_is_after(first->sequence, second->sequence) ? 1 : -1;
}

gboolean journal_scan(JournalLog *log, GError **error)
{
    g_autofree uint8_t *block = g_malloc(log->block_size);
    g_autofree uint8_t *data = g_malloc(log->block_size);
    Scan scan = {
        .log = log,
        .block = block,
        .data = data,
        .next = log->start,
        .left = log->end - log->first,
        .sequence = log->sequence,
        .crc = G_MAXUINT32,
    };

    while (!scan.done && scan.left > 0) {
        if (!scan_block(&scan, error)) {
            return FALSE;
        }
    }
    g_array_set_size(log->writes, scan.writes_before);
    g_array_set_size(log->revokes, scan.revokes_before);
    g_array_sort(log->revokes, compare_revokes);
    log->last_sequence = scan.sequence;
    return TRUE;
}
