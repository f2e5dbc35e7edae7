/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replays the journal of an ext3 or ext4 volume, which libext2fs does not do. */
#include "fs/ext_journal.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define SUPERBLOCK_BYTES 1024
#define SUPERBLOCK_CHECKSUM 0xFC
#define CHECKSUM_TYPE_CRC32C 4
#define FAST_COMMIT_BLOCKS_DEFAULT 256
/* The log ring never gets smaller than this for the fast commit area's sake. */
#define JOURNAL_BLOCKS_MIN 1024
#define FAST_COMMIT_TAG_HEAD 9
#define INCOMPAT_KNOWN                                                                             \
    (JOURNAL_INCOMPAT_REVOKE | JOURNAL_INCOMPAT_64BIT | JOURNAL_INCOMPAT_ASYNC_COMMIT |            \
     JOURNAL_INCOMPAT_CSUM_V2 | JOURNAL_INCOMPAT_CSUM_V3 | JOURNAL_INCOMPAT_FAST_COMMIT)
/* What a replay may change in front of a volume that must not be written. */
#define SCRATCH_MAX (UINT64_C(4) << 30)

#define HINT_GUEST "start the guest once more, shut it down cleanly, and try again"

static void log_clear(JournalLog *log)
{
    g_clear_pointer(&log->map, g_array_unref);
    g_clear_pointer(&log->writes, g_array_unref);
    g_clear_pointer(&log->revokes, g_array_unref);
    g_clear_pointer(&log->damage, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JournalLog, log_clear)

static gboolean is_corrupt(const char *what, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the journal is damaged: %s", what);
    return FALSE;
}

static gboolean locate_block(JournalLog *log, uint32_t block, uint64_t *ret_physical,
                             GError **error)
{
    const ExtRun *run = ext_map_find(log->map, block);

    if (run == NULL || block < run->logical || run->unwritten) {
        return is_corrupt("its file has holes", error);
    }
    *ret_physical = run->physical + (block - run->logical);
    return TRUE;
}

gboolean journal_read_block(JournalLog *log, uint32_t block, uint8_t *buffer, GError **error)
{
    uint64_t physical;

    return locate_block(log, block, &physical, error) &&
           disk_read(log->ext->io.disk, physical * log->block_size, buffer, log->block_size, error);
}

static gboolean map_journal(JournalLog *log, GError **error)
{
    ExtFs *ext = log->ext;
    struct ext2_super_block *super = ext->fs->super;
    struct ext2_inode inode;
    errcode_t code;

    if (super->s_journal_inum == 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, HINT_GUEST,
                          "the journal is on another device and has not been replayed");
        return FALSE;
    }
    code = ext2fs_read_inode(ext->fs, super->s_journal_inum, &inode);
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot read the journal's inode");
        return FALSE;
    }
    if (!LINUX_S_ISREG(inode.i_mode) || inode.i_links_count == 0 ||
        (inode.i_flags & EXT4_INLINE_DATA_FL) != 0) {
        return is_corrupt("its inode is no file", error);
    }
    if (!ext_map_inode(ext, super->s_journal_inum, &inode, &log->map, error)) {
        g_prefix_error(error, "the journal: ");
        return FALSE;
    }
    return TRUE;
}

/* The fast commit area lies behind the ring; each side of it is one block wide of the mark in some
   version, so both are looked at by fast_commit_is_pending(). */
static gboolean set_ring(JournalLog *log, const uint8_t *super, GError **error)
{
    uint32_t length = get_be32(super + 0x10);
    uint32_t fast = get_be32(super + 0x54);
    const ExtRun *last;

    log->first = get_be32(super + 0x14);
    log->sequence = get_be32(super + 0x18);
    log->start = get_be32(super + 0x1C);
    log->end = length;
    if (log->map->len == 0) {
        return is_corrupt("its file is empty", error);
    }
    last = &g_array_index(log->map, ExtRun, log->map->len - 1);
    if (length > last->logical + last->length || log->first == 0 || log->first >= length) {
        return is_corrupt("its size is wrong", error);
    }
    if ((log->incompat & JOURNAL_INCOMPAT_FAST_COMMIT) != 0) {
        fast = fast == 0 ? FAST_COMMIT_BLOCKS_DEFAULT : fast;
        if (fast < length && length - fast >= JOURNAL_BLOCKS_MIN) {
            log->end = length - fast;
        }
    }
    if (log->start != 0 && (log->start < log->first || log->start >= log->end)) {
        return is_corrupt("its log begins outside of it", error);
    }
    return TRUE;
}

