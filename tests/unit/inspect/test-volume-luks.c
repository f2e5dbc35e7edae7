/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guests on LUKS volumes, on LVM on them and below them: opened or not, and what the user is told.
 */
#include <string.h>

#include "base/error.h"
#include "base/finding.h"
#include "disk/luks.h"
#include "inspect-support.h"
#include "inspect/crypttab.h"
#include "tests/unit/disk/lvm-writer.h"
#include "tests/unit/disk/luks-writer.h"
#include "tests/unit/disk/support.h"

#define MIB ((uint64_t)1 << 20)
#define DISK_BYTES (32 * MIB)
#define FILESYSTEM_BYTES (8 * MIB)
#define SECRET "correct horse"
#define UUID "01020304-0506-0708-090a-0b0c0d0e0f10"
#define OTHER_UUID "11111111-1111-1111-1111-111111111111"

#define ID(letter) letter "aaaaa-0000-0000-0000-0000-0000-000000"
static const char group_text[] =
    "vg { id = \"" ID("g") "\" seqno = 2 extent_size = 2048\n"
                           "physical_volumes { pv0 { id = \"" ID(
                               "p") "\" pe_start = 4096 pe_count = 20 } }\n"
                                    "logical_volumes { root { id = \"" ID(
                                        "r") "\" status = [\"READ\", \"WRITE\", \"VISIBLE\"] "
                                             "segment_count = 1 segment1 { start_extent = 0 "
                                             "extent_count = 18 type = \"striped\" "
                                             "stripe_count = 1 stripes = [\"pv0\", 1] } } } }";

typedef struct {
    char *folder;
    Disk *disks[2];
    GPtrArray *all, *findings;
    VolumeSet *set;
} Test;

static void setup(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    test->folder = test_folder_make();
    test->all = g_ptr_array_new();
    test->findings = findings_new();
    for (guint i = 0; i < G_N_ELEMENTS(test->disks); i++) {
        test->disks[i] = disk_new_memory(DISK_BYTES, 512);
        g_ptr_array_add(test->all, test->disks[i]);
    }
}

static void teardown(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    volume_set_free(test->set);
    g_ptr_array_unref(test->findings);
    g_ptr_array_unref(test->all);
    for (guint i = 0; i < G_N_ELEMENTS(test->disks); i++)
        disk_unref(test->disks[i]);
    TEST_RUN("rm", "-r", test->folder);
    g_free(test->folder);
}

static gboolean has_programs(void)
{
    static const char *const programs[] = {"cryptsetup", "mke2fs", NULL};
    return test_has_programs(programs);
}

static void write_all(Disk *disk, const char *path)
{
    g_autofree char *bytes = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;
    assert_ok(g_file_get_contents(path, &bytes, &length, &error), error);
    assert_ok(disk_write(disk, 0, bytes, length, &error), error);
    assert_ok(disk_flush(disk, &error), error);
}

static KeyRing *make_keys(const char *id, const char *secret)
{
    g_autoptr(GError) error = NULL;
    KeyRing *keys = key_ring_new();
    if (id)
        assert_ok(key_ring_add(keys, id, (const uint8_t *)secret, strlen(secret), &error), error);
    return keys;
}

/* An empty LUKS2 volume of cryptsetup's making on disk, as its decrypted side. token: JSON, or
   NULL. */
static Disk *make_luks(const Test *test, Disk *disk, const char *uuid, const char *token)
{
    g_autofree char *path = g_build_filename(test->folder, "luks", NULL);
    g_autofree char *key_path = g_build_filename(test->folder, "key", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(key_path, SECRET, -1, &error));
    test_make_file(path, 2 * MIB);
    TEST_RUN("cryptsetup", "luksFormat", "--disable-locks", "-q", "--type", "luks2", "--pbkdf",
             "pbkdf2", "--pbkdf-force-iterations", "1000", "--luks2-keyslots-size", "512k",
             "--sector-size", "512", "--uuid", uuid, path, key_path);
    if (token) {
        g_autofree char *tokens = g_strdup_printf("\"tokens\":{\"0\":%s}", token);
        luks_edit_json(path, "\"tokens\":{}", tokens);
    }
    write_all(disk, path);
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    g_autoptr(Luks) luks = luks_read(disk, &error);
    g_assert_no_error(error);
    Disk *open = luks_open(luks, disk, keys, &error);
    g_assert_no_error(error);
    return open;
}

