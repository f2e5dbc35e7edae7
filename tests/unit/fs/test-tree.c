/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mounts and symbolic links of a guest: where a path ends, and that it never leaves the guest. */
#include <string.h>

#include "base/error.h"
#include "fs/path.h"
#include "fs/tree.h"

static void add_file(Fs *fs, const char *path, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));
    g_assert_true(fs_write_file(fs, path, content, NULL, &error));
    g_assert_no_error(error);
}

static void add_directory(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(fs_make_directory(fs, path, NULL, &error));
    g_assert_no_error(error);
}

static void add_link(Fs *fs, const char *path, const char *target)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(fs_make_symlink(fs, path, target, NULL, &error));
    g_assert_no_error(error);
}

static void test_path_text(void)
{
    static const struct {
        const char *path;
        gboolean backslashes;
        const char *expected;
    } rows[] = {
        {"/", FALSE, "/"},
        {"//", FALSE, "/"},
        {"/a/b", FALSE, "/a/b"},
        {"/a//b/./c/", FALSE, "/a/b/c"},
        {"/a/../b", FALSE, "/b"},
        {"/../../etc", FALSE, "/etc"},
        {"/a/b/../../..", FALSE, "/"},
        {"/...", FALSE, "/..."},
        {"\\Windows\\System32", TRUE, "/Windows/System32"},
        {"/a\\b", FALSE, "/a\\b"},
        {"/a\\..\\b/c", TRUE, "/b/c"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *normal = fs_path_normalise(rows[i].path, rows[i].backslashes);
        g_assert_cmpstr(normal, ==, rows[i].expected);
    }
    g_assert_cmpstr(fs_path_below("/boot/efi", "/boot"), ==, "/efi");
    g_assert_cmpstr(fs_path_below("/boot", "/boot"), ==, "");
    g_assert_null(fs_path_below("/bootleg", "/boot"));
    g_assert_cmpstr(fs_path_below("/boot", "/"), ==, "/boot");
    g_autofree char *sharp = fs_path_fold("straße Ä", FALSE);
    g_assert_cmpstr(sharp, ==, "STRAßE Ä");
}

static void test_text(void)
{
    static const struct {
        const char *bytes;
        gsize length;
        const char *expected; /* NULL: an error */
    } rows[] = {
        {"plain\n", 6, "plain\n"},
        {"", 0, ""},
        {"\xef\xbb\xbf"
         "marked",
         9, "marked"},
        {"\xff\xfe"
         "a\0\xe4\0",
         6, "aä"},
        {"\xfe\xff\0a", 4, "a"},
        {"latin \xe4", 7, "latin \xe4"},
        {"lost tail\0\0\0", 12, "lost tail"},
        {"in\0side", 7, NULL},
        {"\xff\xfe\x00\xd8", 4, "\xef\xbf\xbd"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = g_bytes_new_static(rows[i].bytes, rows[i].length);
        g_autofree char *text = fs_text_from_bytes(bytes, "/x", &error);
        g_assert_cmpstr(text, ==, rows[i].expected);
        if (!rows[i].expected)
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
}

/* A Linux guest: / with links of every kind, /boot, /boot/efi (FAT) and /usr on their own. */
typedef struct {
    Fs *root, *boot, *efi, *usr;
    FsTree *tree;
} LinuxFixture;

static void linux_set_up(LinuxFixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->root = fs_new_memory(TRUE);
    fixture->boot = fs_new_memory(TRUE);
    fixture->efi = fs_new_memory(FALSE);
    fixture->usr = fs_new_memory(TRUE);
    fixture->tree = fs_tree_new();
    fs_tree_mount(fixture->tree, "/", fixture->root);
    fs_tree_mount(fixture->tree, "/boot/efi", fixture->efi);
    fs_tree_mount(fixture->tree, "/boot/", fixture->boot);
    fs_tree_mount(fixture->tree, "/usr", fixture->usr);
    static const char *const directories[] = {"/etc", "/boot", "/run", "/opt", "/home"};
    for (guint i = 0; i < G_N_ELEMENTS(directories); i++)
        add_directory(fixture->root, directories[i]);
    add_directory(fixture->usr, "/lib");
    add_directory(fixture->usr, "/bin");
    add_directory(fixture->efi, "/EFI");
    add_file(fixture->root, "/etc/fstab", "root");
    add_file(fixture->boot, "/vmlinuz", "boot");
    add_file(fixture->efi, "/EFI/grub.cfg", "efi");
    add_file(fixture->usr, "/lib/os-release", "usr");
    add_file(fixture->usr, "/bin/sh", "sh");
    add_link(fixture->root, "/lib", "usr/lib");
    add_link(fixture->root, "/bin", "/usr/bin");
    add_link(fixture->root, "/etc/os-release", "../usr/lib/os-release");
    add_link(fixture->root, "/etc/up", "../../../../../../etc/fstab");
    add_link(fixture->root, "/etc/efi", "/boot/efi");
    add_link(fixture->root, "/etc/dangling", "/run/nothing");
    add_link(fixture->root, "/etc/self", "self");
    add_link(fixture->root, "/etc/ping", "/etc/pong");
    add_link(fixture->root, "/etc/pong", "/etc/ping");
    add_link(fixture->boot, "/boot", ".");
    add_link(fixture->usr, "/back", "../etc");
    add_link(fixture->root, "/opt/dir", "../etc/");
    add_link(fixture->root, "/opt/through-file", "/etc/fstab/deeper");
    for (guint i = 0; i <= 41; i++) {
        g_autofree char *path = g_strdup_printf("/opt/chain%u", i);
        g_autofree char *target = g_strdup_printf("chain%u", i - 1);
        add_link(fixture->root, path, i == 0 ? "../etc/fstab" : target);
    }
}

static void linux_tear_down(LinuxFixture *fixture, gconstpointer data)
{
    (void)data;
    fs_tree_free(fixture->tree);
    fs_close(fixture->root);
    fs_close(fixture->boot);
    fs_close(fixture->efi);
    fs_close(fixture->usr);
}

static void test_reading(LinuxFixture *fixture, gconstpointer data)
{
    (void)data;
    static const struct {
        const char *path;
        const char *expected; /* NULL: not there */
        int code;             /* -1: no error */
    } rows[] = {
        {"/etc/fstab", "root", -1},
        {"//etc/./fstab", "root", -1},
        {"/etc/../etc/fstab", "root", -1},
        {"/../../etc/fstab", "root", -1},
        {"/boot/vmlinuz", "boot", -1},
        {"/boot/boot/boot/vmlinuz", "boot", -1},
        {"/boot/efi/EFI/grub.cfg", "efi", -1},
        {"/boot/efi/efi/GRUB.CFG", "efi", -1},
        {"/Boot/vmlinuz", NULL, -1},
        {"/etc/efi/EFI/grub.cfg", "efi", -1},
        {"/etc/efi/../vmlinuz", "boot", -1}, /* ".." of where the link leads */
        {"/etc/os-release", "usr", -1},
        {"/lib/os-release", "usr", -1},
        {"/bin/sh", "sh", -1},
        {"/etc/up", "root", -1},
        {"/usr/back/fstab", "root", -1},
        {"/opt/dir/fstab", "root", -1},
        {"/opt/dir/../lib/os-release", "usr", -1},
        {"/etc/dangling", NULL, -1},
        {"/etc/dangling/more", NULL, -1},
        {"/opt/through-file", NULL, -1},
        {"/etc/fstab/..", NULL, DRYDOCK_ERROR_FAILED},
        {"/etc/missing", NULL, -1},
        {"/missing/../etc/fstab", "root", -1},
        {"/etc\\fstab", NULL, -1},
        {"/opt/chain39", "root", -1},
        {"/opt/chain40", NULL, DRYDOCK_ERROR_CORRUPT},
        {"/etc/self", NULL, DRYDOCK_ERROR_CORRUPT},
        {"/etc/ping", NULL, DRYDOCK_ERROR_CORRUPT},
        {"/etc/ping/below", NULL, DRYDOCK_ERROR_CORRUPT},
        {"etc/fstab", NULL, DRYDOCK_ERROR_USAGE},
        {"", NULL, DRYDOCK_ERROR_USAGE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gboolean ok = fs_tree_read_text(fixture->tree, rows[i].path, &text, &error);
        g_test_message("%s", rows[i].path);
        if (rows[i].code < 0)
            g_assert_no_error(error);
        else
            g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        g_assert_true(ok == (rows[i].code < 0));
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

static void test_links_themselves(LinuxFixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    gboolean found = FALSE;
    FsStat stat = {0};
    g_autofree char *target = NULL;
    g_assert_true(fs_tree_stat_link(fixture->tree, "/etc/self", &found, &stat, &error));
    g_assert_no_error(error);
    g_assert_true(found);
    g_assert_cmpint(stat.type, ==, FS_TYPE_SYMLINK);
    g_assert_true(fs_tree_read_link(fixture->tree, "/opt/dir/os-release", &target, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(target, ==, "../usr/lib/os-release");
    g_assert_true(fs_tree_stat(fixture->tree, "/etc/os-release", &found, &stat, &error));
    g_assert_cmpint(stat.type, ==, FS_TYPE_FILE);
    g_assert_true(fs_tree_is_file(fixture->tree, "/etc/os-release"));
    g_assert_true(fs_tree_is_directory(fixture->tree, "/etc/efi"));
    g_assert_true(fs_tree_is_directory(fixture->tree, "/"));
    g_assert_false(fs_tree_is_file(fixture->tree, "/etc/self"));
    g_assert_false(fs_tree_is_directory(fixture->tree, "/etc/fstab"));
    /* Removing a link leaves what it points to. */
    g_assert_true(fs_tree_remove(fixture->tree, "/etc/os-release", &error));
    g_assert_no_error(error);
    g_assert_true(fs_tree_is_file(fixture->tree, "/usr/lib/os-release"));
    g_assert_false(fs_tree_remove(fixture->tree, "/boot", &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
}

static void test_writing(LinuxFixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = g_bytes_new_static("new", 3);
    static const struct {
        const char *path, *fs_path;
        guint fs; /* 0 root, 1 boot, 2 efi, 3 usr */
    } rows[] = {
        {"/etc/os-release", "/lib/os-release", 3},
        {"/etc/dangling", "/run/nothing", 0},
        {"/etc/efi/EFI/x", "/EFI/x", 2},
        {"/boot/boot/config", "/config", 1},
        {"/etc/up", "/etc/fstab", 0},
    };
    Fs *const filesystems[] = {fixture->root, fixture->boot, fixture->efi, fixture->usr};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) now = NULL;
        g_assert_true(fs_tree_write_file(fixture->tree, rows[i].path, content, NULL, &error));
        g_assert_no_error(error);
        g_assert_true(fs_read_file(filesystems[rows[i].fs], rows[i].fs_path, 3, &now, &error));
        g_assert_no_error(error);
        g_assert_true(g_bytes_equal(now, content));
    }
    /* The links are still links. */
    g_autofree char *target = NULL;
    g_assert_true(fs_tree_read_link(fixture->tree, "/etc/os-release", &target, &error));
    g_assert_true(fs_tree_make_directory(fixture->tree, "/etc/efi", NULL, &error));
    g_assert_no_error(error);
}

static void test_attributes(LinuxFixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = g_bytes_new_static("#!", 2);
    const FsAttributes script = {.like = NULL, .mode = 0700};
    const FsAttributes like_script = {.like = "/opt/dir/script", .mode = -1};
    const FsAttributes missing = {.like = "/etc/none", .mode = -1};
    g_assert_true(fs_tree_write_file(fixture->tree, "/etc/script", content, &script, &error));
    fs_memory_set_owner(fixture->root, "/etc/script", 7, 8);
    /* The same filesystem, by another name; and another one, which only takes the mode. */
    static const struct {
        const char *path;
        guint mode, uid;
    } rows[] = {{"/home/copy", 0700, 7}, {"/boot/copy", 0700, 0}, {"/boot/efi/copy", 0, 0}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        gboolean found = FALSE;
        FsStat stat = {0};
        g_assert_true(
            fs_tree_write_file(fixture->tree, rows[i].path, content, &like_script, &error));
        g_assert_no_error(error);
        g_assert_true(fs_tree_stat(fixture->tree, rows[i].path, &found, &stat, &error));
        g_assert_cmpuint(stat.mode, ==, rows[i].mode);
        g_assert_cmpuint(stat.uid, ==, rows[i].uid);
    }
    g_assert_false(fs_tree_write_file(fixture->tree, "/etc/x", content, &missing, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
}

static gboolean lists(const GPtrArray *entries, const char *name, FsFileType type)
{
    for (guint i = 0; i < entries->len; i++) {
        const FsEntry *entry = entries->pdata[i];
        if (g_str_equal(entry->name, name))
            return entry->type == type;
    }
    return FALSE;
}

static void test_listing(LinuxFixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) root = NULL, boot = NULL;
    g_assert_true(fs_tree_list(fixture->tree, "/", &root, &error));
    g_assert_no_error(error);
    g_assert_true(lists(root, "usr", FS_TYPE_DIRECTORY)); /* only mounted, no directory there */
    g_assert_true(lists(root, "boot", FS_TYPE_DIRECTORY));
    g_assert_true(lists(root, "lib", FS_TYPE_SYMLINK));
    g_assert_cmpuint(root->len, ==, 8);
    g_assert_true(fs_tree_list(fixture->tree, "/boot", &boot, &error));
    g_assert_true(lists(boot, "efi", FS_TYPE_DIRECTORY));
    g_assert_true(lists(boot, "vmlinuz", FS_TYPE_FILE));
}

static void test_windows(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Fs) system = fs_new_memory(FALSE);
    g_autoptr(Fs) esp = fs_new_memory(FALSE);
    g_autoptr(FsTree) tree = fs_tree_new();
    fs_tree_mount(tree, "/", system);
    fs_tree_mount(tree, "/EFI-Partition", esp);
    add_directory(system, "/Users");
    add_directory(system, "/ProgramData");
    add_directory(system, "/Windows");
    add_file(system, "/Windows/System.ini", "ini");
    add_file(system, "/ProgramData/x", "data");
    add_file(esp, "/BCD", "bcd");
    add_link(system, "/Users/All Users", "/ProgramData");
    add_link(system, "/Users/Junction", "\\??\\C:\\ProgramData");
    add_link(system, "/Users/Relative", "..\\Windows");
    add_link(system, "/Users/Drive", "c:/Windows/System.ini");
    add_link(system, "/Users/Up", "..\\..\\..\\..\\Windows\\System.ini");
    static const struct {
        const char *path, *expected;
    } rows[] = {
        {"/windows/SYSTEM.INI", "ini"},
        {"\\Windows\\system.ini", "ini"},
        {"/Users\\all users/X", "data"},
        {"/Users/Junction/x", "data"},
        {"/users/relative/system.ini", "ini"},
        {"/Users/Drive", "ini"},
        {"/Users/Up", "ini"},
        {"/efi-PARTITION/bcd", "bcd"},
        {"\\Users\\..\\..\\Windows\\System.ini", "ini"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = NULL;
        g_assert_true(fs_tree_read_text(tree, rows[i].path, &text, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

static void test_nothing_mounted(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FsTree) tree = fs_tree_new();
    g_autofree char *text = NULL;
    g_assert_false(fs_tree_read_text(tree, "/etc/fstab", &text, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND);
    g_assert_false(fs_tree_is_file(tree, "/etc/fstab"));
}

#define LINUX_TEST(name, function)                                                                 \
    g_test_add("/fs/tree/" name, LinuxFixture, NULL, linux_set_up, function, linux_tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fs/path/text", test_path_text);
    g_test_add_func("/fs/path/encodings", test_text);
    LINUX_TEST("reading", test_reading);
    LINUX_TEST("links-themselves", test_links_themselves);
    LINUX_TEST("writing", test_writing);
    LINUX_TEST("attributes", test_attributes);
    LINUX_TEST("listing", test_listing);
    g_test_add_func("/fs/tree/windows", test_windows);
    g_test_add_func("/fs/tree/nothing-mounted", test_nothing_mounted);
    return g_test_run();
}
