/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading from ext volumes: attributes, links, content, free space. */
#include "fs/ext.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define HINT_ENCRYPTED "decrypt the file in the guest, or leave it out"
#define LINK_MAX_BYTES 4096

typedef struct {
    FsFile base;
    GArray *runs;      /* of ExtRun; NULL: inline */
    char *inline_data; /* as long as the file */
} ExtFile;

gboolean ext_read_inode(ExtFs *ext, ext2_ino_t ino, struct ext2_inode_large *ret_inode,
                        GError **error)
{
    errcode_t code;

    memset(ret_inode, 0, sizeof(*ret_inode));
    code = ext2fs_read_inode_full(ext->fs, ino, EXT2_INODE(ret_inode), sizeof(*ret_inode));
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot read inode %u", ino);
        return FALSE;
    }
    return TRUE;
}

FsFileType ext_file_type(uint32_t mode)
{
    if (LINUX_S_ISREG(mode)) {
        return FS_TYPE_FILE;
    }
    if (LINUX_S_ISDIR(mode)) {
        return FS_TYPE_DIRECTORY;
    }
    return LINUX_S_ISLNK(mode) ? FS_TYPE_SYMLINK : FS_TYPE_OTHER;
}

/* Where the inode has room for it, two more bits of the seconds are kept beside the nanoseconds
   (Documentation/filesystems/ext4/inodes.rst, "Inode Timestamps"). */
static int64_t modification_time(const struct ext2_inode_large *inode)
{
    int64_t seconds = (int32_t)inode->i_mtime;

    if ((size_t)inode->i_extra_isize + EXT2_GOOD_OLD_INODE_SIZE >=
        G_STRUCT_OFFSET(struct ext2_inode_large, i_mtime_extra) + sizeof(inode->i_mtime_extra)) {
        seconds += (int64_t)(inode->i_mtime_extra & EXT4_EPOCH_MASK) << 32;
    }
    return seconds;
}

gboolean ext_stat(Fs *fs, const char *path, gboolean *ret_found, FsStat *ret_stat, GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    struct ext2_inode_large inode;
    gboolean found;
    ext2_ino_t ino;

    if (!ext_lookup(ext, path, &found, &ino, error) ||
        (found && !ext_read_inode(ext, ino, &inode, error))) {
        return FALSE;
    }
    *ret_found = found;
    if (found) {
        *ret_stat = (FsStat){
            .type = ext_file_type(inode.i_mode),
            .size_bytes = EXT2_I_SIZE(&inode),
            .inode = ino,
            .links = inode.i_links_count,
            .mode = inode.i_mode & 07777,
            .uid = inode_uid(inode),
            .gid = inode_gid(inode),
            .mtime = modification_time(&inode),
        };
    }
    return TRUE;
}

/* Opens path's inode and insists on its type. */
static gboolean find_inode(ExtFs *ext, const char *path, FsFileType type, ext2_ino_t *ret_ino,
                           struct ext2_inode_large *ret_inode, GError **error)
{
    gboolean found;

    if (!ext_lookup(ext, path, &found, ret_ino, error)) {
        return FALSE;
    }
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "no such file");
        return FALSE;
    }
    if (!ext_read_inode(ext, *ret_ino, ret_inode, error)) {
        return FALSE;
    }
    if (ext_file_type(ret_inode->i_mode) != type) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "not a %s",
                          type == FS_TYPE_FILE ? "file" : "symbolic link");
        return FALSE;
    }
    if ((ret_inode->i_flags & EXT4_ENCRYPT_FL) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, HINT_ENCRYPTED, "it is encrypted");
        return FALSE;
    }
    return TRUE;
}

static gboolean read_inline(ExtFs *ext, ext2_ino_t ino, struct ext2_inode_large *inode,
                            char **ret_data, GError **error)
{
    uint64_t wanted = EXT2_I_SIZE(inode);
    g_autofree char *data = NULL;
    size_t size;
    errcode_t code = ext2fs_inline_data_size(ext->fs, ino, &size);

    if (code == 0) {
        data = g_malloc0(size + 1);
        code = ext2fs_inline_data_get(ext->fs, ino, EXT2_INODE(inode), data, &size);
    }
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot read the data in inode %u", ino);
        return FALSE;
    }
    if (wanted > size) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                          "inode %u: larger than the data in it", ino);
        return FALSE;
    }
    data[wanted] = '\0';
    *ret_data = g_steal_pointer(&data);
    return TRUE;
}

/* The parts of [offset, offset + length) that lie in runs; the rest is zeros. */
static gboolean read_runs(ExtFs *ext, const GArray *runs, uint64_t offset, uint8_t *buffer,
                          size_t length, GError **error)
{
    uint64_t block_size = ext->fs->blocksize;

    while (length > 0) {
        uint64_t within = offset % block_size;
        const ExtRun *run = ext_map_find(runs, offset / block_size);
        gboolean hole = run == NULL || offset / block_size < run->logical;
        uint64_t end = run == NULL ? G_MAXUINT64 : run->logical * block_size;
        size_t chunk;

        if (!hole) {
            end = (run->logical + run->length) * block_size;
        }
        chunk = (size_t)MIN(length, end - offset);
        if (hole || run->unwritten) {
            memset(buffer, 0, chunk);
        } else if (!disk_read(ext->io.disk,
                              (run->physical + (offset / block_size - run->logical)) * block_size +
                                  within,
                              buffer, chunk, error)) {
            return FALSE;
        }
        buffer += chunk;
        offset += chunk;
        length -= chunk;
    }
    return TRUE;
}

