/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The write-back cache against a plain model, and in front of a disk that fails. */
#include <string.h>

#include "base/error.h"
#include "support.h"

#define KIB ((size_t)1024)
#define LIMIT_BYTES (4 * 64 * KIB) /* four blocks: things get replaced all the time */

/* Fixed seed: a failure is found again. */
static guint32 next_random(guint32 *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

typedef struct {
    Disk *disk;     /* under test */
    uint8_t *model; /* what it has to hold */
    uint64_t size;
    guint32 random;
} Model;

typedef enum { ACTION_READ, ACTION_WRITE, ACTION_DISCARD, ACTION_FLUSH } Action;

typedef struct {
    Action action;
    uint64_t offset;
    size_t length;
    guint32 seed;
} Step;

static Step model_choose(Model *model)
{
    static const size_t lengths[] = {1, 512, 4096, 65536, 100000, 300 * KIB, 1100 * KIB};
    Step step = {.seed = model->random};
    guint32 choice = next_random(&model->random) % 20;
    step.action = choice < 8    ? ACTION_WRITE
                  : choice < 16 ? ACTION_READ
                  : choice < 19 ? ACTION_DISCARD
                                : ACTION_FLUSH;
    step.offset = next_random(&model->random) % model->size;
    if (next_random(&model->random) % 2)
        step.offset -= step.offset % (64 * KIB);
    step.length = lengths[next_random(&model->random) % G_N_ELEMENTS(lengths)];
    step.length = (size_t)MIN(step.length, model->size - step.offset);
    return step;
}

/* FALSE when the disk failed: what the range holds is then not known, and taken from retries. */
static gboolean model_do(Model *model, const Step *step, GError **error)
{
    g_autofree uint8_t *bytes = g_malloc(step->length + 1);
    switch (step->action) {
    case ACTION_READ:
        if (!disk_read(model->disk, step->offset, bytes, step->length, error))
            return FALSE;
        g_assert_true(memcmp(bytes, model->model + step->offset, step->length) == 0);
        return TRUE;
    case ACTION_WRITE:
        test_fill(bytes, step->length, step->seed);
        if (!disk_write(model->disk, step->offset, bytes, step->length, error))
            return FALSE;
        memcpy(model->model + step->offset, bytes, step->length);
        return TRUE;
    case ACTION_DISCARD:
        if (!disk_discard(model->disk, step->offset, step->length, error))
            return FALSE;
        memset(model->model + step->offset, 0, step->length);
        return TRUE;
    case ACTION_FLUSH:
    default:
        return disk_flush(model->disk, error);
    }
}

static void model_compare(const Model *model, Disk *disk)
{
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *bytes = g_malloc(model->size);
    assert_ok(disk_read(disk, 0, bytes, model->size, &error), error);
    g_assert_true(memcmp(bytes, model->model, model->size) == 0);
}

static void test_model(gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    uint64_t size = GPOINTER_TO_SIZE(data);
    g_autoptr(Disk) parent = disk_new_memory(size, 512);
    g_autofree uint8_t *expected = g_malloc0(size);
    g_autoptr(Disk) cache = disk_new_cache(parent, LIMIT_BYTES);
    Model model = {cache, expected, size, 20240229};
    for (guint i = 0; i < 2000; i++) {
        Step step = model_choose(&model);
        assert_ok(model_do(&model, &step, &error), error);
    }
    model_compare(&model, cache);
    assert_ok(disk_flush(cache, &error), error);
    model_compare(&model, parent);
}

/* Unflushed data stays in the cache; dropping the cache loses it, and nothing else. */
static void test_discards_unflushed(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) parent = disk_new_memory(256 * KIB, 512);
    uint8_t byte = 0;
    {
        g_autoptr(Disk) cache = disk_new_cache(parent, LIMIT_BYTES);
        assert_ok(disk_write(cache, 10, "\x01", 1, &error), error);
        assert_ok(disk_flush(cache, &error), error);
        assert_ok(disk_write(cache, 10, "\x02", 1, &error), error);
        assert_ok(disk_read(cache, 10, &byte, 1, &error), error);
        g_assert_cmpuint(byte, ==, 2);
    }
    assert_ok(disk_read(parent, 10, &byte, 1, &error), error);
    g_assert_cmpuint(byte, ==, 1);
}

