/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels as libselinux would choose them: matchpathcon is asked the same. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/run.h"
#include "linux-test-guest.h"
#include "linux/selinux.h"

static const char policy[] = "# a comment\n"
                             "/.*\tsystem_u:object_r:default_t:s0\n"
                             "/[^/]+\t--\tsystem_u:object_r:etc_runtime_t:s0\n"
                             "/etc(/.*)?\t\tsystem_u:object_r:etc_t:s0\n"
                             "/etc/shadow.*\t--\tsystem_u:object_r:shadow_t:s0\n"
                             "/etc/systemd/system(/.*)?\tsystem_u:object_r:systemd_unit_file_t:s0\n"
                             "/etc/localtime\t-l\tsystem_u:object_r:locale_t:s0\n"
                             "/etc/rc\\.d/init\\.d/.*\t--\tsystem_u:object_r:initrc_exec_t:s0\n"
                             "/usr(/.*)?\tsystem_u:object_r:usr_t:s0\n"
                             "/usr/lib(/.*)?\tsystem_u:object_r:lib_t:s0\n"
                             "/usr/s?bin/.*\t--\tsystem_u:object_r:bin_t:s0\n"
                             "/usr/lib/modules(/.*)?\tsystem_u:object_r:modules_object_t:s0\n"
                             "/var/run(/.*)?\tsystem_u:object_r:var_run_t:s0\n"
                             "/tmp/.*\t\t<<none>>\n"
                             "/etc/resolv\\.conf\t--\tsystem_u:object_r:net_conf_t:s0\n"
                             "/etc/resolv\\.conf.*\t--\tsystem_u:object_r:wrong_t:s0\n"
                             "/home/[^/]+\t-d\tunconfined_u:object_r:user_home_dir_t:s0\n"
                             "/home/[^/]+/.+\tunconfined_u:object_r:user_home_t:s0\n"
                             "/home/[^/]+/\\.ssh(/.*)?\tunconfined_u:object_r:ssh_home_t:s0\n"
                             "/broken(\tsystem_u:object_r:broken_t:s0\n"
                             "/etc/x[0-9]{2}(\\.a|\\.b)+\tsystem_u:object_r:braces_t:s0\n";
static const char substitutions[] = "/lib /usr/lib\n/lib64 /usr/lib\n/run /var/run\n# /etc /x\n";

static const struct {
    const char *path;
    FsFileType type;
    const char *label; /* its third part; NULL: none */
} rows[] = {
    {"/etc/shadow", FS_TYPE_FILE, "shadow_t"},
    {"/etc/shadow", FS_TYPE_DIRECTORY, "etc_t"},
    {"/etc/shadows/x", FS_TYPE_FILE, "shadow_t"},
    {"/etc", FS_TYPE_DIRECTORY, "etc_t"},
    {"/etcetera", FS_TYPE_DIRECTORY, "default_t"},
    {"/etcetera", FS_TYPE_FILE, "etc_runtime_t"},
    {"/etc/systemd/system/a.service", FS_TYPE_SYMLINK, "systemd_unit_file_t"},
    {"/etc/localtime", FS_TYPE_SYMLINK, "locale_t"},
    {"/etc/localtime", FS_TYPE_FILE, "etc_t"},
    {"/etc/rc.d/init.d/x", FS_TYPE_FILE, "initrc_exec_t"},
    {"/etc/rcxd/init.d/x", FS_TYPE_FILE, "etc_t"},
    {"/usr/bin/x", FS_TYPE_FILE, "bin_t"},
    {"/usr/sbin/x", FS_TYPE_FILE, "bin_t"},
    {"/usr/xbin/x", FS_TYPE_FILE, "usr_t"},
    {"/lib/modules/6.1/x.ko", FS_TYPE_FILE, "modules_object_t"},
    {"/lib", FS_TYPE_SYMLINK, "lib_t"},
    {"/library/x", FS_TYPE_FILE, "default_t"},
    {"/run/x", FS_TYPE_FILE, "var_run_t"},
    {"/tmp/x", FS_TYPE_FILE, NULL},
    {"/etc/resolv.conf", FS_TYPE_FILE, "net_conf_t"}, /* exact beats a later pattern */
    {"/etc/resolv.conf.d", FS_TYPE_FILE, "wrong_t"},
    {"/home/ann", FS_TYPE_DIRECTORY, "user_home_dir_t"},
    {"/home/ann/.ssh/authorized_keys", FS_TYPE_FILE, "ssh_home_t"},
    {"/home/ann/.sshx", FS_TYPE_FILE, "user_home_t"},
    {"/etc/x12.a.b", FS_TYPE_FILE, "braces_t"},
    {"/etc/x1.a", FS_TYPE_FILE, "etc_t"},
    {"/etc/new\nline", FS_TYPE_FILE, "etc_t"},
};

static char *type_of_label(const char *label)
{
    g_auto(GStrv) parts = g_strsplit(label ? label : "", ":", -1);

    return g_strv_length(parts) > 2 ? g_strdup(parts[2]) : NULL;
}

