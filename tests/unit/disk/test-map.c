/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks put together from ranges of others. */
#include "disk/map.h"

#include <string.h>

#include "base/error.h"
#include "disk/driver.h"
#include "support.h"

#define DISKS 3u
#define DISK_BYTES ((size_t)64 * 1024)
#define CHUNK 512u

/* Two ranges of one disk, four stripes over three disks (two on one), and a range that ends it. */
static const struct {
    uint64_t length, chunk_bytes;
    guint count;
    struct {
        guint disk;
        uint64_t start;
    } targets[4];
} segments[] = {
    {3000, 0, 1, {{0, 100}}},
    {4 * 5 * CHUNK, CHUNK, 4, {{0, 8192}, {1, 0}, {2, 1000}, {1, 20000}}},
    {777, 0, 1, {{0, 4000}}},
    {2 * 3 * 4096, 4096, 2, {{2, 30000}, {1, 40000}}},
    {5000, 0, 1, {{2, DISK_BYTES - 5000}}},
};

/* What the specification above means, one byte at a time. */
static void find(uint64_t offset, guint *ret_disk, uint64_t *ret_offset)
{
    for (guint i = 0; i < G_N_ELEMENTS(segments); i++) {
        if (offset >= segments[i].length) {
            offset -= segments[i].length;
            continue;
        }
        guint target = 0;
        if (segments[i].count > 1) {
            target = (guint)(offset / segments[i].chunk_bytes % segments[i].count);
            offset =
                offset / (segments[i].chunk_bytes * segments[i].count) * segments[i].chunk_bytes +
                offset % segments[i].chunk_bytes;
        }
        *ret_disk = segments[i].targets[target].disk;
        *ret_offset = segments[i].targets[target].start + offset;
        return;
    }
    g_assert_not_reached();
}

static uint64_t whole_size(void)
{
    uint64_t size = 0;
    for (guint i = 0; i < G_N_ELEMENTS(segments); i++)
        size += segments[i].length;
    return size;
}

static Disk *make_map(Disk *const *disks)
{
    MapSegment map[G_N_ELEMENTS(segments)];
    MapTarget targets[G_N_ELEMENTS(segments)][4];
    for (guint i = 0; i < G_N_ELEMENTS(segments); i++) {
        for (guint j = 0; j < segments[i].count; j++)
            targets[i][j] =
                (MapTarget){disks[segments[i].targets[j].disk], segments[i].targets[j].start};
        map[i] = (MapSegment){segments[i].length, segments[i].chunk_bytes, segments[i].count,
                              targets[i]};
    }
    g_autoptr(GError) error = NULL;
    Disk *disk = disk_new_map("map", map, G_N_ELEMENTS(segments), &error);
    g_assert_no_error(error);
    return disk;
}

typedef struct {
    Disk *disks[DISKS];
    uint8_t *model[DISKS];
    Disk *map;
} Test;

static void setup(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < DISKS; i++) {
        test->disks[i] = disk_new_memory(DISK_BYTES, 512);
        test->model[i] = g_malloc(DISK_BYTES);
        test_fill(test->model[i], DISK_BYTES, i + 1);
        assert_ok(disk_write(test->disks[i], 0, test->model[i], DISK_BYTES, &error), error);
    }
    test->map = make_map(test->disks);
    g_assert_cmpuint(disk_size(test->map), ==, whole_size());
}

static void teardown(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    disk_unref(test->map);
    for (guint i = 0; i < DISKS; i++) {
        disk_unref(test->disks[i]);
        g_free(test->model[i]);
    }
}

static void compare_below(const Test *test)
{
    g_autofree uint8_t *bytes = g_malloc(DISK_BYTES);
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < DISKS; i++) {
        assert_ok(disk_read(test->disks[i], 0, bytes, DISK_BYTES, &error), error);
        g_assert_true(memcmp(bytes, test->model[i], DISK_BYTES) == 0);
    }
}

static void compare_range(const Test *test, uint64_t offset, size_t length)
{
    g_autofree uint8_t *bytes = g_malloc(length + 1);
    g_autoptr(GError) error = NULL;
    assert_ok(disk_read(test->map, offset, bytes, length, &error), error);
    for (size_t i = 0; i < length; i++) {
        guint disk;
        uint64_t at;
        find(offset + i, &disk, &at);
        g_assert_cmpuint(bytes[i], ==, test->model[disk][at]);
    }
}

/* bytes NULL: zeros. */
static void change_model(Test *test, uint64_t offset, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        guint disk;
        uint64_t at;
        find(offset + i, &disk, &at);
        test->model[disk][at] = bytes ? bytes[i] : 0;
    }
}

