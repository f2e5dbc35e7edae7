/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New directories, symbolic links and directory entries on ext volumes. */
#include "fs/ext.h"

#include <string.h>

#include "base/error.h"

gboolean ext_new_inode(ExtFs *ext, ext2_ino_t parent, uint32_t mode, ext2_ino_t *ret_ino,
                       GError **error)
{
    errcode_t code = ext2fs_new_inode(ext->fs, parent, (int)mode, NULL, ret_ino);

    if (code != 0) {
        ext_set_error(ext, code, error, "no free inode");
        return FALSE;
    }
    return TRUE;
}

static gboolean stamp_directory(ExtFs *ext, ext2_ino_t directory, GError **error)
{
    struct ext2_inode_large inode;

    if (!ext_read_inode(ext, directory, &inode, error)) {
        return FALSE;
    }
    ext_touch(&inode, ext_now());
    return ext_write_inode(ext, directory, &inode, error);
}

gboolean ext_link_entry(ExtFs *ext, ext2_ino_t directory, const char *name, ext2_ino_t ino,
                        int type, GError **error)
{
    struct ext2_inode_large inode;
    errcode_t code;

    if (!ext_read_inode(ext, directory, &inode, error)) {
        return FALSE;
    }
    code = ext2fs_link(ext->fs, directory, name, ino, type);
    /* An index grows inside ext2fs_link(); a plain directory has to be given a block. */
    if (code == EXT2_ET_DIR_NO_SPACE && (inode.i_flags & EXT2_INDEX_FL) == 0) {
        code = ext2fs_expand_dir(ext->fs, directory);
        if (code == 0) {
            code = ext2fs_link(ext->fs, directory, name, ino, type);
        }
    }
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot enter '%s' into its directory", name);
        return FALSE;
    }
    return stamp_directory(ext, directory, error);
}

gboolean ext_set_links(ExtFs *ext, ext2_ino_t ino, uint16_t links, GError **error)
{
    struct ext2_inode_large inode;

    if (!ext_read_inode(ext, ino, &inode, error)) {
        return FALSE;
    }
    inode.i_links_count = links;
    return ext_write_inode(ext, ino, &inode, error);
}

/* With dir_nlink a directory of more subdirectories than fit the count has the count 1. */
static gboolean links_with_one_more(ExtFs *ext, uint16_t links, uint16_t *ret_links, GError **error)
{
    if (links == 1 || links + 1 <= EXT2_LINK_MAX) {
        *ret_links = links == 1 ? 1 : (uint16_t)(links + 1);
        return TRUE;
    }
    if (!ext2fs_has_feature_dir_nlink(ext->fs->super)) {
        drydock_error_set(error, DRYDOCK_ERROR_NO_SPACE, NULL,
                          "its directory has as many subdirectories as it can have");
        return FALSE;
    }
    *ret_links = 1;
    return TRUE;
}

static gboolean make_directory(ExtFs *ext, ext2_ino_t parent, const char *name,
                               const ExtAttributes *attributes, GError **error)
{
    struct ext2_inode_large directory;
    uint16_t links, links_before;
    ext2_ino_t ino;
    errcode_t code;

    if (!ext_read_inode(ext, parent, &directory, error) ||
        !links_with_one_more(ext, directory.i_links_count, &links, error) ||
        !ext_new_inode(ext, parent, attributes->mode, &ino, error)) {
        return FALSE;
    }
    links_before = directory.i_links_count;
    code = ext2fs_mkdir(ext->fs, parent, ino, NULL);
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot make the directory");
        return FALSE;
    }
    if (ext_attributes_apply(ext, ino, attributes, error) &&
        ext_link_entry(ext, parent, name, ino, EXT2_FT_DIR, error) &&
        ext_set_links(ext, parent, links, error)) {
        return TRUE;
    }
    if (!ext_free_inode(ext, ino, NULL) || !ext_set_links(ext, parent, links_before, NULL)) {
        g_debug("inode %u of a directory that failed stays allocated", ino);
    }
    return FALSE;
}

gboolean ext_make_directory(Fs *fs, const char *path, const FsAttributes *wanted, GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    g_auto(ExtAttributes) attributes = {0};
    struct ext2_inode_large inode;
    ext2_ino_t parent, ino;
    const char *name;
    gboolean found;

    if (!ext_lookup_parent(ext, path, &parent, &name, error) ||
        !ext_find_entry(ext, parent, name, &found, &ino, error)) {
        return FALSE;
    }
    if (found) {
        if (!ext_read_inode(ext, ino, &inode, error)) {
            return FALSE;
        }
        if (!LINUX_S_ISDIR(inode.i_mode)) {
            drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL,
                              "it exists, and is not a directory");
            return FALSE;
        }
        return TRUE;
    }
    return ext_begin_write(ext, error) &&
           ext_attributes_choose(ext, parent, LINUX_S_IFDIR, wanted, &attributes, error) &&
           make_directory(ext, parent, name, &attributes, error);
}

static gboolean make_symlink(ExtFs *ext, ext2_ino_t parent, const char *name, const char *target,
                             const ExtAttributes *attributes, GError **error)
{
    ext2_ino_t ino;
    errcode_t code;

    if (!ext_new_inode(ext, parent, LINUX_S_IFLNK | 0777, &ino, error)) {
        return FALSE;
    }
    code = ext2fs_symlink(ext->fs, parent, ino, NULL, target);
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot make the symbolic link");
        return FALSE;
    }
    if (ext_attributes_apply(ext, ino, attributes, error) &&
        ext_link_entry(ext, parent, name, ino, EXT2_FT_SYMLINK, error)) {
        return TRUE;
    }
    if (!ext_free_inode(ext, ino, NULL)) {
        g_debug("inode %u of a symbolic link that failed stays allocated", ino);
    }
    return FALSE;
}

gboolean ext_make_symlink(Fs *fs, const char *path, const char *target, const FsAttributes *wanted,
                          GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    g_auto(ExtAttributes) attributes = {0};
    ext2_ino_t parent, ino;
    const char *name;
    gboolean found;

    if (strlen(target) >= MIN(ext->fs->blocksize, 4096U)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the target is too long");
        return FALSE;
    }
    if (!ext_lookup_parent(ext, path, &parent, &name, error) ||
        !ext_find_entry(ext, parent, name, &found, &ino, error)) {
        return FALSE;
    }
    if (found) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "it exists");
        return FALSE;
    }
    return ext_begin_write(ext, error) &&
           ext_attributes_choose(ext, parent, LINUX_S_IFLNK, wanted, &attributes, error) &&
           make_symlink(ext, parent, name, target, &attributes, error);
}
