/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of a volume that Windows 7 wrote: every change in it is taken back as far as that goes
   and done again, which has to give the same volume; and the driver replays it from a checkpoint
   that Windows wrote while it had dirty pages. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/bytes.h"
#include "fs/ntfs_fixup.h"
#include "fs/ntfs_replay_target.h"
#include "test-fs-ntfs-crash.h"

enum {
    PAGE = 4096,
    RECORD_BYTES = 1024,
    BLOCK_BYTES = 4096,
    SECTOR = 512,
    TYPE_DATA = 0x80,
    SCRATCH_MIB = 64,
};

/* Where the log's first page begins, and a checkpoint near its end. */
#define FIRST_LSN UINT64_C(0x100808)
#define CHECKPOINT_LSN UINT64_C(0x10578d)

typedef struct {
    NtfsImage *image;
    Disk *disk; /* as Windows left it */
    NtfsGeometry geometry;
    GBytes *log;
    NtfsLogFile *file;
    GArray *lsns; /* of all its records */
    NtfsReplay replay;
    NtfsReplayTables tables;
    NtfsReplayContext context;
} Fixture;

static gboolean fixture_make(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_auto(NtfsLogRecord) record = {0};
    gboolean found = TRUE;

    fixture->image = ntfs_image_from_testdata("windows-dirty11.dd.xz");
    if (fixture->image == NULL) {
        return FALSE;
    }
    fixture->disk = disk_open_file(fixture->image->path, FALSE, SECTOR, &error);
    g_assert_no_error(error);
    fixture->log = crash_image_read_log(fixture->image, &fixture->geometry);
    g_assert_true(ntfs_log_file_open(g_bytes_get_data(fixture->log, NULL),
                                     g_bytes_get_size(fixture->log), &fixture->file, &error));
    fixture->lsns = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (guint64 lsn = FIRST_LSN; found; lsn = record.next_lsn) {
        g_assert_true(ntfs_log_file_read(fixture->file, lsn, &record, &found, &error));
        if (found) {
            g_array_append_val(fixture->lsns, lsn);
        }
    }
    g_assert_cmpuint(fixture->lsns->len, ==, 796);
    fixture->replay.disk = disk_new_scratch(fixture->disk, (guint64)SCRATCH_MIB << 20);
    fixture->replay.changed = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    ntfs_replay_tables_init(&fixture->tables);
    g_assert_true(ntfs_replay_tables_load(&fixture->tables, fixture->file,
                                          ntfs_log_file_checkpoint(fixture->file), &error));
    fixture->context = (NtfsReplayContext){&fixture->replay, &fixture->geometry, &fixture->tables};
    return TRUE;
}

