/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guests on logical volumes: found, mounted by the names fstab has for them, changed. */
#include <string.h>

#include "base/finding.h"
#include "base/run.h"
#include "tests/unit/disk/lvm-writer.h"
#include "tests/unit/disk/support.h"
#include "volume-test.h"

#define MIB ((uint64_t)1 << 20)
#define DISK_BYTES (24 * MIB)
#define FILESYSTEM_BYTES (8 * MIB)
#define START_BYTES (2 * MIB)

#define ID(letter) letter "aaaaa-0000-0000-0000-0000-0000-000000"
#define PV(name, id) name " { id = \"" id "\" pe_start = 4096 pe_count = 22 }\n"
#define LV(name, id, type, body)                                                                   \
    name " { id = \"" id "\" status = [\"READ\", \"WRITE\", \"VISIBLE\"] segment_count = 1\n"      \
         "segment1 { start_extent = 0 extent_count = 8 type = \"" type "\" " body " } }\n"
#define LINEAR(pv, extent) "stripe_count = 1 stripes = [\"" pv "\", " extent "]"
#define GROUP(name, id, volumes)                                                                   \
    name " { id = \"" id "\" seqno = 2 extent_size = 2048\n" /* 1 MiB */                           \
         "physical_volumes {\n" volumes "} }\n"

/* On two disks: the root's first half and its second half lie on different ones. */
static const char two_disks[] =
    GROUP("vg-a", ID("g"),
          PV("pv0", ID("p")) PV("pv1", ID("q")) "}\nlogical_volumes {\n" LV(
              "root", ID("r"), "striped",
              "stripe_count = 2 stripe_size = 128 stripes = [\"pv0\", 0, \"pv1\", 4]")
              LV("home", ID("h"), "striped", LINEAR("pv0", "10"))
                  LV("cold", ID("c"), "thin", "thin_pool = \"pool\"")
                      LV("pool", ID("l"), "thin-pool", ""));
static const char other_group[] = GROUP(
    "vg-a", ID("o"),
    PV("pv0", ID("s")) "}\nlogical_volumes {\n" LV("home", ID("i"), "striped", LINEAR("pv0", "1")));

static void setup(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    volume_test_init(test, DISK_BYTES);
}

static void teardown(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    volume_test_clear(test);
}

/* A filesystem of e2fsprogs' making with these files, written to volume. */
static void make_filesystem(const VolumeTest *test, const Volume *volume, const FileRow *rows)
{
    g_autofree char *tree = g_build_filename(test->folder, "tree", NULL);
    TEST_RUN("rm", "-rf", tree);
    TEST_RUN("mkdir", tree);
    for (; rows->path; rows++) {
        g_autofree char *path = g_strconcat(tree, rows->path, NULL);
        g_autofree char *folder = g_path_get_dirname(path);
        TEST_RUN("mkdir", "-p", folder);
        g_assert_true(g_file_set_contents(path, rows->content, -1, NULL));
    }
    volume_test_make_ext4(test, volume->disk, FILESYSTEM_BYTES, tree);
}

static const FileRow root_files[] = {
    {"/etc/os-release", "ID=debian\nVERSION_ID=12\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"},
    {"/sbin/init", "init"},
    {"/etc/fstab", "/dev/mapper/vg--a-root / ext4 defaults 0 1\n/dev/vg-a/home /home ext4 "
                   "defaults 0 2\n/dev/vg-a/cold /srv ext4 defaults 0 2\n"},
    {NULL, NULL},
};
static const FileRow home_files[] = {{"/user/file", "content"}, {NULL, NULL}};

/* FALSE: skipped. */
static gboolean make_guest(VolumeTest *test)
{
    static const char *const programs[] = {"mke2fs", NULL};
    if (!test_has_programs(programs))
        return FALSE;
    lvm_writer_write(test->disks[0],
                     &(LvmWriterOptions){ID("p"), two_disks, 1, 1, 0, FALSE, FALSE, FALSE});
    lvm_writer_write(test->disks[1],
                     &(LvmWriterOptions){ID("q"), two_disks, 1, 1, 0, FALSE, FALSE, FALSE});
    volume_test_open(test);
    make_filesystem(test, volume_test_get(test, "vg-a/root"), root_files);
    make_filesystem(test, volume_test_get(test, "vg-a/home"), home_files);
    volume_test_open(test);
    return TRUE;
}