static gboolean check_checksums(JournalLog *log, uint8_t *super, GError **error)
{
    uint32_t stored = get_be32(super + SUPERBLOCK_CHECKSUM);
    uint32_t both = JOURNAL_INCOMPAT_CSUM_V2 | JOURNAL_INCOMPAT_CSUM_V3;

    if ((log->incompat & both) == 0) {
        return TRUE;
    }
    if ((log->incompat & both) == both || (log->compat & JOURNAL_COMPAT_CHECKSUM) != 0) {
        return is_corrupt("it has checksums of two kinds", error);
    }
    if (super[0x50] != CHECKSUM_TYPE_CRC32C) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, HINT_GUEST,
                          "the journal has checksums of unknown type %u", super[0x50]);
        return FALSE;
    }
    put_be32(super + SUPERBLOCK_CHECKSUM, 0);
    if (stored != ext2fs_crc32c_le(G_MAXUINT32, super, SUPERBLOCK_BYTES)) {
        return is_corrupt("its superblock's checksum is wrong", error);
    }
    log->has_checksums = TRUE;
    log->seed = ext2fs_crc32c_le(G_MAXUINT32, super + 0x30, 16);
    return TRUE;
}

static gboolean open_log(JournalLog *log, ExtFs *ext, GError **error)
{
    g_autofree uint8_t *super = g_malloc(ext->fs->blocksize);
    uint32_t type;

    log->ext = ext;
    log->block_size = ext->fs->blocksize;
    log->writes = g_array_new(FALSE, FALSE, sizeof(JournalWrite));
    log->revokes = g_array_new(FALSE, FALSE, sizeof(JournalRevoke));
    if (!map_journal(log, error) || !journal_read_block(log, 0, super, error)) {
        return FALSE;
    }
    type = get_be32(super + 4);
    if (get_be32(super) != JOURNAL_MAGIC ||
        (type != JOURNAL_BLOCK_SUPERBLOCK_V1 && type != JOURNAL_BLOCK_SUPERBLOCK_V2) ||
        get_be32(super + 0x0C) != log->block_size) {
        return is_corrupt("it has no valid superblock", error);
    }
    if (type == JOURNAL_BLOCK_SUPERBLOCK_V2) {
        log->compat = get_be32(super + 0x24);
        log->incompat = get_be32(super + 0x28);
    }
    if ((log->incompat & ~INCOMPAT_KNOWN) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, HINT_GUEST,
                          "the journal has unknown features 0x%x and has not been replayed",
                          log->incompat & ~INCOMPAT_KNOWN);
        return FALSE;
    }
    ext->journal.has_errno = get_be32(super + 0x20) != 0;
    return check_checksums(log, super, error) && set_ring(log, super, error);
}

/* A fast commit counts when it belongs to the transaction after the last complete one (Linux,
   fs/ext4/fast_commit.c, ext4_fc_replay_scan()). */
static gboolean fast_commit_is_pending(JournalLog *log, gboolean *ret_pending, GError **error)
{
    g_autofree uint8_t *block = g_malloc(log->block_size);

    *ret_pending = FALSE;
    if ((log->incompat & JOURNAL_INCOMPAT_FAST_COMMIT) == 0) {
        return TRUE;
    }
    for (uint32_t i = log->end; i <= log->end + 1; i++) {
        const ExtRun *run = ext_map_find(log->map, i);

        if (run == NULL || i < run->logical || run->unwritten) {
            continue;
        }
        if (!journal_read_block(log, i, block, error)) {
            return FALSE;
        }
        if (get_le16(block) == FAST_COMMIT_TAG_HEAD && get_le16(block + 2) >= 8 &&
            get_le32(block + 8) == log->last_sequence) {
            *ret_pending = TRUE;
        }
    }
    return TRUE;
}

static gboolean is_revoked(const JournalLog *log, const JournalWrite *write)
{
    guint low = 0, high = log->revokes->len;
    const JournalRevoke *revoke;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(log->revokes, JournalRevoke, middle).block <= write->target) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return FALSE;
    }
    revoke = &g_array_index(log->revokes, JournalRevoke, low - 1);
    return revoke->block == write->target &&
           !journal_sequence_is_after(write->sequence, revoke->sequence);
}

static gboolean checksum_is_right(const JournalLog *log, const JournalWrite *write,
                                  const uint8_t *block)
{
    uint8_t sequence[4];
    uint32_t computed;

    if (!log->has_checksums) {
        return TRUE;
    }
    put_be32(sequence, write->sequence);
    computed = ext2fs_crc32c_le(log->seed, sequence, sizeof(sequence));
    computed = ext2fs_crc32c_le(computed, block, log->block_size);
    if ((log->incompat & JOURNAL_INCOMPAT_CSUM_V3) == 0) {
        computed &= 0xFFFF;
    }
    return computed == write->checksum;
}

/* Of each block only the last version that is neither revoked nor damaged needs to be written. The
   keys point into log->writes. */
