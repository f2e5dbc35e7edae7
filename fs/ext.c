/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ext2/3/4 driver over libext2fs: opening, state, the rules of writing, closing. */
#include "fs/ext.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define SUPERBLOCK_OFFSET_BYTES 1024
#define SUPERBLOCK_BYTES 1024
#define OPEN_FLAGS (EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP)

#define HINT_CLEAN "start the guest once more, let it check the disk, and shut it down cleanly"

static GError *new_error(DrydockError code, const char *hint, const char *text)
{
    GError *error = NULL;

    drydock_error_set(&error, code, hint, "%s", text);
    return error;
}

static DrydockError error_code_of(errcode_t code)
{
    switch (code) {
    case EXT2_ET_BLOCK_ALLOC_FAIL:
    case EXT2_ET_INODE_ALLOC_FAIL:
    case EXT2_ET_DIR_NO_SPACE:
    case EXT2_ET_EA_NO_SPACE:
    case EXT2_ET_TOOSMALL:
        return DRYDOCK_ERROR_NO_SPACE;
    case EXT2_ET_UNSUPP_FEATURE:
    case EXT2_ET_RO_UNSUPP_FEATURE:
    case EXT2_ET_REV_TOO_HIGH:
    case EXT2_ET_DIRHASH_UNSUPP:
        return DRYDOCK_ERROR_UNSUPPORTED;
    case EXT2_ET_NO_MEMORY:
        return DRYDOCK_ERROR_SYSTEM;
    default:
        return DRYDOCK_ERROR_CORRUPT;
    }
}

void ext_set_error(ExtFs *ext, errcode_t code, GError **error, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (ext->io.error != NULL) {
        g_propagate_prefixed_error(error, g_steal_pointer(&ext->io.error), "%s: ", message);
    } else if (code > 0 && code < EXT2_ET_BASE) {
        drydock_error_set_errno(error, (int)code, "%s", message);
    } else {
        DrydockError error_code = error_code_of(code);

        drydock_error_set(error, error_code,
                          error_code == DRYDOCK_ERROR_NO_SPACE
                              ? "free some space in the guest's file system"
                              : NULL,
                          "%s: %s", message, error_message(code));
    }
}

int64_t ext_now(void)
{
    const char *epoch = g_getenv("SOURCE_DATE_EPOCH");
    gint64 now;

    if (epoch != NULL && g_ascii_string_to_signed(epoch, 10, 0, G_MAXUINT32, &now, NULL)) {
        return now;
    }
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* What libext2fs would believe, and allocate by, is compared with the volume first. */
static gboolean check_superblock(Disk *volume, uint32_t *ret_incompat, GError **error)
{
    g_autofree uint8_t *super = g_malloc(SUPERBLOCK_BYTES);
    uint64_t blocks, bytes;
    uint32_t log_size;

    if (disk_size(volume) < SUPERBLOCK_OFFSET_BYTES + SUPERBLOCK_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "too small for a file system");
        return FALSE;
    }
    if (!disk_read(volume, SUPERBLOCK_OFFSET_BYTES, super, SUPERBLOCK_BYTES, error)) {
        return FALSE;
    }
    log_size = get_le32(super + 0x18);
    *ret_incompat = get_le32(super + 0x60);
    blocks = get_le32(super + 0x04);
    if ((*ret_incompat & EXT4_FEATURE_INCOMPAT_64BIT) != 0) {
        blocks |= (uint64_t)get_le32(super + 0x150) << 32;
    }
    if (get_le16(super + 0x38) != EXT2_SUPER_MAGIC || log_size > 6) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the superblock is damaged");
        return FALSE;
    }
    if ((*ret_incompat & EXT3_FEATURE_INCOMPAT_JOURNAL_DEV) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "this is the external journal of another file system");
        return FALSE;
    }
    if (!g_uint64_checked_mul(&bytes, blocks, UINT64_C(1024) << log_size) ||
        bytes > disk_size(volume)) {
        drydock_error_set(
            error, DRYDOCK_ERROR_CORRUPT, NULL,
            "the file system is larger (%" G_GUINT64_FORMAT " blocks) than its volume", blocks);
        return FALSE;
    }
    return TRUE;
}

