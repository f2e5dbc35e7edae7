/* SPDX-License-Identifier: GPL-3.0-or-later */
/* File content on ext volumes: written in one piece into blocks allocated in one piece. */
#include "fs/ext.h"

#include <string.h>

#include "base/error.h"

static gboolean check_replaceable(const struct ext2_inode_large *inode, GError **error)
{
    if (!LINUX_S_ISREG(inode->i_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "it exists, and is not a file");
        return FALSE;
    }
    if ((inode->i_flags & EXT4_ENCRYPT_FL) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "decrypt the file in the guest",
                          "it is encrypted");
        return FALSE;
    }
    if ((inode->i_flags & (EXT4_VERITY_FL | EXT2_COMPRBLK_FL)) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "files with fs-verity or compression can only be read");
        return FALSE;
    }
    return TRUE;
}

/* Asked before the old content is given up: what it holds counts as free. */
static gboolean check_space(ExtFs *ext, const struct ext2_inode_large *old, uint64_t blocks,
                            GError **error)
{
    uint64_t available = ext2fs_free_blocks_count(ext->fs->super);
    uint64_t metadata = blocks / 256 + 8;

    if (old != NULL && (old->i_flags & EXT4_INLINE_DATA_FL) == 0) {
        available += old->i_blocks / (ext->fs->blocksize / 512);
    }
    if (blocks + metadata > available) {
        drydock_error_set(
            error, DRYDOCK_ERROR_NO_SPACE, "free some space in the guest's file system",
            "%" G_GUINT64_FORMAT " blocks are needed and %" G_GUINT64_FORMAT " are free",
            blocks + metadata, available);
        return FALSE;
    }
    return TRUE;
}

/* An inode without content: an empty extent tree where the file system has extents. */
static gboolean start_empty(ExtFs *ext, ext2_ino_t ino, struct ext2_inode_large *inode,
                            GError **error)
{
    ext2_extent_handle_t handle;
    errcode_t code;

    memset(inode->i_block, 0, sizeof(inode->i_block));
    inode->i_flags &= ~(uint32_t)(EXT4_INLINE_DATA_FL | EXT4_EXTENTS_FL);
    if (ext2fs_has_feature_extents(ext->fs->super)) {
        inode->i_flags |= EXT4_EXTENTS_FL;
        code = ext2fs_extent_open2(ext->fs, ino, EXT2_INODE(inode), &handle);
        if (code != 0) {
            ext_set_error(ext, code, error, "cannot start the extents of inode %u", ino);
            return FALSE;
        }
        ext2fs_extent_free(handle);
    }
    return TRUE;
}

static gboolean drop_content(ExtFs *ext, ext2_ino_t ino, struct ext2_inode_large *inode,
                             GError **error)
{
    g_autoptr(GArray) runs = NULL;
    errcode_t code;

    if ((inode->i_flags & EXT4_INLINE_DATA_FL) != 0) {
        if (!ext_remove_xattr(ext, ino, "system.data", error) ||
            !ext_read_inode(ext, ino, inode, error)) {
            return FALSE;
        }
    } else {
        if (!ext_map_inode(ext, ino, EXT2_INODE(inode), &runs, error)) {
            return FALSE;
        }
        code = ext2fs_punch(ext->fs, ino, EXT2_INODE(inode), NULL, 0, ~UINT64_C(0));
        if (code != 0) {
            ext_set_error(ext, code, error, "cannot free the old content");
            return FALSE;
        }
    }
    return start_empty(ext, ino, inode, error);
}

