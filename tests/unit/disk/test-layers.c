/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files, memory, windows, the scratch layer and the disk that fails. */
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "support.h"

#define KIB ((size_t)1024)

static void assert_failed(gboolean ok, int code, GError **error)
{
    g_assert_false(ok);
    g_assert_error(*error, DRYDOCK_ERROR, code);
    g_clear_error(error);
}

static void test_file(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = test_folder_make();
    g_autofree char *path = g_build_filename(folder, "image", NULL);
    test_make_file(path, 1000 * KIB);
    g_autofree uint8_t *bytes = g_malloc(900 * KIB), *back = g_malloc(900 * KIB);
    test_fill(bytes, 900 * KIB, 3);
    {
        g_autoptr(Disk) disk = disk_open_file(path, TRUE, 512, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(disk_name(disk), ==, "image");
        g_assert_cmpuint(disk_size(disk), ==, 1000 * KIB);
        assert_ok(disk_write(disk, 7, bytes, 900 * KIB, &error), error);
        assert_ok(disk_flush(disk, &error), error);
        assert_ok(disk_read(disk, 7, back, 900 * KIB, &error), error);
        g_assert_true(memcmp(bytes, back, 900 * KIB) == 0);
        assert_ok(disk_discard(disk, 100 * KIB, 700 * KIB, &error), error);
        memset(bytes + 100 * KIB - 7, 0, 700 * KIB);
        assert_ok(disk_read(disk, 7, back, 900 * KIB, &error), error);
        g_assert_true(memcmp(bytes, back, 900 * KIB) == 0);
    }
    GStatBuf status;
    g_assert_cmpint(g_stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_size, ==, 1000 * KIB);

    g_autoptr(Disk) read_only = disk_open_file(path, FALSE, 4096, &error);
    g_assert_no_error(error);
    g_assert_false(disk_is_writable(read_only));
    assert_failed(disk_write(read_only, 0, bytes, 1, &error), DRYDOCK_ERROR_PRECONDITION, &error);
    assert_failed(disk_discard(read_only, 0, 1, &error), DRYDOCK_ERROR_PRECONDITION, &error);
    assert_ok(disk_flush(read_only, &error), error);

    g_assert_null(disk_open_file(folder, FALSE, 512, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_USAGE);
    g_clear_error(&error);
    g_assert_null(disk_open_file("/nonexistent/image", FALSE, 512, &error));
    g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    test_folder_remove(folder);
}

static void test_ranges(void)
{
    static const struct {
        uint64_t offset, length;
        gboolean ok;
    } rows[] = {{0, 0, TRUE},           {0, 1000, TRUE},
                {1000, 0, TRUE},        {999, 1, TRUE},
                {1000, 1, FALSE},       {0, 1001, FALSE},
                {1001, 0, FALSE},       {UINT64_MAX, 1, FALSE},
                {UINT64_MAX, 2, FALSE}, {500, UINT64_MAX - 400, FALSE}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = disk_new_memory(1000, 512);
    g_autofree uint8_t *buffer = g_malloc(1000);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(disk_read(disk, rows[i].offset, buffer, rows[i].length, &error) ==
                      rows[i].ok);
        g_assert_true((error == NULL) == rows[i].ok);
        g_clear_error(&error);
        g_assert_true(disk_discard(disk, rows[i].offset, rows[i].length, &error) == rows[i].ok);
        g_clear_error(&error);
        g_autoptr(Disk) window =
            disk_new_window(disk, rows[i].offset, rows[i].length, "window", &error);
        g_assert_true((window != NULL) == rows[i].ok);
        g_clear_error(&error);
    }
}

static void test_window(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) disk = disk_new_memory(1000, 512);
    g_autoptr(Disk) window = disk_new_window(disk, 100, 50, "window", &error);
    g_assert_no_error(error);
    g_clear_pointer(&disk, disk_unref); /* the window keeps it */
    char buffer[4] = "";
    assert_ok(disk_write(window, 46, "last", 4, &error), error);
    assert_failed(disk_write(window, 47, "last", 4, &error), DRYDOCK_ERROR_CORRUPT, &error);
    assert_ok(disk_read(window, 46, buffer, 4, &error), error);
    g_assert_true(memcmp(buffer, "last", 4) == 0);
    g_autoptr(Disk) inner = disk_new_window(window, 40, 10, "inner", &error);
    g_assert_no_error(error);
    assert_ok(disk_discard(inner, 7, 2, &error), error);
    assert_ok(disk_read(window, 46, buffer, 4, &error), error);
    g_assert_true(memcmp(buffer, "l\0\0t", 4) == 0);
    assert_ok(disk_flush(inner, &error), error);
}

static void test_scratch(void)
{
    enum { SIZE = 300 * 1024 + 77 };
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) memory = disk_new_memory(SIZE, 512);
    g_autofree uint8_t *original = g_malloc(SIZE), *model = g_malloc(SIZE), *back = g_malloc(SIZE);
    g_autofree uint8_t *bytes = g_malloc(SIZE);
    test_fill(original, SIZE, 1);
    memcpy(model, original, SIZE);
    assert_ok(disk_write(memory, 0, original, SIZE, &error), error);
    /* Nothing but reads reaches the parent. */
    g_autoptr(Disk) scratch = disk_new_scratch(memory, SIZE + 4096);
    g_assert_true(disk_is_writable(scratch));

    guint32 random = 99;
    for (guint i = 0; i < 1500; i++) {
        random = random * 1664525u + 1013904223u;
        uint64_t offset = (random >> 4) % SIZE;
        size_t length =
            MIN((size_t)(random % 5 == 0 ? 60000 : (random >> 9) % 9000), SIZE - offset);
        if (random % 3 == 0)
            offset -= offset % 4096;
        if (i % 3 == 0) {
            test_fill(bytes, length, random);
            assert_ok(disk_write(scratch, offset, bytes, length, &error), error);
            memcpy(model + offset, bytes, length);
        } else if (i % 3 == 1) {
            assert_ok(disk_discard(scratch, offset, length, &error), error);
            memset(model + offset, 0, length);
        } else {
            assert_ok(disk_read(scratch, offset, back, length, &error), error);
            g_assert_true(memcmp(back, model + offset, length) == 0);
        }
    }
    assert_ok(disk_flush(scratch, &error), error);
    assert_ok(disk_discard(scratch, SIZE - 5000, 5000, &error), error);
    memset(model + SIZE - 5000, 0, 5000);
    assert_ok(disk_read(scratch, 0, back, SIZE, &error), error);
    g_assert_true(memcmp(back, model, SIZE) == 0);
    assert_ok(disk_read(memory, 0, back, SIZE, &error), error);
    g_assert_true(memcmp(back, original, SIZE) == 0);
}

