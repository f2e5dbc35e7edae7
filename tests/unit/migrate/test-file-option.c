/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that the user wants changed: arguments, and what they become in a guest. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/run.h"
#include "migrate/file_option.h"

typedef struct {
    Fs *fs;
    FsTree *tree;
    Edits *edits;
    FileChanges *changes;
    char *folder; /* of the host */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer is_windows)
{
    fixture->fs = fs_new_memory(is_windows == NULL);
    fixture->tree = fs_tree_new();
    fs_tree_mount(fixture->tree, "/", fixture->fs);
    fixture->edits = edits_new(fixture->tree);
    fixture->changes = file_changes_new();
    fixture->folder = g_dir_make_tmp("drydock-files-XXXXXX", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer is_windows)
{
    const char *const argv[] = {"rm", "-rf", fixture->folder, NULL};

    (void)is_windows;
    g_assert_true(run_program(argv, NULL, NULL, NULL));
    file_changes_free(fixture->changes);
    edits_free(fixture->edits);
    fs_tree_free(fixture->tree);
    fs_close(fixture->fs);
    g_free(fixture->folder);
}

static void add_guest_file(Fixture *fixture, const char *path, const char *text)
{
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) parts = g_strsplit(path + 1, "/", -1);
    g_autoptr(GString) folder = g_string_new(NULL);

    for (guint i = 0; parts[i + 1]; i++) {
        g_string_append_printf(folder, "/%s", parts[i]);
        g_assert_true(fs_make_directory(fixture->fs, folder->str, NULL, &error));
    }
    g_assert_true(fs_write_file(fixture->fs, path, content, NULL, &error));
}

static void read_option(Fixture *fixture, const char *option, const char *argument)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = file_option_read(fixture->changes, option, argument, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

static char *apply(Fixture *fixture)
{
    GString *list = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(file_changes_stage(fixture->changes, fixture->edits, &error));
    g_assert_no_error(error);
    for (guint i = 0; i < edits_count(fixture->edits); i++) {
        static const char *const kinds[] = {"write", "mkdir", "link", "remove"};
        const Edit *edit = edits_get(fixture->edits, i);

        g_assert_nonnull(strstr(edit->reason, "asks for it"));
        g_string_append_printf(list, "%s %s\n", kinds[edit->kind], edit->path);
    }
    g_assert_true(edits_apply(fixture->edits, &error));
    g_assert_no_error(error);
    return g_string_free(list, FALSE);
}

static void assert_text(Fixture *fixture, const char *path, const char *expected)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(fs_tree_read_text(fixture->tree, path, &text, &error));
    g_assert_cmpstr(text, ==, expected);
}

static void test_linux(Fixture *fixture, gconstpointer data)
{
    g_autofree char *list = NULL;

    (void)data;
    add_guest_file(fixture, "/etc/motd", "old");
    add_guest_file(fixture, "/opt/tool/a/b", "");
    add_guest_file(fixture, "/opt/tool/c", "");
    read_option(fixture, "append-line", "/etc/motd:a:b");
    read_option(fixture, "append-line", "/etc/motd:c");
    read_option(fixture, "write", "/etc/new/file:one\ntwo:\n");
    read_option(fixture, "delete", "/opt/tool");
    read_option(fixture, "delete", "/not/there");
    list = apply(fixture);
    g_assert_cmpstr(list, ==,
                    "write /etc/motd\nmkdir /etc/new\nwrite /etc/new/file\nremove /opt/tool/a/b\n"
                    "remove /opt/tool/a\nremove /opt/tool/c\nremove /opt/tool\n");
    assert_text(fixture, "/etc/motd", "old\na:b\nc\n");
    assert_text(fixture, "/etc/new/file", "one\ntwo:\n");
    assert_text(fixture, "/opt/tool/c", NULL);
}

static void test_windows(Fixture *fixture, gconstpointer data)
{
    g_autofree char *list = NULL;

    (void)data;
    add_guest_file(fixture, "/Windows/win.ini", "a\r\n");
    read_option(fixture, "append-line", "c:\\windows\\WIN.INI:b");
    read_option(fixture, "write", "C:\\Tools\\run.cmd:echo: x");
    list = apply(fixture);
    assert_text(fixture, "/Windows/win.ini", "a\r\nb\r\n");
    assert_text(fixture, "/tools/RUN.cmd", "echo: x");
}