static gboolean open_library(ExtFs *ext, int flags, GError **error)
{
    errcode_t code =
        ext2fs_open2(ext->io.name, NULL, OPEN_FLAGS | flags, 0, 0, &ext->io.manager, &ext->fs);

    if (code == EXT2_ET_RO_UNSUPP_FEATURE && (flags & EXT2_FLAG_RW) != 0) {
        g_clear_error(&ext->io.error);
        ext->write_refusal =
            new_error(DRYDOCK_ERROR_UNSUPPORTED, NULL,
                      "it has features that are unknown here, so it can only be read");
        code = ext2fs_open2(ext->io.name, NULL, OPEN_FLAGS | (flags & ~EXT2_FLAG_RW), 0, 0,
                            &ext->io.manager, &ext->fs);
    }
    if (code != 0) {
        ext->fs = NULL;
        ext_set_error(ext, code, error, "cannot open the file system");
        return FALSE;
    }
    return TRUE;
}

static void close_library(ExtFs *ext)
{
    g_clear_pointer(&ext->fs, ext2fs_free);
}

/* The kernel's totals in the superblock are only right after a clean unmount; those of the groups
   are journaled. */
static void sum_free_counts(ext2_filsys fs)
{
    uint64_t clusters = 0, inodes = 0;

    for (dgrp_t group = 0; group < fs->group_desc_count; group++) {
        clusters += ext2fs_bg_free_blocks_count(fs, group);
        inodes += ext2fs_bg_free_inodes_count(fs, group);
    }
    ext2fs_free_blocks_count_set(fs->super, EXT2FS_C2B(fs, clusters));
    fs->super->s_free_inodes_count = (uint32_t)MIN(inodes, fs->super->s_inodes_count);
}

/* Reads through checksums that may be stale until the journal has been replayed, then looks again.
   What the superblock had recorded about errors must survive the replay (Linux, fs/ext4/super.c,
   ext4_load_journal(), and e2fsck). */
static gboolean replay(ExtFs *ext, GError **error)
{
    struct ext2_super_block before, *after;

    if (!open_library(ext, EXT2_FLAG_IGNORE_CSUM_ERRORS | EXT2_FLAG_IGNORE_SB_ERRORS, error)) {
        return FALSE;
    }
    before = *ext->fs->super;
    if (!ext_journal_replay(ext, error)) {
        return FALSE;
    }
    close_library(ext);
    if (!open_library(ext, disk_is_writable(ext->io.disk) ? EXT2_FLAG_RW : 0, error)) {
        g_prefix_error(error, "after its journal was replayed: ");
        return FALSE;
    }
    after = ext->fs->super;
    memcpy((uint8_t *)after + EXT4_S_ERR_START, (uint8_t *)&before + EXT4_S_ERR_START,
           EXT4_S_ERR_LEN);
    after->s_state |= before.s_state & EXT2_ERROR_FS;
    if (ext->journal.has_errno) {
        after->s_state |= EXT2_ERROR_FS;
    }
    after->s_kbytes_written = MAX(after->s_kbytes_written, before.s_kbytes_written);
    ext2fs_clear_feature_journal_needs_recovery(after);
    sum_free_counts(ext->fs);
    ext->state.journal_replayed = ext->journal.damage == NULL;
    return TRUE;
}

