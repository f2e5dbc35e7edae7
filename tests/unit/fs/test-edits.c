/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Staged edits: what joins, what is dropped, what is read back, and what applying leaves. */
#include <string.h>

#include "base/error.h"
#include "fs/edits.h"

typedef struct {
    Fs *root, *boot;
    FsTree *tree;
    Edits *edits;
} Fixture;

static void add_file(Fs *fs, const char *path, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    g_assert_true(fs_write_file(fs, path, content, NULL, &error));
    g_assert_no_error(error);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    static const char *const directories[] = {"/etc", "/run", "/etc/grub.d", "/var"};
    gboolean case_sensitive = GPOINTER_TO_INT(data);
    fixture->root = fs_new_memory(case_sensitive);
    fixture->boot = fs_new_memory(case_sensitive);
    fixture->tree = fs_tree_new();
    fs_tree_mount(fixture->tree, "/", fixture->root);
    fs_tree_mount(fixture->tree, "/boot", fixture->boot);
    fixture->edits = edits_new(fixture->tree);
    for (guint i = 0; i < G_N_ELEMENTS(directories); i++)
        g_assert_true(fs_make_directory(fixture->root, directories[i], NULL, NULL));
    add_file(fixture->root, "/etc/fstab", "old fstab\n");
    add_file(fixture->root, "/run/stub", "stub\n");
    g_assert_true(fs_make_symlink(fixture->root, "/etc/resolv.conf", "../run/stub", NULL, NULL));
    g_assert_true(fs_make_symlink(fixture->root, "/alias", "etc", NULL, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    edits_free(fixture->edits);
    fs_tree_free(fixture->tree);
    fs_close(fixture->root);
    fs_close(fixture->boot);
}

static void write_text(Fixture *fixture, const char *path, const char *text, const char *reason)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = edits_write_text(fixture->edits, path, text, NULL, -1, reason, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void remove_path(Fixture *fixture, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = edits_remove(fixture->edits, path, "not needed", &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void make_link(Fixture *fixture, const char *path, const char *target)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = edits_make_symlink(fixture->edits, path, target, NULL, "points there", &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

/* What will be read is checked now, and again from the tree when everything is applied. */
static void assert_text(Fixture *fixture, const char *path, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_assert_true(edits_read_text(fixture->edits, path, &text, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, expected);
}

static void assert_tree_text(Fixture *fixture, const char *path, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_assert_true(fs_tree_read_text(fixture->tree, path, &text, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, expected);
}

static void apply(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = edits_apply(fixture->edits, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

/* One line per edit: "write /etc/fstab (reason)", "+" for what did not exist. */
static void assert_edits(Fixture *fixture, const char *expected)
{
    static const char *const verbs[] = {"write", "mkdir", "link", "remove", "bytes"};
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < edits_count(fixture->edits); i++) {
        const Edit *edit = edits_get(fixture->edits, i);
        g_string_append_printf(text, "%s%s %s (%s)\n", edit->existed ? "" : "+", verbs[edit->kind],
                               edit->path, edit->reason);
    }
    g_assert_cmpstr(text->str, ==, expected);
}

static void assert_old_content(Fixture *fixture, guint index, const char *expected)
{
    const Edit *edit = edits_get(fixture->edits, index);
    g_assert_nonnull(edit->old_content);
    g_autoptr(GBytes) bytes = g_bytes_new_static(expected, strlen(expected));
    g_assert_true(g_bytes_equal(edit->old_content, bytes));
}

static void test_joining(Fixture *fixture, gconstpointer data)
{
    (void)data;
    write_text(fixture, "/etc/fstab", "first\n", "names move");
    write_text(fixture, "/alias/fstab", "second\n", "swap moves");
    write_text(fixture, "//etc/../alias/./fstab", "third\n", "names move");
    assert_edits(fixture, "write /etc/fstab (names move; swap moves)\n");
    assert_old_content(fixture, 0, "old fstab\n");
    assert_text(fixture, "/etc/fstab", "third\n");
    assert_tree_text(fixture, "/etc/fstab", "old fstab\n");
    apply(fixture);
    assert_tree_text(fixture, "/etc/fstab", "third\n");
}

static void test_nothing_to_do(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    write_text(fixture, "/etc/fstab", "old fstab\n", "same as it is");
    remove_path(fixture, "/etc/missing");
    remove_path(fixture, "/missing/too");
    make_link(fixture, "/etc/resolv.conf", "../run/stub");
    g_assert_true(edits_make_directory(fixture->edits, "/etc", NULL, 0700, "is there", &error));
    assert_edits(fixture, "");
    /* Changed, and changed back. */
    write_text(fixture, "/etc/fstab", "new\n", "a");
    write_text(fixture, "/etc/fstab", "old fstab\n", "b");
    write_text(fixture, "/etc/new", "x", "c");
    remove_path(fixture, "/etc/new");
    make_link(fixture, "/etc/link", "fstab");
    remove_path(fixture, "/etc/link");
    assert_edits(fixture, "");
    apply(fixture);
}

static void test_parents(Fixture *fixture, gconstpointer data)
{
    (void)data;
    write_text(fixture, "/var/lib/app/state", "1", "state");
    write_text(fixture, "/var/lib/app/other", "2", "more");
    write_text(fixture, "/boot/grub/custom.cfg", "3", "menu");
    assert_edits(fixture, "+mkdir /var/lib (state)\n"
                          "+mkdir /var/lib/app (state)\n"
                          "+write /var/lib/app/state (state)\n"
                          "+write /var/lib/app/other (more)\n"
                          "+mkdir /boot/grub (menu)\n"
                          "+write /boot/grub/custom.cfg (menu)\n");
    apply(fixture);
    assert_tree_text(fixture, "/var/lib/app/other", "2");
    g_autoptr(GError) error = NULL;
    gboolean found = FALSE;
    FsStat stat = {0};
    g_assert_true(fs_stat(fixture->boot, "/grub/custom.cfg", &found, &stat, &error));
    g_assert_no_error(error);
    g_assert_true(found);
}

static void test_links(Fixture *fixture, gconstpointer data)
{
    (void)data;
    /* Through a link that is there: the file behind it changes, the link stays. */
    write_text(fixture, "/etc/resolv.conf", "nameserver 1\n", "a");
    write_text(fixture, "/run/stub", "nameserver 2\n", "b");
    /* Through one that is staged. */
    make_link(fixture, "/etc/staged", "grub.d/../fstab");
    write_text(fixture, "/etc/staged", "by link\n", "c");
    assert_text(fixture, "/etc/fstab", "by link\n");
    assert_text(fixture, "/etc/staged", "by link\n");
    assert_text(fixture, "/etc/resolv.conf", "nameserver 2\n");
    assert_edits(fixture, "write /etc/resolv.conf (a; b)\n"
                          "+link /etc/staged (points there)\n"
                          "write /etc/fstab (c)\n");
    apply(fixture);
    g_autofree char *target = NULL;
    g_assert_true(fs_tree_read_link(fixture->tree, "/etc/resolv.conf", &target, NULL));
    g_assert_cmpstr(target, ==, "../run/stub");
    assert_tree_text(fixture, "/run/stub", "nameserver 2\n");
    assert_tree_text(fixture, "/etc/staged", "by link\n");
}

static void test_replacing_links(Fixture *fixture, gconstpointer data)
{
    (void)data;
    /* A file in place of a link; a link in place of a file. */
    remove_path(fixture, "/etc/resolv.conf");
    assert_text(fixture, "/etc/resolv.conf", NULL);
    write_text(fixture, "/etc/resolv.conf", "own\n", "a file now");
    make_link(fixture, "/etc/fstab", "../run/stub");
    assert_edits(fixture, "remove /etc/resolv.conf (not needed)\n"
                          "+write /etc/resolv.conf (a file now)\n"
                          "link /etc/fstab (points there)\n");
    assert_old_content(fixture, 2, "old fstab\n");
    assert_text(fixture, "/etc/fstab", "stub\n");
    apply(fixture);
    assert_tree_text(fixture, "/run/stub", "stub\n");
    assert_tree_text(fixture, "/etc/resolv.conf", "own\n");
    assert_tree_text(fixture, "/etc/fstab", "stub\n");
}

static void test_removing(Fixture *fixture, gconstpointer data)
{
    (void)data;
    write_text(fixture, "/etc/fstab", "changed\n", "a");
    remove_path(fixture, "/etc/fstab");
    remove_path(fixture, "/etc/fstab");
    remove_path(fixture, "/etc/grub.d");
    assert_text(fixture, "/etc/fstab", NULL);
    assert_edits(fixture, "remove /etc/fstab (not needed)\nremove /etc/grub.d (not needed)\n");
    assert_old_content(fixture, 0, "old fstab\n");
    /* Below a directory that was removed, it is made again. */
    write_text(fixture, "/etc/grub.d/40_custom", "x", "b");
    write_text(fixture, "/etc/fstab", "again\n", "c");
    apply(fixture);
    assert_tree_text(fixture, "/etc/grub.d/40_custom", "x");
    assert_tree_text(fixture, "/etc/fstab", "again\n");
}

static void test_refused(Fixture *fixture, gconstpointer data)
{
    (void)data;
    static const struct {
        const char *path, *like;
        int code;
    } rows[] = {
        {"/etc", NULL, DRYDOCK_ERROR_FAILED},
        {"/etc/fstab/below", NULL, DRYDOCK_ERROR_FAILED},
        {"relative", NULL, DRYDOCK_ERROR_USAGE},
        {"/etc/new", "/etc/missing", DRYDOCK_ERROR_NOT_FOUND},
        {"/", NULL, DRYDOCK_ERROR_FAILED},
    };
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_false(
            edits_write_text(fixture->edits, rows[i].path, "x", rows[i].like, -1, "r", &error));
        g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        g_clear_error(&error);
    }
    g_assert_false(edits_make_directory(fixture->edits, "/etc/fstab", NULL, -1, "r", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_FAILED);
    g_clear_error(&error);
    g_assert_false(edits_make_symlink(fixture->edits, "/etc", "x", NULL, "r", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_FAILED);
    assert_edits(fixture, "");
}

static void test_failing_apply(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    remove_path(fixture, "/run");
    g_assert_false(edits_apply(fixture->edits, &error)); /* it is not empty */
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, "edit 1 of 1"));
    g_assert_nonnull(strstr(error->message, "/run"));
}

static void test_attributes(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    fs_memory_set_owner(fixture->root, "/etc/fstab", 3, 4);
    g_assert_true(
        edits_write_text(fixture->edits, "/var/script", "#!", "/etc/fstab", 0755, "a", &error));
    /* Like a file that is only staged itself. */
    g_assert_true(
        edits_write_text(fixture->edits, "/var/other", "#!", "/var/script", -1, "a", &error));
    /* An existing file keeps its own: nothing else is promised in the list. */
    g_assert_true(edits_write_text(fixture->edits, "/etc/fstab", "new", NULL, 0777, "a", &error));
    g_assert_cmpint(edits_get(fixture->edits, 2)->mode, ==, -1);
    g_assert_no_error(error);
    apply(fixture);
    static const struct {
        const char *path;
        guint mode;
    } rows[] = {{"/var/script", 0755}, {"/var/other", 0755}, {"/etc/fstab", 0644}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        gboolean found = FALSE;
        FsStat stat = {0};
        g_assert_true(fs_tree_stat(fixture->tree, rows[i].path, &found, &stat, &error));
        g_assert_cmpuint(stat.mode, ==, rows[i].mode);
        g_assert_cmpuint(stat.uid, ==, 3);
    }
}

static EditValue *make_value(const char *key, const char *old_text, const char *new_text)
{
    EditValue *value = g_new0(EditValue, 1);
    value->key = g_strdup(key);
    value->name = g_strdup("Start");
    value->old_text = g_strdup(old_text);
    value->new_text = g_strdup(new_text);
    value->reason = g_strdup("boots");
    return value;
}

static void write_hive(Fixture *fixture, const char *path, const char *text, EditValue *first,
                       EditValue *second)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    GPtrArray *values = g_ptr_array_new_with_free_func((GDestroyNotify)edit_value_free);
    g_ptr_array_add(values, first);
    g_ptr_array_add(values, second);
    gboolean ok = edits_write_hive(fixture->edits, path, content, values, "drivers", &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void test_hives(Fixture *fixture, gconstpointer data)
{
    (void)data;
    add_file(fixture->root, "/etc/SYSTEM", "regf one");
    write_hive(fixture, "/etc/SYSTEM", "regf two", make_value("A", "1", "0"),
               make_value("B", NULL, "2"));
    write_hive(fixture, "\\ETC\\system", "regf three", make_value("a", "0", "1"),
               make_value("C", NULL, "3"));
    assert_edits(fixture, "write /etc/SYSTEM (drivers)\n");
    const Edit *edit = edits_get(fixture->edits, 0);
    g_assert_null(edit->old_content);
    /* A is as it was, so only B and C are left. */
    g_assert_cmpuint(edit->values->len, ==, 2);
    g_assert_cmpstr(((const EditValue *)edit->values->pdata[0])->key, ==, "B");
    g_assert_cmpstr(((const EditValue *)edit->values->pdata[1])->new_text, ==, "3");
    apply(fixture);
    assert_tree_text(fixture, "/etc/system", "regf three");
}

#define EDITS_TEST(name, case_sensitive, function)                                                 \
    g_test_add("/fs/edits/" name, Fixture, GINT_TO_POINTER(case_sensitive), set_up, function,      \
               tear_down)

/* Bytes of a volume: read when they are staged, written and flushed when applied. */
static void test_bytes(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(Disk) disk = disk_new_memory(4096, 512);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_static("abc", 3);
    g_autoptr(GBytes) zeros = g_bytes_new_static("\0\0\0", 3);
    char now[5];
    g_assert_true(edits_write_bytes(fixture->edits, disk, "sda1", 10, bytes, "new", &error));
    g_assert_true(edits_write_bytes(fixture->edits, disk, "sda1", 20, zeros, "same", &error));
    g_assert_no_error(error);
    assert_edits(fixture, "bytes sda1 (new)\n");
    const Edit *edit = edits_get(fixture->edits, 0);
    g_assert_cmpuint(edit->offset, ==, 10);
    g_assert_true(g_bytes_equal(edit->content, bytes));
    g_assert_true(g_bytes_equal(edit->old_content, zeros));
    g_assert_true(disk_read(disk, 9, now, sizeof now, &error));
    g_assert_cmpint(memcmp(now, "\0\0\0\0\0", sizeof now), ==, 0);
    apply(fixture);
    g_assert_true(disk_read(disk, 9, now, sizeof now, &error));
    g_assert_cmpint(memcmp(now, "\0abc\0", sizeof now), ==, 0);
    g_assert_false(edits_write_bytes(fixture->edits, disk, "sda1", 4094, bytes, "out", &error));
    g_assert_nonnull(error);
}

/* Whatever links lead there. */
static void test_drop_below(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_assert_true(fs_tree_make_directory(fixture->tree, "/store", NULL, &error));
    g_assert_true(fs_tree_make_directory(fixture->tree, "/store/etc", NULL, &error));
    g_assert_true(fs_tree_make_symlink(fixture->tree, "/link", "/store/etc", NULL, &error));
    write_text(fixture, "/link/file", "1", "one");
    write_text(fixture, "/storehouse", "2", "two");
    make_link(fixture, "/link/other", "/dev/null");
    g_assert_true(edits_drop_below(fixture->edits, "/no-such", dropped, &error));
    g_assert_cmpuint(dropped->len, ==, 0);
    g_assert_true(edits_drop_below(fixture->edits, "/store", dropped, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(dropped->len, ==, 2);
    g_assert_cmpuint(edits_count(fixture->edits), ==, 1);
    g_assert_cmpstr(edits_get(fixture->edits, 0)->path, ==, "/storehouse");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    EDITS_TEST("joining", TRUE, test_joining);
    EDITS_TEST("nothing-to-do", TRUE, test_nothing_to_do);
    EDITS_TEST("parents", TRUE, test_parents);
    EDITS_TEST("parents-on-windows", FALSE, test_parents);
    EDITS_TEST("links", TRUE, test_links);
    EDITS_TEST("replacing-links", TRUE, test_replacing_links);
    EDITS_TEST("removing", TRUE, test_removing);
    EDITS_TEST("refused", TRUE, test_refused);
    EDITS_TEST("failing-apply", TRUE, test_failing_apply);
    EDITS_TEST("attributes", TRUE, test_attributes);
    EDITS_TEST("hives", FALSE, test_hives);
    EDITS_TEST("drop-below", TRUE, test_drop_below);
    EDITS_TEST("bytes", FALSE, test_bytes);
    return g_test_run();
}