static void fixture_clear(Fixture *fixture)
{
    ntfs_image_free(fixture->image);
    disk_unref(fixture->disk);
    g_clear_pointer(&fixture->log, g_bytes_unref);
    ntfs_log_file_free(fixture->file);
    g_clear_pointer(&fixture->lsns, g_array_unref);
    disk_unref(fixture->replay.disk);
    g_clear_pointer(&fixture->replay.changed, g_hash_table_unref);
    ntfs_replay_tables_clear(&fixture->tables);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

/* FALSE: a checkpoint. */
static gboolean read_action(const Fixture *fixture, guint index, NtfsLogRecord *record,
                            NtfsLogAction *ret_action)
{
    g_autoptr(GError) error = NULL;
    const guint64 lsn = g_array_index(fixture->lsns, guint64, index);

    g_assert_true(ntfs_log_file_need(fixture->file, lsn, record, &error));
    if (record->type != NTFS_LOG_RECORD_ACTION) {
        return FALSE;
    }
    g_assert_true(ntfs_log_action_parse(record, ret_action, &error));
    g_assert_no_error(error);
    return TRUE;
}

/* The size of the file record or index block that begins at this sector; else a sector's. */
static gsize read_block(Disk *disk, guint64 at, guint8 *block)
{
    gsize length = SECTOR;

    g_assert_true(disk_read(disk, at, block, SECTOR, NULL));
    if (memcmp(block, "FILE", 4) == 0 || memcmp(block, "INDX", 4) == 0) {
        length = block[0] == 'F' ? RECORD_BYTES : BLOCK_BYTES;
        g_assert_true(disk_read(disk, at, block, length, NULL));
    }
    /* Old pages of the log look like that too, but are torn. */
    return length > SECTOR && ntfs_fixup_is_whole(block, length) ? length : SECTOR;
}

/* Blocks that were past a change are so no more. */
static void forget_lsns(Disk *disk)
{
    guint8 block[BLOCK_BYTES];

    for (guint64 at = 0; at + SECTOR <= disk_size(disk); at += SECTOR) {
        if (read_block(disk, at, block) > SECTOR) {
            put_le64(block + 8, 0);
            g_assert_true(disk_write(disk, at, block, SECTOR, NULL));
        }
    }
}

/* The content of small files is in their record, but not in the log. */
static void blank_data(guint8 *record)
{
    gsize at = get_le16(record + 20);

    while (at + 24 <= RECORD_BYTES && get_le32(record + at) <= TYPE_DATA) {
        guint8 *attribute = record + at;
        const gsize length = get_le32(attribute + 4);

        g_assert_cmpuint(at + length, <=, RECORD_BYTES);
        if (get_le32(attribute) == TYPE_DATA && attribute[8] == 0) {
            memset(attribute + get_le16(attribute + 20), 0, length - get_le16(attribute + 20));
        }
        at += length;
    }
}

/* What counts of a file record or an index block. */
static void normalise(guint8 *block, gsize length)
{
    const gboolean is_record = memcmp(block, "FILE", 4) == 0;
    guint32 used;

    g_assert_true(ntfs_fixup_remove(block, length));
    used = is_record ? get_le32(block + 24) : get_le32(block + 28) + 24;
    g_assert_cmpuint(used, <=, length);
    memset(block + used, 0, length - used);
    memset(block + get_le16(block + 4), 0, (length / SECTOR + 1) * 2);
    memset(block + 8, 0, 8);
    if (is_record) {
        blank_data(block);
    }
}

/* Every file record, index block and sector of two disks; returns how many records and blocks. */
static guint assert_same_disks(Disk *one, Disk *other)
{
    guint8 ours[BLOCK_BYTES], theirs[BLOCK_BYTES];
    guint count = 0;

    for (guint64 at = 0; at + SECTOR <= disk_size(one);) {
        const gsize length = read_block(one, at, ours);

        g_assert_cmpuint(read_block(other, at, theirs), ==, length);
        if (length > SECTOR) {
            normalise(ours, length);
            normalise(theirs, length);
            count++;
        }
        if (memcmp(ours, theirs, length) != 0) {
            g_error("they differ at 0x%" G_GINT64_MODIFIER "x", at);
        }
        at += length;
    }
    return count;
}

/* Records that were used again for another file cannot be followed back to the first one: their
   old content is nowhere. */
static void test_back_and_forth(void)
{
    g_auto(Fixture) fixture = {0};
    g_auto(NtfsLogRecord) record = {0};
    NtfsLogAction action;
    guint undone = 0, lost = 0, redone = 0;
    gboolean done;

    if (!fixture_make(&fixture)) {
        return;
    }
    for (guint i = fixture.lsns->len; i > 0; i--) {
        g_autoptr(GError) error = NULL;

        if (read_action(&fixture, i - 1, &record, &action) &&
            ntfs_log_operation_target(action.undo) != NTFS_LOG_TARGET_NONE) {
            if (ntfs_replay_apply(&fixture.context, &action, TRUE, &done, &error)) {
                undone += done ? 1 : 0;
            } else {
                lost++;
            }
        }
    }
    g_assert_cmpuint(undone, >=, 580);
    g_assert_cmpuint(lost, <=, 16);
    forget_lsns(fixture.replay.disk);
    for (guint i = 0; i < fixture.lsns->len; i++) {
        g_autoptr(GError) error = NULL;

        if (read_action(&fixture, i, &record, &action) &&
            ntfs_log_operation_target(action.redo) != NTFS_LOG_TARGET_NONE) {
            const gboolean ok = ntfs_replay_apply(&fixture.context, &action, FALSE, &done, &error);

            g_assert_no_error(error);
            g_assert_true(ok && done);
            redone++;
        }
    }
    g_assert_cmpuint(redone, ==, 601);
    g_assert_cmpuint(assert_same_disks(fixture.disk, fixture.replay.disk), ==, 263);
}

/* Both restart pages name the earlier checkpoint. */
static void name_checkpoint(guint8 *log)
{
    for (gsize page = 0; page < (gsize)2 * PAGE; page += PAGE) {
        g_assert_true(ntfs_fixup_remove(log + page, PAGE));
        put_le64(log + page + 112, FIRST_LSN);
        put_le64(log + page + 120, CHECKPOINT_LSN);
        g_assert_true(ntfs_fixup_apply(log + page, PAGE));
    }
}

/* Takes back what had not reached the disk for sure when that checkpoint was written. */
static void go_back_to_checkpoint(Fixture *fixture)
{
    g_auto(NtfsLogRecord) record = {0};
    g_autoptr(GError) error = NULL;
    NtfsLogAction action;
    gboolean done;

    ntfs_replay_tables_clear(&fixture->tables);
    ntfs_replay_tables_init(&fixture->tables);
    g_assert_true(ntfs_replay_tables_load(&fixture->tables, fixture->file, CHECKPOINT_LSN, &error));
    for (guint i = 0; i < fixture->lsns->len; i++) {
        if (g_array_index(fixture->lsns, guint64, i) > fixture->tables.start_lsn &&
            read_action(fixture, i, &record, &action)) {
            g_assert_true(
                ntfs_replay_tables_add(&fixture->tables, &action, record.undo_next_lsn, &error));
        }
    }
    for (guint i = fixture->lsns->len; i > 0; i--) {
        const NtfsDirtyCluster *cluster;

        if (!read_action(fixture, i - 1, &record, &action)) {
            continue;
        }
        cluster = ntfs_replay_tables_cluster(&fixture->tables, action.attribute, action.vcn);
        if (cluster != NULL && action.lsn >= cluster->oldest_lsn) {
            g_autoptr(GError) lost = NULL;

            (void)!ntfs_replay_apply(&fixture->context, &action, TRUE, &done, &lost);
        }
    }
    forget_lsns(fixture->replay.disk);
}

static void test_from_checkpoint(void)
{
    g_auto(Fixture) fixture = {0};
    g_autofree guint8 *log = NULL;
    g_autoptr(NtfsReplay) replay = NULL;
    g_autoptr(GError) error = NULL;
    gsize length;

    if (!fixture_make(&fixture)) {
        return;
    }
    go_back_to_checkpoint(&fixture);
    log = g_bytes_unref_to_data(g_bytes_ref(fixture.log), &length);
    name_checkpoint(log);
    g_assert_true(
        ntfs_replay_run(fixture.replay.disk, &fixture.geometry, log, length, &replay, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(replay->redone, ==, 39);
    g_assert_cmpuint(replay->undone, ==, 0);
    g_assert_cmpuint(assert_same_disks(fixture.disk, replay->disk), ==, 263);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fs/ntfs/replay/windows/back-and-forth", test_back_and_forth);
    g_test_add_func("/fs/ntfs/replay/windows/from-checkpoint", test_from_checkpoint);
    return g_test_run();
}