static const FileRow root_files[] = {
    {"/etc/os-release", "ID=debian\nVERSION_ID=12\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"},
    {"/sbin/init", "init"},
    {"/etc/fstab", "/dev/mapper/secret / ext4 defaults 0 1\n"
                   "/dev/mapper/data_crypt /data ext4 defaults 0 2\n"
                   "/dev/mapper/luks-" OTHER_UUID " /other ext4 defaults 0 2\n"
                   "/dev/mapper/unknown /unknown ext4 defaults 0 2\n"},
    {"/etc/crypttab", "# comment\nsecret UUID=" UUID " none luks\n"
                      "data_crypt\t/dev/sdb /etc/key luks\nbroken\n"},
    {NULL, NULL},
};

static void make_filesystem(const Test *test, Disk *disk)
{
    g_autofree char *tree = g_build_filename(test->folder, "tree", NULL);
    g_autofree char *image = g_build_filename(test->folder, "image", NULL);
    TEST_RUN("rm", "-rf", tree, image);
    TEST_RUN("mkdir", tree);
    for (const FileRow *row = root_files; row->path; row++) {
        g_autofree char *path = g_strconcat(tree, row->path, NULL);
        g_autofree char *folder = g_path_get_dirname(path);
        TEST_RUN("mkdir", "-p", folder);
        g_assert_true(g_file_set_contents(path, row->content, -1, NULL));
    }
    test_make_file(image, FILESYSTEM_BYTES);
    TEST_RUN("mke2fs", "-q", "-t", "ext4", "-d", tree, image);
    write_all(disk, image);
}

static void make_group(Disk *disk)
{
    lvm_writer_write(disk, &(LvmWriterOptions){ID("p"), group_text, 1, 1, 0, FALSE, FALSE, FALSE});
}

static void open_set(Test *test, const KeyRing *keys)
{
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&test->set, volume_set_free);
    g_ptr_array_set_size(test->findings, 0);
    assert_ok(volume_set_open_with_keys(test->all, keys, test->findings, &test->set, &error),
              error);
}

static const Volume *get_volume(const Test *test, const char *name)
{
    for (guint i = 0; i < test->set->volumes->len; i++) {
        const Volume *volume = g_ptr_array_index(test->set->volumes, i);
        if (g_str_equal(volume->name, name))
            return volume;
    }
    return NULL;
}

static void assert_inspect_error(Test *test, const char *expected)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(guest_inspect(test->set, NULL, test->findings, &guest, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, expected));
}

