/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open attributes, dirty clusters and transactions: from the checkpoint, and from what follows it.
   Layouts: Linux, fs/ntfs3/fslog.c, struct NTFS_RESTART, RESTART_TABLE and the entries. */
#include "fs/ntfs_replay_tables.h"

#include "base/bytes.h"
#include "base/error.h"

enum {
    CHECKPOINT_BYTES = 64,
    TABLE_HEADER_BYTES = 24,
    ENTRY_MIN_BYTES = 32,
    TRANSACTION_BYTES = 40,
    LCN_RANGE_BYTES = 16,
    STATE_ACTIVE = 1,
    VCN_BITS = 48, /* of a key, below the attribute */
    CLUSTERS_MAX = 1 << 20,
    WORK_MAX = 1 << 28, /* clusters compared with ranges: a second or two */
};

#define ENTRY_ALLOCATED 0xffffffffU

/* 32-bit Windows, and 64-bit before 8, write the first; their tables have pointers in them. */
typedef struct {
    uint32_t bytes, type, file, index_bytes; /* of an open attribute */
    uint32_t vcn, oldest_lsn, lcns;          /* of a dirty page */
} Layout;

static const Layout narrow = {44, 28, 8, 40, 20, 28, 36};
static const Layout wide = {40, 8, 16, 4, 16, 24, 32};

static const Layout *layout_of(const NtfsReplayTables *tables)
{
    return tables->is_wide ? &wide : &narrow;
}

static gboolean fail(uint64_t lsn, const char *what, GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "record 0x%" G_GINT64_MODIFIER "x %s",
                      lsn, what);
    return FALSE;
}

void ntfs_replay_tables_init(NtfsReplayTables *tables)
{
    *tables = (NtfsReplayTables){
        .attributes = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free),
        .clusters = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free),
        .transactions = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free),
    };
}

void ntfs_replay_tables_clear(NtfsReplayTables *tables)
{
    g_clear_pointer(&tables->attributes, g_hash_table_unref);
    g_clear_pointer(&tables->clusters, g_hash_table_unref);
    g_clear_pointer(&tables->transactions, g_hash_table_unref);
}

const NtfsOpenAttribute *ntfs_replay_tables_attribute(const NtfsReplayTables *tables,
                                                      uint16_t attribute)
{
    return g_hash_table_lookup(tables->attributes, GUINT_TO_POINTER(attribute));
}

static uint64_t key_of(uint64_t attribute, uint64_t vcn)
{
    return attribute << VCN_BITS | vcn;
}

const NtfsDirtyCluster *ntfs_replay_tables_cluster(const NtfsReplayTables *tables,
                                                   uint16_t attribute, uint64_t vcn)
{
    const uint64_t key = key_of(attribute, vcn);

    return g_hash_table_lookup(tables->clusters, &key);
}

/* An earlier oldest_lsn stays, the last LCN counts. */
static gboolean set_cluster(NtfsReplayTables *tables, uint32_t attribute, uint64_t vcn,
                            uint64_t lcn, uint64_t lsn, GError **error)
{
    const uint64_t key = key_of(attribute, vcn);
    NtfsDirtyCluster *cluster = g_hash_table_lookup(tables->clusters, &key);

    if (attribute > G_MAXUINT16 || vcn >> VCN_BITS != 0) {
        return fail(lsn, "is about an impossible cluster", error);
    }
    if (cluster == NULL) {
        if (g_hash_table_size(tables->clusters) >= CLUSTERS_MAX) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "more than %d clusters are to be replayed", CLUSTERS_MAX);
            return FALSE;
        }
        cluster = g_new(NtfsDirtyCluster, 1);
        cluster->key = key;
        cluster->oldest_lsn = lsn;
        g_hash_table_insert(tables->clusters, &cluster->key, cluster);
    }
    cluster->lcn = lcn;
    cluster->oldest_lsn = MIN(cluster->oldest_lsn, lsn);
    return TRUE;
}

static void set_attribute(NtfsReplayTables *tables, uint32_t place, const uint8_t *entry)
{
    const Layout *layout = layout_of(tables);
    NtfsOpenAttribute *attribute = g_new(NtfsOpenAttribute, 1);

    *attribute = (NtfsOpenAttribute){
        .type = get_le32(entry + layout->type),
        .index_bytes = get_le32(entry + layout->index_bytes),
        .file = get_le64(entry + layout->file),
    };
    g_hash_table_insert(tables->attributes, GUINT_TO_POINTER(place), attribute);
}

static gboolean add_attribute_entry(NtfsReplayTables *tables, uint32_t place, const uint8_t *entry,
                                    uint32_t length, uint64_t lsn, GError **error)
{
    if (length < layout_of(tables)->bytes) {
        return fail(lsn, "has an impossible table of open attributes", error);
    }
    set_attribute(tables, place, entry);
    return TRUE;
}