static void test_guest(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    if (!make_guest(test))
        return;
    g_assert_cmpuint(test->findings->len, ==, 1);
    g_assert_true(support_has_finding(test->findings, "lvm-type"));
    const Volume *root = volume_test_get(test, "vg-a/root");
    g_assert_cmpint(root->layer, ==, VOLUME_LVM);
    g_assert_cmpuint(disk_size(root->disk), ==, FILESYSTEM_BYTES);
    g_assert_cmpstr(root->devices[0], ==, "/dev/vg-a/root");
    g_assert_cmpstr(root->layer_uuid, ==, ID("r"));
    g_assert_nonnull(root->fs);
    g_assert_null(volume_test_get(test, "vg-a/cold"));
    g_assert_true(volume_test_get(test, "sda")->is_member);

    g_autoptr(Guest) guest = support_inspect(test->set, test->findings);
    g_assert_true(guest->root == root);
    const GPtrArray *mounts = guest->linux_facts.mounts;
    const GuestMount *home = g_ptr_array_index(mounts, 1), *cold = g_ptr_array_index(mounts, 2);
    g_assert_true(home->volume == volume_test_get(test, "vg-a/home"));
    g_assert_null(cold->volume);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    assert_ok(fs_tree_read_text(guest->tree, "/home/user/file", &text, &error), error);
    g_assert_cmpstr(text, ==, "content");

    g_autoptr(JsonBuilder) builder = json_builder_new();
    guest_to_json(guest, test->set, builder);
    g_autoptr(JsonNode) node = json_builder_get_root(builder);
    g_autofree char *json = json_to_string(node, FALSE);
    g_assert_nonnull(strstr(json, "\"device\":\"/dev/vg-a/home\",\"layer\":\"LVM\",\"layer_uuid\":"
                                  "\"haaaaa-"));
}

static const struct {
    const char *spec;
    const char *expected; /* NULL: none */
} spec_rows[] = {
    {"/dev/vg-a/root", "vg-a/root"},
    {"/dev/mapper/vg--a-root", "vg-a/root"},
    {"/dev/disk/by-id/dm-name-vg--a-root", "vg-a/root"},
    {"/dev/disk/by-id/dm-uuid-LVM-gaaaaa00000000000000000000000000raaaaa00000000000000000000000000",
     "vg-a/root"},
    {"/dev/mapper/vg-a-root", NULL},
    {"/dev/vg-a/cold", NULL},
    {"/dev/vg-a", NULL},
    {"/dev/sda", "sda"}, /* and not a logical volume that begins there */
};

static void test_names(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    if (!make_guest(test))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(spec_rows); i++) {
        const Volume *volume = volume_set_find_linux(test->set, NULL, spec_rows[i].spec);
        g_test_message("%s", spec_rows[i].spec);
        g_assert_cmpstr(volume ? volume->name : NULL, ==, spec_rows[i].expected);
    }
}

/* A changed file reaches both disks, through the volume's stripes. */
static void test_change(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    if (!make_guest(test))
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *long_text = g_strnfill(300000, 'x');
    {
        const Volume *root = volume_test_get(test, "vg-a/root");
        g_autoptr(GBytes) bytes = g_bytes_new(long_text, 300000);
        assert_ok(fs_write_file(root->fs, "/etc/long", bytes, NULL, &error), error);
        assert_ok(fs_sync(root->fs, &error), error);
    }
    volume_test_open(test);
    g_autoptr(Guest) guest = support_inspect(test->set, test->findings);
    g_autofree char *text = NULL;
    assert_ok(fs_tree_read_text(guest->tree, "/etc/long", &text, &error), error);
    g_assert_cmpstr(text, ==, long_text);
}

/* The second disk of the group is not given: what needs it is left out, the rest is there. */
static void test_missing(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    if (!make_guest(test))
        return;
    g_ptr_array_remove_index(test->all, 1);
    volume_test_open(test);
    g_assert_true(support_has_finding(test->findings, "lvm-missing"));
    g_assert_true(support_has_finding(test->findings, "lvm-incomplete"));
    g_assert_null(volume_test_get(test, "vg-a/root"));
    g_assert_nonnull(volume_test_get(test, "vg-a/home")->fs);

    g_autoptr(Guest) guest = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(guest_inspect(test->set, NULL, test->findings, &guest, &error));
    g_assert_nonnull(strstr(error->message, "vg-a/root (incomplete)"));
    g_assert_nonnull(strstr(error->message, "vg-a/cold (thin)"));
}