static void test_keys(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    static const struct {
        const char *id, *secret; /* id NULL: no key */
        const char *finding;
        const char *expected; /* of the error; NULL: the system is found */
    } rows[] = {
        {"all", SECRET, "luks-opened", NULL},
        {UUID, SECRET, "luks-opened", NULL},
        {"sda", SECRET, "luks-opened", NULL},
        {NULL, NULL, "volume-luks", "sda, UUID " UUID " (no key was given for"},
        {"all", "wrong", "volume-luks", "no key that was given opens"},
        {OTHER_UUID, SECRET, "volume-luks", "no key was given"},
        {"sdb", SECRET, "volume-luks", "no key was given"},
        {UUID, "wrong", "luks-not-opened", "[luks-not-opened]"},
        {"sda", "wrong", "luks-not-opened", "[luks-not-opened]"},
    };
    if (!has_programs())
        return;
    g_autoptr(Disk) inside = make_luks(test, test->disks[0], UUID, NULL);
    make_filesystem(test, inside);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(KeyRing) keys = make_keys(rows[i].id, rows[i].secret);
        g_test_message("%s for %s", rows[i].secret, rows[i].id);
        open_set(test, keys);
        g_assert_cmpuint(test->findings->len, ==, 1);
        g_assert_true(support_has_finding(test->findings, rows[i].finding));
        if (rows[i].expected) {
            assert_inspect_error(test, rows[i].expected);
            continue;
        }
        g_autoptr(Guest) guest = support_inspect(test->set, test->findings);
        g_assert_cmpstr(guest->root->name, ==, "sda");
        g_assert_cmpstr(guest->root->encryption, ==, "LUKS2");
        g_assert_cmpstr(guest->root->encryption_uuid, ==, UUID);
        g_assert_cmpstr(guest->root->probe->type, ==, "ext4");
    }
}

/* A second volume: locked, it is in nobody's way; opened, the names of crypttab stand for it. */
static void test_names(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    if (!has_programs())
        return;
    g_autoptr(Disk) inside = make_luks(test, test->disks[0], UUID, NULL);
    g_autoptr(Disk) other = make_luks(test, test->disks[1], OTHER_UUID, NULL);
    make_filesystem(test, inside);
    make_filesystem(test, other);
    g_autoptr(KeyRing) one = make_keys(UUID, SECRET), both = make_keys("all", SECRET);

    open_set(test, one);
    g_assert_true(support_has_finding(test->findings, "volume-luks"));
    g_autoptr(Guest) guest = support_inspect(test->set, test->findings);
    const GPtrArray *mounts = guest->linux_facts.mounts;
    g_assert_true(((GuestMount *)g_ptr_array_index(mounts, 1))->volume == get_volume(test, "sdb"));
    g_assert_null(((GuestMount *)g_ptr_array_index(mounts, 2))->volume);
    g_clear_pointer(&guest, guest_free);

    open_set(test, both);
    g_assert_false(support_has_finding(test->findings, "volume-luks"));
    guest = support_inspect(test->set, test->findings);
    mounts = guest->linux_facts.mounts;
    g_assert_true(((GuestMount *)g_ptr_array_index(mounts, 0))->volume == get_volume(test, "sda"));
    g_assert_true(((GuestMount *)g_ptr_array_index(mounts, 1))->volume == get_volume(test, "sdb"));
    g_assert_true(((GuestMount *)g_ptr_array_index(mounts, 2))->volume == get_volume(test, "sdb"));
    g_assert_null(((GuestMount *)g_ptr_array_index(mounts, 3))->volume);
    const GPtrArray *mappings = guest->linux_facts.mappings;
    g_assert_cmpuint(mappings->len, ==, 2);
    g_assert_true(
        crypttab_find_linux(mappings, test->set, NULL, "/dev/disk/by-id/dm-name-data_crypt") ==
        get_volume(test, "sdb"));
}

/* What is changed is there, encrypted, when it is opened again. */
static void test_lvm_on_luks(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    if (!has_programs())
        return;
    g_autoptr(Disk) inside = make_luks(test, test->disks[0], UUID, NULL);
    make_group(inside);
    g_autoptr(KeyRing) keys = make_keys("sda", SECRET);
    open_set(test, keys);
    g_assert_true(get_volume(test, "sda")->is_member);
    make_filesystem(test, get_volume(test, "vg/root")->disk);
    open_set(test, keys);
    g_autoptr(GError) error = NULL;
    {
        const Volume *root = get_volume(test, "vg/root");
        g_autoptr(GBytes) bytes = g_bytes_new_static("changed", 7);
        assert_ok(fs_write_file(root->fs, "/etc/changed", bytes, NULL, &error), error);
        assert_ok(fs_sync(root->fs, &error), error);
    }
    open_set(test, keys);
    g_autoptr(Guest) guest = support_inspect(test->set, test->findings);
    g_autofree char *text = NULL;
    assert_ok(fs_tree_read_text(guest->tree, "/etc/changed", &text, &error), error);
    g_assert_cmpstr(text, ==, "changed");
    open_set(test, NULL);
    assert_inspect_error(test, "[volume-luks]");
}

