/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log replay: made logs of both formats with every kind of damage, and real ones with known
 * results. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "registry/hive.h"
#include "registry/replay.h"
#include "registry/verify.h"
#include "tests/unit/registry/hive-builder.h"
#include "tests/unit/registry/log-builder.h"
#include "tests/unit/registry/registry-support.h"

enum {
    BASE = 4096,
    NOTE = 64, /* where in the bins the tests leave their marks: in a key's access bits */
};

/* A hive of two bins; the sequence numbers of its header are set as given. */
static GBytes *make_hive(uint32_t primary, uint32_t secondary)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    hive_builder_fill(builder, builder->root, "lh", "k", 50, 50);
    g_autoptr(GBytes) bytes = hive_builder_finish(builder, primary);
    size_t size;
    uint8_t *copy = g_memdup2(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    size = g_bytes_get_size(bytes);
    hive_header_set(copy, primary, secondary);
    return g_bytes_new_take(copy, size);
}

static const uint8_t *data_of(GBytes *bytes)
{
    return g_bytes_get_data(bytes, NULL);
}

static uint32_t bins_size(GBytes *hive)
{
    return get_le32(data_of(hive) + 40);
}

/* Each entry writes its own sequence number at 512 * slot + NOTE of the bins. */
static size_t add_mark(GByteArray *log, GBytes *hive, uint32_t sequence, uint32_t slot)
{
    uint8_t page[512];
    memcpy(page, data_of(hive) + BASE + 512 * slot, sizeof page);
    put_le32(page + NOTE, sequence);
    return log_add_entry(log, sequence, bins_size(hive), 512 * slot, page, sizeof page);
}

static uint32_t mark(GBytes *hive, uint32_t slot)
{
    return get_le32(data_of(hive) + BASE + 512 * slot + NOTE);
}

static void assert_stamped(GBytes *hive, uint32_t sequence)
{
    g_autoptr(GBytes) again = NULL;
    HiveReplay replay;
    g_autoptr(GError) error = NULL;
    g_assert_cmpuint(get_le32(data_of(hive) + 4), ==, sequence);
    g_assert_cmpuint(get_le32(data_of(hive) + 8), ==, sequence);
    g_assert_cmpuint(get_le32(data_of(hive) + 28), ==, 0);
    g_assert_true(hive_replay(hive, NULL, 0, &again, &replay, &error));
    g_assert_cmpint(replay.result, ==, HIVE_REPLAY_CLEAN);
    g_assert_true(again == hive);
}

typedef struct {
    uint32_t first;    /* sequence number of the log's header; 0: no log */
    uint32_t entries;  /* first, first + 1, … */
    uint32_t bad;      /* entry with a wrong hash, counted from 1; 0: none */
    gboolean bad_head; /* the log's checksum is wrong */
} LogRow;

static GBytes *make_log(GBytes *hive, const LogRow *row, uint32_t slot)
{
    if (row->first == 0) {
        return NULL;
    }
    GByteArray *log = log_new(data_of(hive), row->first);
    for (uint32_t i = 0; i < row->entries; i++) {
        size_t start = add_mark(log, hive, row->first + i, slot + i);
        if (row->bad == i + 1) {
            log->data[start + 100] ^= 1;
        }
    }
    log->data[100] ^= row->bad_head ? 1 : 0;
    return g_byte_array_free_to_bytes(log);
}

