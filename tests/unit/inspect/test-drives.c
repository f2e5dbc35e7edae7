/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths as Windows' own users write them, and where their hives are. */
#include "inspect/drives.h"

#include <string.h>

#include "base/error.h"
#include "inspect/guest_registry.h"
#include "tests/unit/inspect/windows-test-guest.h"

#define VERSION "Microsoft\\Windows NT\\CurrentVersion"
#define PROFILES VERSION "\\ProfileList\\"
#define DEVICES "MountedDevices"

/* D: is the second volume, E: one without a filesystem, F: on a disk that is not here; G: is what a
   CD drive looks like. */
typedef struct {
    TestGuest *test;
    Fs *data;
    Drives *drives;
} Fixture;

static const HiveRow software[] = {
    {VERSION, "SystemRoot", "C:\\Windows"},
    {PROFILES "S-1-5-21-1-2-3-1001", "ProfileImagePath", "%SystemDrive%\\Users\\Ann"},
    {PROFILES "S-1-5-21-1-2-3-1002", "ProfileImagePath", "D:\\Profiles\\Bob"},
    {PROFILES "S-1-5-20", "ProfileImagePath", "%systemroot%\\ServiceProfiles\\NetworkService"},
    {NULL, NULL, NULL},
};

static const FileRow files[] = {
    {"/Users/Ann/NTUSER.DAT", "x"},
    {"/Users/Ann/AppData/Local/Microsoft/Windows/UsrClass.dat", "x"},
    {"/Windows/ServiceProfiles/NetworkService/ntuser.dat", "x"},
    {"/Windows/System32/config/DEFAULT", "x"},
    {NULL, NULL},
};

static const FileRow data_files[] = {{"/Profiles/Bob/NTUSER.DAT", "x"}, {NULL, NULL}};