static void test_luks_on_lvm(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    if (!has_programs())
        return;
    make_group(test->disks[0]);
    open_set(test, NULL);
    g_autoptr(Disk) inside = make_luks(test, get_volume(test, "vg/root")->disk, UUID, NULL);
    make_filesystem(test, inside);
    g_autoptr(GError) error = NULL;
    assert_ok(disk_flush(inside, &error), error);
    g_clear_pointer(&inside, disk_unref);
    static const char *const ids[] = {"all", UUID, "vg/root", "/dev/vg/root"};
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autoptr(KeyRing) keys = make_keys(ids[i], SECRET);
        open_set(test, keys);
        g_autoptr(Guest) guest = support_inspect(test->set, test->findings);
        g_assert_cmpstr(guest->root->name, ==, "vg/root");
        g_assert_cmpstr(guest->root->encryption_uuid, ==, UUID);
    }
}

static void test_tokens(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    static const struct {
        const char *token, *finding; /* NULL: none */
    } rows[] = {
        {"{\"type\":\"clevis\",\"keyslots\":[\"0\"],\"jwe\":{\"protected\":"
         "\"eyJjbGV2aXMiOnsicGluIjoidGFuZyJ9fQ\"}}",
         "luks-tang"},
        {"{\"type\":\"clevis\",\"keyslots\":[\"0\"],\"jwe\":{\"protected\":"
         "\"eyJjbGV2aXMiOnsicGluIjoidHBtMiJ9fQ\"}}",
         "luks-token"},
        {"{\"type\":\"systemd-tpm2\",\"keyslots\":[\"0\"]}", "luks-token"},
        {"{\"type\":\"systemd-fido2\",\"keyslots\":[\"0\"]}", "luks-token"},
        {"{\"type\":\"systemd-recovery\",\"keyslots\":[\"0\"]}", NULL},
    };
    if (!has_programs())
        return;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Disk) inside = make_luks(test, test->disks[0], UUID, rows[i].token);
        g_autoptr(KeyRing) keys = make_keys("all", SECRET);
        open_set(test, keys);
        g_assert_cmpuint(test->findings->len, ==, rows[i].finding ? 2 : 1);
        if (rows[i].finding)
            g_assert_true(support_has_finding(test->findings, rows[i].finding));
        open_set(test, NULL);
        g_assert_cmpuint(test->findings->len, ==, rows[i].finding ? 2 : 1);
    }
}

static void test_unsupported(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    if (!has_programs())
        return;
    g_autoptr(Disk) inside =
        make_luks(test, test->disks[0], UUID, "{\"type\":\"x\",\"keyslots\":[\"0\"]}");
    g_autofree char *path = g_build_filename(test->folder, "luks", NULL);
    luks_edit_json(path, "aes-xts-plain64", "serpent-xts-plain64");
    write_all(test->disks[0], path);
    g_autoptr(KeyRing) keys = make_keys("all", SECRET);
    open_set(test, keys);
    g_assert_true(support_has_finding(test->findings, "luks-unsupported"));
    assert_inspect_error(test, "[luks-unsupported]");
}

#define ADD(name, function)                                                                        \
    g_test_add("/inspect/volume-luks/" name, Test, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
    test_start(argc, argv);
    ADD("keys", test_keys);
    ADD("names", test_names);
    ADD("lvm-on-luks", test_lvm_on_luks);
    ADD("luks-on-lvm", test_luks_on_lvm);
    ADD("tokens", test_tokens);
    ADD("unsupported", test_unsupported);
    return g_test_run();
}
