/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume-test.h"

#include "base/finding.h"
#include "tests/unit/disk/support.h"

void volume_test_init(VolumeTest *test, uint64_t disk_bytes)
{
    *test = (VolumeTest){
        .folder = test_folder_make(), .all = g_ptr_array_new(), .findings = findings_new()};
    for (guint i = 0; i < G_N_ELEMENTS(test->disks); i++) {
        test->disks[i] = disk_new_memory(disk_bytes, 512);
        g_ptr_array_add(test->all, test->disks[i]);
    }
}

void volume_test_clear(VolumeTest *test)
{
    volume_set_free(test->set);
    g_ptr_array_unref(test->findings);
    g_ptr_array_unref(test->all);
    for (guint i = 0; i < G_N_ELEMENTS(test->disks); i++)
        disk_unref(test->disks[i]);
    TEST_RUN("rm", "-r", test->folder);
    g_free(test->folder);
}

void volume_test_open(VolumeTest *test)
{
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&test->set, volume_set_free);
    g_ptr_array_set_size(test->findings, 0);
    assert_ok(volume_set_open(test->all, test->findings, &test->set, &error), error);
}

Volume *volume_test_get(const VolumeTest *test, const char *name)
{
    for (guint i = 0; i < test->set->volumes->len; i++) {
        Volume *volume = g_ptr_array_index(test->set->volumes, i);
        if (g_str_equal(volume->name, name))
            return volume;
    }
    return NULL;
}

void volume_test_make_ext4(const VolumeTest *test, Disk *disk, uint64_t size, const char *tree)
{
    g_autofree char *image = g_build_filename(test->folder, "image", NULL);
    g_autofree char *bytes = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;
    TEST_RUN("rm", "-f", image);
    test_make_file(image, size);
    if (tree)
        TEST_RUN("mke2fs", "-q", "-t", "ext4", "-d", tree, image);
    else
        TEST_RUN("mke2fs", "-q", "-t", "ext4", image);
    assert_ok(g_file_get_contents(image, &bytes, &length, &error), error);
    assert_ok(disk_write(disk, 0, bytes, length, &error), error);
    assert_ok(disk_flush(disk, &error), error);
}
