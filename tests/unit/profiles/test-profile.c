/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built-in profiles, the rules of matching, and what is refused in a directory of one's own. */
#include <glib.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "profiles/builtin.h"
#include "profiles/profile.h"

typedef struct {
    const char *facts[5];
    const char *expected_name; /* NULL: no match */
    const char *key, *expected_value;
} MatchRow;

static const MatchRow match_rows[] = {
    {{"windows:4.0", "type:server"}, "windows-nt4", "nic-model", "pcnet"},
    {{"windows:5.0", "type:client"}, "windows-2000", "disk-bus", "ide"},
    {{"windows:5.1", "type:client", "build:2600"}, "windows-xp", "virtio-dirs", "xp 2k3"},
    {{"windows:5.2", "type:client", "build:3790"}, "windows-xp-x64", "virtio-dirs", "2k3 xp"},
    {{"windows:5.2", "type:server"}, "windows-2003", "osinfo", "http://microsoft.com/win/2k3"},
    {{"windows:5.2", "type:server", "release:r2"}, "windows-2003-r2", "machine", "pc"},
    {{"windows:6.0", "type:client", "build:6002"}, "windows-vista", "nic-model", "e1000"},
    {{"windows:6.0", "type:server"}, "windows-2008", "virtio-dirs", "2k8"},
    {{"windows:6.1", "type:client", "build:7601"}, "windows-7", "virtio-dirs", "w7 2k8R2"},
    {{"windows:6.1", "type:server", "release:r2"}, "windows-2008-r2", "nic-model", "e1000"},
    {{"windows:6.2", "type:client", "build:9200"}, "windows-8", "nic-model", "e1000e"},
    {{"windows:6.2", "type:server", "build:9200"}, "windows-2012", "virtio-dirs", "2k12 w8"},
    {{"windows:6.3", "type:server", "release:r2"}, "windows-2012-r2", "machine", "q35"},
    {{"windows:6.3", "type:client"}, "windows-8.1", "osinfo", "http://microsoft.com/win/8.1"},
    {{"windows:10.0", "type:client", "build:10240"}, "windows-10", "virtio-dirs", "w10"},
    {{"windows:10.0", "type:client", "build:21999"}, "windows-10", "disk-bus", "sata"},
    {{"windows:10.0", "type:client", "build:22000"}, "windows-11", "virtio-dirs", "w11 w10"},
    {{"windows:10.0", "type:server", "build:14393"}, "windows-2016", "virtio-dirs", "2k16 w10"},
    {{"windows:10.0", "type:server", "build:16299"},
     "windows-server-10",
     "virtio-dirs",
     "2k19 2k16 w10"},
    {{"windows:10.0", "type:server", "build:17763"}, "windows-2019", "virtio-dirs", "2k19 w10"},
    {{"windows:10.0", "type:server", "build:19042"}, "windows-server-10", "machine", "q35"},
    {{"windows:10.0", "type:server", "build:20348"}, "windows-2022", "virtio-dirs", "2k22 w10"},
    {{"windows:10.0", "type:server", "build:25398"}, "windows-2022", "virtio-dirs", "2k22 w10"},
    {{"windows:10.0", "type:server", "build:26100"}, "windows-2025", "virtio-dirs", "2k25 w11 w10"},
    {{"windows:3.51", "type:server"}, NULL, NULL, NULL},
    {{"id:debian", "version:12"}, "debian", "osinfo", "http://debian.org/debian/{major}"},
    {{"id:debian", "version:6.0.10"}, "debian-6", "nic-model", "e1000"},
    {{"id:debian"}, "debian", "machine", "q35"},
    {{"id:ubuntu", "version:22.04"}, "ubuntu", "machine", "q35"},
    {{"id:rhel", "version:9.4"}, "rhel", "machine", "q35"},
    {{"id:rhel", "version:5.11"}, "rhel-5", "machine", "pc"},
    {{"id:centos", "version:7"}, "centos-7", "osinfo", "http://centos.org/centos/7.0"},
    {{"id:centos", "version:9"}, "centos", "osinfo", "http://centos.org/centos-stream/{major}"},
    {{"id:opensuse-leap", "version:15.5"}, "opensuse", "machine", "q35"},
    {{"id:arch", "version:TEMPLATE_VERSION_ID"}, "arch", "machine", "q35"},
    {{"family:rhel"}, "rhel-family", "osinfo", "http://libosinfo.org/linux/2022"},
    {{"family:linux"}, "linux", "machine", "q35"},
    {{"id:unheard-of", "version:1"}, NULL, NULL, NULL},
    {{NULL}, NULL, NULL, NULL},
};

