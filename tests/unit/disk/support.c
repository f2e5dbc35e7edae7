/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of disk/ share: a folder of their own, tools of the host, bytes to compare. */
#include "support.h"

#include <fcntl.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/run.h"

void test_start(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* mkfs and the like are often in the administrator's directories, which PATH need not name. */
    g_autofree char *path = g_strconcat(g_getenv("PATH"), ":/usr/sbin:/sbin", NULL);
    g_setenv("PATH", path, TRUE);
}

char *test_folder_make(void)
{
    g_autoptr(GError) error = NULL;
    char *path = g_dir_make_tmp("drydock-disk-XXXXXX", &error);
    g_assert_no_error(error);
    return path;
}

void test_folder_remove(char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    g_assert_nonnull(folder);
    for (const char *name; (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_assert_cmpint(g_unlink(file), ==, 0);
    }
    g_assert_cmpint(g_rmdir(path), ==, 0);
    g_free(path);
}

gboolean test_has_programs(const char *const *programs)
{
    for (; *programs; programs++) {
        g_autofree char *found = g_find_program_in_path(*programs);
        if (!found) {
            g_autofree char *message = g_strdup_printf("%s is not installed", *programs);
            g_test_skip(message);
            return FALSE;
        }
    }
    return TRUE;
}

void test_run(const char *const *argv)
{
    g_autoptr(GError) error = NULL;
    assert_ok(run_program(argv, NULL, NULL, &error), error);
}

void test_make_file(const char *path, uint64_t size)
{
    int fd = g_open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, (off_t)size), ==, 0);
    close(fd);
}

void test_fill(uint8_t *bytes, size_t length, guint32 seed)
{
    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

char *test_data_path(const char *name)
{
    char *path = g_build_filename(DRYDOCK_TESTDATA, name, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return path;
    g_free(path);
    return NULL;
}

void test_decompress(const char *decompressor, const char *path, const char *output)
{
    TEST_RUN("sh", "-c", "exec \"$0\" -dc \"$1\" >\"$2\"", decompressor, path, output);
}