static void test_new_logs(void)
{
    static const struct {
        const char *what;
        uint32_t primary, secondary;
        LogRow log1, log2;
        HiveReplayResult result;
        guint entries;
        uint32_t max_sequence;
    } rows[] = {
        {"clean", 5, 5, {5, 3, 0, FALSE}, {0}, HIVE_REPLAY_CLEAN, 0, 5},
        {"clean, later log", 5, 5, {9, 1, 0, FALSE}, {0}, HIVE_REPLAY_CLEAN, 0, 9},
        {"one log", 6, 5, {5, 3, 0, FALSE}, {0}, HIVE_REPLAY_APPLIED, 3, 7},
        {"two logs", 6, 5, {5, 2, 0, FALSE}, {7, 2, 0, FALSE}, HIVE_REPLAY_APPLIED, 4, 8},
        {"two logs, second older",
         6,
         5,
         {7, 2, 0, FALSE},
         {5, 2, 0, FALSE},
         HIVE_REPLAY_APPLIED,
         4,
         8},
        {"gap between logs", 6, 5, {5, 2, 0, FALSE}, {8, 2, 0, FALSE}, HIVE_REPLAY_APPLIED, 2, 8},
        {"stale log", 6, 5, {5, 2, 0, FALSE}, {2, 3, 0, FALSE}, HIVE_REPLAY_APPLIED, 2, 6},
        {"only stale logs", 6, 5, {3, 2, 0, FALSE}, {2, 1, 0, FALSE}, HIVE_REPLAY_UNUSABLE, 0, 6},
        {"log starts later", 9, 5, {6, 2, 0, FALSE}, {0}, HIVE_REPLAY_APPLIED, 2, 9},
        {"header only", 6, 5, {5, 0, 0, FALSE}, {0}, HIVE_REPLAY_UNUSABLE, 0, 6},
        {"bad hash in the middle", 6, 5, {5, 3, 2, FALSE}, {0}, HIVE_REPLAY_APPLIED, 1, 6},
        {"bad hash ends the first log",
         6,
         5,
         {5, 3, 3, FALSE},
         {8, 2, 0, FALSE},
         HIVE_REPLAY_APPLIED,
         2,
         8},
        {"bad hash, second log follows",
         6,
         5,
         {5, 3, 3, FALSE},
         {7, 2, 0, FALSE},
         HIVE_REPLAY_APPLIED,
         4,
         8},
        {"bad first entry", 6, 5, {5, 2, 1, FALSE}, {6, 1, 0, FALSE}, HIVE_REPLAY_UNUSABLE, 0, 6},
        {"bad log header", 6, 5, {5, 2, 0, TRUE}, {0}, HIVE_REPLAY_UNUSABLE, 0, 6},
        {"no log", 6, 5, {0}, {0}, HIVE_REPLAY_UNUSABLE, 0, 6},
        {"wrap", 0, UINT32_MAX - 1, {UINT32_MAX - 1, 2, 0, FALSE}, {0}, HIVE_REPLAY_APPLIED, 2, 0},
        {"wrap between logs",
         0,
         UINT32_MAX - 1,
         {1, 2, 0, FALSE},
         {UINT32_MAX - 1, 3, 0, FALSE},
         HIVE_REPLAY_APPLIED,
         5,
         2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) hive = make_hive(rows[i].primary, rows[i].secondary);
        g_autoptr(GBytes) log1 = make_log(hive, &rows[i].log1, 1);
        g_autoptr(GBytes) log2 = make_log(hive, &rows[i].log2, 6);
        g_autoptr(GBytes) empty = g_bytes_new(NULL, 0);
        GBytes *logs[] = {empty, log1, log2};
        g_autoptr(GBytes) result = NULL;
        HiveReplay replay;
        g_test_message("%s", rows[i].what);
        gboolean ok = hive_replay(hive, logs, G_N_ELEMENTS(logs), &result, &replay, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
        g_assert_cmpint(replay.result, ==, rows[i].result);
        g_assert_cmpuint(replay.entries, ==, rows[i].entries);
        g_assert_cmpuint(replay.max_sequence, ==, rows[i].max_sequence);
        if (rows[i].result == HIVE_REPLAY_APPLIED) {
            guint marks = 0;
            for (uint32_t slot = 1; slot < 12; slot++) {
                marks += mark(result, slot) != mark(hive, slot) ? 1 : 0;
            }
            g_assert_cmpuint(marks, ==, rows[i].entries);
            assert_stamped(result, rows[i].max_sequence + 1);
        } else {
            g_assert_true(result == hive);
        }
    }
}

/* An entry that makes the hive longer, though the file is shorter than its header says. */
static void test_grow(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) whole = make_hive(6, 5);
    g_autoptr(GBytes) hive = g_bytes_new_from_bytes(whole, 0, BASE + 4096);
    uint32_t old_size = bins_size(whole);
    GByteArray *log = log_new(data_of(whole), 5);
    log_add_entry(log, 5, old_size, 4096, data_of(whole) + BASE + 4096, old_size - 4096);
    g_autofree uint8_t *bin = g_malloc0(4096);
    memcpy(bin, "hbin", 4);
    put_le32(bin + 4, old_size);
    put_le32(bin + 8, 4096);
    put_le32(bin + 32, 4096 - 32);
    log_add_entry(log, 6, old_size + 4096, old_size, bin, 4096);
    g_autoptr(GBytes) log_bytes = g_byte_array_free_to_bytes(log);
    g_autoptr(GBytes) result = NULL;
    HiveReplay replay;
    g_assert_true(hive_replay(hive, &log_bytes, 1, &result, &replay, &error));
    g_assert_cmpuint(replay.entries, ==, 2);
    g_assert_cmpuint(bins_size(result), ==, old_size + 4096);
    g_assert_cmpuint(g_bytes_get_size(result), ==, BASE + old_size + 4096);
    g_assert_true(hive_verify(result, "TEST", NULL, &error));
    g_assert_no_error(error);
}