static GError *decide_refusal(ExtFs *ext)
{
    struct ext2_super_block *super = ext->fs->super;

    if (ext->journal.damage != NULL) {
        return new_error(DRYDOCK_ERROR_PRECONDITION, HINT_CLEAN, ext->journal.damage);
    }
    if (ext->distrust != NULL) {
        return new_error(DRYDOCK_ERROR_PRECONDITION, HINT_CLEAN, ext->distrust);
    }
    if (!disk_is_writable(ext->base.volume)) {
        return new_error(DRYDOCK_ERROR_PRECONDITION, NULL, "the volume was opened for reading");
    }
    if (ext2fs_has_feature_readonly(super) || ext2fs_has_feature_shared_blocks(super)) {
        return new_error(DRYDOCK_ERROR_UNSUPPORTED, NULL,
                         "the file system was made for reading only");
    }
    if (ext2fs_has_feature_quota(super)) {
        /* libext2fs knows nothing of the usage kept in the hidden quota inodes. */
        return new_error(DRYDOCK_ERROR_UNSUPPORTED,
                         "in the guest, unmount it and run tune2fs -O ^quota on it",
                         "it keeps quotas, which cannot be kept right from here");
    }
    return NULL;
}

static void decide_state(ExtFs *ext, gboolean needs_recovery)
{
    uint16_t state = ext->fs->super->s_state;

    ext->state.dirty =
        needs_recovery || (state & EXT2_VALID_FS) == 0 || (state & EXT2_ERROR_FS) != 0;
    if (ext->journal.damage != NULL) {
        ext->distrust = g_strdup(ext->journal.damage);
    } else if ((state & EXT2_ERROR_FS) != 0) {
        ext->distrust = g_strdup("the guest's kernel has recorded errors in it");
    } else if ((state & EXT2_VALID_FS) == 0) {
        ext->distrust = g_strdup("it was not unmounted cleanly, and has no journal to repair it");
    }
    if (ext->write_refusal == NULL) {
        ext->write_refusal = decide_refusal(ext);
    }
}

static void ext_close(Fs *fs)
{
    ExtFs *ext = (ExtFs *)fs;

    close_library(ext);
    ext_io_clear(&ext->io);
    g_clear_error(&ext->write_refusal);
    g_free(ext->distrust);
    g_free(ext->journal.damage);
    disk_unref(ext->base.volume);
    g_free(ext);
}

static gboolean open_volume(ExtFs *ext, GError **error)
{
    gboolean needs_recovery;
    uint32_t incompat;

    if (!check_superblock(ext->base.volume, &incompat, error)) {
        return FALSE;
    }
    needs_recovery = (incompat & EXT3_FEATURE_INCOMPAT_RECOVER) != 0;
    if (needs_recovery) {
        if (!replay(ext, error)) {
            return FALSE;
        }
    } else if (!open_library(ext, disk_is_writable(ext->io.disk) ? EXT2_FLAG_RW : 0, error)) {
        return FALSE;
    }
    decide_state(ext, needs_recovery);
    return TRUE;
}

static gboolean ext_open(Disk *volume, G_GNUC_UNUSED FsOpenFlags flags, Fs **ret_fs, GError **error)
{
    static gsize error_table_added;
    ExtFs *ext;

    if (g_once_init_enter(&error_table_added)) {
        initialize_ext2_error_table();
        g_once_init_leave(&error_table_added, 1);
    }
    ext = g_new0(ExtFs, 1);
    ext->base.ops = &fs_ext_ops;
    ext->base.volume = disk_ref(volume);
    ext_io_init(&ext->io, volume);
    if (!open_volume(ext, error)) {
        ext_close(&ext->base);
        return FALSE;
    }
    *ret_fs = &ext->base;
    return TRUE;
}

static gboolean ext_get_state(Fs *fs, FsState *ret_state, GError **error)
{
    (void)error;
    *ret_state = ((ExtFs *)fs)->state;
    return TRUE;
}

/* The replayed blocks are on the storage before the journal that still holds them is given up, and
   that before anything newer is written: whenever we die, the guest's kernel finds one of the two.
 */
