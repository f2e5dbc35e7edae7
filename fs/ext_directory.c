/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Directories of ext volumes: walking, looking up, listing. Blocks are read through the inode's
   block map, so that an index (htree) is not needed and a hostile one does not matter. */
#include "fs/ext.h"

#include <string.h>

#include "base/error.h"

#define HINT_ENCRYPTED "decrypt the directory in the guest, or leave it out"

typedef struct {
    ExtFs *ext;
    ext2_ino_t directory;
    gboolean (*visit)(const ExtEntry *entry, gpointer data);
    gpointer data;
    gboolean stopped;
} Walk;

static void visit_entry(Walk *walk, const struct ext2_dir_entry *dirent)
{
    ext2_filsys fs = walk->ext->fs;
    ExtEntry entry = {
        .name = dirent->name,
        .name_length = (size_t)ext2fs_dirent_name_len(dirent),
        .ino = dirent->inode,
    };

    if (ext2fs_has_feature_filetype(fs->super)) {
        entry.type = (guint)ext2fs_dirent_file_type(dirent);
    }
    if (entry.ino == 0 || entry.name_length == 0 || entry.name[0] == '\0' ||
        (entry.name_length == 1 && entry.name[0] == '.') ||
        (entry.name_length == 2 && entry.name[0] == '.' && entry.name[1] == '.')) {
        return;
    }
    if (memchr(entry.name, '/', entry.name_length) != NULL ||
        memchr(entry.name, '\0', entry.name_length) != NULL) {
        g_debug("directory inode %u: a name with a slash or a zero byte, skipping",
                walk->directory);
        return;
    }
    walk->stopped = !walk->visit(&entry, walk->data);
}

static gboolean is_corrupt(const Walk *walk, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "directory inode %u is damaged",
                      walk->directory);
    return FALSE;
}

static gboolean walk_block(Walk *walk, uint64_t block, char *buffer, GError **error)
{
    ext2_filsys fs = walk->ext->fs;
    errcode_t code = ext2fs_read_dir_block4(fs, block, buffer, 0, walk->directory);
    unsigned int length;

    if (code != 0) {
        ext_set_error(walk->ext, code, error, "cannot read directory inode %u", walk->directory);
        return FALSE;
    }
    for (unsigned int offset = 0; offset + 8 <= fs->blocksize && !walk->stopped; offset += length) {
        struct ext2_dir_entry *dirent = (struct ext2_dir_entry *)(void *)(buffer + offset);

        if (ext2fs_get_rec_len(fs, dirent, &length) != 0 || length < 8 || length % 4 != 0 ||
            length > fs->blocksize - offset ||
            (dirent->inode != 0 && (unsigned int)ext2fs_dirent_name_len(dirent) + 8 > length)) {
            return is_corrupt(walk, error);
        }
        visit_entry(walk, dirent);
    }
    return TRUE;
}

