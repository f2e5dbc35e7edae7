/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A guest's namespace: filesystems mounted on each other, symbolic links resolved inside it and
   never on the host. Everything above fs/ reads and writes guests through it. */
#ifndef FS_TREE_H
#define FS_TREE_H

#include "fs/fs.h"

typedef struct FsTree FsTree;

FsTree *fs_tree_new(void);
void fs_tree_free(FsTree *tree); /* not the filesystems in it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FsTree, fs_tree_free)

/* fs is borrowed and must outlive the tree. mount_point: "/" first, then "/boot" and so on, in any
   order after it; it need not exist as a directory. */
void fs_tree_mount(FsTree *tree, const char *mount_point, Fs *fs);
/* As fs_tree_mount(), but what is below folder, a normalised path in fs: a subvolume of Btrfs. */
void fs_tree_mount_folder(FsTree *tree, const char *mount_point, Fs *fs, const char *folder);
/* The folder of its filesystem that is the root: "" for all of it. Borrowed. */
const char *fs_tree_root_folder(const FsTree *tree);
/* The filesystem that holds path after all links are resolved, and the path in it. */
gboolean fs_tree_resolve(FsTree *tree, const char *path, gboolean follow_last, Fs **ret_fs,
                         char **ret_path, gboolean *ret_found,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The root filesystem is not case sensitive: '\\' separates in paths as '/' does. */
gboolean fs_tree_is_windows(const FsTree *tree);

/* Paths: absolute, '/' or '\\' between components where the root filesystem is not case sensitive;
   ".", ".." and doubled slashes are normalised; ".." and links never leave the root. At most 40
   links (ELOOP: DRYDOCK_ERROR_CORRUPT). These follow a link in the last component too, except
   fs_tree_stat_link(), fs_tree_read_link() and fs_tree_remove(). Otherwise as in fs.h. */
gboolean fs_tree_stat(FsTree *tree, const char *path, gboolean *ret_found, FsStat *ret_stat,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fs_tree_stat_link(FsTree *tree, const char *path, gboolean *ret_found, FsStat *ret_stat,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fs_tree_read_link(FsTree *tree, const char *path, char **ret_target,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fs_tree_list(FsTree *tree, const char *path, GPtrArray **ret_entries,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fs_tree_file_open(FsTree *tree, const char *path, FsFile **ret_file,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fs_tree_read_file(FsTree *tree, const char *path, uint64_t limit_bytes, GBytes **ret_bytes,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fs_tree_write_file(FsTree *tree, const char *path, GBytes *content,
                            const FsAttributes *attributes,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fs_tree_make_directory(FsTree *tree, const char *path, const FsAttributes *attributes,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fs_tree_make_symlink(FsTree *tree, const char *path, const char *target,
                              const FsAttributes *attributes,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean fs_tree_remove(FsTree *tree, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For the common questions; read errors count as "no" and are logged at debug. */
gboolean fs_tree_is_file(FsTree *tree, const char *path);
gboolean fs_tree_is_directory(FsTree *tree, const char *path);

/* Text of a file up to 1 MiB as UTF-8 without a byte order mark (bytes that are no UTF-8 are kept
   as they are); *ret_text NULL and no error when it is not there. */
gboolean fs_tree_read_text(FsTree *tree, const char *path, char **ret_text,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Syncs every mounted filesystem. */
gboolean fs_tree_sync(FsTree *tree, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
