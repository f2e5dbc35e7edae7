/* SPDX-License-Identifier: GPL-3.0-or-later */
/* os-release files of real distributions, and what there was before them. */
#include "inspect-support.h"

#include "inspect/os_release.h"

typedef struct {
    FileRow files[4];
    const char *expected_id, *expected_version, *expected_name;
} LegacyRow;

static const LegacyRow legacy_rows[] = {
    {{{"/etc/redhat-release", "CentOS release 6.10 (Final)\n"}},
     "centos",
     "6.10",
     "CentOS release 6.10 (Final)"},
    {{{"/etc/redhat-release", "Red Hat Enterprise Linux Server release 5.11 (Tikanga)\n"}},
     "rhel",
     "5.11",
     "Red Hat Enterprise Linux Server release 5.11 (Tikanga)"},
    {{{"/etc/redhat-release", "Red Hat Enterprise Linux Server release 6.9 (Santiago)\n"},
      {"/etc/oracle-release", "Oracle Linux Server release 6.9\n"}},
     "ol",
     "6.9",
     "Oracle Linux Server release 6.9"},
    {{{"/etc/redhat-release", "Fedora release 17 (Beefy Miracle)\n"}},
     "fedora",
     "17",
     "Fedora release 17 (Beefy Miracle)"},
    {{{"/etc/SuSE-release",
       "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n"}},
     "sles",
     "11.4",
     "SUSE Linux Enterprise Server 11 (x86_64)"},
    {{{"/etc/SuSE-release", "openSUSE 12.1 (x86_64)\nVERSION = 12.1\n"}},
     "opensuse",
     "12.1",
     "openSUSE 12.1 (x86_64)"},
    {{{"/etc/debian_version", "6.0.10\n"}}, "debian", "6.0.10", NULL},
    {{{"/etc/debian_version", "squeeze/sid\n"},
      {"/etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04\n"
                           "DISTRIB_DESCRIPTION=\"Ubuntu 10.04.4 LTS\"\n"}},
     "ubuntu",
     "10.04",
     "Ubuntu 10.04.4 LTS"},
    {{{"/etc/alpine-release", "3.2.0\n"}}, "alpine", "3.2.0", NULL},
    {{{"/etc/slackware-version", "Slackware 13.37.0\n"}},
     "slackware",
     "13.37.0",
     "Slackware 13.37.0"},
    {{{"/etc/arch-release", ""}}, "arch", NULL, NULL},
    {{{"/etc/os-release", "-> ../usr/lib/os-release"},
      {"/usr/lib/os-release", "# comment\nNAME=x\nID='my os'\nVERSION_ID=\"1\\\"2\"\nID=last\n"}},
     "last",
     "1\"2",
     NULL},
    {{{"/etc/os-release", "ID=\"unclosed\nVERSION_ID=3\n"}, {"/etc/debian_version", "9.1\n"}},
     "debian",
     "9.1",
     NULL},
    {{{"/etc/hosts", ""}}, NULL, NULL, NULL},
};

static void test_legacy(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(legacy_rows); i++) {
        const LegacyRow *row = &legacy_rows[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(FsTree) tree = fs_tree_new();
        g_autoptr(Fs) fs = support_fs(TRUE, row->files);
        g_auto(OsRelease) release = {0};
        fs_tree_mount(tree, "/", fs);
        g_assert_true(os_release_read(tree, &release, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(release.id, ==, row->expected_id);
        if (row->expected_id) {
            g_assert_cmpstr(release.version_id, ==, row->expected_version);
            g_assert_cmpstr(release.pretty_name, ==, row->expected_name);
        }
        g_assert_cmpint(os_release_exists(tree), ==, row->expected_id != NULL);
    }
}

/* The file's own name says ID__VERSION_ID, or ID twice where there is no version. */
static void check_real_file(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) parts = g_strsplit(name, "__", 2);
    g_autofree char *version = g_strndup(parts[1], strlen(parts[1]) - strlen(".os-release"));

    const FileRow rows[] = {
        {"/etc/os-release", "-> ../usr/lib/os-release"},
        {"/usr/lib/os-release", text},
        {"/sbin/init", ""},
        {NULL, NULL},
    };
    g_autoptr(VolumeSet) set = support_set(PARTITION_TABLE_GPT, 1);
    support_add_volume(set, 0, 1, support_fs(TRUE, rows), "ext4", "u", NULL);
    g_autoptr(GPtrArray) findings = g_ptr_array_new();
    g_autoptr(Guest) guest = support_inspect(set, findings);

    g_test_message("%s: %s, %s, %s", name, guest->product_name, guest->profile, guest->osinfo_id);
    g_assert_cmpint(g_ascii_strcasecmp(guest->linux_facts.id, parts[0]), ==, 0);
    const char *found = guest->linux_facts.version_id;
    if (!g_str_equal(version, parts[0]))
        g_assert_cmpstr(found, ==, version);
    g_assert_nonnull(guest->profile);
    g_assert_nonnull(guest->product_name);
    if (guest->osinfo_id)
        g_assert_null(strchr(guest->osinfo_id, '{'));
}

static void test_real(void)
{
    g_autofree char *directory = g_build_filename(DRYDOCK_TESTDATA, "linux-guest/os-release", NULL);
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    if (!dir) {
        g_test_skip("no test data");
        return;
    }
    guint count = 0;
    for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir), count++)
        check_real_file(directory, name);
    g_assert_cmpuint(count, >, 50);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/os-release/legacy", test_legacy);
    g_test_add_func("/inspect/os-release/real", test_real);
    return g_test_run();
}
