/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs that are damaged or hostile, and disks that fail: refused, with nothing kept. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/ntfs_fixup.h"
#include "test-fs-ntfs-crash.h"

enum { PAGE = 4096, RING_START = 4 * PAGE, DATA_START = 64, RECORD_HEADER = 48, CLUSTER = 4096 };

/* A volume with a log to replay, and the log with its pages' update sequences removed. */
typedef struct {
    CrashStates states;
    NtfsImage *image;
    Disk *disk; /* for reading */
    NtfsGeometry geometry;
    guint8 *log;
    gsize length;
    GArray *pages;   /* of gsize: offsets of those that this log has written */
    GArray *records; /* of gsize: offsets of the records that begin in them */
} Fixture;

static guint64 page_lsn(const Fixture *fixture, gsize page)
{
    return get_le64(fixture->log + page + 8);
}

static void find_records(Fixture *fixture, gsize page)
{
    gsize at = DATA_START;

    while (at + RECORD_HEADER <= PAGE) {
        const guint8 *record = fixture->log + page + at;

        /* Its own number says whether a record begins here, or another goes on. */
        if ((get_le64(record) << 3 & (fixture->length - 1)) == page + at) {
            const gsize offset = page + at;

            g_array_append_val(fixture->records, offset);
            at += (RECORD_HEADER + get_le32(record + 24) + 7) & ~7U;
        } else {
            at += 8;
        }
    }
}

static gboolean fixture_make(Fixture *fixture)
{
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    guint64 newest = 0;

    if (!crash_states_make(&fixture->states, CLUSTER)) {
        return FALSE;
    }
    fixture->image =
        crash_image_make(&fixture->states, TRUE, "--version=1 --flushed=half --checkpoint=within");
    fixture->disk = disk_open_file(fixture->image->path, FALSE, 512, &error);
    g_assert_no_error(error);
    bytes = crash_image_read_log(fixture->image, &fixture->geometry);
    fixture->log = g_bytes_unref_to_data(g_steal_pointer(&bytes), &fixture->length);
    fixture->pages = g_array_new(FALSE, FALSE, sizeof(gsize));
    fixture->records = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (gsize page = 0; page < fixture->length; page += PAGE) {
        g_assert_true(ntfs_fixup_remove(fixture->log + page, PAGE));
        newest = MAX(newest, page < RING_START ? 0 : page_lsn(fixture, page));
    }
    for (gsize page = RING_START; page < fixture->length; page += PAGE) {
        /* The round before is left of an earlier use. */
        if (page_lsn(fixture, page) + fixture->length / 8 / 2 > newest) {
            g_array_append_val(fixture->pages, page);
            find_records(fixture, page);
        }
    }
    g_assert_cmpuint(fixture->pages->len, >, 3);
    g_assert_cmpuint(fixture->records->len, >, 200);
    return TRUE;
}