/* Neighbours go out in one write, in order. */
static void test_merges(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Disk) memory = disk_new_memory(64 * 1024 * KIB, 512);
    g_autoptr(Disk) counter = disk_new_fault(memory, 0);
    g_autoptr(Disk) cache = disk_new_cache(counter, 64 * 1024 * KIB);
    g_autofree uint8_t *block = g_malloc(64 * KIB);
    test_fill(block, 64 * KIB, 1);
    for (guint i = 0; i < 32; i++) /* 2 MiB, backwards */
        assert_ok(disk_write(cache, (31 - i) * 64 * KIB, block, 64 * KIB, &error), error);
    g_assert_cmpuint(disk_fault_count(counter), ==, 0);
    assert_ok(disk_flush(cache, &error), error);
    g_assert_cmpuint(disk_fault_count(counter), ==, 3); /* two writes of 1 MiB and the flush */
    assert_ok(disk_flush(cache, &error), error);
    g_assert_cmpuint(disk_fault_count(counter), ==, 4);
}

static guint run_until_failure(Disk *memory, guint fail_at, gboolean *ret_failed)
{
    g_autoptr(GError) error = NULL;
    uint64_t size = disk_size(memory);
    g_autofree uint8_t *expected = g_malloc0(size);
    g_autoptr(Disk) fault = disk_new_fault(memory, fail_at);
    g_autoptr(Disk) cache = disk_new_cache(fault, LIMIT_BYTES);
    Model model = {cache, expected, size, 4711};
    *ret_failed = FALSE;
    for (guint i = 0; i < 80 && !*ret_failed; i++) {
        Step step = model_choose(&model);
        *ret_failed = !model_do(&model, &step, &error);
    }
    if (!*ret_failed) {
        *ret_failed = !disk_flush(cache, &error);
        if (!*ret_failed)
            model_compare(&model, memory);
    }
    g_assert_true(*ret_failed == (error != NULL));
    return disk_fault_count(fault);
}

/* Whichever call fails, somebody is told. */
static void test_every_failure_is_reported(void)
{
    gboolean failed = TRUE;
    g_autoptr(Disk) memory = disk_new_memory(1024 * KIB + 100, 512);
    guint calls = run_until_failure(memory, 0, &failed);
    g_assert_false(failed);
    g_assert_cmpuint(calls, >, 50);
    for (guint fail_at = 1; fail_at <= calls; fail_at++) {
        g_autoptr(Disk) fresh = disk_new_memory(1024 * KIB + 100, 512);
        run_until_failure(fresh, fail_at, &failed);
        g_assert_true(failed);
    }
}

/* Data of a failed write-back is still there, and reaches the disk when that works again. */
static void test_failed_flush_keeps_data(void)
{
    enum { BLOCKS = 4 };
    for (guint fail_at = 1; fail_at <= BLOCKS + 1; fail_at++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) memory = disk_new_memory(4096 * KIB, 512);
        g_autofree uint8_t *bytes = g_malloc(64 * KIB), *back = g_malloc(64 * KIB);
        /* Two stacked: the outer one's parent fails, then a new path to the same memory works. */
        g_autoptr(Disk) fault = disk_new_fault(memory, fail_at);
        g_autoptr(Disk) cache = disk_new_cache(fault, LIMIT_BYTES);
        for (guint i = 0; i < BLOCKS; i++) { /* far apart: one write each */
            test_fill(bytes, 64 * KIB, i);
            assert_ok(disk_write(cache, i * 256 * KIB, bytes, 64 * KIB, &error), error);
        }
        for (guint attempt = 0; attempt < 3; attempt++) {
            g_assert_false(disk_flush(cache, &error));
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
            g_clear_error(&error);
        }
        /* A block that needs room for itself must not push dirty data out. */
        if (fail_at <= BLOCKS) {
            g_assert_false(disk_write(cache, 3000 * KIB, bytes, 1, &error));
            g_clear_error(&error);
        }
        for (guint i = 0; i < BLOCKS; i++) {
            test_fill(bytes, 64 * KIB, i);
            assert_ok(disk_read(cache, i * 256 * KIB, back, 64 * KIB, &error), error);
            g_assert_true(memcmp(bytes, back, 64 * KIB) == 0);
        }
    }
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    g_test_add_data_func("/disk/cache/model-even", GSIZE_TO_POINTER(2048 * KIB), test_model);
    g_test_add_data_func("/disk/cache/model-odd", GSIZE_TO_POINTER(1500 * KIB + 333), test_model);
    g_test_add_func("/disk/cache/discards-unflushed", test_discards_unflushed);
    g_test_add_func("/disk/cache/merges", test_merges);
    g_test_add_func("/disk/cache/every-failure-is-reported", test_every_failure_is_reported);
    g_test_add_func("/disk/cache/failed-flush-keeps-data", test_failed_flush_keeps_data);
    return g_test_run();
}