static void test_match(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profiles) profiles = profiles_load(NULL, &error);
    g_assert_no_error(error);

    for (guint i = 0; i < G_N_ELEMENTS(match_rows); i++) {
        const MatchRow *row = &match_rows[i];
        const Profile *profile = profiles_match(profiles, row->facts);
        if (!row->expected_name) {
            g_assert_null(profile);
            continue;
        }
        g_assert_nonnull(profile);
        g_assert_cmpstr(profile_name(profile), ==, row->expected_name);
        g_assert_cmpstr(profile_get(profile, row->key), ==, row->expected_value);
    }
}

/* Every release of Windows that has a section gets it: none is in another one's shadow. */
static void test_reachable(void)
{
    const EmbeddedFile *file = profile_builtin_files;
    g_autoptr(GKeyFile) key_file = g_key_file_new();
    g_autoptr(GError) error = NULL;
    guint count = 0;

    while (file->name && !g_str_has_suffix(file->name, "windows.ini"))
        file++;
    g_assert_nonnull(file->name);
    g_assert_true(g_key_file_load_from_data(key_file, (const char *)file->content, file->length,
                                            G_KEY_FILE_NONE, &error));
    g_auto(GStrv) names = g_key_file_get_groups(key_file, NULL);
    for (guint i = 0; names[i]; i++) {
        gboolean is_reached = FALSE;
        if (!g_key_file_has_key(key_file, names[i], "match", NULL))
            continue;
        for (guint j = 0; j < G_N_ELEMENTS(match_rows) && !is_reached; j++)
            is_reached = g_strcmp0(match_rows[j].expected_name, names[i]) == 0;
        if (!is_reached)
            g_test_message("nothing is [%s]", names[i]);
        g_assert_true(is_reached);
        count++;
    }
    g_assert_cmpuint(count, >=, 20);
}

/* A quirk that nothing has is a mistake in one of both places; 11 and Server 2025 have none. */
static void test_quirks(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profiles) profiles = profiles_load(NULL, &error);
    g_assert_no_error(error);
    for (ProfileQuirk quirk = 0; quirk < QUIRK_COUNT; quirk++) {
        guint with = 0;
        g_assert_nonnull(profile_quirk_name(quirk));
        for (guint i = 0; i < G_N_ELEMENTS(match_rows); i++) {
            const Profile *profile = profiles_match(profiles, match_rows[i].facts);
            gboolean has = profile && profile_has_quirk(profile, quirk);
            with += has ? 1 : 0;
            if (has && g_str_has_prefix(match_rows[i].facts[0], "windows:10."))
                g_test_fail_printf("%s: %s", match_rows[i].expected_name,
                                   profile_quirk_name(quirk));
        }
        g_assert_cmpuint(with, >, 0);
    }
}

static void test_lists(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profiles) profiles = profiles_load(NULL, &error);
    g_assert_no_error(error);
    const char *facts[] = {"windows:10.0", "type:server", "build:26100", NULL};
    const Profile *profile = profiles_match(profiles, facts);

    g_auto(GStrv) dirs = profile_get_list(profile, "virtio-dirs");
    g_assert_cmpuint(g_strv_length(dirs), ==, 3);
    g_assert_cmpstr(dirs[0], ==, "2k25");
    g_assert_cmpstr(dirs[2], ==, "w10");
    g_auto(GStrv) none = profile_get_list(profile, "no-such-key");
    g_assert_cmpuint(g_strv_length(none), ==, 0);
}

typedef struct {
    const char *label;
    const char *text;
    const char *expected_error; /* NULL: loads */
} DirectoryRow;