static void fixture_clear(Fixture *fixture)
{
    crash_states_clear(&fixture->states);
    ntfs_image_free(fixture->image);
    disk_unref(fixture->disk);
    g_free(fixture->log);
    g_clear_pointer(&fixture->pages, g_array_unref);
    g_clear_pointer(&fixture->records, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static gboolean replay(const Fixture *fixture, Disk *disk, const guint8 *log, GError **error)
{
    g_autofree guint8 *stored = g_memdup2(log, fixture->length);
    g_autoptr(NtfsReplay) result = NULL;

    for (gsize page = 0; page < fixture->length; page += PAGE) {
        (void)!ntfs_fixup_apply(stored + page, PAGE);
    }
    return ntfs_replay_run(disk, &fixture->geometry, stored, fixture->length, &result, error);
}

/* Either answer will do; a refusal says that it is the log's fault. */
static void try(const Fixture *fixture, const guint8 *log, guint *refused)
{
    g_autoptr(GError) error = NULL;

    if (replay(fixture, fixture->disk, log, &error)) {
        return;
    }
    g_assert_nonnull(error);
    g_assert_true(g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT) ||
                  g_error_matches(error, DRYDOCK_ERROR, DRYDOCK_ERROR_UNSUPPORTED));
    (*refused)++;
}

/* Every field of some records of each kind, and of both restart areas, with sizes and offsets that
   lie in wait. */
static void test_hostile_fields(gconstpointer data)
{
    static const guint32 values[] = {0, 7, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0xffffffff};
    const Fixture *fixture = data;
    guint refused = 0, tried = 0;

    if (fixture->image == NULL) {
        g_test_skip("mkntfs is not installed");
        return;
    }
    for (guint i = 0; i < fixture->records->len; i += 29) {
        const gsize record = g_array_index(fixture->records, gsize, i);
        const gsize end = MIN(record + RECORD_HEADER + 56, record - record % PAGE + PAGE);

        for (gsize at = record + 16; at + 4 <= end; at += 2) {
            g_autofree guint8 *log = g_memdup2(fixture->log, fixture->length);
            const guint32 value = values[tried++ % G_N_ELEMENTS(values)];

            put_le16(log + at, (guint16)value);
            if (value > 0xffff) {
                put_le16(log + at + 2, (guint16)(value >> 16));
            }
            try(fixture, log, &refused);
        }
    }
    for (gsize at = 16; at < 176; at += 2) {
        g_autofree guint8 *log = g_memdup2(fixture->log, fixture->length);

        for (gsize page = 0; page < 2 * PAGE; page += PAGE) {
            put_le16(log + page + at, (guint16)values[tried % G_N_ELEMENTS(values)]);
        }
        tried++;
        try(fixture, log, &refused);
    }
    g_test_message("%u of %u refused", refused, tried);
    g_assert_cmpuint(refused, >, tried / 4);
}

/* Damage to one field, and what is said of it. */
static void test_refusals(gconstpointer data)
{
    enum { RESTART, RECORD };
    static const struct {
        const char *name;
        int where;
        gsize offset;
        guint32 value;
        DrydockError code;
        const char *message;
    } rows[] = {
        {"unknown operation", RECORD, 48, 0x23, DRYDOCK_ERROR_UNSUPPORTED,
         "unknown operation 0x23"},
        {"no operation", RECORD, 48, 0x0700, DRYDOCK_ERROR_UNSUPPORTED, "unknown operation 0x700"},
        {"record type", RECORD, 32, 3, DRYDOCK_ERROR_CORRUPT, "impossible header"},
        {"transaction", RECORD, 36, 0x19, DRYDOCK_ERROR_CORRUPT, "impossible transaction"},
        {"redo beyond", RECORD, 52, 0x0028ffff, DRYDOCK_ERROR_CORRUPT, "too short"},
        {"record too long", RECORD, 24, 0x7fffffff, DRYDOCK_ERROR_CORRUPT, "impossible header"},
        {"version", RESTART, 28, 3, DRYDOCK_ERROR_UNSUPPORTED, "version 3.1"},
        {"version 1.0", RESTART, 26, 0x00010000, DRYDOCK_ERROR_UNSUPPORTED, "version 1.0"},
        {"page size", RESTART, 20, 512, DRYDOCK_ERROR_UNSUPPORTED, "page size"},
        {"size", RESTART, 48 + 24, 0x7ffff000, DRYDOCK_ERROR_CORRUPT, "size is impossible"},
        {"sequence bits", RESTART, 48 + 16, 0, DRYDOCK_ERROR_CORRUPT, "restart area is impossible"},
        {"client", RESTART, 112 + 32, 0x58, DRYDOCK_ERROR_UNSUPPORTED, "client is not NTFS"},
        {"checkpoint", RESTART, 112 + 8, 0x1008, DRYDOCK_ERROR_CORRUPT, "is not there"},
    };
    const Fixture *fixture = data;

    if (fixture->image == NULL) {
        g_test_skip("mkntfs is not installed");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree guint8 *log = g_memdup2(fixture->log, fixture->length);
        g_autoptr(GError) error = NULL;
        const gsize record = g_array_index(fixture->records, gsize, fixture->records->len - 10);

        g_test_message("%s", rows[i].name);
        if (rows[i].where == RECORD) {
            put_le32(log + record + rows[i].offset, rows[i].value);
        } else {
            put_le32(log + rows[i].offset, rows[i].value);
            put_le32(log + PAGE + rows[i].offset, rows[i].value);
        }
        g_assert_false(replay(fixture, fixture->disk, log, &error));
        g_assert_error(error, DRYDOCK_ERROR, rows[i].code);
        if (strstr(error->message, rows[i].message) == NULL) {
            g_error("'%s' is not in '%s'", rows[i].message, error->message);
        }
    }
}

/* A log that ends earlier is one of an earlier crash; one with a hole in it is refused. */
static void test_cut_off(gconstpointer data)
{
    const Fixture *fixture = data;
    guint refused = 0;

    if (fixture->image == NULL) {
        g_test_skip("mkntfs is not installed");
        return;
    }
    for (guint i = 0; i < fixture->pages->len; i++) {
        g_autofree guint8 *cut = g_memdup2(fixture->log, fixture->length);
        g_autofree guint8 *hole = g_memdup2(fixture->log, fixture->length);
        g_autoptr(GError) error = NULL;

        for (guint k = i; k < fixture->pages->len; k++) {
            memset(cut + g_array_index(fixture->pages, gsize, k), 0xff, PAGE);
        }
        memset(cut + (gsize)2 * PAGE, 0xff, (gsize)2 * PAGE);
        try(fixture, cut, &refused);
        memset(hole + g_array_index(fixture->pages, gsize, i), 0xff, PAGE);
        memset(hole + (gsize)2 * PAGE, 0xff, (gsize)2 * PAGE);
        if (i + 1 < fixture->pages->len) {
            g_assert_false(replay(fixture, fixture->disk, hole, &error));
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        }
    }
}

/* Shorter files than the log says, down to nothing. */
static void test_short(gconstpointer data)
{
    const Fixture *fixture = data;

    if (fixture->image == NULL) {
        g_test_skip("mkntfs is not installed");
        return;
    }
    for (gsize length = 0; length < fixture->length; length = length * 3 / 2 + 1) {
        g_autofree guint8 *log = g_memdup2(fixture->log, MAX(length, 1));
        g_autoptr(NtfsReplay) result = NULL;
        g_autoptr(GError) error = NULL;

        for (gsize page = 0; page + PAGE <= length; page += PAGE) {
            g_assert_true(ntfs_fixup_apply(log + page, PAGE));
        }
        g_assert_false(
            ntfs_replay_run(fixture->disk, &fixture->geometry, log, length, &result, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
}

/* Every record of the log applied to a volume that has nothing of what it expects. */
static void test_other_volume(gconstpointer data)
{
    static const guint8 fills[] = {0x00, 0x46, 0xff};
    const Fixture *fixture = data;

    if (fixture->image == NULL) {
        g_test_skip("mkntfs is not installed");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(fills); i++) {
        g_autoptr(Disk) disk = disk_new_memory(disk_size(fixture->disk), 512);
        g_autofree guint8 *bytes = g_malloc(disk_size(fixture->disk));
        g_autoptr(GError) error = NULL;

        memset(bytes, fills[i], disk_size(fixture->disk));
        g_assert_true(disk_write(disk, 0, bytes, disk_size(fixture->disk), &error));
        g_assert_false(replay(fixture, disk, fixture->log, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
    }
}

/* A disk that fails is not the log's fault. */
static void test_failing_disk(gconstpointer data)
{
    const Fixture *fixture = data;
    guint count;
    g_autoptr(Disk) counter = NULL;
    g_autoptr(GError) none = NULL;

    if (fixture->image == NULL) {
        g_test_skip("mkntfs is not installed");
        return;
    }
    counter = disk_new_fault(fixture->disk, 0);
    g_assert_true(replay(fixture, counter, fixture->log, &none));
    count = disk_fault_count(counter);
    for (guint i = 1; i <= count; i += 1 + count / 25) {
        g_autoptr(Disk) fault = disk_new_fault(fixture->disk, i);
        g_autoptr(GError) error = NULL;

        g_assert_false(replay(fixture, fault, fixture->log, &error));
        g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_SYSTEM);
    }
}

static NtfsReplay *replay_well(const Fixture *fixture)
{
    g_autofree guint8 *stored = g_memdup2(fixture->log, fixture->length);
    g_autoptr(GError) error = NULL;
    NtfsReplay *result = NULL;

    for (gsize page = 0; page < fixture->length; page += PAGE) {
        g_assert_true(ntfs_fixup_apply(stored + page, PAGE));
    }
    g_assert_true(ntfs_replay_run(fixture->disk, &fixture->geometry, stored, fixture->length,
                                  &result, &error));
    g_assert_no_error(error);
    return result;
}

static void settle_and_compare(const NtfsImage *image, const NtfsImage *expected)
{
    Fs *fs = ntfs_image_open(image, TRUE);

    ntfs_fs_sync(fs);
    fs_close(fs);
    crash_image_assert_same(image, expected);
}

/* What was done again is kept in part, and we die: it is replayed once more. */
static void test_kept_in_part(gconstpointer data)
{
    const Fixture *fixture = data;
    g_autoptr(NtfsReplay) result = NULL;
    g_autoptr(GError) error = NULL;

    if (fixture->image == NULL) {
        g_test_skip("mkntfs is not installed");
        return;
    }
    result = replay_well(fixture);
    g_assert_cmpuint(result->redone, >, 0);
    g_assert_cmpuint(result->undone, >, 0);
    for (guint calls = 1; calls < g_hash_table_size(result->changed);
         calls += 1 + g_hash_table_size(result->changed) / 7) {
        g_autoptr(NtfsImage) copy = crash_image_copy(fixture->image);
        g_autoptr(Disk) disk = disk_open_file(copy->path, TRUE, 512, &error);
        g_autoptr(Disk) fault = disk_new_fault(disk, calls);
        g_autoptr(GError) write_error = NULL;

        (void)!ntfs_replay_keep(result, NTFS_REPLAY_REDONE, fault, &write_error);
        g_clear_pointer(&fault, disk_unref);
        g_clear_pointer(&disk, disk_unref);
        settle_and_compare(copy, fixture->states.after);
    }
}

/* The disk fails in the middle of settling: what is there is the old state with its log, or needs
   chkdsk and says so. */
static void test_failing_settle(gconstpointer data)
{
    const Fixture *fixture = data;
    guint opening = 0;

    if (fixture->image == NULL) {
        g_test_skip("mkntfs is not installed");
        return;
    }
    /* Opening is not what is to fail here. */
    for (guint calls = 0;; calls += 1 + calls / 4) {
        g_autoptr(NtfsImage) copy = crash_image_copy(fixture->image);
        g_autoptr(GError) error = NULL;
        g_autoptr(Disk) disk = disk_open_file(copy->path, TRUE, 512, &error);
        g_autoptr(Disk) fault = disk_new_fault(disk, calls == 0 ? 0 : opening + calls);
        Fs *fs = NULL;
        FsState state;
        gboolean ok = fs_open(fault, "ntfs", &fs, &error);

        g_assert_true(ok);
        if (calls == 0) {
            opening = disk_fault_count(fault);
            fs_close(fs);
            continue;
        }
        ok = fs_sync(fs, &error);
        fs_close(fs);
        g_clear_pointer(&fault, disk_unref);
        g_clear_pointer(&disk, disk_unref);
        if (ok) {
            crash_image_assert_same(copy, fixture->states.after);
            return;
        }
        fs = ntfs_image_open(copy, TRUE);
        g_clear_error(&error);
        g_assert_true(fs_get_state(fs, &state, &error));
        g_assert_true(state.journal_replayed || state.dirty_flag);
        fs_close(fs);
        if (state.journal_replayed) {
            settle_and_compare(copy, fixture->states.after);
        }
    }
}

int main(int argc, char **argv)
{
    g_auto(Fixture) fixture = {0};

    g_test_init(&argc, &argv, NULL);
    (void)fixture_make(&fixture);
    g_test_add_data_func("/fs/ntfs/replay/refusals", &fixture, test_refusals);
    g_test_add_data_func("/fs/ntfs/replay/hostile-fields", &fixture, test_hostile_fields);
    g_test_add_data_func("/fs/ntfs/replay/cut-off", &fixture, test_cut_off);
    g_test_add_data_func("/fs/ntfs/replay/short", &fixture, test_short);
    g_test_add_data_func("/fs/ntfs/replay/other-volume", &fixture, test_other_volume);
    g_test_add_data_func("/fs/ntfs/replay/failing-disk", &fixture, test_failing_disk);
    g_test_add_data_func("/fs/ntfs/replay/kept-in-part", &fixture, test_kept_in_part);
    g_test_add_data_func("/fs/ntfs/replay/failing-settle", &fixture, test_failing_settle);
    return g_test_run();
}
