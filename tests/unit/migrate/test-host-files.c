/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes into guests and comes out of them: files of the host, and names that a guest would like
   to write to. */
#include "migrate/host_files.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/run.h"

typedef struct {
    char *folder, *inside;
} Place;

static char *below(const Place *place, const char *name)
{
    return g_build_filename(place->folder, name, NULL);
}

static void set_up(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    place->folder = g_dir_make_tmp("drydock-host-files-XXXXXX", NULL);
    place->inside = below(place, "in/deep");
    g_assert_cmpint(g_mkdir_with_parents(place->inside, 0755), ==, 0);
    g_autofree char *file = below(place, "in/deep/b");
    g_autofree char *empty = below(place, "in/a");
    g_assert_true(g_file_set_contents(file, "text", -1, NULL));
    g_assert_true(g_file_set_contents(empty, "", 0, NULL));
    g_assert_cmpint(g_chmod(file, 0751), ==, 0);
}

static void tear_down(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    const char *const argv[] = {"rm", "-rf", place->folder, NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
    g_free(place->folder);
    g_free(place->inside);
}

static void test_read(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *root = below(place, "in");
    g_autofree char *file = below(place, "in/deep/b");
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GPtrArray) one = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(host_files_read(root, TRUE, &entries, &error));
    static const char *const names[] = {"", "a", "deep", "deep/b"};
    g_assert_cmpuint(entries->len, ==, G_N_ELEMENTS(names));
    for (guint i = 0; i < entries->len; i++) {
        const HostEntry *entry = g_ptr_array_index(entries, i);
        g_assert_cmpstr(entry->path, ==, names[i]);
        g_assert_cmpint(entry->content != NULL, ==, i % 2 == 1);
    }
    g_assert_true(host_files_read(file, FALSE, &one, &error));
    const HostEntry *entry = g_ptr_array_index(one, 0);
    g_assert_cmpint(entry->mode, ==, 0751);
    g_autoptr(GBytes) expected = g_bytes_new_static("text", 4);
    g_assert_true(g_bytes_equal(entry->content, expected));
}

static void test_read_failures(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *root = below(place, "in");
    g_autofree char *link = below(place, "in/link");
    g_autofree char *nowhere = below(place, "nowhere");
    const struct {
        const char *path;
        gboolean recursive;
        DrydockError code;
    } rows[] = {
        {nowhere, FALSE, DRYDOCK_ERROR_SYSTEM},
        {root, FALSE, DRYDOCK_ERROR_USAGE},
        {root, TRUE, DRYDOCK_ERROR_UNSUPPORTED}, /* a link in it */
        {"/dev/null", FALSE, DRYDOCK_ERROR_UNSUPPORTED},
    };
    g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) entries = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(host_files_read(rows[i].path, rows[i].recursive, &entries, &error));
        g_assert_error(error, DRYDOCK_ERROR, (int)rows[i].code);
    }
}

static void test_folder(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *path = below(place, "out");
    g_autofree char *file = below(place, "out/a/b");
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    HostFolder *folder = host_folder_open(path, &error);
    g_assert_no_error(error);
    g_assert_true(host_folder_add(folder, "a", &error));
    g_assert_true(host_folder_write(folder, "a/b", (const uint8_t *)"12", 2, &error));
    g_assert_true(host_folder_write(folder, "a/b", (const uint8_t *)"3", 1, &error));
    g_assert_true(host_folder_write(folder, "c", NULL, 0, &error));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(host_folder_commit(folder, &error));
    host_folder_close(folder);
    g_assert_true(g_file_get_contents(file, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, "123");
    g_assert_null(host_folder_open(path, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
}

/* Half a folder is gone with everything in it. */
static void test_discarded(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *path = below(place, "out");
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) directory = NULL;
    HostFolder *folder = host_folder_open(path, &error);
    g_assert_true(host_folder_add(folder, "a", &error));
    g_assert_true(host_folder_write(folder, "a/b", (const uint8_t *)"12", 2, &error));
    host_folder_close(folder);
    directory = g_dir_open(place->folder, 0, NULL);
    g_assert_cmpstr(g_dir_read_name(directory), ==, "in");
    g_assert_null(g_dir_read_name(directory));
}

static void test_names(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const names[] = {"",     "..",        ".",    "/etc/passwd", "../x",
                                        "a/..", "a/../../x", "a//b", "a/",          "./a"};
    g_autofree char *path = below(place, "out");
    g_autoptr(GError) open_error = NULL;
    g_autoptr(HostFolder) folder = host_folder_open(path, &open_error);
    g_assert_true(host_folder_add(folder, "a", &open_error));
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GError) write_error = NULL;
        g_test_message("'%s'", names[i]);
        g_assert_false(host_folder_add(folder, names[i], &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        g_assert_false(host_folder_write(folder, names[i], (const uint8_t *)"1", 1, &write_error));
        g_assert_error(write_error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
    /* The same name twice, the second time as something else. */
    g_autoptr(GError) error = NULL;
    g_assert_true(host_folder_write(folder, "f", (const uint8_t *)"1", 1, &error));
    g_assert_true(host_folder_write(folder, "g", (const uint8_t *)"1", 1, &error));
    g_assert_false(host_folder_write(folder, "f", (const uint8_t *)"2", 1, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/migrate/host-files/read", Place, NULL, set_up, test_read, tear_down);
    g_test_add("/migrate/host-files/read-failures", Place, NULL, set_up, test_read_failures,
               tear_down);
    g_test_add("/migrate/host-files/folder", Place, NULL, set_up, test_folder, tear_down);
    g_test_add("/migrate/host-files/discarded", Place, NULL, set_up, test_discarded, tear_down);
    g_test_add("/migrate/host-files/names", Place, NULL, set_up, test_names, tear_down);
    return g_test_run();
}
