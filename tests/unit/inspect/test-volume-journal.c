/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ext4 whose journal the driver in this process does not replay: mke2fs makes it, a kernel of its
   own leaves it as a crash does, and another one replays the journal. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/finding.h"
#include "inspect-support.h"
#include "tests/unit/fs/test-fs-uml-image.h"

#define JOURNAL_INODE 0xE0
#define JOURNAL_DEVICE 0xE4
#define SUPERBLOCK_OFFSET 1024

/* Each but the last is on the volume by a fast commit alone; nothing of the last one is. */
static const char commands[] = "mount -o remount,commit=3600 /mnt; mkdir /mnt/etc\n"
                               "echo old > /mnt/etc/old; echo gone > /mnt/etc/gone; sync\n"
                               "seq 2000 > /mnt/etc/kept; sync /mnt/etc/kept\n"
                               "echo newer > /mnt/etc/old; sync /mnt/etc/old\n"
                               "mv /mnt/etc/gone /mnt/etc/moved; sync /mnt/etc/moved\n"
                               "echo lost > /mnt/etc/lost\n"
                               "echo o > /proc/sysrq-trigger; kill -9 -1\n";

typedef struct {
    UmlImage *image;
    GPtrArray *findings;
    VolumeSet *set;
} Test;

static void test_close(Test *test)
{
    g_clear_pointer(&test->set, volume_set_free);
    g_clear_pointer(&test->findings, g_ptr_array_unref);
}

static void test_clear(Test *test)
{
    test_close(test);
    uml_image_free(test->image);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Test, test_clear)

/* FALSE: skipped. */
static gboolean test_make(Test *test)
{
    test->image = uml_image_new("ext4", "-O fast_commit -b 4096 -J size=16", 128);
    if (!test->image)
        return FALSE;
    g_autofree char *filled = uml_image_populate(test->image, commands);
    return filled != NULL;
}

static Volume *test_open(Test *test, gboolean writable, FsKernel *kernel)
{
    g_autoptr(GPtrArray) disks = g_ptr_array_new();
    g_autoptr(Disk) disk = uml_image_disk(test->image, writable);
    g_autoptr(GError) error = NULL;
    test_close(test);
    test->findings = findings_new();
    g_ptr_array_add(disks, disk);
    gboolean ok = volume_set_open_with_kernel(disks, NULL, FS_OPEN_DEFAULT, kernel, test->findings,
                                              &test->set, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpuint(test->set->volumes->len, ==, 1);
    return g_ptr_array_index(test->set->volumes, 0);
}

static char *read_text(const Volume *volume, const char *path)
{
    g_autoptr(GBytes) content = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok = fs_read_file(volume->fs, path, 1 << 20, &content, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content));
}

static gboolean has_file(const Volume *volume, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean found = FALSE;
    FsStat stat;
    gboolean ok = fs_stat(volume->fs, path, &found, &stat, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return found;
}

static void check_files(const Volume *volume)
{
    g_assert_nonnull(volume->fs);
    g_assert_cmpstr(fs_driver_name(volume->fs), ==, "ext");
    g_autofree char *kept = read_text(volume, "/etc/kept");
    g_autofree char *old = read_text(volume, "/etc/old");
    g_autofree char *moved = read_text(volume, "/etc/moved");
    g_assert_true(g_str_has_prefix(kept, "1\n2\n") && g_str_has_suffix(kept, "\n2000\n"));
    g_assert_cmpstr(old, ==, "newer\n");
    g_assert_cmpstr(moved, ==, "gone\n");
    g_assert_false(has_file(volume, "/etc/gone") || has_file(volume, "/etc/lost"));
}

static GBytes *read_image(const Test *test)
{
    g_autoptr(GError) error = NULL;
    char *content = NULL;
    gsize size;
    g_file_get_contents(test->image->path, &content, &size, &error);
    g_assert_no_error(error);
    return g_bytes_new_take(content, size);
}

static void assert_refused(const Test *test, const Volume *volume)
{
    g_assert_null(volume->fs);
    g_assert_cmpuint(test->findings->len, ==, 1);
    g_assert_true(support_has_finding(test->findings, "volume-journal"));
}

/* Without a kernel, and where nothing may be written, the volume stays as it is. */
static void test_refused(void)
{
    g_auto(Test) test = {0};
    if (!test_make(&test))
        return;
    g_autoptr(GBytes) before = read_image(&test);
    assert_refused(&test, test_open(&test, TRUE, NULL));
    assert_refused(&test, test_open(&test, FALSE, uml_kernel()));
    test_close(&test);
    g_autoptr(GBytes) after = read_image(&test);
    g_assert_true(g_bytes_equal(before, after));
}

/* What fsync wrote is there, the volume can be written, and stays so without a kernel. */
static void test_replayed(void)
{
    g_auto(Test) test = {0};
    g_autoptr(GBytes) content = g_bytes_new_static("ours\n", 5);
    g_autoptr(GError) error = NULL;
    if (!test_make(&test))
        return;
    Volume *volume = test_open(&test, TRUE, uml_kernel());
    g_assert_cmpuint(test.findings->len, ==, 0);
    check_files(volume);
    gboolean ok = fs_write_file(volume->fs, "/etc/ours", content, NULL, &error) &&
                  volume_set_settle(test.set, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    test_close(&test);
    uml_image_check(test.image);

    volume = test_open(&test, FALSE, NULL);
    check_files(volume);
    g_autofree char *ours = read_text(volume, "/etc/ours");
    g_assert_cmpstr(ours, ==, "ours\n");
}

static void write_at(const Test *test, off_t offset, guint32 number)
{
    uint8_t bytes[4];
    put_le32(bytes, number);
    int fd = g_open(test->image->path, O_WRONLY | O_CLOEXEC, 0);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(pwrite(fd, bytes, sizeof(bytes), offset), ==, sizeof(bytes));
    close(fd);
}

/* No kernel is asked to look for a journal elsewhere: the number may be that of a device of the
   host. */
static void test_other_device(void)
{
    static const struct {
        guint32 inode, device;
        gboolean can;
    } rows[] = {{8, 0, TRUE}, {0, 0x0801, FALSE}, {8, 0x0801, FALSE}, {0, 0, FALSE}};
    g_auto(Test) test = {0};
    if (!test_make(&test))
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        write_at(&test, SUPERBLOCK_OFFSET + JOURNAL_INODE, rows[i].inode);
        write_at(&test, SUPERBLOCK_OFFSET + JOURNAL_DEVICE, rows[i].device);
        g_autoptr(Disk) disk = uml_image_disk(test.image, TRUE);
        g_autoptr(Disk) read_only = uml_image_disk(test.image, FALSE);
        g_assert_true(fs_kernel_can_replay(disk, "ext4") == rows[i].can);
        g_assert_false(fs_kernel_can_replay(disk, "xfs"));
        g_assert_false(fs_kernel_can_replay(read_only, "ext4"));
        if (rows[i].inode == 0)
            assert_refused(&test, test_open(&test, TRUE, uml_kernel()));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/volume/journal/refused", test_refused);
    g_test_add_func("/inspect/volume/journal/replayed", test_replayed);
    g_test_add_func("/inspect/volume/journal/other-device", test_other_device);
    int result = g_test_run();
    uml_kernel_end();
    return result;
}