static const DirectoryRow directory_rows[] = {
    {"a release of one's own", "[mine]\nlike = linux\nmatch = id:mine version:3-\nosinfo = x\n",
     NULL},
    {"a section replaced", "[debian]\nmatch = id:debian\nosinfo = y\n", NULL},
    {"unknown quirk", "[mine]\nmatch = id:mine\nquirks = uefi-vga wobbly\n",
     "unknown quirk 'wobbly'"},
    {"unknown key", "[mine]\nmatch = id:mine\nbootlaoder = grub2\n", "unknown key 'bootlaoder'"},
    {"unknown parent", "[mine]\nlike = yours\nmatch = id:mine\n", "there is no such section"},
    {"loop", "[a]\nlike = b\nmatch = id:a\n[b]\nlike = a\nmatch = id:b\n", "inherits from itself"},
    {"loop of one", "[a]\nlike = a\nmatch = id:a\n", "inherits from itself"},
    {"never used", "[a]\nname = A\n", "is never used"},
    {"tie with a built-in one", "[mine]\nmatch = id:debian\n",
     "matches the same systems as [debian]"},
    {"tie of ranges", "[a]\nmatch = id:q version:3-5\n[b]\nmatch = id:q version:5.1\n",
     "matches the same systems as [a]"},
    {"ranges side by side", "[a]\nmatch = id:q version:3-5\n[b]\nmatch = id:q version:6-\n", NULL},
    {"tie of different keys", "[a]\nmatch = id:q version:3\n[b]\nmatch = id:q build:7\n",
     "matches the same systems as [a]"},
    {"empty range", "[a]\nmatch = version:5-3\n", "range 'version:5-3' is empty"},
    {"no value", "[a]\nmatch = version:\n", "is no key:value"},
    {"empty match", "[a]\nmatch =\n", "the match line is empty"},
    {"no key file", "nonsense\n", ":1: "},
};

static void test_directory(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(directory_rows); i++) {
        const DirectoryRow *row = &directory_rows[i];
        g_autoptr(GError) error = NULL;
        g_autofree char *directory = g_dir_make_tmp("profiles-XXXXXX", &error);
        g_assert_no_error(error);
        g_autofree char *path = g_build_filename(directory, "mine.ini", NULL);
        g_assert_true(g_file_set_contents(path, row->text, -1, &error));

        g_test_message("%s", row->label);
        g_autoptr(Profiles) profiles = profiles_load(directory, &error);
        if (row->expected_error) {
            g_assert_null(profiles);
            g_assert_nonnull(error);
            g_assert_nonnull(strstr(error->message, row->expected_error));
        } else {
            g_assert_no_error(error);
        }
        g_assert_cmpint(g_unlink(path), ==, 0);
        g_assert_cmpint(g_rmdir(directory), ==, 0);
    }
}

static void test_replaced_section(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_dir_make_tmp("profiles-XXXXXX", &error);
    g_autofree char *path = g_build_filename(directory, "mine.ini", NULL);
    g_assert_true(
        g_file_set_contents(path, "[debian]\nmatch = id:debian\nosinfo = y\n", -1, &error));

    g_autoptr(Profiles) profiles = profiles_load(directory, &error);
    g_assert_no_error(error);
    const char *facts[] = {"id:debian", "version:12", NULL};
    const Profile *profile = profiles_match(profiles, facts);
    g_assert_cmpstr(profile_get(profile, "osinfo"), ==, "y");
    g_assert_null(profile_get(profile, "machine"));

    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static void test_missing_directory(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profiles) profiles = profiles_load("/nonexistent/profiles", &error);
    g_assert_null(profiles);
    g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/profiles/match", test_match);
    g_test_add_func("/profiles/reachable", test_reachable);
    g_test_add_func("/profiles/quirks", test_quirks);
    g_test_add_func("/profiles/lists", test_lists);
    g_test_add_func("/profiles/directory", test_directory);
    g_test_add_func("/profiles/replaced-section", test_replaced_section);
    g_test_add_func("/profiles/missing-directory", test_missing_directory);
    return g_test_run();
}