gboolean ext_read_link(Fs *fs, const char *path, char **ret_target, GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    struct ext2_inode_large inode;
    g_autoptr(GArray) runs = NULL;
    g_autofree char *target = NULL;
    ext2_ino_t ino;
    size_t size;

    if (!find_inode(ext, path, FS_TYPE_SYMLINK, &ino, &inode, error)) {
        return FALSE;
    }
    if (EXT2_I_SIZE(&inode) > LINK_MAX_BYTES) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the target is longer than %d bytes",
                          LINK_MAX_BYTES);
        return FALSE;
    }
    size = (size_t)EXT2_I_SIZE(&inode);
    if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0) {
        return read_inline(ext, ino, &inode, ret_target, error);
    }
    target = g_malloc0(size + 1);
    if (ext2fs_is_fast_symlink(EXT2_INODE(&inode))) {
        memcpy(target, inode.i_block, MIN(size, sizeof(inode.i_block)));
    } else if (!ext_map_inode(ext, ino, EXT2_INODE(&inode), &runs, error) ||
               !read_runs(ext, runs, 0, (uint8_t *)target, size, error)) {
        return FALSE;
    }
    *ret_target = g_steal_pointer(&target);
    return TRUE;
}

gboolean ext_file_open(Fs *fs, const char *path, FsFile **ret_file, GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    struct ext2_inode_large inode;
    g_autoptr(GArray) runs = NULL;
    g_autofree char *inline_data = NULL;
    ext2_ino_t ino;
    ExtFile *file;

    if (!find_inode(ext, path, FS_TYPE_FILE, &ino, &inode, error)) {
        return FALSE;
    }
    if ((inode.i_flags & EXT2_COMPRBLK_FL) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "it is compressed (e2compr)");
        return FALSE;
    }
    if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0) {
        if (!read_inline(ext, ino, &inode, &inline_data, error)) {
            return FALSE;
        }
    } else if (!ext_map_inode(ext, ino, EXT2_INODE(&inode), &runs, error)) {
        return FALSE;
    }
    file = g_new0(ExtFile, 1);
    file->base.fs = fs;
    file->base.size_bytes = EXT2_I_SIZE(&inode);
    file->runs = g_steal_pointer(&runs);
    file->inline_data = g_steal_pointer(&inline_data);
    *ret_file = &file->base;
    return TRUE;
}

gboolean ext_file_read(FsFile *base, uint64_t offset, void *buffer, size_t length, GError **error)
{
    ExtFile *file = (ExtFile *)base;

    if (!range_is_within(offset, length, base->size_bytes)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "read beyond the end of the file");
        return FALSE;
    }
    if (file->inline_data != NULL) {
        memcpy(buffer, file->inline_data + offset, length);
        return TRUE;
    }
    return read_runs((ExtFs *)base->fs, file->runs, offset, buffer, length, error);
}

void ext_file_close(FsFile *base)
{
    ExtFile *file = (ExtFile *)base;

    g_clear_pointer(&file->runs, g_array_unref);
    g_free(file->inline_data);
    g_free(file);
}

/* Groups whose bitmap was never written (BLOCK_UNINIT) come right from libext2fs: free but for
   their own metadata. */
gboolean ext_free_extents(Fs *fs, GArray *extents, GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    uint64_t block_size = ext->fs->blocksize;
    blk64_t start = ext->fs->super->s_first_data_block;
    blk64_t last = ext2fs_blocks_count(ext->fs->super) - 1;

    if (ext->distrust != NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "start the guest once more and shut it down cleanly",
                          "its free space is not known for certain: %s", ext->distrust);
        return FALSE;
    }
    if (!ext_load_block_bitmap(ext, error)) {
        return FALSE;
    }
    while (start <= last) {
        blk64_t first_free, next_used;

        if (ext2fs_find_first_zero_block_bitmap2(ext->fs->block_map, start, last, &first_free) !=
            0) {
            break;
        }
        if (ext2fs_find_first_set_block_bitmap2(ext->fs->block_map, first_free, last, &next_used) !=
            0) {
            next_used = last + 1;
        }
        fs_extents_add(extents, first_free * block_size, (next_used - first_free) * block_size);
        start = next_used;
    }
    return TRUE;
}

gboolean ext_file_extents(Fs *fs, const char *path, GArray *extents, GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    uint64_t block_size = ext->fs->blocksize;
    struct ext2_inode_large inode;
    g_autoptr(GArray) runs = NULL;
    ext2_ino_t ino;

    if (!find_inode(ext, path, FS_TYPE_FILE, &ino, &inode, error)) {
        return FALSE;
    }
    if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0) {
        return TRUE;
    }
    if (!ext_map_inode(ext, ino, EXT2_INODE(&inode), &runs, error)) {
        return FALSE;
    }
    for (guint i = 0; i < runs->len; i++) {
        const ExtRun *run = &g_array_index(runs, ExtRun, i);

        fs_extents_add(extents, run->physical * block_size, run->length * block_size);
    }
    return TRUE;
}