/* Entries with right hashes that lie about sizes: none is applied. */
static void test_hostile_entries(void)
{
    static const struct {
        size_t field; /* within the entry */
        uint32_t word;
    } rows[] = {
        {4, 0},           {4, 511},         {4, 0xFFFFFE00},  {12, 4},    {16, 0},
        {16, 4097},       {16, 0xFFFFF000}, {20, 0xFFFFFFFF}, {20, 1000}, {40, 0xFFFFFE00},
        {40, 0x7FFFF000}, {44, 0xFFFFFFFF}, {44, 2048},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) hive = make_hive(6, 5);
        g_autoptr(GBytes) result = NULL;
        HiveReplay replay;
        GByteArray *log = log_new(data_of(hive), 5);
        size_t start = add_mark(log, hive, 5, 1);
        put_le32(log->data + start + rows[i].field, rows[i].word);
        log_seal_entry(log, start);
        g_autoptr(GBytes) log_bytes = g_byte_array_free_to_bytes(log);
        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_true(hive_replay(hive, &log_bytes, 1, &result, &replay, &error));
        g_assert_cmpint(replay.result, ==, HIVE_REPLAY_UNUSABLE);
        g_assert_true(result == hive);
    }
}

/* The header is lost: it comes from the newest log, and only that log is applied. */
static void test_bad_primary(void)
{
    static const struct {
        const char *what;
        size_t offset;
        gboolean has_log;
        gboolean is_error;
        HiveReplayResult result;
    } rows[] = {
        {"checksum", 100, TRUE, FALSE, HIVE_REPLAY_APPLIED},
        {"magic", 0, TRUE, FALSE, HIVE_REPLAY_APPLIED},
        {"checksum, no log", 100, FALSE, FALSE, HIVE_REPLAY_UNUSABLE},
        {"magic, no log", 0, FALSE, TRUE, HIVE_REPLAY_UNUSABLE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) good = make_hive(6, 6);
        g_autoptr(GBytes) hive = bytes_patch(good, rows[i].offset, "X", 1);
        const LogRow older = {5, 2, 0, FALSE};
        const LogRow newer = {7, 2, 0, FALSE};
        g_autoptr(GBytes) log1 = rows[i].has_log ? make_log(good, &older, 1) : NULL;
        g_autoptr(GBytes) log2 = rows[i].has_log ? make_log(good, &newer, 4) : NULL;
        GBytes *logs[] = {log1, log2};
        g_autoptr(GBytes) result = NULL;
        HiveReplay replay;
        g_test_message("%s", rows[i].what);
        gboolean ok = hive_replay(hive, logs, 2, &result, &replay, &error);
        g_assert_cmpint(ok, ==, !rows[i].is_error);
        if (rows[i].is_error) {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
            continue;
        }
        g_assert_cmpint(replay.result, ==, rows[i].result);
        if (rows[i].has_log) {
            g_assert_cmpuint(replay.entries, ==, 2);
            g_assert_cmpuint(mark(result, 1), ==, mark(good, 1));
            g_assert_cmpuint(mark(result, 4), ==, 7);
            assert_stamped(result, 9);
        }
    }
}

