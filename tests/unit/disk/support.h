/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of disk/ share: a folder of their own, tools of the host, bytes to compare. */
#ifndef TESTS_UNIT_DISK_SUPPORT_H
#define TESTS_UNIT_DISK_SUPPORT_H

#include "disk/disk.h"

/* Instead of g_test_init(). */
void test_start(int argc, char **argv);

/* A new private folder; test_folder_remove() deletes it with the files in it, and frees path. */
char *test_folder_make(void);
void test_folder_remove(char *path);

/* FALSE after g_test_skip() when one of the programs (NULL-terminated) is not installed. */
gboolean test_has_programs(const char *const *programs);
/* Runs argv, which has to succeed. */
void test_run(const char *const *argv);
#define TEST_RUN(...) test_run((const char *const[]){__VA_ARGS__, NULL})

/* A file of size zeros, sparse. */
void test_make_file(const char *path, uint64_t size);
/* Bytes that look like nothing else; the same for the same seed. */
void test_fill(uint8_t *bytes, size_t length, guint32 seed);

/* Path of a file among the test data; NULL when there are none. */
char *test_data_path(const char *name);
/* What decompressor ("xz", "gzip") makes of the file at path, as a new file. */
void test_decompress(const char *decompressor, const char *path, const char *output);

/* The call has succeeded. */
#define assert_ok(ok, error)                                                                       \
    do {                                                                                           \
        gboolean assert_ok_result = (ok);                                                          \
        g_assert_no_error(error);                                                                  \
        g_assert_true(assert_ok_result);                                                           \
    } while (0)

#endif
