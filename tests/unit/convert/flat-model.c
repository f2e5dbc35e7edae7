/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a chain of images should read as. */
#include "tests/unit/convert/flat-model.h"

#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/run.h"

#define RANDOM_READS 200
#define THREADS 4
#define HOSTILE_READ_BYTES (UINT64_C(3) << 20)

void flat_model_fill(GRand *random, uint8_t *buffer, size_t length)
{
    for (size_t i = 0; i < length; i += 4)
        put_le32(buffer + i, g_rand_int(random) | 0x01010101);
}

void flat_model_choose(GRand *random, uint64_t disk_bytes, uint32_t sector_bytes,
                       uint32_t block_bytes, uint64_t *ret_offset, size_t *ret_length)
{
    gint32 sectors = (gint32)(disk_bytes / sector_bytes),
           blocks = (gint32)(disk_bytes / block_bytes);
    if (blocks > 0 && g_rand_int_range(random, 0, 6) == 0) {
        *ret_offset = (uint64_t)g_rand_int_range(random, 0, blocks) * block_bytes;
        *ret_length = block_bytes;
        return;
    }
    gint32 first = g_rand_int_range(random, 0, sectors);
    gint32 count = g_rand_int_range(random, 1, g_rand_boolean(random) ? 5 : 300);
    count = MIN(count, sectors - first);
    *ret_offset = (uint64_t)first * sector_bytes;
    *ret_length = (size_t)count * sector_bytes;
}

typedef struct {
    FlatImage *image;
    const uint8_t *expected;
    uint64_t size;
    guint32 seed;
} Reader;

static gpointer read_randomly(gpointer data)
{
    const Reader *reader = data;
    g_autoptr(GRand) random = g_rand_new_with_seed(reader->seed);
    g_autofree uint8_t *buffer = g_malloc(1 << 20);
    for (guint i = 0; i < RANDOM_READS; i++) {
        uint64_t offset = (uint64_t)g_rand_int_range(random, 0, (gint32)reader->size);
        size_t length = (size_t)g_rand_int_range(random, 0, i % 3 == 0 ? 1 << 20 : 2000);
        length = MIN(length, (size_t)(reader->size - offset));
        g_autoptr(GError) error = NULL;
        g_assert_true(flat_image_read(reader->image, offset, buffer, length, &error));
        g_assert_no_error(error);
        g_assert_true(memcmp(buffer, reader->expected + offset, length) == 0);
    }
    return NULL;
}

static void check_query(FlatImage *image, const uint8_t *expected, uint64_t size)
{
    gboolean before = FALSE;
    for (uint64_t offset = 0; offset < size;) {
        gboolean is_zeros;
        uint64_t length;
        g_autoptr(GError) error = NULL;
        g_assert_true(flat_image_query(image, offset, size - offset, &is_zeros, &length, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(length, >, 0);
        g_assert_cmpuint(length, <=, size - offset);
        g_assert_true(offset == 0 || is_zeros != before); /* runs are as long as they can be */
        for (uint64_t i = offset; is_zeros && i < offset + length; i++)
            g_assert_cmpuint(expected[i], ==, 0);
        before = is_zeros;
        offset += length;
    }
}

void flat_model_check(FlatImage *image, const uint8_t *expected, uint64_t size)
{
    g_autofree uint8_t *buffer = g_malloc(size);
    g_autoptr(GError) error = NULL;
    g_assert_cmpuint(flat_image_size(image), ==, size);
    g_assert_true(flat_image_read(image, 0, buffer, size, &error));
    g_assert_no_error(error);
    for (uint64_t i = 0; i < size; i++)
        if (buffer[i] != expected[i])
            g_error("byte %" G_GUINT64_FORMAT " is %02x, not %02x", i, buffer[i], expected[i]);
    check_query(image, expected, size);

    Reader readers[THREADS];
    GThread *threads[THREADS];
    for (guint i = 0; i < THREADS; i++) {
        readers[i] = (Reader){image, expected, size, i};
        threads[i] = g_thread_new("reader", read_randomly, &readers[i]);
    }
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
}

void flat_model_remove_folder(const char *folder)
{
    const char *const argv[] = {"rm", "-rf", folder, NULL};
    g_assert_true(run_program(argv, NULL, NULL, NULL));
}

FlatImage *flat_model_open(const FlatLayerOps *ops, char *const *paths, guint count)
{
    FlatImage *image = flat_image_new(ops);
    for (guint i = 0; i < count; i++) {
        struct stat status;
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(stat(paths[i], &status), ==, 0);
        gboolean ok = flat_image_add(image, paths[i], 0, (uint64_t)status.st_size, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
    }
    return image;
}

void flat_model_check_hostile(const FlatLayerOps *ops, const char *path)
{
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_autoptr(FlatImage) image = flat_image_new(ops);
    g_autoptr(GError) error = NULL;
    if (!flat_image_add(image, path, 0, (uint64_t)status.st_size, &error)) {
        g_assert_nonnull(error);
        return;
    }
    size_t length = (size_t)MIN(flat_image_size(image), HOSTILE_READ_BYTES);
    g_autofree uint8_t *buffer = g_malloc(length);
    if (!flat_image_read(image, 0, buffer, length, &error))
        g_assert_nonnull(error);
}
