/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes of dynamic disks beside others, and what is written to them. */
#include <string.h>

#include "base/bytes.h"
#include "base/finding.h"
#include "tests/unit/disk/ldm-writer.h"
#include "tests/unit/disk/support.h"
#include "volume-test.h"

#define MIB ((uint64_t)1 << 20)
#define DISK_BYTES (32 * MIB)
#define SECTORS (DISK_BYTES / 512)
#define DATABASE (SECTORS - LDM_WRITER_DATABASE_SECTORS)
#define DATA_START 2048
#define VOLUME_SECTORS ((uint64_t)32768)
#define GROUP "11111111-2222-4333-8444-555555555555"

static const char *const guids[] = {"aaaaaaaa-0000-4000-8000-000000000001",
                                    "aaaaaaaa-0000-4000-8000-000000000002"};

/* The same filesystem on both. */
static void make_copies(const VolumeTest *test)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) window =
        disk_new_window(test->disks[0], DATA_START * 512, VOLUME_SECTORS * 512, "volume", &error);
    g_autofree uint8_t *bytes = g_malloc(VOLUME_SECTORS * 512);
    volume_test_make_ext4(test, window, VOLUME_SECTORS * 512, NULL);
    assert_ok(disk_read(window, 0, bytes, VOLUME_SECTORS * 512, &error), error);
    assert_ok(disk_write(test->disks[1], DATA_START * 512, bytes, VOLUME_SECTORS * 512, &error),
              error);
}

/* A mirror over the first two disks; the third one is as it was. */
static void setup(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    LdmWriter writer;
    volume_test_init(test, DISK_BYTES);
    ldm_writer_init(&writer);
    ldm_writer_add_volume(&writer, 1, "Volume1", VOLUME_SECTORS, 2);
    for (guint i = 0; i < G_N_ELEMENTS(guids); i++) {
        ldm_writer_add_disk(&writer, 10 + i, guids[i]);
        ldm_writer_add_component(&writer, 20 + i, 1, LDM_SPANNED, 1, 0, "ACTIVE");
        ldm_writer_add_extent(&writer, 30 + i, 20 + i, 10 + i, 0, 0, VOLUME_SECTORS, 0);
    }
    for (guint i = 0; i < G_N_ELEMENTS(guids); i++) {
        const LdmWriterPlace place = {guids[i], GROUP, 6, DATA_START, DATABASE - DATA_START,
                                      DATABASE, 5};
        uint8_t mbr[512] = {0};
        g_autoptr(GError) error = NULL;
        mbr[446 + 4] = 0x42;
        put_le32(mbr + 446 + 8, DATA_START);
        put_le32(mbr + 446 + 12, (uint32_t)(DATABASE - DATA_START));
        put_le16(mbr + 510, 0xaa55);
        assert_ok(disk_write(test->disks[i], 0, mbr, sizeof(mbr), &error), error);
        ldm_writer_write(&writer, test->disks[i], &place);
    }
    ldm_writer_clear(&writer);
    make_copies(test);
}

static void teardown(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    volume_test_clear(test);
}

static const Volume *get_mirror(const VolumeTest *test)
{
    return volume_test_get(test, "Test-Dg0/Volume1");
}

static void write_file(const Volume *volume, const char *path)
{
    g_autoptr(GBytes) content = g_bytes_new_static("text", 4);
    g_autoptr(GError) error = NULL;
    assert_ok(fs_write_file(volume->fs, path, content, NULL, &error), error);
    assert_ok(fs_sync(volume->fs, &error), error);
    assert_ok(disk_flush(volume->disk, &error), error);
}

/* What is written is on both disks. */
static void test_mirror(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    volume_test_open(test);
    const Volume *volume = get_mirror(test);
    g_assert_nonnull(volume);
    g_assert_cmpint(volume->layer, ==, VOLUME_DYNAMIC);
    g_assert_cmpuint(volume->disk_index, ==, 0);
    g_assert_cmpuint(test->findings->len, ==, 0);
    g_assert_true(volume_test_get(test, "sda1")->is_member);
    write_file(volume, "/new");

    g_autofree uint8_t *first = g_malloc(VOLUME_SECTORS * 512);
    g_autofree uint8_t *second = g_malloc(VOLUME_SECTORS * 512);
    g_autoptr(GError) error = NULL;
    uint8_t *const copies[] = {first, second};
    for (guint i = 0; i < G_N_ELEMENTS(copies); i++)
        assert_ok(
            disk_read(test->disks[i], DATA_START * 512, copies[i], VOLUME_SECTORS * 512, &error),
            error);
    g_assert_true(memcmp(first, second, VOLUME_SECTORS * 512) == 0);
}

static void test_one_of_two(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    g_ptr_array_set_size(test->all, 1);
    volume_test_open(test);
    g_assert_true(support_has_finding(test->findings, "ldm-degraded"));
    write_file(get_mirror(test), "/new");
    volume_test_open(test);
    FsStat stat;
    gboolean found = FALSE;
    g_autoptr(GError) error = NULL;
    assert_ok(fs_stat(get_mirror(test)->fs, "/new", &found, &stat, &error), error);
    g_assert_true(found);
}

/* Without a database the partition is looked into, as Windows' boot loader does. */
static void test_no_database(VolumeTest *test, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    assert_ok(disk_discard(test->disks[0], 6 * 512, 512, &error), error);
    assert_ok(disk_discard(test->disks[0], DATABASE * 512, MIB, &error), error);
    volume_test_open(test);
    g_assert_true(support_has_finding(test->findings, "volume-dynamic-disk"));
    const Volume *volume = volume_test_get(test, "sda1");
    g_assert_false(volume->is_member);
    g_assert_nonnull(volume->fs);
    /* The other disk's still says what is missing. */
    g_assert_true(support_has_finding(test->findings, "ldm-degraded"));
}

#define ADD(name, function)                                                                        \
    g_test_add("/inspect/volume-ldm/" name, VolumeTest, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
    test_start(argc, argv);
    ADD("mirror", test_mirror);
    ADD("one-of-two", test_one_of_two);
    ADD("no-database", test_no_database);
    return g_test_run();
}
