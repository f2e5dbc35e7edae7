/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTFS images for the tests of the driver: made by mkntfs, changed behind the driver's back with
   the library, checked by the ntfs-3g programs. */
#ifndef TESTS_UNIT_FS_NTFS_IMAGE_H
#define TESTS_UNIT_FS_NTFS_IMAGE_H

#include "fs/fs.h"
#include "fs/ntfs_library.h"

typedef struct {
    char *directory; /* of its own; removed with the image */
    char *path;
    guint sector_bytes;
} NtfsImage;

/* NULL, and the test skipped, when mkntfs is missing. */
NtfsImage *ntfs_image_new(guint size_mib, guint sector_bytes, guint cluster_bytes);
/* The file of the test data set below filesystems/ntfs, unpacked; NULL and skipped without it. */
NtfsImage *ntfs_image_from_testdata(const char *name);
void ntfs_image_free(NtfsImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtfsImage, ntfs_image_free)

/* With a small cache in front, as in the program. */
Fs *ntfs_image_open(const NtfsImage *image, gboolean writable);
/* ntfsfix -n, ntfs-3g.probe, ntfsresize's count of clusters and ntfssecaudit find nothing wrong;
   programs that are missing are left out. */
void ntfs_image_check(const NtfsImage *image);
/* Its output; argv gets the image's path where it says "IMAGE". NULL when the program is missing.
 */
char *ntfs_image_run(const NtfsImage *image, const char *const *argv);
char *ntfs_image_digest(const NtfsImage *image);

/* The library's own view of the image, for making what the driver never makes. */
ntfs_volume *ntfs_image_mount(const NtfsImage *image);
void ntfs_image_unmount(ntfs_volume *volume);
ntfs_inode *ntfs_image_inode(ntfs_volume *volume, const char *path);
void ntfs_image_put(ntfs_volume *volume, ntfs_inode *inode, const char *stream, const void *bytes,
                    gsize size);
void ntfs_image_set_reparse(ntfs_inode *inode, guint32 tag, const void *bytes, gsize size);

/* Through the driver; every call must succeed. */
void ntfs_fs_put(Fs *fs, const char *path, gsize size, guint8 fill);
void ntfs_fs_assert(Fs *fs, const char *path, gsize size, guint8 fill);
void ntfs_fs_sync(Fs *fs);

#endif