static void test_same_name(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    if (!make_guest(test))
        return;
    lvm_writer_write(test->disks[2],
                     &(LvmWriterOptions){ID("s"), other_group, 1, 1, 0, FALSE, FALSE, FALSE});
    volume_test_open(test);
    g_assert_true(support_has_finding(test->findings, "lvm-same-name"));
    const Volume *root = volume_test_get(test, "vg-a[" ID("g") "]/root");
    const Volume *home = volume_test_get(test, "vg-a[" ID("g") "]/home");
    const Volume *other = volume_test_get(test, "vg-a[" ID("o") "]/home");
    g_assert_nonnull(root);
    g_assert_nonnull(other);
    g_assert_cmpuint(other->disk_index, ==, 2);
    g_assert_true(volume_set_find_linux(test->set, root, "/dev/vg-a/home") == home);
    g_assert_true(volume_set_find_linux(test->set, other, "/dev/vg-a/home") == other);
    g_assert_null(volume_set_find_linux(test->set, NULL, "/dev/vg-a/home"));
    g_assert_true(volume_set_find_linux(test->set, NULL, "/dev/vg-a/root") == root);
}

/* Physical volumes inside logical ones, deeper than anybody builds: named, and left alone. */
static void test_depth(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    g_ptr_array_set_size(test->all, 1);
    for (guint depth = 0; depth < 6; depth++) {
        g_autofree char *id = g_strdup_printf("p%uaaaa-0000-0000-0000-0000-0000-000000", depth);
        g_autofree char *text = g_strdup_printf(
            "vg%u { id = \"g%uaaaa-0000-0000-0000-0000-0000-000000\" seqno = 1 extent_size = 2048\n"
            "physical_volumes { pv0 { id = \"%s\" pe_start = 4096 pe_count = %u } }\n"
            "logical_volumes { in { id = \"%s\" status = [\"VISIBLE\"] segment_count = 1 segment1 "
            "{ "
            "start_extent = 0 extent_count = %u type = \"striped\" stripes = [\"pv0\", 0] } } } }",
            depth, depth, id, 22 - 2 * depth, id, 22 - 2 * depth);
        uint64_t start = depth * START_BYTES;
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) inside =
            disk_new_window(test->disks[0], start, DISK_BYTES - start, "inside", &error);
        g_assert_no_error(error);
        lvm_writer_write(inside, &(LvmWriterOptions){id, text, 1, 1, 0, FALSE, FALSE, FALSE});
    }
    volume_test_open(test);
    g_assert_nonnull(volume_test_get(test, "vg3/in"));
    g_assert_null(volume_test_get(test, "vg4/in"));
    g_assert_cmpuint(test->findings->len, ==, 1);
    g_assert_true(support_has_finding(test->findings, "volume-lvm"));
}

/* A group of more logical volumes than there is memory to look into. */
static void test_count(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GString) text = g_string_new(
        "vg { id = \"" ID("g") "\" seqno = 1 extent_size = 8\nphysical_volumes { pv0 { id = \"" ID(
            "p") "\" pe_start = 4096 pe_count = 2000 } }\nlogical_volumes {\n");
    for (guint i = 0; i < 2000; i++)
        g_string_append_printf(
            text,
            "v%u { id = \"" ID(
                "r") "\" status = [\"VISIBLE\"] segment_count = 1 "
                     "segment1 { start_extent = 0 extent_count = 1 type = \"striped\" "
                     "stripes = [\"pv0\", %u] } }\n",
            i, i);
    g_string_append(text, "} }\n");
    lvm_writer_write(test->disks[0],
                     &(LvmWriterOptions){ID("p"), text->str, 1, 1, 0, FALSE, FALSE, FALSE});
    volume_test_open(test);
    g_assert_cmpuint(test->set->volumes->len, ==, 1000);
    g_assert_true(support_has_finding(test->findings, "lvm-incomplete"));
}

/* Label and text are whole and no group comes out of it. */
static void test_unreadable(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    lvm_writer_write(test->disks[0],
                     &(LvmWriterOptions){ID("p"), "vg {", 1, 1, 0, FALSE, FALSE, FALSE});
    volume_test_open(test);
    g_assert_true(support_has_finding(test->findings, "volume-lvm"));
}

#define ADD(name, function)                                                                        \
    g_test_add("/inspect/volume-lvm/" name, VolumeTest, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
    test_start(argc, argv);
    ADD("guest", test_guest);
    ADD("names", test_names);
    ADD("change", test_change);
    ADD("missing", test_missing);
    ADD("same-name", test_same_name);
    ADD("depth", test_depth);
    ADD("count", test_count);
    ADD("unreadable", test_unreadable);
    return g_test_run();
}