static gboolean settle_journal(ExtFs *ext, GError **error)
{
    errcode_t code;

    if (!ext->journal.pending) {
        return TRUE;
    }
    if (!disk_flush(ext->io.disk, error) || !ext_journal_mark_empty(ext, error)) {
        return FALSE;
    }
    ext->fs->now = (time_t)ext_now();
    ext2fs_mark_super_dirty(ext->fs);
    code = ext2fs_flush2(ext->fs, EXT2_FLAG_FLUSH_NO_SYNC);
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot write the superblock");
        return FALSE;
    }
    if (!disk_flush(ext->io.disk, error)) {
        return FALSE;
    }
    ext->journal.pending = FALSE;
    return TRUE;
}

gboolean ext_load_block_bitmap(ExtFs *ext, GError **error)
{
    errcode_t code = ext->fs->block_map == NULL ? ext2fs_read_block_bitmap(ext->fs) : 0;

    if (code != 0) {
        ext_set_error(ext, code, error, "cannot read the block bitmaps");
        return FALSE;
    }
    return TRUE;
}

gboolean ext_begin_write(ExtFs *ext, GError **error)
{
    errcode_t code;

    if (ext->write_refusal != NULL) {
        g_propagate_error(error, g_error_copy(ext->write_refusal));
        g_prefix_error(error, "cannot be written: ");
        return FALSE;
    }
    if (ext->writing) {
        return TRUE;
    }
    code = ext2fs_read_bitmaps(ext->fs);
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot read the bitmaps");
        return FALSE;
    }
    if (!settle_journal(ext, error)) {
        return FALSE;
    }
    sum_free_counts(ext->fs);
    ext->fs->now = (time_t)ext_now();
    ext->writing = TRUE;
    return TRUE;
}

static gboolean features_changed(const ext2_filsys fs)
{
    return fs->super->s_feature_compat != fs->orig_super->s_feature_compat ||
           (fs->super->s_feature_incompat & ~(uint32_t)EXT3_FEATURE_INCOMPAT_RECOVER) !=
               (fs->orig_super->s_feature_incompat & ~(uint32_t)EXT3_FEATURE_INCOMPAT_RECOVER) ||
           fs->super->s_feature_ro_compat != fs->orig_super->s_feature_ro_compat ||
           fs->super->s_rev_level != fs->orig_super->s_rev_level;
}

/* The backups are written, as the kernel does it, only when what they must agree on has changed. */
static gboolean ext_sync(Fs *fs, GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    errcode_t code;

    if (!disk_is_writable(fs->volume) || ext->journal.damage != NULL ||
        (ext->fs->flags & EXT2_FLAG_RW) == 0) {
        return TRUE;
    }
    if (!settle_journal(ext, error)) {
        return FALSE;
    }
    if (ext->writing) {
        if (features_changed(ext->fs)) {
            ext->fs->flags &= ~EXT2_FLAG_MASTER_SB_ONLY;
        }
        ext->fs->now = (time_t)ext_now();
        code = ext2fs_flush2(ext->fs, EXT2_FLAG_FLUSH_NO_SYNC);
        if (code != 0) {
            ext_set_error(ext, code, error, "cannot write the superblock and the bitmaps");
            return FALSE;
        }
    }
    return disk_flush(ext->io.disk, error);
}

static const char *const types[] = {"ext2", "ext3", "ext4", NULL};

const FsOps fs_ext_ops = {
    .name = "ext",
    .types = types,
    .case_sensitive = TRUE,
    .open = ext_open,
    .close = ext_close,
    .get_state = ext_get_state,
    .stat = ext_stat,
    .read_link = ext_read_link,
    .list = ext_list,
    .file_open = ext_file_open,
    .file_read = ext_file_read,
    .file_close = ext_file_close,
    .write_file = ext_write_file,
    .make_directory = ext_make_directory,
    .make_symlink = ext_make_symlink,
    .remove = ext_remove,
    .free_extents = ext_free_extents,
    .file_extents = ext_file_extents,
    .sync = ext_sync,
};
