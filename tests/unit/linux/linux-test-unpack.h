/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unpacks an initramfs as the kernel's init/initramfs.c would, for tests; not with the code that is
   tested. */
#ifndef TESTS_LINUX_TEST_UNPACK_H
#define TESTS_LINUX_TEST_UNPACK_H

#include <glib.h>

typedef struct {
    guint mode;      /* with the S_IF… bits */
    GBytes *content; /* of files and links */
} UnpackedFile;

/* The root filesystem after unpacking: path -> UnpackedFile. Free with g_hash_table_unref(). */
GHashTable *test_unpack_new(void);

/* One uncompressed stream: archives and zeros. Fails the test where the kernel would stop, or where
   it would replace a link or a file by a directory. */
void test_unpack_stream(GHashTable *root, const guint8 *data, gsize size);

/* Content of path, links followed; NULL: not there. */
GBytes *test_unpack_content(GHashTable *root, const char *path);
char *test_unpack_text(GHashTable *root, const char *path);

/* Runs argv with input on stdin and gives its stdout; NULL if the program is not there. */
GBytes *test_filter(const char *const *argv, GBytes *input);

#endif