static void test_copy_in(Fixture *fixture, gconstpointer data)
{
    g_autofree char *from = g_build_filename(fixture->folder, "from", NULL);
    g_autofree char *inner = g_build_filename(from, "inner", NULL);
    g_autofree char *program = g_build_filename(inner, "program", NULL);
    g_autofree char *link = g_build_filename(from, "link", NULL);
    g_autofree char *argument = g_strconcat(from, ":/opt//", NULL);
    g_autofree char *list = NULL;
    g_autofree char *target = NULL;
    g_autoptr(GError) error = NULL;
    FsStat stat = {0};
    gboolean found = FALSE;

    (void)data;
    g_assert_cmpint(g_mkdir_with_parents(inner, 0755), ==, 0);
    g_assert_true(g_file_set_contents(program, "x", 1, NULL));
    g_assert_cmpint(g_chmod(program, 0751), ==, 0);
    g_assert_cmpint(symlink("inner/program", link), ==, 0);
    read_option(fixture, "copy-in", argument);
    list = apply(fixture);
    g_assert_cmpstr(list, ==,
                    "mkdir /opt\nmkdir /opt/from\nmkdir /opt/from/inner\n"
                    "write /opt/from/inner/program\nlink /opt/from/link\n");
    g_assert_true(fs_stat(fixture->fs, "/opt/from/inner/program", &found, &stat, &error));
    g_assert_cmphex(stat.mode, ==, 0751);
    g_assert_true(fs_read_link(fixture->fs, "/opt/from/link", &target, &error));
    g_assert_cmpstr(target, ==, "inner/program");
}

static void test_bad_arguments(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *option, *argument, *message;
    } rows[] = {
        {"write", "/etc/motd", "has no two parts"},
        {"write", ":text", "has no two parts"},
        {"write", "etc/motd:text", "not an absolute path"},
        {"write", "C:motd", "not an absolute path"},
        {"append-line", "/etc/motd", "has no two parts"},
        {"delete", "etc", "not an absolute path"},
        {"delete", "", "not an absolute path"},
        {"copy-in", "/etc/hostname", "has no two parts"},
        {"copy-in", "/etc/hostname:relative", "not an absolute path"},
        {"copy-in", "/no/such/file:/etc", "No such file"},
        {"copy-in", "/dev/null:/etc", "cannot be copied"},
    };

    (void)data;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(
            file_option_read(fixture->changes, rows[i].option, rows[i].argument, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
        g_assert_nonnull(strstr(error->message, rows[i].message));
    }
}

static void test_too_large(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->folder, "large", NULL);
    g_autofree char *argument = g_strconcat(path, ":/", NULL);
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_cmpint(truncate(path, ((off_t)1 << 30) + 1), ==, 0);
    g_assert_false(file_option_read(fixture->changes, "copy-in", argument, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    g_assert_nonnull(strstr(error->message, "1 GiB"));
}

typedef struct {
    const char *option, *argument;
    DrydockError code;
} Refusal;

static void test_refused(Fixture *fixture, gconstpointer data)
{
    static const Refusal rows[] = {
        {"write", "C:\\motd:x", DRYDOCK_ERROR_USAGE},
        {"append-line", "/not/there:x", DRYDOCK_ERROR_NOT_FOUND},
        {"delete", "/", DRYDOCK_ERROR_USAGE},
        {"delete", "//", DRYDOCK_ERROR_USAGE},
        {"write", "/etc:x", DRYDOCK_ERROR_FAILED},
    };

    (void)data;
    add_guest_file(fixture, "/etc/motd", "old");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(FileChanges) changes = file_changes_new();
        g_autoptr(GError) error = NULL;

        g_assert_true(file_option_read(changes, rows[i].option, rows[i].argument, &error));
        g_assert_false(file_changes_stage(changes, fixture->edits, &error));
        g_assert_error(error, DRYDOCK_ERROR, (int)rows[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/file-option/linux", Fixture, NULL, set_up, test_linux, tear_down);
    g_test_add("/file-option/windows", Fixture, "windows", set_up, test_windows, tear_down);
    g_test_add("/file-option/copy-in", Fixture, NULL, set_up, test_copy_in, tear_down);
    g_test_add("/file-option/bad-arguments", Fixture, NULL, set_up, test_bad_arguments, tear_down);
    g_test_add("/file-option/too-large", Fixture, NULL, set_up, test_too_large, tear_down);
    g_test_add("/file-option/refused", Fixture, NULL, set_up, test_refused, tear_down);
    return g_test_run();
}