static void set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer unused)
{
    /* Partitions start at NUMBER MiB. */
    static const HiveRow system[] = {
        {DEVICES, "\\DosDevices\\C:", "hex:785634120000100000000000"},
        {DEVICES, "\\DosDevices\\D:", "hex:785634120000200000000000"},
        {DEVICES, "\\DosDevices\\e:", "hex:785634120000300000000000"},
        {DEVICES, "\\DosDevices\\F:", "hex:785634130000100000000000"},
        {DEVICES, "\\DosDevices\\G:", "hex:5c003f00"},
        {DEVICES, "\\DosDevices\\HH:", "hex:00"},
        {NULL, NULL, NULL},
    };
    g_autoptr(GError) error = NULL;
    fixture->test = test_guest_new(system, software);
    fixture->data = fs_new_memory(FALSE);
    support_add_volume(fixture->test->set, 0, 2, fixture->data, "ntfs", NULL, NULL);
    support_add_volume(fixture->test->set, 0, 3, NULL, NULL, NULL, NULL);
    support_add_files(fixture->test->fs, files);
    support_add_files(fixture->data, data_files);
    PartitionTable *table = g_ptr_array_index(fixture->test->set->tables, 0);
    table->disk_id = g_strdup("12345678");
    test_guest_inspect(fixture->test);
    gboolean ok = drives_open(fixture->test->guest, fixture->test->set, &fixture->drives, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer unused)
{
    drives_free(fixture->drives);
    test_guest_free(fixture->test);
}

static void test_locate(Fixture *fixture, G_GNUC_UNUSED gconstpointer unused)
{
    static const struct {
        const char *text;
        const char *expected; /* NULL: refused with code */
        DrydockError code;
    } rows[] = {
        {"C:\\Windows\\System32", "/Windows/System32", 0},
        {"c:/windows//x\\..\\y", "/windows/y", 0},
        {"C:", "/", 0},
        {"C:\\", "/", 0},
        {"\\Users", "/Users", 0},
        {"/Users", "/Users", 0},
        {"\\\\?\\C:\\a", "/a", 0},
        {"\\??\\C:\\a", "/a", 0},
        {"%SystemRoot%\\a", "/Windows/a", 0},
        {"%windir%", "/Windows", 0},
        {"%systemdrive%\\a", "/a", 0},
        {"\\SystemRoot\\a", "/Windows/a", 0},
        {"C:\\..\\..\\a", "/a", 0},
        {"D:\\Profiles", "/Drive D:/Profiles", 0},
        {"d:", "/Drive D:", 0},
        {"D:\\..\\..\\Windows", "/Drive D:/Windows", 0},
        {"E:\\", NULL, DRYDOCK_ERROR_UNSUPPORTED},
        {"F:\\", NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"G:\\", NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"H:\\", NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"", NULL, DRYDOCK_ERROR_USAGE},
        {"a", NULL, DRYDOCK_ERROR_USAGE},
        {"C:a", NULL, DRYDOCK_ERROR_USAGE},
        {"%TEMP%\\a", NULL, DRYDOCK_ERROR_USAGE},
        {"C:\\a:b", NULL, DRYDOCK_ERROR_UNSUPPORTED},
        {"C:\\a\\b::$DATA", NULL, DRYDOCK_ERROR_UNSUPPORTED},
        {"/Drive D:/a", NULL, DRYDOCK_ERROR_UNSUPPORTED},
        {"C:\\\xff", NULL, DRYDOCK_ERROR_USAGE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;
        gboolean ok = drives_locate(fixture->drives, rows[i].text, &path, &error);
        g_test_message("%s", rows[i].text);
        g_assert_cmpstr(path, ==, rows[i].expected);
        g_assert_cmpint(ok, ==, rows[i].expected != NULL);
        if (!ok)
            g_assert_error(error, DRYDOCK_ERROR, (int)rows[i].code);
    }
}

static void test_show(Fixture *fixture, G_GNUC_UNUSED gconstpointer unused)
{
    static const char *const rows[][2] = {
        {"/", "C:\\"},
        {"/Users/Ann", "C:\\Users\\Ann"},
        {"/Drive D:", "D:\\"},
        {"/Drive D:/Profiles", "D:\\Profiles"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = drives_show(fixture->drives, rows[i][0]);
        g_assert_cmpstr(text, ==, rows[i][1]);
    }
}

static void test_names(Fixture *fixture, G_GNUC_UNUSED gconstpointer unused)
{
    static const char *const good[] = {"a",   "CONFIG", "COM0", "com10", "nul_.txt",
                                       "LPT", ".a",     "a b",  "COMA",  "auxx"};
    static const char *const bad[] = {"con",  "NUL",    "nul.txt", "Aux.", "COM1", "lpt9.x.y",
                                      "PRN ", "CONIN$", "a.",      "a ",   "a<b",  "a|b",
                                      "a?",   "a*",     "a:b",     "a\tb", "a\"b"};
    for (guint i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(drives_check_new_name(fixture->drives, good[i], NULL));
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", bad[i]);
        g_assert_false(drives_check_new_name(fixture->drives, bad[i], &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    }
}

static void test_hives(Fixture *fixture, G_GNUC_UNUSED gconstpointer unused)
{
    static const struct {
        const char *key;
        const char *user;
        const char *expected; /* NULL: refused with code */
        DrydockError code;
    } rows[] = {
        {"HKLM\\SOFTWARE\\A", NULL, "/Windows/System32/config/SOFTWARE", 0},
        {"HKLM\\system", NULL, "/Windows/System32/config/SYSTEM", 0},
        {"HKLM\\SAM", NULL, NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"HKLM\\BCD00000000", NULL, NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"HKLM\\HARDWARE", NULL, NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"HKU\\.DEFAULT", NULL, "/Windows/System32/config/DEFAULT", 0},
        {"HKU\\S-1-5-18", NULL, "/Windows/System32/config/DEFAULT", 0},
        {"HKU\\S-1-5-20", NULL, "/Windows/ServiceProfiles/NetworkService/NTUSER.DAT", 0},
        {"HKU\\s-1-5-21-1-2-3-1001", NULL, "/Users/Ann/NTUSER.DAT", 0},
        {"HKU\\ann", NULL, "/Users/Ann/NTUSER.DAT", 0},
        {"HKU\\Ann_Classes", NULL, "/Users/Ann/AppData/Local/Microsoft/Windows/UsrClass.dat", 0},
        {"HKU\\Bob", NULL, "/Drive D:/Profiles/Bob/NTUSER.DAT", 0},
        {"HKU\\Bob_Classes", NULL, NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"HKU\\Eve", NULL, NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"HKU\\..", NULL, NULL, DRYDOCK_ERROR_NOT_FOUND},
        {"HKCU\\A", "Ann", "/Users/Ann/NTUSER.DAT", 0},
        {"HKCU\\A", NULL, NULL, DRYDOCK_ERROR_USAGE},
        {"Select", NULL, NULL, DRYDOCK_ERROR_USAGE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(HivePlace) place = {0};
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].key);
        g_assert_true(hive_place_parse(rows[i].key, &place, NULL));
        gboolean ok = guest_registry_find(fixture->test->guest, fixture->test->set, rows[i].user,
                                          &place, &path, &error);
        g_assert_cmpstr(path, ==, rows[i].expected);
        g_assert_cmpint(ok, ==, rows[i].expected != NULL);
        if (!ok)
            g_assert_error(error, DRYDOCK_ERROR, (int)rows[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/inspect/drives/locate", Fixture, NULL, set_up, test_locate, tear_down);
    g_test_add("/inspect/drives/show", Fixture, NULL, set_up, test_show, tear_down);
    g_test_add("/inspect/drives/names", Fixture, NULL, set_up, test_names, tear_down);
    g_test_add("/inspect/drives/hives", Fixture, NULL, set_up, test_hives, tear_down);
    return g_test_run();
}
