/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that appear when they are complete: what is there before, after, and when it fails. */
#include "base/new_file.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

typedef struct {
    char *folder;
    char *path;
} Place;

static void set_up(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    place->folder = g_dir_make_tmp("drydock-new-file-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "file", NULL);
}

static guint count_entries(const char *folder)
{
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    guint count = 0;
    while (g_dir_read_name(directory))
        count++;
    return count;
}

static void tear_down(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_unlink(place->path);
    g_assert_cmpint(g_rmdir(place->folder), ==, 0);
    g_free(place->path);
    g_free(place->folder);
}

static void assert_content(const char *path, const char *expected)
{
    g_autofree char *content = NULL;
    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, expected);
}

static void write_whole(const char *path, NewFileMode mode, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NewFile) file = new_file_open(path, mode, &error);
    g_assert_no_error(error);
    g_assert_true(new_file_write(file, text, strlen(text), &error));
    g_assert_true(new_file_commit(file, &error));
    g_assert_no_error(error);
}

static void test_only(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    NewFile *file = new_file_open(place->path, NEW_FILE_ONLY, &error);
    g_assert_true(new_file_write(file, "ab", 2, &error));
    g_assert_false(g_file_test(place->path, G_FILE_TEST_EXISTS));
    new_file_close(file);
    g_assert_cmpuint(count_entries(place->folder), ==, 0);

    write_whole(place->path, NEW_FILE_ONLY, "abc");
    assert_content(place->path, "abc");
    g_assert_cmpuint(count_entries(place->folder), ==, 1);
    g_assert_null(new_file_open(place->path, NEW_FILE_ONLY, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
}

/* Somebody else was faster. */
static void test_race(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NewFile) file = new_file_open(place->path, NEW_FILE_ONLY, &error);
    g_assert_no_error(error);
    g_assert_true(g_file_set_contents(place->path, "other", -1, NULL));
    g_assert_false(new_file_commit(file, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    assert_content(place->path, "other");
}

static void test_replace(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *link = g_build_filename(place->folder, "link", NULL);
    struct stat status;
    g_assert_true(g_file_set_contents(place->path, "old", -1, NULL));
    g_assert_cmpint(g_chmod(place->path, 0640), ==, 0);
    g_assert_cmpint(symlink("file", link), ==, 0);
    write_whole(link, NEW_FILE_REPLACE, "new");
    g_assert_cmpint(lstat(link, &status), ==, 0);
    g_assert_true(S_ISLNK(status.st_mode));
    assert_content(place->path, "new");
    g_assert_cmpint(stat(place->path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 0777, ==, 0640);
    g_unlink(link);
    g_unlink(place->path);
    write_whole(place->path, NEW_FILE_REPLACE, "first");
    assert_content(place->path, "first");
}

static void test_failures(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *nowhere = g_build_filename(place->folder, "missing", "file", NULL);
    g_assert_null(new_file_open(nowhere, NEW_FILE_ONLY, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/base/new-file/only", Place, NULL, set_up, test_only, tear_down);
    g_test_add("/base/new-file/race", Place, NULL, set_up, test_race, tear_down);
    g_test_add("/base/new-file/replace", Place, NULL, set_up, test_replace, tear_down);
    g_test_add("/base/new-file/failures", Place, NULL, set_up, test_failures, tear_down);
    return g_test_run();
}
