/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XFS and Btrfs beyond the contract: journals, subvolumes, several devices, labels, damage, and a
   kernel that dies. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "test-fs-uml-image.h"

enum { LARGE_BYTES = 20 * 1024 * 1024 + 77 };

static GBytes *make_content(gsize size)
{
    uint8_t *bytes = g_malloc(size);
    guint32 seed = 7;
    for (gsize i = 0; i < size; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
    return g_bytes_new_take(bytes, size);
}

static void put(Fs *fs, const char *path, GBytes *content, const FsAttributes *attributes)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_write_file(fs, path, content, attributes, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void sync_fs(Fs *fs)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_sync(fs, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static FsStat stat_of(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    FsStat stat = {0};
    gboolean found = FALSE;
    gboolean ok = fs_stat(fs, path, &found, &stat, &error);
    g_assert_no_error(error);
    g_assert_true(ok && found);
    return stat;
}

static void test_large_file(gconstpointer type)
{
    g_autoptr(UmlImage) image = uml_image_new(type, "", 320);
    if (!image)
        return;
    g_autoptr(Fs) fs = uml_image_open(image, TRUE);
    g_autoptr(GBytes) content = make_content(LARGE_BYTES);
    g_autoptr(GBytes) read = NULL;
    g_autoptr(GError) error = NULL;
    put(fs, "/large", content, NULL);
    sync_fs(fs);
    g_clear_pointer(&fs, fs_close);
    uml_image_check(image);
    fs = uml_image_open(image, FALSE);
    gboolean ok = fs_read_file(fs, "/large", G_MAXUINT32, &read, &error);
    g_assert_no_error(error);
    g_assert_true(ok && g_bytes_equal(read, content));
    /* The volume is read-only, whatever the kernel could do. */
    g_assert_false(fs_write_file(fs, "/new", content, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_PRECONDITION);
}

/* Everything that is free is overwritten: what is kept stays whole. */
static void test_trim(gconstpointer type)
{
    g_autoptr(UmlImage) image = uml_image_new(type, "", 320);
    if (!image)
        return;
    g_autoptr(Disk) disk = uml_image_disk(image, TRUE);
    g_autoptr(Fs) fs = NULL;
    g_autoptr(GBytes) content = make_content(LARGE_BYTES / 4);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) extents = NULL;
    g_assert_true(fs_kernel_open(uml_kernel(), disk, NULL, type, &fs, &error));
    put(fs, "/kept", content, NULL);
    put(fs, "/removed", content, NULL);
    g_assert_true(fs_remove(fs, "/removed", &error));
    g_assert_true(fs_free_extents(fs, &extents, &error));
    g_assert_no_error(error);
    uint64_t total = 0;
    for (guint i = 0; i < extents->len; i++) {
        const FsExtent *extent = &g_array_index(extents, FsExtent, i);
        total += extent->length_bytes;
        g_assert_true(disk_discard(disk, extent->start_bytes, extent->length_bytes, &error));
    }
    g_assert_cmpuint(total, >, disk_size(disk) / 2);
    g_clear_pointer(&fs, fs_close);
    g_assert_true(disk_flush(disk, &error));
    uml_image_check(image);
    g_autoptr(Fs) again = uml_image_open(image, FALSE);
    g_autoptr(GBytes) read = NULL;
    g_assert_true(fs_read_file(again, "/kept", G_MAXUINT32, &read, &error));
    g_assert_true(g_bytes_equal(read, content));
}

static void test_attributes(gconstpointer type)
{
    g_autoptr(UmlImage) image = uml_image_new(type, "", 320);
    if (!image)
        return;
    static const char fill[] = "mkdir /mnt/home; chown 1000:1001 /mnt/home; chmod 2750 /mnt/home\n"
                               "echo x > /mnt/model; chown 12:34 /mnt/model; chmod 640 /mnt/model\n"
                               "setfattr -n security.selinux -v old_t /mnt/model /mnt/home\n";
    static const char show[] =
        "getfattr --absolute-names -n security.selinux /mnt/home/a /mnt/b /mnt/c\n";
    g_autofree char *filled = uml_image_populate(image, fill);
    if (!filled)
        return;
    g_autoptr(Fs) fs = uml_image_open(image, TRUE);
    g_autoptr(GBytes) content = g_bytes_new_static("text", 4);
    const FsAttributes like = {.like = "/model", .mode = -1};
    const FsAttributes label = {.like = "/model", .mode = 0600, .label = "new_t"};
    put(fs, "/home/a", content, NULL);
    put(fs, "/b", content, &like);
    put(fs, "/c", content, &label);
    FsStat a = stat_of(fs, "/home/a"), b = stat_of(fs, "/b"), c = stat_of(fs, "/c");
    g_assert_cmpuint(a.uid, ==, 1000);
    g_assert_cmpuint(a.gid, ==, 1001);
    g_assert_cmpuint(a.mode, ==, 0640);
    g_assert_cmpuint(b.uid, ==, 12);
    g_assert_cmpuint(b.gid, ==, 34);
    g_assert_cmpuint(b.mode, ==, 0640);
    g_assert_cmpuint(c.mode, ==, 0600);
    sync_fs(fs);
    g_clear_pointer(&fs, fs_close);
    g_autofree char *shown = uml_image_populate(image, show);
    g_assert_nonnull(strstr(shown, "/mnt/home/a\nsecurity.selinux=\"old_t"));
    g_assert_nonnull(strstr(shown, "/mnt/b\nsecurity.selinux=\"old_t"));
    g_assert_nonnull(strstr(shown, "/mnt/c\nsecurity.selinux=\"new_t"));
    uml_image_check(image);
}

/* A kernel that is killed leaves a log that the next one replays. */
static void test_dirty_log(void)
{
    g_autoptr(UmlImage) image = uml_image_new("xfs", "", 320);
    g_autoptr(GError) error = NULL;
    if (!image)
        return;
    g_autofree char *filled =
        uml_image_populate(image, "for i in $(seq 400); do echo $i > /mnt/$i; done; sync; "
                                  "for i in $(seq 400); do mv /mnt/$i /mnt/moved-$i; done\n"
                                  "sync -f /mnt; echo o > /proc/sysrq-trigger; kill -9 -1\n");
    if (!filled)
        return;
    g_autoptr(Fs) fs = uml_image_open(image, TRUE);
    FsState state;
    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_true(state.dirty && state.journal_replayed);
    g_assert_cmpuint(stat_of(fs, "/moved-400").size_bytes, ==, 4);
    sync_fs(fs);
    g_clear_pointer(&fs, fs_close);
    uml_image_check(image);
}

static void check_content(Fs *fs, const char *path, GBytes *expected)
{
    g_autoptr(GBytes) content = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_read_file(fs, path, 1 << 20, &content, &error);
    g_assert_no_error(error);
    g_assert_true(ok && g_bytes_equal(content, expected));
}

/* As seq(1) writes them. */
static GBytes *make_numbers(guint last)
{
    GString *text = g_string_new(NULL);
    for (guint i = 1; i <= last; i++)
        g_string_append_printf(text, "%u\n", i);
    return g_string_free_to_bytes(text);
}

/* What fsync wrote to Btrfs' log tree before a crash, and nothing else has. */
static void test_tree_log(void)
{
    g_autoptr(UmlImage) image = uml_image_new("btrfs", "", 160);
    g_autoptr(GBytes) content = NULL;
    g_autoptr(GError) error = NULL;
    if (!image)
        return;
    g_autofree char *filled = uml_image_populate(
        image,
        "mount -o remount,commit=3600 /mnt; mkdir /mnt/etc; echo old > /mnt/etc/old; sync\n"
        "seq 20000 > /mnt/etc/kept; sync /mnt/etc/kept\n"
        "echo new > /mnt/etc/old; sync /mnt/etc/old; ln /mnt/etc/old /mnt/link; sync /mnt/link\n"
        "echo lost > /mnt/etc/lost; echo o > /proc/sysrq-trigger; kill -9 -1\n");
    if (!filled)
        return;
    g_autoptr(GBytes) kept = make_numbers(20000);
    g_autoptr(GBytes) changed = g_bytes_new_static("new\n", 4);
    g_autoptr(Fs) fs = uml_image_open(image, TRUE);
    FsState state;
    g_assert_true(fs_get_state(fs, &state, &error));
    g_assert_true(state.dirty && state.journal_replayed);
    check_content(fs, "/etc/kept", kept);
    g_assert_cmpuint(stat_of(fs, "/link").links, ==, 2);
    check_content(fs, "/link", changed);
    sync_fs(fs);
    g_clear_pointer(&fs, fs_close);
    uml_image_check(image);
}

/* Extents that filefrag calls compressed. */
static guint64 count_encoded(const char *output)
{
    const char *count = output ? strstr(output, "encoded=") : NULL;
    g_assert_nonnull(count);
    return g_ascii_strtoull(count + strlen("encoded="), NULL, 10);
}

/* Compressed files are read, replaced, and added to: in folders and with properties that ask for
 * it.
 */
static void test_compression(void)
{
    static const struct {
        const char *read, *small, *added;
    } files[] = {
        {"/zlib/file", "/zlib/inline", "/zlib/added"},
        {"/lzo/file", "/lzo/inline", "/lzo/added"},
        {"/zstd/file", "/zstd/inline", "/zstd/added"},
    };
    g_autoptr(UmlImage) image = uml_image_new("btrfs", "", 160);
    if (!image)
        return;
    g_autofree char *filled = uml_image_populate(
        image,
        "for m in zlib lzo zstd; do mkdir /mnt/$m; btrfs property set /mnt/$m compression $m\n"
        "seq 100000 > /mnt/$m/file; echo small > /mnt/$m/inline; sync; done\n"
        "echo encoded=$(filefrag -v /mnt/*/file | grep -c encoded)\n");
    if (!filled)
        return;
    g_assert_cmpuint(count_encoded(filled), >=, 3);
    g_autoptr(GBytes) text = make_numbers(100000);
    g_autoptr(GBytes) small = g_bytes_new_static("small\n", 6);
    g_autoptr(GBytes) noise = make_content(300000);
    g_autoptr(Fs) fs = uml_image_open(image, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        check_content(fs, files[i].read, text);
        check_content(fs, files[i].small, small);
        put(fs, files[i].added, text, NULL);
        put(fs, files[i].read, noise, NULL);
    }
    sync_fs(fs);
    g_clear_pointer(&fs, fs_close);
    uml_image_check(image);
    fs = uml_image_open(image, FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        check_content(fs, files[i].read, noise);
        check_content(fs, files[i].added, text);
    }
    g_clear_pointer(&fs, fs_close);
    /* The new files are compressed as their folders ask. */
    g_autofree char *shown =
        uml_image_populate(image, "echo encoded=$(filefrag -v /mnt/*/added | grep -c encoded)\n");
    g_assert_cmpuint(count_encoded(shown), >=, 3);
}

static void test_subvolumes(void)
{
    g_autoptr(UmlImage) image = uml_image_new("btrfs", "", 160);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) subvolumes = NULL;
    if (!image)
        return;
    g_autofree char *filled = uml_image_populate(
        image, "cd /mnt; btrfs -q subvolume create @; btrfs -q subvolume create @home; mkdir "
               "@/.snapshots\n"
               "btrfs -q subvolume snapshot -r @ @/.snapshots/1; echo text > @/file\n"
               "btrfs subvolume set-default $(btrfs inspect-internal rootid @) /mnt; cd /\n");
    if (!filled)
        return;
    g_autoptr(Fs) fs = uml_image_open(image, TRUE);
    g_assert_true(fs_list_subvolumes(fs, &subvolumes, &error));
    g_assert_no_error(error);
    /* Numbered as they were made; the default one comes first. */
    static const struct {
        const char *path;
        uint64_t id;
    } expected[] = {
        {"/@", 256},
        {"/", FS_SUBVOLUME_TOP_LEVEL},
        {"/@home", 257},
        {"/@/.snapshots/1", 258},
    };
    g_assert_cmpuint(subvolumes->len, ==, G_N_ELEMENTS(expected));
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        const FsSubvolume *subvolume = g_ptr_array_index(subvolumes, i);
        g_assert_cmpstr(subvolume->path, ==, expected[i].path);
        g_assert_cmpuint(subvolume->id, ==, expected[i].id);
    }
    /* From the top level, whatever is the default. */
    g_assert_cmpuint(stat_of(fs, "/@/file").size_bytes, ==, 5);
    g_autoptr(GBytes) content = g_bytes_new_static("text", 4);
    put(fs, "/@home/new", content, NULL);
    sync_fs(fs);
    g_clear_pointer(&fs, fs_close);
    uml_image_check(image);
}

/* The root of a system that is updated by snapshots is one: it is written, and read-only
   afterwards; another snapshot is not written. */
static void test_read_only_root(void)
{
    g_autoptr(UmlImage) image = uml_image_new("btrfs", "", 160);
    g_autoptr(GError) error = NULL;
    if (!image)
        return;
    g_autofree char *filled = uml_image_populate(
        image,
        "cd /mnt; btrfs -q subvolume create @; mkdir -p @/etc/deep @/.snapshots\n"
        "btrfs -q subvolume snapshot -r @ @/.snapshots/1\n"
        "btrfs -q subvolume snapshot -r @ @/.snapshots/2\n"
        "btrfs subvolume set-default $(btrfs inspect-internal rootid @/.snapshots/2) /mnt; cd /\n");
    if (!filled)
        return;
    g_autoptr(Fs) fs = uml_image_open(image, TRUE);
    g_autoptr(GBytes) content = g_bytes_new_static("text", 4);
    put(fs, "/@/.snapshots/2/etc/deep/new", content, NULL);
    put(fs, "/@/.snapshots/2/top", content, NULL);
    g_assert_false(fs_write_file(fs, "/@/.snapshots/1/etc/new", content, NULL, &error));
    g_assert_nonnull(strstr(error->message, g_strerror(EROFS)));
    sync_fs(fs);
    g_clear_pointer(&fs, fs_close);
    uml_image_check(image);
    g_autofree char *shown = uml_image_populate(image, "cd /mnt; cat etc/deep/new top\n"
                                                       "btrfs property get . ro; cd /\n");
    g_assert_nonnull(shown);
    g_assert_nonnull(strstr(shown, "texttextro=true\n"));
}

static void test_several_devices(void)
{
    g_autoptr(UmlImage) first = uml_image_new("btrfs", "", 160);
    g_autoptr(GError) error = NULL;
    if (!first)
        return;
    g_autofree char *second_path = g_strconcat(first->path, ".second", NULL);
    g_autoptr(Disk) made = disk_open_file(first->path, FALSE, 512, &error);
    FILE *file = g_fopen(second_path, "wb");
    g_assert_nonnull(file);
    g_assert_cmpint(ftruncate(fileno(file), (off_t)disk_size(made)), ==, 0);
    fclose(file);
    g_autofree char *command =
        g_strdup_printf("mkfs.btrfs -q -f -d raid1 -m raid1 %s", second_path);
    g_autofree char *output = uml_image_run(first, command);
    g_autoptr(Disk) disk = uml_image_disk(first, TRUE);
    g_autoptr(Disk) second = disk_open_file(second_path, TRUE, 512, &error);
    g_autoptr(Fs) fs = NULL;
    /* One alone is not enough. */
    g_assert_false(fs_kernel_open(uml_kernel(), disk, NULL, "btrfs", &fs, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    g_clear_error(&error);
    g_autoptr(GPtrArray) others = g_ptr_array_new();
    g_ptr_array_add(others, second);
    g_assert_true(fs_kernel_open(uml_kernel(), disk, others, "btrfs", &fs, &error));
    g_assert_no_error(error);
    g_autoptr(GBytes) content = make_content(1 << 20);
    put(fs, "/file", content, NULL);
    sync_fs(fs);
    g_clear_pointer(&fs, fs_close);
    uml_image_check(first);
}

static void test_killed(gconstpointer type)
{
    g_autoptr(UmlImage) image = uml_image_new(type, "", 320);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) content = make_content(1 << 20);
    gboolean found;
    if (!image)
        return;
    if (uml_kernel_is_host()) {
        g_test_skip("what unmounts for a helper that was killed asks this process, which waits");
        return;
    }
    Fs *fs = uml_image_open(image, TRUE);
    put(fs, "/file", content, NULL);
    uml_kernel_kill();
    g_assert_false(fs_write_file(fs, "/other", content, NULL, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    g_clear_error(&error);
    g_assert_false(fs_stat(fs, "/file", &found, NULL, &error));
    g_clear_error(&error);
    g_assert_false(fs_sync(fs, &error));
    fs_close(fs);
    uml_kernel_end();
}

/* Bytes of the superblock, or of the MiB with the first metadata, changed at random: whatever
   happens, it is an error or an answer. */
static void test_damaged(gconstpointer type)
{
    enum { ROUNDS = 24, CHANGES = 200 };
    const gint32 superblock = g_str_equal(type, "btrfs") ? 65536 : 0;
    const gint32 metadata = g_str_equal(type, "btrfs") ? 22 << 20 : 0;
    g_autoptr(UmlImage) image = uml_image_new(type, "", 320);
    g_autoptr(GError) error = NULL;
    if (!image)
        return;
    g_autoptr(Disk) file = disk_open_file(image->path, FALSE, 512, &error);
    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(Disk) disk = disk_new_scratch(file, UINT64_C(64) << 20);
        g_autoptr(GRand) random = g_rand_new_with_seed(round);
        for (guint i = 0; i < CHANGES; i++) {
            uint8_t byte = (uint8_t)g_rand_int(random);
            gint32 start = round % 2 ? metadata : superblock;
            gint32 offset = g_rand_int_range(random, start, start + (round % 2 ? 1 << 20 : 4096));
            g_assert_true(disk_write(disk, (uint64_t)offset, &byte, 1, &error));
        }
        Fs *fs = NULL;
        g_autoptr(GPtrArray) entries = NULL;
        g_autoptr(GBytes) content = g_bytes_new_static("text", 4);
        if (fs_kernel_open(uml_kernel(), disk, NULL, type, &fs, &error) &&
            fs_list(fs, "/", &entries, &error) && fs_write_file(fs, "/file", content, NULL, &error))
            g_test_message("round %u: nothing was noticed", round);
        else
            g_test_message("round %u: %s", round, error->message);
        g_clear_error(&error);
        fs_close(fs);
        if (uml_kernel_is_broken()) /* the kernel did not survive: the next one does */
            uml_kernel_end();
    }
}

static void test_testdata(void)
{
    static const struct {
        const char *type, *name;
        gboolean opens;
    } rows[] = {
        {"xfs", "xfs/xfs.bin.gz", TRUE},
        {"xfs", "xfs/xfs_symlink_test1.bin.gz", TRUE},
        {"btrfs", "btrfs/fsck-tests-055-super-num-devs-mismatch-default.raw.xz", TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(UmlImage) image = uml_image_from_testdata(rows[i].type, rows[i].name);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) entries = NULL;
        Fs *fs = NULL;
        if (!image)
            return;
        g_autoptr(Disk) file = disk_open_file(image->path, FALSE, 512, &error);
        g_autoptr(Disk) disk = disk_new_scratch(file, UINT64_C(64) << 20);
        gboolean opened = fs_kernel_open(uml_kernel(), disk, NULL, rows[i].type, &fs, &error);
        g_test_message("%s: %s", rows[i].name, opened ? "opened" : error->message);
        g_assert_true(opened == rows[i].opens);
        g_assert_true(!opened || fs_list(fs, "/", &entries, NULL));
        fs_close(fs);
    }
}

int main(int argc, char **argv)
{
    static const char *const types[] = {"xfs", "btrfs"};
    static const struct {
        const char *name;
        GTestDataFunc func;
    } both[] = {{"large-file", test_large_file},
                {"trim", test_trim},
                {"attributes", test_attributes},
                {"killed", test_killed},
                {"damaged", test_damaged}};
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(both); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(types); j++) {
            g_autofree char *path = g_strdup_printf("/fs/uml/%s/%s", both[i].name, types[j]);
            g_test_add_data_func(path, types[j], both[i].func);
        }
    }
    g_test_add_func("/fs/uml/dirty-log", test_dirty_log);
    g_test_add_func("/fs/uml/tree-log", test_tree_log);
    g_test_add_func("/fs/uml/compression", test_compression);
    g_test_add_func("/fs/uml/subvolumes", test_subvolumes);
    g_test_add_func("/fs/uml/read-only-root", test_read_only_root);
    g_test_add_func("/fs/uml/several-devices", test_several_devices);
    g_test_add_func("/fs/uml/testdata", test_testdata);
    int result = g_test_run();
    uml_kernel_end();
    return result;
}