static void test_read(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    compare_range(test, 0, (size_t)whole_size());
    for (guint i = 0; i < 300; i++) {
        uint64_t offset = (uint64_t)g_test_rand_int_range(0, (gint32)whole_size());
        compare_range(test, offset,
                      (size_t)g_test_rand_int_range(0, (gint32)(whole_size() - offset) + 1));
    }
}

static void test_write(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *bytes = g_malloc((gsize)whole_size());
    for (guint i = 0; i < 200; i++) {
        uint64_t offset = (uint64_t)g_test_rand_int_range(0, (gint32)whole_size());
        size_t length = (size_t)g_test_rand_int_range(0, (gint32)(whole_size() - offset) + 1);
        test_fill(bytes, length, i + 100);
        if (i % 3 == 0) {
            assert_ok(disk_discard(test->map, offset, length, &error), error);
            change_model(test, offset, NULL, length);
        } else if (i % 3 == 1) {
            assert_ok(disk_write(test->map, offset, bytes, length, &error), error);
            change_model(test, offset, bytes, length);
        } else {
            size_t half = length / 2;
            DiskWrite writes[] = {{offset + half, bytes + half, length - half},
                                  {offset, bytes, half}};
            assert_ok(disk_write_many(test->map, writes, 2, &error), error);
            change_model(test, offset, bytes, length);
        }
        compare_below(test);
    }
    assert_ok(disk_flush(test->map, &error), error);
}

/* Each discard is one call below per target, whatever the number of its chunks. */
static void test_discard_is_merged(void)
{
    g_autoptr(GError) error = NULL;
    Disk *below[2];
    MapTarget targets[2];
    for (guint i = 0; i < 2; i++) {
        g_autoptr(Disk) memory = disk_new_memory(1 << 20, 512);
        below[i] = disk_new_fault(memory, 0);
        targets[i] = (MapTarget){below[i], 0};
    }
    MapSegment segment = {2 << 20, 4096, 2, targets};
    g_autoptr(Disk) map = disk_new_map("map", &segment, 1, &error);
    g_assert_no_error(error);
    assert_ok(disk_discard(map, 1000, (1 << 20) + 1, &error), error);
    for (guint i = 0; i < 2; i++) {
        g_assert_cmpuint(disk_fault_count(below[i]), ==, 1);
        disk_unref(below[i]);
    }
}

static void test_properties(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) first = disk_new_memory(8192, 512), second = disk_new_memory(8192, 4096);
    MapTarget targets[] = {{first, 0}, {second, 4096}};
    const struct {
        const char *label;
        MapSegment segment;
        gboolean ok;
    } rows[] = {
        {"both", {8192, 512, 2, targets}, TRUE},
        {"no target", {512, 0, 0, targets}, FALSE},
        {"no length", {0, 0, 1, targets}, FALSE},
        {"no chunk", {1024, 0, 2, targets}, FALSE},
        {"half a row", {512 * 3, 512, 2, targets}, FALSE},
        {"beyond the second", {8192 + 1024, 512, 2, targets}, FALSE},
        {"beyond the first", {8193, 0, 1, targets}, FALSE},
        {"overflow", {G_MAXUINT64 - 1, G_MAXUINT64 / 2 + 1, 2, targets}, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].label);
        g_autoptr(Disk) map = disk_new_map("map", &rows[i].segment, 1, &error);
        g_assert_true((map != NULL) == rows[i].ok);
        if (!map) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
            g_clear_error(&error);
            continue;
        }
        g_assert_cmpuint(disk_sector_size(map), ==, 4096);
        g_assert_true(disk_is_writable(map));
    }
}

/* A disk below that fails makes the call fail, whichever it is. */
static void test_faults(Test *test, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree uint8_t *bytes = g_malloc0((gsize)whole_size());
    gboolean passed = FALSE;
    for (guint fail_at = 1; !passed; fail_at++) {
        g_assert_cmpuint(fail_at, <, 1000);
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) fault = disk_new_fault(test->disks[1], fail_at);
        Disk *disks[] = {test->disks[0], fault, test->disks[2]};
        g_autoptr(Disk) map = make_map(disks);
        passed = disk_read(map, 0, bytes, (size_t)whole_size(), &error) &&
                 disk_write(map, 0, bytes, (size_t)whole_size(), &error) &&
                 disk_discard(map, 0, whole_size(), &error) && disk_flush(map, &error);
        if (!passed)
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    }
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add("/disk/map/read", Test, NULL, setup, test_read, teardown);
    g_test_add("/disk/map/write", Test, NULL, setup, test_write, teardown);
    g_test_add("/disk/map/faults", Test, NULL, setup, test_faults, teardown);
    g_test_add_func("/disk/map/discard-is-merged", test_discard_is_merged);
    g_test_add_func("/disk/map/properties", test_properties);
    return g_test_run();
}
