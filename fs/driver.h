/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a filesystem driver implements. Only for files of fs/; everybody else calls fs.h. */
#ifndef FS_DRIVER_H
#define FS_DRIVER_H

#include "fs/fs.h"

/* Meaning as in fs.h. fs.c has checked the arguments (normalised paths, attributes never NULL,
   nothing written to "/" or to a read-only volume, reads within the file and not empty), answers
   for operations that are NULL (DRYDOCK_ERROR_UNSUPPORTED), and puts driver, volume, action and
   path in front of every error. */
typedef struct {
    const char *name;
    const char *const *types; /* blkid type names this driver opens, NULL-terminated */
    gboolean case_sensitive;

    /* Fills ops and volume (with a reference of its own) of the Fs; close drops that reference. */
    gboolean (*open)(Disk *volume, FsOpenFlags flags, Fs **ret_fs, GError **error);
    void (*close)(Fs *fs); /* discards and frees; fs.c has already dropped nothing */
    gboolean (*get_state)(Fs *fs, FsState *ret_state, GError **error);

    gboolean (*stat)(Fs *fs, const char *path, gboolean *ret_found, FsStat *ret_stat,
                     GError **error);
    gboolean (*read_link)(Fs *fs, const char *path, char **ret_target, GError **error);
    gboolean (*list)(Fs *fs, const char *path, GPtrArray *entries, GError **error);
    gboolean (*file_open)(Fs *fs, const char *path, FsFile **ret_file, GError **error);
    gboolean (*file_read)(FsFile *file, uint64_t offset, void *buffer, size_t length,
                          GError **error);
    void (*file_close)(FsFile *file);

    gboolean (*write_file)(Fs *fs, const char *path, GBytes *content,
                           const FsAttributes *attributes, GError **error);
    gboolean (*make_directory)(Fs *fs, const char *path, const FsAttributes *attributes,
                               GError **error);
    gboolean (*make_symlink)(Fs *fs, const char *path, const char *target,
                             const FsAttributes *attributes, GError **error);
    gboolean (*remove)(Fs *fs, const char *path, GError **error);

    gboolean (*free_extents)(Fs *fs, GArray *extents, GError **error);
    gboolean (*file_extents)(Fs *fs, const char *path, GArray *extents, GError **error);
    gboolean (*sync)(Fs *fs, GError **error);
} FsOps;

/* First member of each driver's struct. */
struct Fs {
    const FsOps *ops;
    Disk *volume; /* reference; NULL for trees in memory */
};

/* First member of each driver's open file; file_open fills fs and size_bytes. */
struct FsFile {
    Fs *fs;
    uint64_t size_bytes;
    char *path; /* fs.c's own, for messages */
};

extern const FsOps fs_ntfs_ops, fs_ext_ops, fs_fat_ops, fs_memory_ops;

/* Appends an entry; the name is copied. */
void fs_entries_add(GPtrArray *entries, const char *name, FsFileType type);
/* Appends [start, start + length), merged with the last one where they touch. */
void fs_extents_add(GArray *extents, uint64_t start_bytes, uint64_t length_bytes);

#endif
