/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the ext2/3/4 driver share: the open filesystem, libext2fs's I/O over a Disk,
   the block map of an inode, lookup, attributes. Only for fs/ext*.c. */
#ifndef FS_EXT_H
#define FS_EXT_H

#include <ext2fs/ext2fs.h>

#include "fs/driver.h"

/* libext2fs's I/O channel over a Disk. The manager lives in it because libext2fs wants one it may
   write to, and finds this struct again through the "device name". */
typedef struct {
    struct struct_io_manager manager;
    Disk *disk;    /* reference */
    char *name;    /* what ext2fs_open2() gets as the name of the device */
    GError *error; /* first failure of the disk that ext_set_error() has not reported yet */
} ExtIo;

void ext_io_init(ExtIo *io, Disk *disk);
void ext_io_clear(ExtIo *io);

/* A journal that was replayed, and what marks it empty. */
typedef struct {
    gboolean pending;    /* replayed onto the disk, but not marked empty there */
    uint64_t superblock; /* block of the volume that holds the journal's superblock */
    uint32_t next_sequence;
    gboolean has_errno; /* the kernel had recorded an error in it */
    char *damage;       /* why it could not be replayed to its end; NULL: it could */
} ExtJournal;

typedef struct {
    Fs base;
    ExtIo io; /* over the volume, or over a scratch disk in front of it */
    ext2_filsys fs;
    FsState state;
    ExtJournal journal;
    GError *write_refusal; /* NULL: may be written */
    char *distrust;        /* why the block bitmaps cannot be believed; NULL: they can */
    gboolean writing;      /* ext_begin_write() has prepared it */
} ExtFs;

/* ext.c */

/* Turns a failure of libext2fs into an error: the disk's own error if there was one, else by code.
   The text of the failure follows the message. */
void ext_set_error(ExtFs *ext, errcode_t code, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* Before each change: refuses where writing is not allowed, otherwise has bitmaps in memory and the
   journal empty. */
gboolean ext_begin_write(ExtFs *ext, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean ext_load_block_bitmap(ExtFs *ext, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Seconds since the epoch for new time stamps; SOURCE_DATE_EPOCH where it is set. */
int64_t ext_now(void);

/* ext_journal.c and ext_replay.c */

/* Replays the journal of ext->fs onto the disk below it. The superblock says needs_recovery. Fills
   ext->journal. May put a scratch disk in front of the volume: when it is read-only, or the journal
   is damaged. ext->fs knows nothing of the blocks that changed and must be opened again. */
gboolean ext_journal_replay(ExtFs *ext, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* After the replayed blocks have reached the disk. */
gboolean ext_journal_mark_empty(ExtFs *ext, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ext_map.c */

typedef struct {
    uint64_t logical; /* in blocks, as the others */
    uint64_t physical;
    uint64_t length;
    gboolean unwritten; /* allocated, reads as zeros */
} ExtRun;

/* Where the content of an inode lies: of ExtRun, ascending, holes left out. Not for inline data. */
gboolean ext_map_inode(ExtFs *ext, ext2_ino_t ino, struct ext2_inode *inode, GArray **ret_runs,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The run that holds logical, or else the first one after it; NULL at the end. */
const ExtRun *ext_map_find(const GArray *runs, uint64_t logical);

/* ext_directory.c */

typedef struct {
    const char *name; /* not terminated */
    size_t name_length;
    ext2_ino_t ino;
    guint type; /* EXT2_FT_* */
} ExtEntry;

/* Calls visit for each entry but "." and ".." until it returns FALSE. */
gboolean ext_walk_directory(ExtFs *ext, ext2_ino_t directory,
                            gboolean (*visit)(const ExtEntry *entry, gpointer data), gpointer data,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean ext_find_entry(ExtFs *ext, ext2_ino_t directory, const char *name, gboolean *ret_found,
                        ext2_ino_t *ret_ino, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean ext_lookup(ExtFs *ext, const char *path, gboolean *ret_found, ext2_ino_t *ret_ino,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The directory path is in, which must exist, and path's last component (borrowed from path). */
gboolean ext_lookup_parent(ExtFs *ext, const char *path, ext2_ino_t *ret_parent,
                           const char **ret_name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean ext_read_inode(ExtFs *ext, ext2_ino_t ino, struct ext2_inode_large *ret_inode,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean ext_list(Fs *fs, const char *path, GPtrArray *entries, GError **error);

/* ext_read.c */

FsFileType ext_file_type(uint32_t mode);
gboolean ext_stat(Fs *fs, const char *path, gboolean *ret_found, FsStat *ret_stat, GError **error);
gboolean ext_read_link(Fs *fs, const char *path, char **ret_target, GError **error);
gboolean ext_file_open(Fs *fs, const char *path, FsFile **ret_file, GError **error);
gboolean ext_file_read(FsFile *file, uint64_t offset, void *buffer, size_t length, GError **error);
void ext_file_close(FsFile *file);
gboolean ext_free_extents(Fs *fs, GArray *extents, GError **error);
gboolean ext_file_extents(Fs *fs, const char *path, GArray *extents, GError **error);

/* ext_attributes.c */

/* What a new inode gets, decided before it is made. */
typedef struct {
    uint32_t mode; /* type and permission bits */
    uint32_t uid, gid;
    uint32_t flags; /* inode flags inherited from the directory */
    uint32_t project;
    GPtrArray *xattrs; /* of ExtXattr */
} ExtAttributes;

gboolean ext_attributes_choose(ExtFs *ext, ext2_ino_t parent, uint32_t type,
                               const FsAttributes *wanted, ExtAttributes *ret_attributes,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ext_attributes_clear(ExtAttributes *attributes);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExtAttributes, ext_attributes_clear)
/* Onto an inode that exists on disk and was made with default attributes. */
gboolean ext_attributes_apply(ExtFs *ext, ext2_ino_t ino, const ExtAttributes *attributes,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Sets the modification and change times of an inode in memory. */
void ext_touch(struct ext2_inode_large *inode, int64_t now);
gboolean ext_write_inode(ExtFs *ext, ext2_ino_t ino, struct ext2_inode_large *inode,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* It is fine if there is none of that name. */
gboolean ext_remove_xattr(ExtFs *ext, ext2_ino_t ino, const char *name,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean ext_remove_xattrs(ExtFs *ext, ext2_ino_t ino, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ext_create.c */

gboolean ext_make_directory(Fs *fs, const char *path, const FsAttributes *attributes,
                            GError **error);
gboolean ext_make_symlink(Fs *fs, const char *path, const char *target,
                          const FsAttributes *attributes, GError **error);
/* Enters ino into the directory, which grows if it must, and stamps the directory. */
gboolean ext_link_entry(ExtFs *ext, ext2_ino_t directory, const char *name, ext2_ino_t ino,
                        int type, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean ext_set_links(ExtFs *ext, ext2_ino_t ino, uint16_t links,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean ext_new_inode(ExtFs *ext, ext2_ino_t parent, uint32_t mode, ext2_ino_t *ret_ino,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ext_remove.c */

gboolean ext_remove(Fs *fs, const char *path, GError **error);
/* Gives back everything of an inode that no directory names any more. */
gboolean ext_free_inode(ExtFs *ext, ext2_ino_t ino, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* TRUE if the kernel will finish a truncation or removal of ino at the next mount. */
gboolean ext_is_orphan(ExtFs *ext, ext2_ino_t ino, gboolean *ret_orphan,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ext_write.c */

gboolean ext_write_file(Fs *fs, const char *path, GBytes *content, const FsAttributes *attributes,
                        GError **error);

#endif
