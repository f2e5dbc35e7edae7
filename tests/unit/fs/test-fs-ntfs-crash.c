/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States of a volume, and crashes between them. */
#include "test-fs-ntfs-crash.h"

#include <glib/gstdio.h>

#include "base/run.h"

enum { SIZE_MIB = 16, PROGRAM_SECONDS = 120, OUTPUT_MAX = 1024 * 1024 };

#define PROGRAM DRYDOCK_SOURCE_DIR "/tests/images/ntfs-crash"

NtfsImage *crash_image_copy(const NtfsImage *image)
{
    g_autoptr(GError) error = NULL;
    NtfsImage *copy = g_new0(NtfsImage, 1);
    g_autofree char *content = NULL;
    gsize length;

    copy->directory = g_dir_make_tmp("drydock-ntfs-XXXXXX", &error);
    g_assert_no_error(error);
    copy->path = g_build_filename(copy->directory, "image", NULL);
    copy->sector_bytes = image->sector_bytes;
    g_assert_true(g_file_get_contents(image->path, &content, &length, &error));
    g_assert_true(g_file_set_contents(copy->path, content, (gssize)length, &error));
    g_assert_no_error(error);
    return copy;
}

static void make_directory(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    const gboolean ok = fs_make_directory(fs, path, NULL, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

static void remove_file(Fs *fs, const char *path)
{
    g_autoptr(GError) error = NULL;
    const gboolean ok = fs_remove(fs, path, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

static void put_many(Fs *fs, const char *folder, guint count, gsize size)
{
    for (guint i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("%s/a file with number %u.txt", folder, i);

        ntfs_fs_put(fs, path, size, (guint8)i);
    }
}

static void make_before(Fs *fs)
{
    ntfs_fs_put(fs, "/small", 100, 1);
    ntfs_fs_put(fs, "/large", 100000, 2);
    ntfs_fs_put(fs, "/grows", 200, 3);
    ntfs_fs_put(fs, "/shrinks", 90000, 4);
    make_directory(fs, "/few");
    put_many(fs, "/few", 3, 50);
    make_directory(fs, "/many");
    put_many(fs, "/many", 60, 10);
}

static void make_after(Fs *fs)
{
    ntfs_fs_put(fs, "/small", 300, 5);
    ntfs_fs_put(fs, "/grows", 150000, 6);
    ntfs_fs_put(fs, "/shrinks", 64, 7);
    remove_file(fs, "/large");
    remove_file(fs, "/few/a file with number 1.txt");
    remove_file(fs, "/many/a file with number 7.txt");
    remove_file(fs, "/many/a file with number 33.txt");
    ntfs_fs_put(fs, "/few/new", 5000, 8);
    make_directory(fs, "/grown");
    put_many(fs, "/grown", 90, 700);
}

static void make_unfinished(Fs *fs)
{
    make_directory(fs, "/unfinished");
    put_many(fs, "/unfinished", 30, 2000);
    ntfs_fs_put(fs, "/many/another", 6000, 9);
    ntfs_fs_put(fs, "/few/another", 60, 10);
}

gboolean crash_states_make(CrashStates *states, guint cluster_bytes)
{
    static void (*const steps[])(Fs *) = {make_before, make_after, make_unfinished};
    NtfsImage **const images[] = {&states->before, &states->after, &states->unfinished};

    states->before = ntfs_image_new(SIZE_MIB, 512, cluster_bytes);
    if (states->before == NULL) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        Fs *fs;

        if (i > 0) {
            *images[i] = crash_image_copy(*images[i - 1]);
        }
        fs = ntfs_image_open(*images[i], TRUE);
        steps[i](fs);
        ntfs_fs_sync(fs);
        fs_close(fs);
    }
    return TRUE;
}

void crash_states_clear(CrashStates *states)
{
    g_clear_pointer(&states->before, ntfs_image_free);
    g_clear_pointer(&states->after, ntfs_image_free);
    g_clear_pointer(&states->unfinished, ntfs_image_free);
}

NtfsImage *crash_image_make(const CrashStates *states, gboolean with_unfinished,
                            const char *options)
{
    const RunOptions run = {.timeout_seconds = PROGRAM_SECONDS, .output_limit_bytes = OUTPUT_MAX};
    NtfsImage *image = crash_image_copy(states->before);
    g_auto(GStrv) words = g_strsplit(options, " ", -1);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;
    gboolean ok;

    g_ptr_array_add(argv, (char[]){PROGRAM});
    g_ptr_array_add(argv, (char[]){"make"});
    for (gsize i = 0; words[i] != NULL; i++) {
        if (words[i][0] != '\0') {
            g_ptr_array_add(argv, words[i]);
        }
    }
    g_ptr_array_add(argv, image->path);
    g_ptr_array_add(argv, states->before->path);
    g_ptr_array_add(argv, states->after->path);
    if (with_unfinished) {
        g_ptr_array_add(argv, states->unfinished->path);
    }
    g_ptr_array_add(argv, NULL);
    ok = run_program((const char *const *)argv->pdata, &run, &output, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return image;
}

GBytes *crash_image_read_log(const NtfsImage *image, NtfsGeometry *ret_geometry)
{
    ntfs_volume *volume = ntfs_image_mount(image);
    ntfs_inode *inode = ntfs_inode_open(volume, FILE_LogFile);
    ntfs_attr *data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    const gsize size = (gsize)data->data_size;
    guint8 *bytes = g_malloc(size);

    g_assert_cmpint(ntfs_attr_pread(data, 0, data->data_size, bytes), ==, data->data_size);
    *ret_geometry = (NtfsGeometry){
        .cluster_bytes = volume->cluster_size,
        .record_bytes = volume->mft_record_size,
        .clusters = (uint64_t)volume->nr_clusters,
        .mft_lcn = (uint64_t)volume->mft_lcn,
        .mirror_lcn = (uint64_t)volume->mftmirr_lcn,
        .mirror_records = (uint32_t)volume->mftmirr_size,
    };
    ntfs_attr_close(data);
    g_assert_cmpint(ntfs_inode_close(inode), ==, 0);
    g_assert_cmpint(ntfs_umount(volume, TRUE), ==, 0);
    return g_bytes_new_take(bytes, size);
}

gboolean crash_image_is_same(const NtfsImage *image, const NtfsImage *expected)
{
    const RunOptions run = {.timeout_seconds = PROGRAM_SECONDS, .output_limit_bytes = OUTPUT_MAX};
    const char *const argv[] = {PROGRAM, "compare", image->path, expected->path, NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;

    if (run_program(argv, &run, &output, &error)) {
        return TRUE;
    }
    g_test_message("%s", error->message);
    return FALSE;
}

void crash_image_assert_same(const NtfsImage *image, const NtfsImage *expected)
{
    g_assert_true(crash_image_is_same(image, expected));
}
