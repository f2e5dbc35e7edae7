/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One filesystem of a guest, read and written in this process. One interface, one driver each. */
#ifndef FS_FS_H
#define FS_FS_H

#include <glib.h>
#include <stdint.h>

#include "disk/disk.h"

typedef struct Fs Fs;
typedef struct FsFile FsFile;

typedef enum {
    FS_TYPE_FILE,
    FS_TYPE_DIRECTORY,
    FS_TYPE_SYMLINK, /* also NTFS junctions and symbolic links */
    FS_TYPE_OTHER,   /* devices, sockets, pipes */
} FsFileType;

typedef struct {
    FsFileType type;
    uint64_t size_bytes;
    uint64_t inode; /* unique within the filesystem */
    uint32_t links;
    uint32_t mode;       /* permission bits with setuid, setgid, sticky; 0 on NTFS and FAT */
    uint32_t uid, gid;   /* 0 on NTFS and FAT */
    int64_t mtime;       /* seconds since the epoch */
    uint32_t attributes; /* FILE_ATTRIBUTE_* on NTFS and FAT, else 0 */
} FsStat;

typedef struct {
    char *name; /* UTF-8, case as stored */
    FsFileType type;
} FsEntry;

void fs_entry_free(FsEntry *entry);

/* What a new file or directory gets. Owner, group, ACL or NTFS security descriptor, extended
   attributes with the SELinux label, and permission bits come from the file or directory at like (a
   path in the same filesystem); NULL: from the directory it is created in. */
typedef struct {
    const char *like;
    int mode; /* permission bits, or -1: like's (for files made after a directory: without x) */
    const char *label; /* SELinux label instead of like's; NULL: like's */
} FsAttributes;

typedef enum {
    FS_OPEN_DEFAULT = 0,
    /* NTFS: gives up the memory image that Windows left, and what only Windows' cache has. */
    FS_OPEN_DISCARD_HIBERNATION = 1 << 0,
} FsOpenFlags;

/* Why a filesystem may not be written, or what to know about it. */
typedef struct {
    gboolean dirty;            /* unclean journal or dirty flag when it was opened */
    gboolean journal_replayed; /* and we replayed it */
    gboolean log_dirty;        /* NTFS: it was the log that was not clean */
    const char *log_refusal; /* NTFS: why it could not be replayed, or NULL; the filesystem's own */
    gboolean hibernation_discarded; /* as the flags asked; neither of the next two then */
    gboolean hibernated;            /* NTFS: hiberfil.sys holds a memory image */
    gboolean fast_started; /* NTFS: metadata kept in a Windows 8+ kernel's cache (log 2.0) */
    gboolean dirty_flag;   /* NTFS $Volume: chkdsk runs at next boot */
} FsState;

typedef struct {
    uint64_t start_bytes; /* on the volume */
    uint64_t length_bytes;
} FsExtent;

/* As fs_open_with_flags(volume, type, FS_OPEN_DEFAULT, …). */
gboolean fs_open(Disk *volume, const char *type, Fs **ret_fs,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Recognises and opens the filesystem on volume; the driver is chosen by type (blkid's name; see
   disk/probe.h), so that nothing is guessed twice. A read-only volume opens read-only.
   Reading is always possible where the format can be read; a state that forbids writing (see
   FsState) makes the first write fail with DRYDOCK_ERROR_PRECONDITION, nothing changed.
   A journal that can be replayed is: in memory for a read-only volume, else on the volume, where
   what it changes stays with the first write or fs_sync().
   DRYDOCK_ERROR_UNSUPPORTED: no driver for type. The fs holds a reference on volume. */
gboolean fs_open_with_flags(Disk *volume, const char *type, FsOpenFlags flags, Fs **ret_fs,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Discards what was not synced; NULL is fine. Keeping changes is fs_sync(). */
void fs_close(Fs *fs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fs, fs_close)
gboolean fs_type_is_supported(const char *type);

const char *fs_driver_name(const Fs *fs); /* "ntfs", "ext", "fat", "memory" */
gboolean fs_is_case_sensitive(const Fs *fs);
gboolean fs_get_state(Fs *fs, FsState *ret_state, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Paths: UTF-8, absolute with '/', already normalised ("/a/b", never "." or ".." or "//"), and here
   no component is followed as a symbolic link: fs/tree.h does that. Lookup follows the filesystem's
   own rule of case. */

/* *ret_found FALSE, and no error, when path or one of its directories is not there. */
gboolean fs_stat(Fs *fs, const char *path, gboolean *ret_found, FsStat *ret_stat,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Target text as stored; NTFS junctions as "/dir/…" with the drive letter's "C:" dropped. */
gboolean fs_read_link(Fs *fs, const char *path, char **ret_target,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Names in directory order without "." and "..", of FsEntry; free with g_ptr_array_unref(). */
gboolean fs_list(Fs *fs, const char *path, GPtrArray **ret_entries,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A file opened for reading at any place; closed before its fs. */
gboolean fs_file_open(Fs *fs, const char *path, FsFile **ret_file,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
uint64_t fs_file_size(const FsFile *file);
/* Exactly length bytes; beyond the end is an error. */
gboolean fs_file_read(FsFile *file, uint64_t offset, void *buffer, size_t length,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fs_file_close(FsFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FsFile, fs_file_close)

/* The whole file; larger than limit_bytes is DRYDOCK_ERROR_UNSUPPORTED. */
gboolean fs_read_file(Fs *fs, const char *path, uint64_t limit_bytes, GBytes **ret_bytes,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Creates path, or replaces the content of a file that exists (its attributes stay; attributes is
   used for new files only). The directory must exist. */
gboolean fs_write_file(Fs *fs, const char *path, GBytes *content, const FsAttributes *attributes,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* One level; it is fine if the directory exists. */
gboolean fs_make_directory(Fs *fs, const char *path, const FsAttributes *attributes,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* DRYDOCK_ERROR_UNSUPPORTED on FAT and NTFS. */
gboolean fs_make_symlink(Fs *fs, const char *path, const char *target,
                         const FsAttributes *attributes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A file, a symlink, or an empty directory; it must exist. */
gboolean fs_remove(Fs *fs, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Bytes of the volume that hold no data: of FsExtent in ascending order, whole clusters. */
gboolean fs_free_extents(Fs *fs, GArray **ret_extents, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Where the content of one file lies on the volume, in file order; holes are left out, resident or
   inline content gives an empty list. For pagefiles and swap files, whose content is worth nothing.
 */
gboolean fs_file_extents(Fs *fs, const char *path, GArray **ret_extents,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Everything written has reached the volume, and the filesystem's own metadata is consistent. */
gboolean fs_sync(Fs *fs, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A tree in memory for unit tests: opened empty, filled through the calls above. Case sensitive, or
   case preserving like NTFS (but links can be made, to stand for its junctions). */
Fs *fs_new_memory(gboolean case_sensitive);
/* Of a file that exists in a case sensitive tree. New files get their owner as on a real volume. */
void fs_memory_set_owner(Fs *fs, const char *path, uint32_t uid, uint32_t gid);

#endif