static void test_scratch_limit(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) memory = disk_new_memory(1024 * KIB, 512);
    g_autoptr(Disk) scratch = disk_new_scratch(memory, 8 * KIB);
    assert_ok(disk_write(scratch, 0, "a", 1, &error), error);
    assert_ok(disk_write(scratch, 500 * KIB, "b", 1, &error), error);
    assert_ok(disk_write(scratch, 500 * KIB + 1, "b", 1, &error), error);
    assert_failed(disk_write(scratch, 700 * KIB, "c", 1, &error), DRYDOCK_ERROR_UNSUPPORTED,
                  &error);
    /* Whole blocks are discarded for nothing, and give back what they took. */
    assert_ok(disk_discard(scratch, 400 * KIB, 600 * KIB, &error), error);
    assert_ok(disk_write(scratch, 700 * KIB, "c", 1, &error), error);
    char text[3] = "xx";
    assert_ok(disk_read(scratch, 700 * KIB, text, 2, &error), error);
    g_assert_true(text[0] == 'c' && text[1] == '\0');
}

static void test_fault(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) memory = disk_new_memory(1000, 512);
    g_autoptr(Disk) fault = disk_new_fault(memory, 3);
    char byte = 'x';
    assert_ok(disk_write(fault, 0, "a", 1, &error), error);
    assert_ok(disk_read(fault, 0, &byte, 1, &error), error);
    assert_failed(disk_flush(fault, &error), DRYDOCK_ERROR_SYSTEM, &error);
    assert_failed(disk_discard(fault, 0, 1, &error), DRYDOCK_ERROR_SYSTEM, &error);
    assert_failed(disk_read(fault, 0, &byte, 1, &error), DRYDOCK_ERROR_SYSTEM, &error);
    g_assert_cmpuint(disk_fault_count(fault), ==, 5);
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add_func("/disk/file", test_file);
    g_test_add_func("/disk/ranges", test_ranges);
    g_test_add_func("/disk/window", test_window);
    g_test_add_func("/disk/scratch", test_scratch);
    g_test_add_func("/disk/scratch-limit", test_scratch_limit);
    g_test_add_func("/disk/fault", test_fault);
    return g_test_run();
}
