/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk that fails under the NTFS driver, at every call in turn; and volumes with damaged bytes.
 */
#include "test-fs-ntfs-image.h"

#include <string.h>

#include "base/error.h"

enum {
    CALLS_MAX = 20000,
    SCRATCH_BYTES = 64 * 1024 * 1024,
    MUTATIONS = 400,
};

/* When the disk fails, ntfs_delete(), ntfs_create() and ntfs_device_mount() of the library lose
   what they hold; after an ntfs_delete() that failed nobody can know which inodes it closed. The
   other programs look for leaks of the library's memory on the good path. */
const char *__lsan_default_suppressions(void);

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
    return "leak:libntfs-3g.so\n";
}

/* The image in memory, as something that can be changed without changing it. */
static Disk *open_scratch(const NtfsImage *image)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) file = disk_open_file(image->path, FALSE, 512, &error);

    g_assert_no_error(error);
    return disk_new_scratch(file, SCRATCH_BYTES);
}

/* One of everything. */
static gboolean work(Disk *disk, GError **error)
{
    g_autofree uint8_t *bytes = g_malloc0(150000);
    g_autoptr(GBytes) large = g_bytes_new(bytes, 150000);
    g_autoptr(GBytes) small = g_bytes_new(bytes, 100);
    const FsAttributes like = {.like = "/kept/long name of a file.sys", .mode = -1};
    g_autoptr(Fs) fs = NULL;
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GArray) extents = NULL, file_extents = NULL;
    g_autoptr(GBytes) content = NULL;

    return fs_open(disk, "ntfs", &fs, error) && fs_list(fs, "/kept", &entries, error) &&
           fs_read_file(fs, "/kept/replaced", 1000000, &content, error) &&
           fs_free_extents(fs, &extents, error) &&
           fs_file_extents(fs, "/kept/replaced", &file_extents, error) &&
           fs_write_file(fs, "/kept/replaced", large, NULL, error) &&
           fs_write_file(fs, "/kept/new", small, &like, error) &&
           fs_make_directory(fs, "/kept/Directory", NULL, error) &&
           fs_write_file(fs, "/kept/Directory/new large file", large, NULL, error) &&
           fs_remove(fs, "/kept/removed", error) &&
           fs_write_file(fs, "/kept/replaced", small, NULL, error) && fs_sync(fs, error);
}

static NtfsImage *make_image(void)
{
    NtfsImage *image = ntfs_image_new(16, 512, 4096);
    g_autoptr(GError) error = NULL;
    Fs *fs;

    if (image == NULL) {
        return NULL;
    }
    fs = ntfs_image_open(image, TRUE);
    g_assert_true(fs_make_directory(fs, "/kept", NULL, &error));
    for (guint i = 0; i < 40; i++) {
        g_autofree char *path = g_strdup_printf("/kept/one of many long file names %u", i);

        ntfs_fs_put(fs, path, i * 100, 1);
    }
    ntfs_fs_put(fs, "/kept/long name of a file.sys", 1000, 1);
    ntfs_fs_put(fs, "/kept/replaced", 70000, 1);
    ntfs_fs_put(fs, "/kept/removed", 70000, 1);
    ntfs_fs_sync(fs);
    fs_close(fs);
    return image;
}

static void test_faults(void)
{
    g_autoptr(NtfsImage) image = make_image();
    guint calls = 0;

    if (image == NULL) {
        return;
    }
    for (guint fail_at = 1; fail_at <= CALLS_MAX && calls == 0; fail_at++) {
        g_autoptr(Disk) scratch = open_scratch(image);
        g_autoptr(Disk) fault = disk_new_fault(scratch, fail_at);
        g_autoptr(GError) error = NULL;
        const gboolean ok = work(fault, &error);

        g_assert_true(ok == (error == NULL));
        if (ok) {
            calls = fail_at;
        } else {
            g_assert_true(error->domain == DRYDOCK_ERROR);
        }
    }
    g_assert_cmpuint(calls, >, 50);
    g_test_message("%u calls", calls);
}

/* Bytes of the metadata replaced at random (with a seed that does not change): anything may be the
   answer but a crash. */
static void test_mutations(void)
{
    g_autoptr(NtfsImage) image = make_image();
    g_autoptr(GRand) random = g_rand_new_with_seed(20240229);
    guint opened = 0;

    if (image == NULL) {
        return;
    }
    for (guint i = 0; i < MUTATIONS; i++) {
        g_autoptr(Disk) scratch = open_scratch(image);
        g_autoptr(GError) error = NULL;
        const guint count = (guint)g_rand_int_range(random, 1, 8);

        for (guint j = 0; j < count; j++) {
            /* The boot sector, then the records of the files, which mkntfs puts at 16 KiB. */
            const guint64 offset = g_rand_int_range(random, 0, 20) == 0
                                       ? (guint64)g_rand_int_range(random, 0, 512)
                                       : 16384 + (guint64)g_rand_int_range(random, 0, 110 * 1024);
            const uint8_t byte = (uint8_t)g_rand_int_range(random, 0, 256);

            g_assert_true(disk_write(scratch, offset, &byte, 1, &error));
        }
        if (work(scratch, &error)) {
            opened++;
        } else {
            g_assert_nonnull(error);
        }
    }
    g_assert_cmpuint(opened, >, 0);
    g_assert_cmpuint(opened, <, MUTATIONS);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fs/ntfs/faults", test_faults);
    g_test_add_func("/fs/ntfs/mutations", test_mutations);
    return g_test_run();
}
