/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filesystems that nothing here reads, made by their own programs: each has a finding that says
   what it is and what to do about it. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/finding.h"
#include "tests/unit/disk/support.h"
#include "volume-test.h"

#define MIB ((uint64_t)1 << 20)

typedef struct {
    const char *type; /* blkid's */
    const char *argv[8];
    uint64_t size;
    const char *finding;
    gboolean has_advice; /* in the error when there is no system */
} Row;

static const Row rows[] = {
    {"f2fs", {"mkfs.f2fs", "-q", "-l", "data"}, 64 * MIB, "volume-linux-filesystem", TRUE},
    {"jfs", {"jfs_mkfs", "-q", "-L", "data"}, 16 * MIB, "volume-linux-filesystem", TRUE},
    {"nilfs2", {"mkfs.nilfs2", "-q", "-L", "data"}, 136 * MIB, "volume-linux-filesystem", TRUE},
    {"reiserfs",
     {"mkreiserfs", "-q", "-f", "-l", "data"},
     64 * MIB,
     "volume-linux-filesystem",
     TRUE},
    {"exfat", {"mkfs.exfat", "-L", "data"}, 16 * MIB, "volume-filesystem", FALSE},
};

/* disk alone: one finding, and no system. */
static void check(VolumeTest *test, Disk *disk, const char *type, const char *code,
                  gboolean has_advice)
{
    g_ptr_array_set_size(test->all, 0);
    g_ptr_array_add(test->all, disk);
    volume_test_open(test);
    const Volume *volume = volume_test_get(test, "sda");
    g_assert_nonnull(volume);
    g_assert_cmpstr(volume->probe->type, ==, type);
    g_assert_null(volume->fs);
    g_assert_cmpuint(test->findings->len, ==, 1);
    const Finding *finding = g_ptr_array_index(test->findings, 0);
    g_assert_cmpstr(finding_code_name(finding->code), ==, code);
    g_assert_nonnull(strstr(finding->sentence, "sda"));
    g_assert_nonnull(finding_code_hint(finding->code));

    g_autoptr(Guest) guest = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(guest_inspect(test->set, NULL, test->findings, &guest, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, type));
    g_assert_cmpint(g_strcmp0(drydock_error_get_hint(error), finding_code_hint(finding->code)) == 0,
                    ==, has_advice);
}

static void test_foreign(gconstpointer data)
{
    const Row *row = data;
    const char *const programs[] = {row->argv[0], NULL};
    if (!test_has_programs(programs))
        return;
    VolumeTest test;
    volume_test_init(&test, MIB);
    g_autofree char *image = g_build_filename(test.folder, "image", NULL);
    test_make_file(image, row->size);
    const char *argv[G_N_ELEMENTS(row->argv) + 1] = {NULL};
    guint count = 0;
    for (; row->argv[count]; count++)
        argv[count] = row->argv[count];
    argv[count] = image;
    test_run(argv);
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = disk_open_file(image, FALSE, 512, &error);
    g_assert_no_error(error);
    check(&test, disk, row->type, row->finding, row->has_advice);
    volume_test_clear(&test);
}

/* No program makes a pool without the kernel's module. What libblkid asks for are uberblocks in the
   labels (OpenZFS, vdev_impl.h: four labels of 256 KiB, the second half of each a ring of them). */
static void test_zfs(void)
{
    VolumeTest test;
    g_autoptr(GError) error = NULL;
    volume_test_init(&test, 64 * MIB);
    const uint64_t labels[] = {0, 256 * 1024, 64 * MIB - 512 * 1024, 64 * MIB - 256 * 1024};
    uint8_t block[1024] = {0};
    put_le64(block, 0x00bab10c);
    for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
        for (guint j = 0; j < 8; j++)
            assert_ok(disk_write(test.disks[0], labels[i] + 128 * 1024 + j * sizeof(block), block,
                                 sizeof(block), &error),
                      error);
    check(&test, test.disks[0], "zfs_member", "volume-zfs", TRUE);
    volume_test_clear(&test);
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    /* An ordinary user's PATH does not have the administrator's programs. */
    g_autofree char *path = g_strconcat(g_getenv("PATH"), ":/usr/sbin:/sbin", NULL);
    g_setenv("PATH", path, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strconcat("/inspect/volume-foreign/", rows[i].type, NULL);
        g_test_add_data_func(name, &rows[i], test_foreign);
    }
    g_test_add_func("/inspect/volume-foreign/zfs", test_zfs);
    return g_test_run();
}