static gboolean add_page_entry(NtfsReplayTables *tables, uint32_t place, const uint8_t *entry,
                               uint32_t length, uint64_t lsn, GError **error)
{
    const Layout *layout = layout_of(tables);
    uint32_t count;
    uint64_t vcn;

    (void)place;
    if (length < layout->lcns) {
        return fail(lsn, "has an impossible table of dirty pages", error);
    }
    count = get_le32(entry + 12);
    vcn = get_le64(entry + layout->vcn);
    if (count > (length - layout->lcns) / 8 || vcn > (UINT64_C(1) << VCN_BITS) - count) {
        return fail(lsn, "has an impossible dirty page", error);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!set_cluster(tables, get_le32(entry + 4), vcn + i,
                         get_le64(entry + layout->lcns + (size_t)i * 8),
                         get_le64(entry + layout->oldest_lsn), error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static NtfsTransaction *get_transaction(NtfsReplayTables *tables, uint32_t id)
{
    NtfsTransaction *transaction = g_hash_table_lookup(tables->transactions, GUINT_TO_POINTER(id));

    if (transaction == NULL) {
        transaction = g_new0(NtfsTransaction, 1);
        transaction->id = id;
        transaction->active = TRUE;
        g_hash_table_insert(tables->transactions, GUINT_TO_POINTER(id), transaction);
    }
    return transaction;
}

static gboolean add_transaction_entry(NtfsReplayTables *tables, uint32_t place,
                                      const uint8_t *entry, uint32_t length, uint64_t lsn,
                                      GError **error)
{
    NtfsTransaction *transaction;

    if (length < TRANSACTION_BYTES) {
        return fail(lsn, "has an impossible table of transactions", error);
    }
    transaction = get_transaction(tables, place);
    transaction->active = entry[4] == STATE_ACTIVE;
    transaction->first_lsn = get_le64(entry + 8);
    transaction->undo_next_lsn = get_le64(entry + 24);
    return TRUE;
}

typedef gboolean (*AddEntry)(NtfsReplayTables *tables, uint32_t place, const uint8_t *entry,
                             uint32_t length, uint64_t lsn, GError **error);

static const struct {
    uint16_t operation;
    uint32_t lsn, bytes; /* where the checkpoint says where the table is, and how long */
    AddEntry add;
} dumps[] = {
    {NTFS_LOG_OPEN_ATTRIBUTE_TABLE, 16, 48, add_attribute_entry},
    {NTFS_LOG_DIRTY_PAGE_TABLE, 32, 56, add_page_entry},
    {NTFS_LOG_TRANSACTION_TABLE, 40, 60, add_transaction_entry},
};

static gboolean load_table(NtfsReplayTables *tables, NtfsLogFile *log, uint64_t lsn, gsize which,
                           GError **error)
{
    g_auto(NtfsLogRecord) record = {0};
    NtfsLogAction action;
    uint32_t entry_bytes, count;

    if (!ntfs_log_file_need(log, lsn, &record, error) ||
        !ntfs_log_action_parse(&record, &action, error)) {
        return FALSE;
    }
    if (action.redo != dumps[which].operation || action.redo_length < TABLE_HEADER_BYTES) {
        return fail(lsn, "is not the table of the checkpoint", error);
    }
    entry_bytes = get_le16(action.redo_data);
    count = get_le16(action.redo_data + 2);
    if (entry_bytes < ENTRY_MIN_BYTES ||
        (uint64_t)entry_bytes * count > action.redo_length - TABLE_HEADER_BYTES) {
        return fail(lsn, "has an impossible table", error);
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t place = TABLE_HEADER_BYTES + i * entry_bytes;
        const uint8_t *entry = action.redo_data + place;

        if (get_le32(entry) == ENTRY_ALLOCATED &&
            !dumps[which].add(tables, place, entry, entry_bytes, lsn, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean ntfs_replay_tables_load(NtfsReplayTables *tables, NtfsLogFile *log, uint64_t lsn,
                                 GError **error)
{
    g_auto(NtfsLogRecord) record = {0};
    uint32_t major;

    if (!ntfs_log_file_need(log, lsn, &record, error)) {
        return FALSE;
    }
    if (record.type != NTFS_LOG_RECORD_CHECKPOINT || record.length < CHECKPOINT_BYTES) {
        return fail(lsn, "is no checkpoint", error);
    }
    major = get_le32(record.data);
    if (major > 1) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "checkpoints of version %u are not known", major);
        return FALSE;
    }
    tables->is_wide = major == 1;
    tables->start_lsn = get_le64(record.data + 8);
    if (tables->start_lsn == 0) {
        tables->start_lsn = lsn;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(dumps); i++) {
        if (get_le32(record.data + dumps[i].bytes) != 0 &&
            !load_table(tables, log, get_le64(record.data + dumps[i].lsn), i, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The clusters were given back: whatever was changed in them is nobody's business any more. */
static gboolean delete_clusters(NtfsReplayTables *tables, const NtfsLogAction *action,
                                GError **error)
{
    for (uint32_t at = 0; at + LCN_RANGE_BYTES <= action->redo_length; at += LCN_RANGE_BYTES) {
        const uint64_t start = get_le64(action->redo_data + at);
        const uint64_t length = get_le64(action->redo_data + at + 8);
        GHashTableIter iterator;
        gpointer value;

        tables->work += g_hash_table_size(tables->clusters);
        if (tables->work > WORK_MAX) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                              "too many clusters were deleted");
            return FALSE;
        }
        g_hash_table_iter_init(&iterator, tables->clusters);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
            NtfsDirtyCluster *cluster = value;

            if (cluster->lcn >= start && cluster->lcn - start < length) {
                cluster->lcn = 0;
            }
        }
    }
    return TRUE;
}

static gboolean note_clusters(NtfsReplayTables *tables, const NtfsLogAction *action, GError **error)
{
    for (uint32_t i = 0; i < action->clusters; i++) {
        if (!set_cluster(tables, action->attribute, action->vcn + i,
                         get_le64(action->lcns + (size_t)i * 8), action->lsn, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean open_attribute(NtfsReplayTables *tables, const NtfsLogAction *action,
                               GError **error)
{
    const uint32_t bytes = layout_of(tables)->bytes;

    if (action->redo_length < bytes || action->attribute < TABLE_HEADER_BYTES ||
        (action->attribute - TABLE_HEADER_BYTES) % bytes != 0) {
        return fail(action->lsn, "opens an impossible attribute", error);
    }
    set_attribute(tables, action->attribute, action->redo_data);
    return TRUE;
}

/* A bad cluster was replaced by another. */
static gboolean hot_fix(NtfsReplayTables *tables, const NtfsLogAction *action)
{
    const uint64_t key = key_of(action->attribute, action->vcn);
    NtfsDirtyCluster *cluster = g_hash_table_lookup(tables->clusters, &key);

    if (cluster != NULL && cluster->lcn != 0 && action->clusters > 0) {
        cluster->lcn = get_le64(action->lcns);
    }
    return TRUE;
}

gboolean ntfs_replay_tables_add(NtfsReplayTables *tables, const NtfsLogAction *action,
                                uint64_t undo_next_lsn, GError **error)
{
    NtfsTransaction *transaction = get_transaction(tables, action->transaction);

    if (transaction->first_lsn == 0) {
        transaction->first_lsn = action->lsn;
    }
    /* What a compensation record redoes is already the undoing of another: it is passed over. */
    transaction->undo_next_lsn =
        action->undo == NTFS_LOG_COMPENSATION || action->redo == NTFS_LOG_END_TOP_LEVEL_ACTION
            ? undo_next_lsn
            : action->lsn;
    if (ntfs_log_operation_target(action->redo) != NTFS_LOG_TARGET_NONE) {
        return note_clusters(tables, action, error);
    }
    switch (action->redo) {
    case NTFS_LOG_DELETE_DIRTY_CLUSTERS:
        return delete_clusters(tables, action, error);
    case NTFS_LOG_OPEN_ATTRIBUTE:
        return open_attribute(tables, action, error);
    case NTFS_LOG_HOT_FIX:
        return hot_fix(tables, action);
    case NTFS_LOG_PREPARE_TRANSACTION:
    case NTFS_LOG_COMMIT_TRANSACTION:
        transaction->active = FALSE;
        return TRUE;
    case NTFS_LOG_FORGET_TRANSACTION:
        (void)g_hash_table_remove(tables->transactions, GUINT_TO_POINTER(action->transaction));
        return TRUE;
    default:
        return TRUE; /* the dumps of a checkpoint that was not finished, for example */
    }
}

uint64_t ntfs_replay_tables_oldest(const NtfsReplayTables *tables, uint64_t limit)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, tables->clusters);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const NtfsDirtyCluster *cluster = value;

        if (cluster->oldest_lsn != 0) {
            limit = MIN(limit, cluster->oldest_lsn);
        }
    }
    g_hash_table_iter_init(&iterator, tables->transactions);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const NtfsTransaction *transaction = value;

        if (transaction->first_lsn != 0) {
            limit = MIN(limit, transaction->first_lsn);
        }
    }
    return limit;
}