static gboolean walk_blocks(Walk *walk, struct ext2_inode *inode, GError **error)
{
    ext2_filsys fs = walk->ext->fs;
    uint64_t end = ext2fs_div64_ceil(EXT2_I_SIZE(inode), fs->blocksize);
    g_autofree char *buffer = g_malloc(fs->blocksize);
    g_autoptr(GArray) runs = NULL;

    if (!ext_map_inode(walk->ext, walk->directory, inode, &runs, error)) {
        return FALSE;
    }
    for (guint i = 0; i < runs->len; i++) {
        const ExtRun *run = &g_array_index(runs, ExtRun, i);

        for (uint64_t j = 0; j < run->length && run->logical + j < end; j++) {
            if (walk->stopped) {
                return TRUE;
            }
            if (!run->unwritten && !walk_block(walk, run->physical + j, buffer, error)) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

static int visit_inline(ext2_ino_t directory, int kind, struct ext2_dir_entry *dirent, int offset,
                        int block_size, char *buffer, void *data)
{
    Walk *walk = data;

    (void)directory;
    (void)kind;
    (void)offset;
    (void)block_size;
    (void)buffer;
    if (!walk->stopped) {
        visit_entry(walk, dirent);
    }
    return walk->stopped ? DIRENT_ABORT : 0;
}

/* Inside the inode there is no tree to get lost in; libext2fs knows the layout. */
static gboolean walk_inline(Walk *walk, GError **error)
{
    errcode_t code =
        ext2fs_dir_iterate2(walk->ext->fs, walk->directory, 0, NULL, visit_inline, walk);

    if (code != 0) {
        ext_set_error(walk->ext, code, error, "cannot read directory inode %u", walk->directory);
        return FALSE;
    }
    return TRUE;
}

gboolean ext_walk_directory(ExtFs *ext, ext2_ino_t directory,
                            gboolean (*visit)(const ExtEntry *entry, gpointer data), gpointer data,
                            GError **error)
{
    Walk walk = {.ext = ext, .directory = directory, .visit = visit, .data = data};
    struct ext2_inode_large inode;

    if (!ext_read_inode(ext, directory, &inode, error)) {
        return FALSE;
    }
    if (!LINUX_S_ISDIR(inode.i_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "not a directory");
        return FALSE;
    }
    if ((inode.i_flags & EXT4_ENCRYPT_FL) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, HINT_ENCRYPTED,
                          "the directory is encrypted");
        return FALSE;
    }
    if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0) {
        return walk_inline(&walk, error);
    }
    return walk_blocks(&walk, EXT2_INODE(&inode), error);
}

typedef struct {
    const char *name;
    size_t length;
    const struct ext2fs_nls_table *folding; /* NULL: bytes must be equal */
    ext2_ino_t ino;
} Search;

static gboolean match_entry(const ExtEntry *entry, gpointer data)
{
    Search *search = data;

    if (search->length == entry->name_length &&
        memcmp(search->name, entry->name, entry->name_length) == 0) {
        search->ino = entry->ino;
    } else if (search->folding != NULL &&
               ext2fs_casefold_cmp(search->folding, (const unsigned char *)search->name,
                                   search->length, (const unsigned char *)entry->name,
                                   entry->name_length) == 0) {
        search->ino = entry->ino;
    }
    return search->ino == 0;
}

static gboolean find_name(ExtFs *ext, ext2_ino_t directory, const char *name, size_t length,
                          gboolean *ret_found, ext2_ino_t *ret_ino, GError **error)
{
    Search search = {.name = name, .length = length};
    struct ext2_inode_large inode;

    if (!ext_read_inode(ext, directory, &inode, error)) {
        return FALSE;
    }
    if (!LINUX_S_ISDIR(inode.i_mode)) {
        *ret_found = FALSE;
        return TRUE;
    }
    if ((inode.i_flags & EXT4_CASEFOLD_FL) != 0 && ext2fs_has_feature_casefold(ext->fs->super)) {
        search.folding = ext->fs->encoding;
    }
    if (!ext_walk_directory(ext, directory, match_entry, &search, error)) {
        return FALSE;
    }
    *ret_found = search.ino != 0;
    if (search.ino != 0) {
        *ret_ino = search.ino;
    }
    return TRUE;
}

gboolean ext_find_entry(ExtFs *ext, ext2_ino_t directory, const char *name, gboolean *ret_found,
                        ext2_ino_t *ret_ino, GError **error)
{
    return find_name(ext, directory, name, strlen(name), ret_found, ret_ino, error);
}

static gboolean lookup(ExtFs *ext, const char *path, size_t path_length, gboolean *ret_found,
                       ext2_ino_t *ret_ino, GError **error)
{
    ext2_ino_t ino = EXT2_ROOT_INO;
    const char *end = path + path_length;

    while (path < end) {
        const char *name = path + 1;
        const char *slash = memchr(name, '/', (size_t)(end - name));
        size_t length = (size_t)((slash != NULL ? slash : end) - name);

        if (length > 0 && !find_name(ext, ino, name, length, ret_found, &ino, error)) {
            return FALSE;
        }
        if (length > 0 && !*ret_found) {
            return TRUE;
        }
        path = name + length;
    }
    *ret_found = TRUE;
    *ret_ino = ino;
    return TRUE;
}

gboolean ext_lookup(ExtFs *ext, const char *path, gboolean *ret_found, ext2_ino_t *ret_ino,
                    GError **error)
{
    return lookup(ext, path, strlen(path), ret_found, ret_ino, error);
}

gboolean ext_lookup_parent(ExtFs *ext, const char *path, ext2_ino_t *ret_parent,
                           const char **ret_name, GError **error)
{
    const char *name = strrchr(path, '/') + 1;
    struct ext2_inode_large inode;
    gboolean found;

    if (*name == '\0') {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, NULL, "the root directory has no name");
        return FALSE;
    }
    if (strlen(name) > EXT2_NAME_LEN) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "the name is longer than %d bytes", EXT2_NAME_LEN);
        return FALSE;
    }
    if (!lookup(ext, path, (size_t)(name - 1 - path), &found, ret_parent, error)) {
        return FALSE;
    }
    if (found && !ext_read_inode(ext, *ret_parent, &inode, error)) {
        return FALSE;
    }
    if (!found || !LINUX_S_ISDIR(inode.i_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "its directory does not exist");
        return FALSE;
    }
    *ret_name = name;
    return TRUE;
}

typedef struct {
    ExtFs *ext;
    GPtrArray *entries;
    GError **error;
    gboolean failed;
} Listing;

static gboolean list_entry(const ExtEntry *entry, gpointer data)
{
    Listing *listing = data;
    g_autofree char *name = g_strndup(entry->name, entry->name_length);
    FsFileType type = FS_TYPE_OTHER;
    struct ext2_inode_large inode;

    if (entry->type == EXT2_FT_UNKNOWN) {
        if (!ext_read_inode(listing->ext, entry->ino, &inode, listing->error)) {
            g_prefix_error(listing->error, "'%s': ", name);
            listing->failed = TRUE;
            return FALSE;
        }
        type = ext_file_type(inode.i_mode);
    } else if (entry->type == EXT2_FT_REG_FILE) {
        type = FS_TYPE_FILE;
    } else if (entry->type == EXT2_FT_DIR) {
        type = FS_TYPE_DIRECTORY;
    } else if (entry->type == EXT2_FT_SYMLINK) {
        type = FS_TYPE_SYMLINK;
    }
    fs_entries_add(listing->entries, name, type);
    return TRUE;
}

gboolean ext_list(Fs *fs, const char *path, GPtrArray *entries, GError **error)
{
    ExtFs *ext = (ExtFs *)fs;
    Listing listing = {.ext = ext, .entries = entries, .error = error};
    gboolean found;
    ext2_ino_t ino;

    if (!ext_lookup(ext, path, &found, &ino, error)) {
        return FALSE;
    }
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "no such directory");
        return FALSE;
    }
    return ext_walk_directory(ext, ino, list_entry, &listing, error) && !listing.failed;
}
