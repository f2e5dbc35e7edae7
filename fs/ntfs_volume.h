/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the NTFS driver share. Not thread safe, as the library is not: one volume is
   used by one thread at a time. No inode is kept open between two calls, because the library must
   never have one open twice. */
#ifndef FS_NTFS_VOLUME_H
#define FS_NTFS_VOLUME_H

#include "fs/driver.h"
#include "fs/ntfs_device.h"
#include "fs/ntfs_replay.h"

typedef struct {
    Fs base;
    NtfsDevice *device;
    ntfs_volume *volume;
    FsState state;
    FsOpenFlags flags;
    NtfsGeometry geometry;
    GBytes *log;        /* $LogFile, when it is not clean and was not refused */
    char *log_refusal;  /* see FsState */
    NtfsReplay *replay; /* what the device stands on until it is settled; NULL: the volume */

    gboolean unsettled; /* the log has to be emptied before anything is changed */
    gboolean changed;   /* a change was begun */
    gboolean broken;    /* a change failed half way: nothing more may be written */
} NtfsFs;

enum {
    NTFS_TAG_WOF = (int)0x80000017U, /* compressed by Windows 10's CompactOS */
    NTFS_TAG_JUNCTION = (int)0xA0000003U,
    NTFS_TAG_SYMLINK = (int)0xA000000CU,
};

/* The inode at path, to be closed with ntfs_close_inode(). Found by the volume's own rule of case;
   the volume's metadata files are never found. *ret_inode is NULL when there is nothing at path. */
gboolean ntfs_open_path(NtfsFs *fs, const char *path, ntfs_inode **ret_inode, GError **error);
gboolean ntfs_open_reference(NtfsFs *fs, MFT_REF reference, ntfs_inode **ret_inode, GError **error);
/* NULL is fine. Only for inodes that were not changed. */
void ntfs_close_inode(ntfs_inode *inode);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ntfs_inode, ntfs_close_inode)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ntfs_attr, ntfs_attr_close)

gboolean ntfs_inode_is_directory(const ntfs_inode *inode);
/* Value of the reparse point: *ret_tag 0 when there is none. ret_data may be NULL; else it gets
   what follows the header. */
gboolean ntfs_read_reparse_point(NtfsFs *fs, ntfs_inode *inode, uint32_t *ret_tag,
                                 GBytes **ret_data, GError **error);
gboolean ntfs_get_type(NtfsFs *fs, ntfs_inode *inode, FsFileType *ret_type, GError **error);
/* NULL when name has no UTF-16 form or is longer than a name can be. Little-endian. */
ntfschar *ntfs_name_to_utf16(const char *name, guint8 *ret_length);
/* Unpaired surrogates become U+FFFD. */
char *ntfs_name_to_utf8(const ntfschar *name, size_t length);

/* ntfs_state.c: damaged content counts as the worst, only a failing disk is an error. */
/* From a volume that is only started, not mounted: geometry, the log's state, the log if needed. */
gboolean ntfs_read_log(NtfsFs *fs, ntfs_volume *started, GError **error);
/* From the mounted one: its dirty flag, hiberfil.sys. */
gboolean ntfs_read_hibernation(NtfsFs *fs, GError **error);
/* What is given up is emptied, and chkdsk asked for. The gate is open. */
gboolean ntfs_settle(NtfsFs *fs, GError **error);
/* Why nothing may be written: sets *error. FALSE: nothing speaks against it. */
gboolean ntfs_state_forbids(const NtfsFs *fs, GError **error);

/* ntfs_read.c */
gboolean ntfs_driver_stat(Fs *fs, const char *path, gboolean *ret_found, FsStat *ret_stat,
                          GError **error);
gboolean ntfs_driver_list(Fs *fs, const char *path, GPtrArray *entries, GError **error);
gboolean ntfs_driver_file_open(Fs *fs, const char *path, FsFile **ret_file, GError **error);
gboolean ntfs_driver_file_read(FsFile *file, uint64_t offset, void *buffer, size_t length,
                               GError **error);
void ntfs_driver_file_close(FsFile *file);
gboolean ntfs_driver_free_extents(Fs *fs, GArray *extents, GError **error);
gboolean ntfs_driver_file_extents(Fs *fs, const char *path, GArray *extents, GError **error);

/* ntfs_link.c */
gboolean ntfs_driver_read_link(Fs *fs, const char *path, char **ret_target, GError **error);

/* ntfs_write.c */
gboolean ntfs_driver_write_file(Fs *fs, const char *path, GBytes *content,
                                const FsAttributes *attributes, GError **error);
gboolean ntfs_driver_remove(Fs *fs, const char *path, GError **error);
/* Opens the gate for a change, or says why there cannot be one. */
gboolean ntfs_begin_change(NtfsFs *fs, GError **error);
/* Closes it; a change that failed leaves the volume broken. FALSE when ok is, or when the disk
   failed without the library saying so. */
gboolean ntfs_end_change(NtfsFs *fs, gboolean ok, GError **error);
/* Writes a changed inode back and closes it; inode is gone in any case. Its directory must not be
   open. After a failure (ok FALSE) the changes in memory are dropped; always FALSE then. */
gboolean ntfs_finish_inode(NtfsFs *fs, ntfs_inode *inode, gboolean ok, GError **error);
gboolean ntfs_write_content(NtfsFs *fs, ntfs_inode *inode, GBytes *content, GError **error);

/* ntfs_create.c */
gboolean ntfs_driver_make_directory(Fs *fs, const char *path, const FsAttributes *attributes,
                                    GError **error);
/* Creates path, which is not there; content NULL makes a directory. */
gboolean ntfs_create_path(NtfsFs *fs, const char *path, GBytes *content,
                          const FsAttributes *attributes, GError **error);

#endif