static gboolean write_runs(ExtFs *ext, const GArray *runs, const uint8_t *content, size_t size,
                           GError **error)
{
    size_t block_size = ext->fs->blocksize;
    g_autofree uint8_t *tail = g_malloc0(block_size);

    for (guint i = 0; i < runs->len; i++) {
        const ExtRun *run = &g_array_index(runs, ExtRun, i);
        size_t start = (size_t)run->logical * block_size;
        size_t length, whole;

        if (start >= size) {
            break;
        }
        length = MIN(size - start, (size_t)run->length * block_size);
        whole = length - length % block_size;
        if (whole > 0 &&
            !disk_write(ext->io.disk, run->physical * block_size, content + start, whole, error)) {
            return FALSE;
        }
        if (whole < length) {
            memcpy(tail, content + start + whole, length - whole);
            if (!disk_write(ext->io.disk, run->physical * block_size + whole, tail, block_size,
                            error)) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

/* inode is empty. It is on disk with its new content afterwards. */
static gboolean store_content(ExtFs *ext, ext2_ino_t ino, struct ext2_inode_large *inode,
                              GBytes *content, GError **error)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(content, &size);
    uint64_t blocks = ext2fs_div64_ceil(size, ext->fs->blocksize);
    g_autoptr(GArray) runs = NULL;
    errcode_t code;

    code = ext2fs_inode_size_set(ext->fs, EXT2_INODE(inode), (ext2_off64_t)size);
    if (code == 0) {
        ext_touch(inode, ext_now());
        code = ext2fs_write_inode_full(ext->fs, ino, EXT2_INODE(inode), sizeof(*inode));
    }
    if (code == 0 && blocks > 0) {
        code = ext2fs_fallocate(ext->fs, EXT2_FALLOCATE_FORCE_INIT, ino, EXT2_INODE(inode),
                                ~UINT64_C(0), 0, blocks);
    }
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot allocate %" G_GUINT64_FORMAT " blocks", blocks);
        return FALSE;
    }
    return ext_write_inode(ext, ino, inode, error) &&
           ext_map_inode(ext, ino, EXT2_INODE(inode), &runs, error) &&
           write_runs(ext, runs, data, size, error);
}

static gboolean replace_file(ExtFs *ext, ext2_ino_t ino, GBytes *content, GError **error)
{
    struct ext2_inode_large inode;

    if (!ext_read_inode(ext, ino, &inode, error) || !check_replaceable(&inode, error) ||
        !check_space(ext, &inode, ext2fs_div64_ceil(g_bytes_get_size(content), ext->fs->blocksize),
                     error)) {
        return FALSE;
    }
    return drop_content(ext, ino, &inode, error) && store_content(ext, ino, &inode, content, error);
}

static gboolean fill_new_file(ExtFs *ext, ext2_ino_t parent, const char *name, ext2_ino_t ino,
                              const ExtAttributes *attributes, GBytes *content, GError **error)
{
    struct ext2_inode_large inode;

    return ext_attributes_apply(ext, ino, attributes, error) &&
           ext_read_inode(ext, ino, &inode, error) &&
           store_content(ext, ino, &inode, content, error) &&
           ext_link_entry(ext, parent, name, ino, EXT2_FT_REG_FILE, error);
}

static gboolean create_file(ExtFs *ext, ext2_ino_t parent, const char *name, GBytes *content,
                            const FsAttributes *wanted, GError **error)
{
    g_auto(ExtAttributes) attributes = {0};
    struct ext2_inode_large inode = {.i_links_count = 1};
    ext2_ino_t ino;
    errcode_t code;

    if (!check_space(ext, NULL, ext2fs_div64_ceil(g_bytes_get_size(content), ext->fs->blocksize),
                     error) ||
        !ext_attributes_choose(ext, parent, LINUX_S_IFREG, wanted, &attributes, error) ||
        !ext_new_inode(ext, parent, attributes.mode, &ino, error)) {
        return FALSE;
    }
    inode.i_mode = (uint16_t)attributes.mode;
    if (!start_empty(ext, ino, &inode, error)) {
        return FALSE;
    }
    code = ext2fs_write_new_inode(ext->fs, ino, EXT2_INODE(&inode));
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot write inode %u", ino);
        return FALSE;
    }
    ext2fs_inode_alloc_stats2(ext->fs, ino, +1, 0);
    if (fill_new_file(ext, parent, name, ino, &attributes, content, error)) {
        return TRUE;
    }
    if (!ext_free_inode(ext, ino, NULL)) {
        g_debug("inode %u of a file that failed stays allocated", ino);
    }
    return FALSE;
}

gboolean ext_write_file(Fs *fs, const char *path, GBytes *content, const FsAttributes *attributes,
                        GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    ext2_ino_t parent, ino;
    const char *name;
    gboolean found;

    if (!ext_lookup_parent(ext, path, &parent, &name, error) ||
        !ext_find_entry(ext, parent, name, &found, &ino, error) || !ext_begin_write(ext, error)) {
        return FALSE;
    }
    return found ? replace_file(ext, ino, content, error)
                 : create_file(ext, parent, name, content, attributes, error);
}
