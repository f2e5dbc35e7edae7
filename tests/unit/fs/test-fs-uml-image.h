/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XFS, Btrfs and ext4 images for the tests of the driver, made and judged by their own tools, and a
   kernel that mounts them: one for the whole program. DRYDOCK_TEST_KERNEL=host in the environment:
   the host's own. */
#ifndef TESTS_UNIT_FS_UML_IMAGE_H
#define TESTS_UNIT_FS_UML_IMAGE_H

#include "fs/uml.h"

typedef struct {
    char *directory; /* of its own; removed with the image */
    char *path;
    const char *type; /* "xfs", "btrfs", "ext4" */
} UmlImage;

/* options: for mkfs of that type, separated by spaces. NULL, and the test skipped, when a
   program or User-Mode Linux is missing. */
UmlImage *uml_image_new(const char *type, const char *options, guint size_mib);
/* The file below filesystems/ of the test data set, unpacked; NULL and skipped without it. */
UmlImage *uml_image_from_testdata(const char *type, const char *name);
void uml_image_free(UmlImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UmlImage, uml_image_free)

/* The filesystem's own checker finds nothing. */
void uml_image_check(const UmlImage *image);
/* A program of the host: words of command, then the image's path. Its output. */
char *uml_image_run(const UmlImage *image, const char *command);

/* Runs shell commands in a kernel of its own, with the image mounted at /mnt and the host's
   programs. What they print; NULL, and the test skipped, when one is missing. */
char *uml_image_populate(const UmlImage *image, const char *commands);

Disk *uml_image_disk(const UmlImage *image, gboolean writable);
Fs *uml_image_open(const UmlImage *image, gboolean writable);
gboolean uml_kernel_is_host(void);
/* The program's kernel. */
FsKernel *uml_kernel(void);
/* Kills the process as a crash would, with all that belongs to it. */
void uml_kernel_kill(void);
/* It can be asked nothing more. */
gboolean uml_kernel_is_broken(void);
/* Ends it; the next call of uml_kernel() starts another. */
void uml_kernel_end(void);

#endif
