/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations that the other logs do not have, one by one: on a record, an index block, the tables.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/ntfs_replay_action.h"
#include "fs/ntfs_replay_tables.h"

enum { RECORD_BYTES = 1024, BLOCK_BYTES = 4096, ENTRY = 64, TRANSACTION = 24, ATTRIBUTE = 24 };

/* An entry of a view index: 8 bytes of data at offset 24, behind a key of 4. */
static void make_block(guint8 *block)
{
    memset(block, 0, BLOCK_BYTES);
    memcpy(block, "INDX", 4);
    put_le32(block + 24, ENTRY - 24);
    put_le32(block + 28, ENTRY - 24 + 32 + 16);
    put_le32(block + 32, BLOCK_BYTES - 24);
    put_le16(block + ENTRY, 24);
    put_le16(block + ENTRY + 2, 8);
    put_le16(block + ENTRY + 8, 32);
    put_le16(block + ENTRY + 10, 4);
    put_le16(block + ENTRY + 32 + 8, 16);
    put_le16(block + ENTRY + 32 + 12, 2);
}

static void test_record_data(void)
{
    static const struct {
        guint16 at;
        guint32 length;
        gboolean ok;
    } rows[] = {{ENTRY, 8, TRUE},       {ENTRY, 4, TRUE},      {ENTRY, 9, FALSE},
                {ENTRY + 32, 8, FALSE}, {ENTRY + 8, 8, FALSE}, {8, 8, FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree guint8 *block = g_malloc(BLOCK_BYTES);
        g_autoptr(GError) error = NULL;
        const NtfsChange change = {.operation = NTFS_LOG_UPDATE_RECORD_DATA_ALLOCATION,
                                   .data = (const guint8 *)"new data!",
                                   .length = rows[i].length,
                                   .attribute_offset = rows[i].at};

        make_block(block);
        g_assert_cmpint(ntfs_replay_change_block(block, BLOCK_BYTES, &change, &error), ==,
                        rows[i].ok);
        if (rows[i].ok) {
            g_assert_true(memcmp(block + ENTRY + 24, "new data!", rows[i].length) == 0);
        } else {
            g_assert_error(error, DRYDOCK_ERROR, DRYDOCK_ERROR_CORRUPT);
        }
    }
}

static void make_record(guint8 *record)
{
    memset(record, 0xaa, RECORD_BYTES);
    memset(record, 0, 56);
    memcpy(record, "FILE", 4);
    put_le16(record + 20, 56);
    put_le16(record + 22, 1);
    put_le32(record + 24, 64);
    put_le32(record + 28, RECORD_BYTES);
    put_le32(record + 56, 0xffffffffU);
}

static void test_zero_end(void)
{
    static const struct {
        guint16 from;
        guint32 length;
        gboolean ok;
    } rows[] = {{64, RECORD_BYTES - 64, TRUE}, {64, RECORD_BYTES - 63, FALSE}, {40, 100, FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree guint8 *record = g_malloc(RECORD_BYTES);
        g_autoptr(GError) error = NULL;
        const NtfsChange change = {.operation = NTFS_LOG_ZERO_END_OF_FILE_RECORD,
                                   .length = rows[i].length,
                                   .record_offset = rows[i].from};

        make_record(record);
        g_assert_cmpint(ntfs_replay_change_record(record, RECORD_BYTES, &change, &error), ==,
                        rows[i].ok);
        g_assert_cmpuint(record[RECORD_BYTES - 1], ==, rows[i].ok ? 0 : 0xaa);
    }
}

static NtfsLogAction make_action(guint16 redo, guint64 lsn, guint64 vcn, const guint8 *lcns)
{
    return (NtfsLogAction){.lsn = lsn,
                           .transaction = TRANSACTION,
                           .redo = redo,
                           .undo = NTFS_LOG_NOOP,
                           .attribute = ATTRIBUTE,
                           .clusters = lcns == NULL ? 0 : 1,
                           .vcn = vcn,
                           .lcns = lcns};
}

static void add(NtfsReplayTables *tables, const NtfsLogAction *action, guint64 undo_next)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(ntfs_replay_tables_add(tables, action, undo_next, &error));
    g_assert_no_error(error);
}

static guint64 lcn_of(const NtfsReplayTables *tables, guint64 vcn)
{
    const NtfsDirtyCluster *cluster = ntfs_replay_tables_cluster(tables, ATTRIBUTE, vcn);

    g_assert_nonnull(cluster);
    return cluster->lcn;
}

/* Clusters that are changed, moved and given back. */
static void test_clusters(void)
{
    g_auto(NtfsReplayTables) tables = {0};
    guint8 lcn[8], moved[8], ranges[32];
    NtfsLogAction action;

    ntfs_replay_tables_init(&tables);
    for (guint64 vcn = 0; vcn < 4; vcn++) {
        put_le64(lcn, 100 + vcn);
        action = make_action(NTFS_LOG_UPDATE_NONRESIDENT_VALUE, 10 + vcn, vcn, lcn);
        add(&tables, &action, 0);
    }
    put_le64(moved, 500);
    action = make_action(NTFS_LOG_HOT_FIX, 20, 1, moved);
    add(&tables, &action, 0);
    g_assert_cmpuint(lcn_of(&tables, 1), ==, 500);
    put_le64(ranges, 102);
    put_le64(ranges + 8, 1);
    put_le64(ranges + 16, 500);
    put_le64(ranges + 24, G_MAXUINT64);
    action = make_action(NTFS_LOG_DELETE_DIRTY_CLUSTERS, 21, 0, NULL);
    action.redo_data = ranges;
    action.redo_length = sizeof ranges;
    add(&tables, &action, 0);
    g_assert_cmpuint(lcn_of(&tables, 0), ==, 100);
    g_assert_cmpuint(lcn_of(&tables, 1), ==, 0);
    g_assert_cmpuint(lcn_of(&tables, 2), ==, 0);
    g_assert_cmpuint(lcn_of(&tables, 3), ==, 103);
    /* What was given back stays so: a hot fix is for clusters in use. */
    action = make_action(NTFS_LOG_HOT_FIX, 22, 2, moved);
    add(&tables, &action, 0);
    g_assert_cmpuint(lcn_of(&tables, 2), ==, 0);
    g_assert_cmpuint(ntfs_replay_tables_oldest(&tables, G_MAXUINT64), ==, 10);
}

/* Where the undoing of a transaction begins after each of its records; 0: nowhere. */
static void test_transactions(void)
{
    static const struct {
        guint16 redo, undo;
        guint64 lsn, undo_next;
        guint64 expected;
        gboolean active;
    } rows[] = {
        {NTFS_LOG_CREATE_ATTRIBUTE, NTFS_LOG_DELETE_ATTRIBUTE, 10, 0, 10, TRUE},
        {NTFS_LOG_DELETE_ATTRIBUTE, NTFS_LOG_CREATE_ATTRIBUTE, 20, 10, 20, TRUE},
        {NTFS_LOG_CREATE_ATTRIBUTE, NTFS_LOG_COMPENSATION, 30, 10, 10, TRUE},
        {NTFS_LOG_END_TOP_LEVEL_ACTION, NTFS_LOG_NOOP, 40, 5, 5, TRUE},
        {NTFS_LOG_PREPARE_TRANSACTION, NTFS_LOG_NOOP, 50, 40, 50, FALSE},
        {NTFS_LOG_COMMIT_TRANSACTION, NTFS_LOG_NOOP, 60, 50, 60, FALSE},
    };
    g_auto(NtfsReplayTables) tables = {0};
    guint8 lcn[8];
    NtfsLogAction action;

    put_le64(lcn, 7);
    ntfs_replay_tables_init(&tables);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const NtfsTransaction *transaction;

        action = make_action(rows[i].redo, rows[i].lsn, 0, lcn);
        action.undo = rows[i].undo;
        add(&tables, &action, rows[i].undo_next);
        transaction = g_hash_table_lookup(tables.transactions, GUINT_TO_POINTER(TRANSACTION));
        g_assert_nonnull(transaction);
        g_assert_cmpuint(transaction->first_lsn, ==, 10);
        g_assert_cmpuint(transaction->undo_next_lsn, ==, rows[i].expected);
        g_assert_cmpint(transaction->active, ==, rows[i].active);
    }
    action = make_action(NTFS_LOG_FORGET_TRANSACTION, 70, 0, NULL);
    add(&tables, &action, 0);
    g_assert_cmpuint(g_hash_table_size(tables.transactions), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fs/ntfs/replay/actions/record-data", test_record_data);
    g_test_add_func("/fs/ntfs/replay/actions/zero-end", test_zero_end);
    g_test_add_func("/fs/ntfs/replay/actions/clusters", test_clusters);
    g_test_add_func("/fs/ntfs/replay/actions/transactions", test_transactions);
    return g_test_run();
}