static void test_old_logs(void)
{
    static const struct {
        const char *what;
        gboolean has_header;          /* the hive's own is right */
        int64_t log1_time, log2_time; /* against the hive's; -99: no log */
        size_t cut;                   /* bytes missing at the end of the first log */
        HiveReplayResult result;
        uint32_t applied; /* 1 or 2: whose pages */
    } rows[] = {
        {"equal times", TRUE, 0, -99, 0, HIVE_REPLAY_APPLIED, 1},
        {"first of equals", TRUE, 0, 0, 0, HIVE_REPLAY_APPLIED, 1},
        {"newer second", TRUE, 0, 5, 0, HIVE_REPLAY_APPLIED, 2},
        {"older log", TRUE, -1, -99, 0, HIVE_REPLAY_UNUSABLE, 0},
        {"older first", TRUE, -1, 0, 0, HIVE_REPLAY_APPLIED, 2},
        {"truncated", TRUE, 0, -99, 1, HIVE_REPLAY_UNUSABLE, 0},
        {"truncated first", TRUE, 3, 0, 1, HIVE_REPLAY_APPLIED, 2},
        {"header only", TRUE, 0, -99, 2560, HIVE_REPLAY_UNUSABLE, 0},
        {"no header", FALSE, 7, -99, 0, HIVE_REPLAY_APPLIED, 1},
    };
    const uint64_t written = UINT64_C(0x01D80000DEADBEEF);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) good = make_hive(6, 5);
        g_autoptr(GBytes) hive =
            rows[i].has_header ? g_bytes_ref(good) : bytes_patch(good, 200, "X", 1);
        g_autoptr(GBytes) result = NULL;
        GBytes *logs[2] = {NULL, NULL};
        const int64_t times[2] = {rows[i].log1_time, rows[i].log2_time};
        HiveReplay replay;
        uint32_t size = bins_size(good);
        static const uint32_t pages[] = {1, 3, 8};
        for (uint32_t j = 0; j < 2; j++) {
            g_autofree uint8_t *bins = g_memdup2(data_of(good) + BASE, size);
            for (size_t k = 0; k < G_N_ELEMENTS(pages); k++) {
                put_le32(bins + 512 * pages[k] + NOTE, 100 + j);
            }
            if (times[j] != -99) {
                GByteArray *log = log_old(data_of(good), written + (uint64_t)times[j], 7 + j, bins,
                                          size, pages, G_N_ELEMENTS(pages));
                g_byte_array_set_size(log, log->len - (guint)(j == 0 ? rows[i].cut : 0));
                logs[j] = g_byte_array_free_to_bytes(log);
            }
        }
        g_test_message("%s", rows[i].what);
        gboolean ok = hive_replay(hive, logs, 2, &result, &replay, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
        g_assert_cmpint(replay.result, ==, rows[i].result);
        for (size_t k = 0; k < G_N_ELEMENTS(pages) && rows[i].applied > 0; k++) {
            g_assert_cmpuint(mark(result, pages[k]), ==, 99 + rows[i].applied);
        }
        if (rows[i].applied > 0) {
            g_assert_cmpuint(mark(result, 2), ==, mark(good, 2));
            assert_stamped(result, replay.max_sequence + 1);
        }
        g_clear_pointer(&logs[0], g_bytes_unref);
        g_clear_pointer(&logs[1], g_bytes_unref);
    }
}