static void test_rows(void)
{
    g_autoptr(SelinuxContexts) contexts = selinux_contexts_new(policy, substitutions);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *type =
            type_of_label(selinux_contexts_find(contexts, rows[i].path, rows[i].type));

        g_test_message("%s", rows[i].path);
        g_assert_cmpstr(type, ==, rows[i].label);
    }
}

/* libselinux refuses a policy with a pattern that cannot be read: without that line. */
static char *write_policy(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "file_contexts", NULL);
    g_autofree char *aliases = g_strconcat(path, ".subs_dist", NULL);
    g_auto(GStrv) parts = g_strsplit(policy, "/broken(\tsystem_u:object_r:broken_t:s0\n", -1);
    g_autofree char *sound = g_strjoinv("", parts);

    g_assert_true(g_file_set_contents(path, sound, -1, NULL));
    g_assert_true(g_file_set_contents(aliases, substitutions, -1, NULL));
    return g_steal_pointer(&path);
}

static void test_second_opinion(void)
{
    static const char *const modes[] = {"file", "dir", "lnk_file"};
    g_autofree char *program = g_find_program_in_path("matchpathcon");

    if (!program) {
        g_test_skip("no matchpathcon (Debian: selinux-utils)");
        return;
    }
    g_autofree char *folder = g_dir_make_tmp("drydock-selinux-XXXXXX", NULL);
    g_autofree char *path = write_policy(folder);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const argv[] = {program,      "-n", "-f", path, "-m", modes[rows[i].type],
                                    rows[i].path, NULL};
        g_autofree char *output = NULL;
        g_autoptr(GError) error = NULL;
        gboolean ok = run_program(argv, NULL, &output, &error);

        g_assert_no_error(error);
        g_assert_true(ok);
        g_autofree char *type = type_of_label(g_strstrip(output));

        g_test_message("%s: %s", rows[i].path, output);
        g_assert_cmpstr(type, ==, rows[i].label);
    }
    g_autofree char *aliases = g_strconcat(path, ".subs_dist", NULL);

    g_assert_cmpint(g_remove(aliases) | g_remove(path) | g_rmdir(folder), ==, 0);
}

static void add_policy(TestGuest *guest, const char *config)
{
    test_guest_add_text(guest, "/etc/selinux/config", config);
    test_guest_add_text(guest, "/etc/selinux/targeted/contexts/files/file_contexts", policy);
    test_guest_add_text(guest, "/etc/selinux/targeted/contexts/files/file_contexts.subs_dist",
                        substitutions);
    test_guest_add_text(guest, "/etc/selinux/targeted/contexts/files/file_contexts.local",
                        "/etc/shadow2 -- system_u:object_r:local_t:s0\n");
    test_guest_add_text(guest, "/etc/there", "old");
}

static void stage(TestGuest *guest)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(edits_write_text(guest->edits, "/etc/shadow2", "x", NULL, -1, "r", &error));
    g_assert_true(edits_write_text(guest->edits, "/etc/there", "x", NULL, -1, "r", &error));
    g_assert_true(edits_write_text(guest->edits, "/lib/modules/new/x", "x", NULL, -1, "r", &error));
    g_assert_true(edits_make_symlink(guest->edits, "/etc/localtime", "x", NULL, "r", &error));
    g_assert_true(selinux_label_edits(guest->edits, &error));
    g_assert_no_error(error);
}

static char *list_labels(TestGuest *guest)
{
    GString *list = g_string_new(NULL);

    for (guint i = 0; i < edits_count(guest->edits); i++) {
        const Edit *edit = edits_get(guest->edits, i);
        g_autofree char *type = type_of_label(edit->label);

        g_string_append_printf(list, "%s %s\n", edit->path, type ? type : "-");
    }
    return g_string_free(list, FALSE);
}

static void test_edits(void)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autofree char *labels = NULL;

    add_policy(guest, "# SELINUX=disabled\nSELINUX=permissive\nSELINUXTYPE=targeted # or mls\n");
    stage(guest);
    labels = list_labels(guest);
    g_assert_cmpstr(labels, ==,
                    "/etc/shadow2 local_t\n"
                    "/etc/there -\n"
                    "/lib lib_t\n"
                    "/lib/modules modules_object_t\n"
                    "/lib/modules/new modules_object_t\n"
                    "/lib/modules/new/x modules_object_t\n"
                    "/etc/localtime locale_t\n");
}

static void test_off(gconstpointer config)
{
    g_autoptr(TestGuest) guest = test_guest_new();
    g_autofree char *labels = NULL;

    add_policy(guest, config);
    stage(guest);
    labels = list_labels(guest);
    g_assert_null(strstr(labels, "_t"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux/selinux/rows", test_rows);
    g_test_add_func("/linux/selinux/second-opinion", test_second_opinion);
    g_test_add_func("/linux/selinux/edits", test_edits);
    g_test_add_data_func("/linux/selinux/disabled", "SELINUX=disabled\nSELINUXTYPE=targeted\n",
                         test_off);
    g_test_add_data_func("/linux/selinux/no-type", "SELINUX=enforcing\n", test_off);
    g_test_add_data_func("/linux/selinux/type-outside",
                         "SELINUX=enforcing\nSELINUXTYPE=../selinux/targeted\n", test_off);
    return g_test_run();
}
