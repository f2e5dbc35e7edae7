/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ext2/3/4 images for the tests of the driver: made by mke2fs, changed behind the driver's back by
   debugfs, judged by e2fsck. */
#ifndef TESTS_UNIT_FS_EXT_IMAGE_H
#define TESTS_UNIT_FS_EXT_IMAGE_H

#include "fs/fs.h"

typedef struct {
    char *directory; /* of its own; removed with the image */
    char *path;
} ExtImage;

/* The kinds of file system that every test of the driver runs on; the last one has no name. */
typedef struct {
    const char *name;
    const char *options; /* for mke2fs */
    guint size_mib;
    gboolean contract; /* the contract runs on it as well, which takes long */
} ExtVariant;

extern const ExtVariant ext_variants[];

/* options: for mke2fs, separated by spaces. root: a directory of the host that is copied in, or
   NULL. NULL, and the test skipped, when a program is missing. */
ExtImage *ext_image_new(const char *options, guint size_mib, const char *root);
/* The file below filesystems/ext of the test data set, unpacked; NULL and skipped without it. */
ExtImage *ext_image_from_testdata(const char *name);
ExtImage *ext_image_copy(const ExtImage *image);
void ext_image_free(ExtImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExtImage, ext_image_free)

/* Runs debugfs -w with commands of a script, one per line. Gives its output. */
char *ext_image_debugfs(const ExtImage *image, const char *script);
/* A file beside the image, for debugfs and for -d. Free the path with g_free(). */
char *ext_image_put(const ExtImage *image, const char *name, const void *bytes, gsize size);
/* e2fsck -fn finds nothing. */
void ext_image_check(const ExtImage *image);
/* e2fsck with the options given, whatever it says; FALSE when its exit status is not 0. */
gboolean ext_image_fsck(const ExtImage *image, const char *options);
GBytes *ext_image_bytes(const ExtImage *image);
void ext_image_set_bytes(const ExtImage *image, const void *bytes, gsize size);

Disk *ext_image_disk(const ExtImage *image, gboolean writable);
Fs *ext_image_open(const ExtImage *image, gboolean writable);

/* Through the driver; every call must succeed. */
void ext_fs_sync(Fs *fs);
void ext_fs_put(Fs *fs, const char *path, gsize size, guint seed);
void ext_fs_assert(Fs *fs, const char *path, gsize size, guint seed);
GBytes *ext_fs_read(Fs *fs, const char *path);
FsStat ext_fs_stat(Fs *fs, const char *path);
GBytes *ext_content(gsize size, guint seed);

#endif
