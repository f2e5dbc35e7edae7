/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block map of an inode, from extents or indirect blocks, read with limits of our own: a tree
   in a hostile image may refer to itself. */
#include "fs/ext.h"

#include "base/error.h"

/* More runs than this: 16 GiB of a file without two blocks in a row, at 4 KiB. */
#define RUNS_MAX (1U << 22)
/* Nodes of an extent tree, or indirect blocks, of one inode. */
#define NODES_MAX (1U << 20)

typedef struct {
    ExtFs *ext;
    ext2_ino_t ino;
    GArray *runs;
    uint64_t next;   /* logical block the next run may start at */
    uint64_t mapped; /* blocks so far */
    uint64_t end;    /* logical block behind the file's last one; indirect blocks only */
    guint nodes;
} MapBuilder;

static gboolean is_corrupt(const MapBuilder *builder, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "inode %u: the block map is damaged",
                      builder->ino);
    return FALSE;
}

static gboolean add_run(MapBuilder *builder, uint64_t logical, uint64_t physical, uint64_t length,
                        gboolean unwritten, GError **error)
{
    struct ext2_super_block *super = builder->ext->fs->super;
    uint64_t block_count = ext2fs_blocks_count(super);
    ExtRun *last = NULL;

    if (length == 0 || logical < builder->next || physical < super->s_first_data_block ||
        physical >= block_count || length > block_count - physical ||
        length > block_count - builder->mapped) {
        return is_corrupt(builder, error);
    }
    builder->next = logical + length;
    builder->mapped += length;
    if (builder->runs->len > 0) {
        last = &g_array_index(builder->runs, ExtRun, builder->runs->len - 1);
    }
    if (last != NULL && last->logical + last->length == logical &&
        last->physical + last->length == physical && last->unwritten == unwritten) {
        last->length += length;
        return TRUE;
    }
    if (builder->runs->len >= RUNS_MAX) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "inode %u: more than %u fragments", builder->ino, RUNS_MAX);
        return FALSE;
    }
    g_array_append_val(builder->runs, ((ExtRun){logical, physical, length, unwritten}));
    return TRUE;
}

static gboolean map_extents(MapBuilder *builder, ext2_extent_handle_t handle, GError **error)
{
    struct ext2fs_extent extent;
    errcode_t code = ext2fs_extent_get(handle, EXT2_EXTENT_ROOT, &extent);

    while (code == 0) {
        if ((extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) != 0) {
            if (!add_run(builder, extent.e_lblk, extent.e_pblk, extent.e_len,
                         (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0, error)) {
                return FALSE;
            }
        } else if (++builder->nodes > NODES_MAX) {
            return is_corrupt(builder, error);
        }
        code = ext2fs_extent_get(handle, EXT2_EXTENT_NEXT, &extent);
    }
    if (code != EXT2_ET_EXTENT_NO_NEXT && code != EXT2_ET_NO_CURRENT_NODE) {
        ext_set_error(builder->ext, code, error, "inode %u: cannot read its extents", builder->ino);
        return FALSE;
    }
    return TRUE;
}

/* One pointer of the given level: 0 names a data block, 1 to 3 a block of pointers. */
static gboolean map_pointer(MapBuilder *builder, uint32_t block, guint level, uint64_t logical,
                            GError **error)
{
    ext2_filsys fs = builder->ext->fs;
    uint64_t per_block = fs->blocksize / sizeof(uint32_t);
    g_autofree uint32_t *pointers = NULL;
    uint64_t span = 1;
    errcode_t code;

    if (block == 0 || logical >= builder->end) {
        return TRUE;
    }
    if (level == 0) {
        return add_run(builder, logical, block, 1, FALSE, error);
    }
    if (++builder->nodes > NODES_MAX || block < fs->super->s_first_data_block ||
        block >= ext2fs_blocks_count(fs->super)) {
        return is_corrupt(builder, error);
    }
    pointers = g_malloc(fs->blocksize);
    code = ext2fs_read_ind_block(fs, block, pointers);
    if (code != 0) {
        ext_set_error(builder->ext, code, error, "inode %u: cannot read indirect block %u",
                      builder->ino, block);
        return FALSE;
    }
    for (guint i = 1; i < level; i++) {
        span *= per_block;
    }
    for (uint64_t i = 0; i < per_block; i++) {
        if (!map_pointer(builder, pointers[i], level - 1, logical + i * span, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean map_indirect(MapBuilder *builder, const struct ext2_inode *inode, GError **error)
{
    uint64_t per_block = builder->ext->fs->blocksize / sizeof(uint32_t);
    uint64_t logical = EXT2_NDIR_BLOCKS;
    uint64_t span = per_block;

    for (guint i = 0; i < EXT2_NDIR_BLOCKS; i++) {
        if (!map_pointer(builder, inode->i_block[i], 0, i, error)) {
            return FALSE;
        }
    }
    for (guint level = 1; level <= 3; level++) {
        if (!map_pointer(builder, inode->i_block[EXT2_NDIR_BLOCKS + level - 1], level, logical,
                         error)) {
            return FALSE;
        }
        logical += span;
        span *= per_block;
    }
    return TRUE;
}

gboolean ext_map_inode(ExtFs *ext, ext2_ino_t ino, struct ext2_inode *inode, GArray **ret_runs,
                       GError **error)
{
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(ExtRun));
    MapBuilder builder = {.ext = ext, .ino = ino, .runs = runs};
    ext2_extent_handle_t handle = NULL;
    errcode_t code;
    gboolean ok;

    if ((inode->i_flags & EXT4_EXTENTS_FL) == 0) {
        builder.end = ext2fs_div64_ceil(EXT2_I_SIZE(inode), ext->fs->blocksize);
        ok = map_indirect(&builder, inode, error);
    } else {
        code = ext2fs_extent_open2(ext->fs, ino, inode, &handle);
        if (code != 0) {
            ext_set_error(ext, code, error, "inode %u: cannot read its extents", ino);
            return FALSE;
        }
        ok = map_extents(&builder, handle, error);
        ext2fs_extent_free(handle);
    }
    if (ok) {
        *ret_runs = g_steal_pointer(&runs);
    }
    return ok;
}

const ExtRun *ext_map_find(const GArray *runs, uint64_t logical)
{
    guint low = 0, high = runs->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const ExtRun *run = &g_array_index(runs, ExtRun, middle);

        if (run->logical + run->length <= logical) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < runs->len ? &g_array_index(runs, ExtRun, low) : NULL;
}
