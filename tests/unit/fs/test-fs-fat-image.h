/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FAT images for the tests of the driver, made and checked by dosfstools and mtools. */
#ifndef TESTS_UNIT_FS_TEST_FS_FAT_IMAGE_H
#define TESTS_UNIT_FS_TEST_FS_FAT_IMAGE_H

#include "fs/fs.h"

#define MIB (UINT64_C(1) << 20)

typedef struct {
    char *folder, *path;
} FatImage;

/* Instead of g_test_init(). */
void fat_test_start(int argc, char **argv);
/* FALSE after g_test_skip(). */
gboolean fat_tools_are_there(void);
/* stdout of a shell script with the image as $0 and the folder as $1; fails the test if it fails.
 */
char *fat_shell(const FatImage *image, const char *script);
void fat_shell_quietly(const FatImage *image, const char *script);

/* A file of size zeros in a folder of its own, and then what the script mkfs does with $0. */
void fat_image_make(FatImage *image, uint64_t size, const char *mkfs);
void fat_image_remove(FatImage *image);
Fs *fat_image_open(const FatImage *image); /* for writing, behind a cache */
void fat_sync_and_close(Fs *fs);
/* fsck.fat finds nothing. */
void fat_image_check(const FatImage *image);

void fat_put(Fs *fs, const char *path, const char *text);
void fat_put_directory(Fs *fs, const char *path);

#endif