static gboolean select_writes(JournalLog *log, GHashTable **ret_selected, GError **error)
{
    g_autoptr(GHashTable) selected = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autofree uint8_t *block = g_malloc(log->block_size);
    uint64_t block_count = ext2fs_blocks_count(log->ext->fs->super);

    for (guint i = 0; i < log->writes->len; i++) {
        JournalWrite *write = &g_array_index(log->writes, JournalWrite, i);

        if (is_revoked(log, write)) {
            continue;
        }
        if (!journal_read_block(log, write->source, block, error)) {
            return FALSE;
        }
        if (write->target >= block_count || !checksum_is_right(log, write, block)) {
            if (log->damage == NULL) {
                log->damage = g_strdup_printf("a block in transaction %u of the journal is damaged",
                                              write->sequence);
            }
            continue;
        }
        g_hash_table_replace(selected, &write->target, write);
    }
    *ret_selected = g_steal_pointer(&selected);
    return TRUE;
}

static gboolean apply_writes(JournalLog *log, GHashTable *selected, GError **error)
{
    g_autofree uint8_t *block = g_malloc(log->block_size);

    for (guint i = 0; i < log->writes->len; i++) {
        JournalWrite *write = &g_array_index(log->writes, JournalWrite, i);

        if (g_hash_table_lookup(selected, &write->target) != write) {
            continue;
        }
        if (!journal_read_block(log, write->source, block, error)) {
            return FALSE;
        }
        if (write->escaped) {
            put_be32(block, JOURNAL_MAGIC);
        }
        if (!disk_write(log->ext->io.disk, write->target * log->block_size, block, log->block_size,
                        error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* A damaged log must not reach the volume: what it is worth to e2fsck, or to a kernel that knows
   better, stays as it is. */
static void keep_off_volume(ExtFs *ext)
{
    g_autoptr(Disk) volume = disk_ref(ext->io.disk);

    disk_unref(ext->io.disk);
    ext->io.disk = disk_new_scratch(volume, SCRATCH_MAX);
}

gboolean ext_journal_replay(ExtFs *ext, GError **error)
{
    g_auto(JournalLog) log = {0};
    g_autoptr(GHashTable) selected = NULL;
    gboolean fast_commit;
    uint64_t superblock;

    if (!open_log(&log, ext, error) || !locate_block(&log, 0, &superblock, error)) {
        return FALSE;
    }
    log.last_sequence = log.sequence;
    if (log.start != 0 && !journal_scan(&log, error)) {
        return FALSE;
    }
    if (log.start != 0 && log.damage == NULL) {
        if (!fast_commit_is_pending(&log, &fast_commit, error)) {
            return FALSE;
        }
        if (fast_commit) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, HINT_GUEST,
                              "the journal holds fast commits, which are left to a Linux kernel");
            return FALSE;
        }
    }
    if (!select_writes(&log, &selected, error)) {
        return FALSE;
    }
    if (log.damage != NULL || !disk_is_writable(ext->io.disk)) {
        keep_off_volume(ext);
    }
    if (!apply_writes(&log, selected, error)) {
        g_prefix_error(error, "cannot replay the journal: ");
        return FALSE;
    }
    g_debug("%s: journal replayed, transactions %u to %u, %u blocks, %u revokes",
            disk_name(ext->base.volume), log.sequence, log.last_sequence,
            g_hash_table_size(selected), log.revokes->len);
    ext->journal.pending = TRUE;
    ext->journal.superblock = superblock;
    /* As jbd2_journal_recover() does: one number is skipped, so that what follows the log's end in
       the ring can never be taken for its continuation. */
    ext->journal.next_sequence = log.start == 0 ? log.sequence : log.last_sequence + 1;
    ext->journal.damage = g_steal_pointer(&log.damage);
    return TRUE;
}

gboolean ext_journal_mark_empty(ExtFs *ext, GError **error)
{
    g_autofree uint8_t *super = g_malloc(SUPERBLOCK_BYTES);
    uint64_t offset = ext->journal.superblock * ext->fs->blocksize;
    uint32_t incompat;

    if (!disk_read(ext->io.disk, offset, super, SUPERBLOCK_BYTES, error)) {
        return FALSE;
    }
    incompat = get_be32(super + 4) == JOURNAL_BLOCK_SUPERBLOCK_V2 ? get_be32(super + 0x28) : 0;
    put_be32(super + 0x18, ext->journal.next_sequence);
    put_be32(super + 0x1C, 0);
    put_be32(super + 0x20, 0);
    if ((incompat & (JOURNAL_INCOMPAT_CSUM_V2 | JOURNAL_INCOMPAT_CSUM_V3)) != 0) {
        put_be32(super + SUPERBLOCK_CHECKSUM, 0);
        put_be32(super + SUPERBLOCK_CHECKSUM,
                 ext2fs_crc32c_le(G_MAXUINT32, super, SUPERBLOCK_BYTES));
    }
    return disk_write(ext->io.disk, offset, super, SUPERBLOCK_BYTES, error);
}
