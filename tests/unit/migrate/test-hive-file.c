/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lone hive files: what is one, which logs belong to it, which keys can be in it. */
#include "migrate/hive_file.h"

#include <glib/gstdio.h>

#include "base/error.h"

typedef struct {
    char *folder;
} Place;

static char *make(const Place *place, const char *name, const char *content)
{
    char *path = g_build_filename(place->folder, name, NULL);
    g_assert_true(g_file_set_contents(path, content, -1, NULL));
    return path;
}

static void set_up(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    place->folder = g_dir_make_tmp("drydock-hive-file-XXXXXX", NULL);
}

static void tear_down(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GDir) folder = g_dir_open(place->folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(folder))) {
        g_autofree char *path = g_build_filename(place->folder, name, NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(place->folder), ==, 0);
    g_free(place->folder);
}

static void test_is_one(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *hive = make(place, "a", "regf and more");
    g_autofree char *other = make(place, "b", "no hive");
    g_autofree char *shorter = make(place, "c", "reg");
    g_assert_true(hive_file_is_one(hive));
    g_assert_false(hive_file_is_one(other));
    g_assert_false(hive_file_is_one(shorter));
    g_assert_false(hive_file_is_one(place->folder));
    g_assert_false(hive_file_is_one("/nowhere"));
}

static void test_logs(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *hive = make(place, "NTUSER.DAT", "regf");
    g_autofree char *log = make(place, "ntuser.dat.LOG1", "one");
    g_autofree char *other = make(place, "NTUSER.DAT.LOG12", "other");
    g_autoptr(HiveFile) file = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(hive_file_open(hive, &file, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(file->name, ==, "NTUSER.DAT");
    g_assert_cmpstr(file->mount, ==, "HKEY_CURRENT_USER");
    g_assert_null(file->log_paths[0]);
    g_assert_cmpstr(file->log_paths[1], ==, log);
    g_assert_cmpuint(g_bytes_get_size(file->logs[1]), ==, 3);
    g_assert_null(file->log_paths[2]);
}

static void test_match(Place *place, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *name;
        const char *key;
        const char *mount; /* NULL: refused */
    } rows[] = {
        {"SYSTEM", "HKLM\\SYSTEM\\Select", "HKEY_LOCAL_MACHINE\\SYSTEM"},
        {"system", "Select", "HKEY_LOCAL_MACHINE\\SYSTEM"},
        {"SYSTEM", "HKLM\\SOFTWARE", NULL},
        {"SYSTEM", "HKCU\\A", NULL},
        {"BCD", "Objects", "HKEY_LOCAL_MACHINE\\BCD00000000"},
        {"DEFAULT", "HKU\\.DEFAULT\\A", "HKEY_USERS\\.DEFAULT"},
        {"ntuser.dat", "HKU\\S-1-5-21-1\\A", "HKEY_USERS\\S-1-5-21-1"},
        {"ntuser.dat", "HKLM\\SYSTEM", NULL},
        {"any", "HKLM\\SYSTEM\\A", "HKEY_LOCAL_MACHINE\\SYSTEM"},
        {"any", "A", "HKEY_LOCAL_MACHINE\\any"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = make(place, rows[i].name, "regf");
        g_autofree char *mount = NULL;
        g_autoptr(HiveFile) file = NULL;
        g_auto(HivePlace) key = {0};
        g_autoptr(GError) error = NULL;
        g_assert_true(hive_file_open(path, &file, NULL));
        g_assert_true(hive_place_parse(rows[i].key, &key, NULL));
        g_assert_cmpint(hive_file_match(file, &key, &mount, &error), ==, rows[i].mount != NULL);
        g_assert_cmpstr(mount, ==, rows[i].mount);
        if (!rows[i].mount)
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/migrate/hive-file/is-one", Place, NULL, set_up, test_is_one, tear_down);
    g_test_add("/migrate/hive-file/logs", Place, NULL, set_up, test_logs, tear_down);
    g_test_add("/migrate/hive-file/match", Place, NULL, set_up, test_match, tear_down);
    return g_test_run();
}
