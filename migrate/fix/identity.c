/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a disk is known by later. */
#include "migrate/fix/identity.h"

#include <string.h>

#include "base/bytes.h"

#define EDGE_WITNESSES 16 /* at the beginning, where the partition table is, and at the end */
#define SPREAD_WITNESSES 96

#define MBR_SIGNATURE_OFFSET 440
#define MBR_MAGIC_OFFSET 510
#define GPT_GUID_OFFSET 56

void identity_clear(Identity *identity)
{
    g_clear_pointer(&identity->witnesses, g_array_unref);
}

void short_sum(const uint8_t *bytes, size_t length, uint8_t sum[UNDO_SHORT_SUM_BYTES])
{
    uint8_t digest[UNDO_SUM_BYTES];
    gsize digest_length = sizeof(digest);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, bytes, (gssize)length);
    g_checksum_get_digest(checksum, digest, &digest_length);
    memcpy(sum, digest, UNDO_SHORT_SUM_BYTES);
}

static gboolean read_table(Disk *disk, Identity *identity, GError **error)
{
    uint8_t sectors[2 * 4096] = {0};
    size_t sector = disk_sector_size(disk);
    if (disk_size(disk) < 2 * sector)
        return TRUE;
    if (!disk_read(disk, 0, sectors, 2 * sector, error))
        return FALSE;
    if (memcmp(sectors + sector, "EFI PART", 8) == 0) {
        identity->table = IDENTITY_TABLE_GPT;
        memcpy(identity->table_id, sectors + sector + GPT_GUID_OFFSET, 16);
    } else if (get_le16(sectors + MBR_MAGIC_OFFSET) == 0xaa55) {
        identity->table = IDENTITY_TABLE_MBR;
        memcpy(identity->table_id, sectors + MBR_SIGNATURE_OFFSET, 4);
    }
    return TRUE;
}

static size_t witness_length(uint64_t size, uint64_t offset)
{
    return (size_t)MIN(size - offset, UNDO_WITNESS_BYTES);
}

static gboolean sum_at(Disk *disk, uint64_t offset, uint8_t sum[UNDO_SHORT_SUM_BYTES],
                       GError **error)
{
    uint8_t bytes[UNDO_WITNESS_BYTES];
    size_t length = witness_length(disk_size(disk), offset);
    if (!disk_read(disk, offset, bytes, length, error))
        return FALSE;
    short_sum(bytes, length, sum);
    return TRUE;
}

static gboolean is_changed(const GArray *changes, uint64_t offset)
{
    for (guint i = 0; i < changes->len; i++) {
        const Range *range = &g_array_index(changes, Range, i);
        if (range->offset >= offset + UNDO_WITNESS_BYTES)
            return FALSE;
        if (range->offset + range->length > offset)
            return TRUE;
    }
    return FALSE;
}

static gboolean add_witness(Disk *disk, const GArray *changes, uint64_t block, GArray *witnesses,
                            GError **error)
{
    Witness witness = {.offset = block * UNDO_WITNESS_BYTES};
    uint64_t last =
        witnesses->len > 0 ? g_array_index(witnesses, Witness, witnesses->len - 1).offset : 0;
    if ((witnesses->len > 0 && witness.offset <= last) || is_changed(changes, witness.offset))
        return TRUE;
    if (!sum_at(disk, witness.offset, witness.sum, error))
        return FALSE;
    g_array_append_val(witnesses, witness);
    return TRUE;
}

gboolean identity_take(Disk *disk, const GArray *changes, Identity *ret_identity, GError **error)
{
    g_auto(Identity) identity = {.size_bytes = disk_size(disk),
                                 .witnesses = g_array_new(FALSE, FALSE, sizeof(Witness))};
    uint64_t blocks = disk_size(disk) / UNDO_WITNESS_BYTES;
    if (!read_table(disk, &identity, error))
        return FALSE;
    for (uint64_t i = 0; i < MIN(blocks, EDGE_WITNESSES); i++)
        if (!add_witness(disk, changes, i, identity.witnesses, error))
            return FALSE;
    for (uint64_t i = 1; i < SPREAD_WITNESSES; i++)
        if (!add_witness(disk, changes, blocks / SPREAD_WITNESSES * i, identity.witnesses, error))
            return FALSE;
    for (uint64_t i = blocks - MIN(blocks, EDGE_WITNESSES); i < blocks; i++)
        if (!add_witness(disk, changes, i, identity.witnesses, error))
            return FALSE;
    *ret_identity = identity;
    identity.witnesses = NULL;
    return TRUE;
}

gboolean identity_compare(const Identity *identity, Disk *disk, IdentityMatch *ret_match,
                          GError **error)
{
    Identity found = {.size_bytes = disk_size(disk)};
    if (!read_table(disk, &found, error))
        return FALSE;
    *ret_match = IDENTITY_SAME;
    if (found.size_bytes != identity->size_bytes || found.table != identity->table ||
        memcmp(found.table_id, identity->table_id, sizeof(found.table_id)) != 0)
        *ret_match = IDENTITY_OTHER;
    for (guint i = 0; i < identity->witnesses->len && *ret_match == IDENTITY_SAME; i++) {
        const Witness *witness = &g_array_index(identity->witnesses, Witness, i);
        uint8_t sum[UNDO_SHORT_SUM_BYTES];
        if (!sum_at(disk, witness->offset, sum, error))
            return FALSE;
        if (memcmp(sum, witness->sum, sizeof(sum)) == 0)
            continue;
        /* Without a table, what begins the disk (a label of LVM, a superblock) names it. */
        gboolean is_name = witness->offset == 0 && identity->table == IDENTITY_TABLE_NONE;
        *ret_match = is_name ? IDENTITY_OTHER : IDENTITY_CHANGED;
    }
    return TRUE;
}
