/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Removing files, links and empty directories from ext volumes. */
#include "fs/ext.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

/* More inodes than this waiting for removal: the list runs in a circle. */
#define ORPHANS_MAX (1U << 20)
/* The last 8 bytes of a block of the orphan file are its magic number and checksum. */
#define ORPHAN_TAIL_BYTES 8

/* The old list runs through the inodes' deletion times. */
static gboolean is_in_list(ExtFs *ext, ext2_ino_t wanted, gboolean *ret_orphan, GError **error)
{
    ext2_ino_t ino = ext->fs->super->s_last_orphan;
    struct ext2_inode_large inode;

    *ret_orphan = FALSE;
    for (guint i = 0; ino != 0 && i < ORPHANS_MAX; i++) {
        if (ino == wanted) {
            *ret_orphan = TRUE;
            return TRUE;
        }
        if (!ext_read_inode(ext, ino, &inode, error)) {
            g_prefix_error(error, "the list of orphans: ");
            return FALSE;
        }
        ino = inode.i_dtime;
    }
    return TRUE;
}

static gboolean is_in_file(ExtFs *ext, ext2_ino_t wanted, gboolean *ret_orphan, GError **error)
{
    ext2_ino_t file = ext->fs->super->s_orphan_file_inum;
    uint32_t block_size = ext->fs->blocksize;
    g_autofree uint8_t *block = g_malloc(block_size);
    struct ext2_inode_large inode;
    g_autoptr(GArray) runs = NULL;

    if (!ext_read_inode(ext, file, &inode, error) ||
        !ext_map_inode(ext, file, EXT2_INODE(&inode), &runs, error)) {
        g_prefix_error(error, "the file of orphans: ");
        return FALSE;
    }
    for (guint i = 0; i < runs->len; i++) {
        const ExtRun *run = &g_array_index(runs, ExtRun, i);

        for (uint64_t j = 0; j < run->length; j++) {
            if (!disk_read(ext->io.disk, (run->physical + j) * block_size, block, block_size,
                           error)) {
                return FALSE;
            }
            for (uint32_t k = 0; k + 4 <= block_size - ORPHAN_TAIL_BYTES; k += 4) {
                if (get_le32(block + k) == wanted) {
                    *ret_orphan = TRUE;
                    return TRUE;
                }
            }
        }
    }
    return TRUE;
}

gboolean ext_is_orphan(ExtFs *ext, ext2_ino_t ino, gboolean *ret_orphan, GError **error)
{
    struct ext2_super_block *super = ext->fs->super;

    if (!is_in_list(ext, ino, ret_orphan, error)) {
        return FALSE;
    }
    if (*ret_orphan || !ext2fs_has_feature_orphan_file(super) ||
        !ext2fs_has_feature_orphan_present(super)) {
        return TRUE;
    }
    return is_in_file(ext, ino, ret_orphan, error);
}

gboolean ext_free_inode(ExtFs *ext, ext2_ino_t ino, GError **error)
{
    ext2_filsys fs = ext->fs;
    struct ext2_inode_large inode;
    g_autoptr(GArray) runs = NULL;
    errcode_t code;

    /* Values kept in inodes of their own have to be given back one by one. */
    if (ext2fs_has_feature_ea_inode(fs->super) && !ext_remove_xattrs(ext, ino, error)) {
        return FALSE;
    }
    if (!ext_read_inode(ext, ino, &inode, error)) {
        return FALSE;
    }
    code = ext2fs_free_ext_attr(fs, ino, &inode);
    if (code == 0 && ext2fs_inode_has_valid_blocks2(fs, EXT2_INODE(&inode))) {
        /* Only for its limits: a tree that refers to itself must not reach ext2fs_punch(). */
        if (!ext_map_inode(ext, ino, EXT2_INODE(&inode), &runs, error)) {
            return FALSE;
        }
        code = ext2fs_punch(fs, ino, EXT2_INODE(&inode), NULL, 0, ~UINT64_C(0));
    }
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot free inode %u", ino);
        return FALSE;
    }
    inode.i_links_count = 0;
    inode.i_dtime = (uint32_t)ext_now();
    if (!ext_write_inode(ext, ino, &inode, error)) {
        return FALSE;
    }
    ext2fs_inode_alloc_stats2(fs, ino, -1, LINUX_S_ISDIR(inode.i_mode));
    return TRUE;
}

static gboolean note_entry(const ExtEntry *entry, gpointer data)
{
    (void)entry;
    *(gboolean *)data = FALSE;
    return FALSE;
}

static gboolean check_removable(ExtFs *ext, ext2_ino_t ino, const struct ext2_inode_large *inode,
                                GError **error)
{
    gboolean empty = TRUE;
    gboolean orphan;

    if (LINUX_S_ISDIR(inode->i_mode)) {
        if (!ext_walk_directory(ext, ino, note_entry, &empty, error)) {
            return FALSE;
        }
        if (!empty) {
            drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, NULL,
                              "the directory is not empty");
            return FALSE;
        }
    }
    if (!ext_is_orphan(ext, ino, &orphan, error)) {
        return FALSE;
    }
    if (orphan) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "start the guest once more and shut it down cleanly",
                          "the guest's kernel has yet to finish truncating or removing it");
        return FALSE;
    }
    return TRUE;
}

static gboolean drop_link(ExtFs *ext, ext2_ino_t parent, ext2_ino_t ino,
                          struct ext2_inode_large *inode, GError **error)
{
    struct ext2_inode_large directory;
    int64_t now = ext_now();

    if (!ext_read_inode(ext, parent, &directory, error)) {
        return FALSE;
    }
    if (LINUX_S_ISDIR(inode->i_mode) && directory.i_links_count > 2) {
        directory.i_links_count--; /* its ".."; 1 means uncounted (dir_nlink) */
    }
    ext_touch(&directory, now);
    if (!ext_write_inode(ext, parent, &directory, error)) {
        return FALSE;
    }
    if (LINUX_S_ISDIR(inode->i_mode) || inode->i_links_count <= 1) {
        return ext_free_inode(ext, ino, error);
    }
    inode->i_links_count--;
    inode->i_ctime = (uint32_t)now;
    return ext_write_inode(ext, ino, inode, error);
}

gboolean ext_remove(Fs *fs, const char *path, GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    struct ext2_inode_large inode;
    ext2_ino_t parent, ino;
    const char *name;
    gboolean found;
    errcode_t code;

    if (!ext_lookup_parent(ext, path, &parent, &name, error) ||
        !ext_find_entry(ext, parent, name, &found, &ino, error)) {
        return FALSE;
    }
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "it does not exist");
        return FALSE;
    }
    if (!ext_begin_write(ext, error) || !ext_read_inode(ext, ino, &inode, error) ||
        !check_removable(ext, ino, &inode, error)) {
        return FALSE;
    }
    code = ext2fs_unlink(ext->fs, parent, name, ino, 0);
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot take it out of its directory");
        return FALSE;
    }
    return drop_link(ext, parent, ino, &inode, error);
}