/* Real hives; expected: a hive whose bins must come out. */
static void test_corpus(void)
{
    static const struct {
        const char *hive;
        const char *logs[3];
        const char *expected;
        HiveReplayResult result;
        guint entries;
    } rows[] = {
        {"yarp/NewDirtyHive1/NewDirtyHive",
         {"yarp/NewDirtyHive1/NewDirtyHive.LOG1", "yarp/NewDirtyHive1/NewDirtyHive.LOG2"},
         "yarp/NewDirtyHive1/EXPECTED-RecoveredHive_Windows10",
         HIVE_REPLAY_APPLIED,
         4},
        {"ntuser-dirty-newformat/NTUSER.DAT.xz",
         {"ntuser-dirty-newformat/ntuser.dat.LOG1.xz", "ntuser-dirty-newformat/ntuser.dat.LOG2.xz"},
         "ntuser-dirty-newformat/ORACLE-recovered.NTUSER.DAT.xz",
         HIVE_REPLAY_APPLIED,
         23},
        {"yarp/BadLogHive3/BadLogHive",
         {"yarp/BadLogHive3/BadLogHive.LOG1", "yarp/BadLogHive3/BadLogHive.LOG2"},
         NULL,
         HIVE_REPLAY_UNUSABLE,
         0},
        {"bcd/win11-esp-a/BCD",
         {"bcd/win11-esp-a/BCD.LOG", "bcd/win11-esp-a/BCD.LOG1", "bcd/win11-esp-a/BCD.LOG2"},
         NULL,
         HIVE_REPLAY_CLEAN,
         0},
        {"misc/NTUSER-win8-2013.DAT",
         {"misc/NTUSER-win8-2013.DAT.LOG"},
         NULL,
         HIVE_REPLAY_CLEAN,
         0},
        {"win10-1903-x64-vmware-dirty-nologs/SYSTEM.xz", {NULL}, NULL, HIVE_REPLAY_UNUSABLE, 0},
        {"misc/UsrClass-2021-dirty-nologs.dat.xz", {NULL}, NULL, HIVE_REPLAY_UNUSABLE, 0},
        {"yarp/edge/TruncatedDirtyHive", {NULL}, NULL, HIVE_REPLAY_UNUSABLE, 0},
        {"yarp/edge/EffectiveSizeHive", {NULL}, NULL, HIVE_REPLAY_UNUSABLE, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) logs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        g_autoptr(GBytes) hive = testdata_load(rows[i].hive);
        g_autoptr(GBytes) result = NULL;
        HiveReplay replay;
        if (hive == NULL) {
            return;
        }
        for (size_t j = 0; j < 3 && rows[i].logs[j] != NULL; j++) {
            g_ptr_array_add(logs, testdata_load(rows[i].logs[j]));
        }
        g_test_message("%s", rows[i].hive);
        gboolean ok =
            hive_replay(hive, (GBytes *const *)logs->pdata, logs->len, &result, &replay, &error);
        g_assert_no_error(error);
        g_assert_true(ok);
        g_assert_cmpint(replay.result, ==, rows[i].result);
        g_assert_cmpuint(replay.entries, ==, rows[i].entries);
        if (rows[i].expected != NULL) {
            g_autoptr(GBytes) expected = testdata_load(rows[i].expected);
            g_assert_cmpuint(bins_size(result), ==, bins_size(expected));
            assert_same_bytes(data_of(result) + BASE, bins_size(result), data_of(expected) + BASE,
                              bins_size(expected));
            g_assert_true(hive_verify(result, rows[i].hive, NULL, &error));
            g_assert_no_error(error);
        }
    }
}

static void test_not_a_hive(void)
{
    static const char *const files[] = {"misc/SYSTEM.DAT-win9x-CREG.xz",
                                        "yarp/edge/TruncatedHiveBin"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) result = NULL;
        g_autoptr(GBytes) hive = testdata_load(files[i]);
        HiveReplay replay;
        if (hive == NULL) {
            return;
        }
        g_assert_false(hive_replay(hive, NULL, 0, &result, &replay, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/replay/new-logs", test_new_logs);
    g_test_add_func("/registry/replay/grow", test_grow);
    g_test_add_func("/registry/replay/hostile-entries", test_hostile_entries);
    g_test_add_func("/registry/replay/bad-primary", test_bad_primary);
    g_test_add_func("/registry/replay/old-logs", test_old_logs);
    g_test_add_func("/registry/replay/corpus", test_corpus);
    g_test_add_func("/registry/replay/not-a-hive", test_not_a_hive);
    return g_test_run();
}
