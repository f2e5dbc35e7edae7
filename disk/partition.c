/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partition tables: which kind a disk has, and windows onto its partitions. */
#include "disk/partition.h"

#include "base/bytes.h"
#include "base/error.h"
#include "disk/partition_table.h"

#define MBR_BYTES 512

void partition_free(Partition *partition)
{
    if (!partition)
        return;
    g_free(partition->type_guid);
    g_free(partition->uuid);
    g_free(partition->name);
    g_free(partition);
}

static void free_element(gpointer partition)
{
    partition_free(partition);
}

void partition_table_free(PartitionTable *table)
{
    if (!table)
        return;
    g_free(table->disk_id);
    g_ptr_array_unref(table->partitions);
    g_free(table);
}

gboolean partition_table_add(PartitionTable *table, const Disk *disk, Partition *partition,
                             GError **error)
{
    if (partition->length_bytes == 0 ||
        !range_is_within(partition->start_bytes, partition->length_bytes, disk_size(disk))) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "the image is shorter than the disk it was made from; export it again",
                          "partition %u of %s reaches beyond the end of the disk",
                          partition->number, disk_name(disk));
        partition_free(partition);
        return FALSE;
    }
    g_ptr_array_add(table->partitions, partition);
    return TRUE;
}

/* The disk may have been written with another sector size than it has now; the header's place on
   the disk tells. */
static gboolean find_gpt(Disk *disk, PartitionTable *table, gboolean *ret_found, GError **error)
{
    uint32_t own = disk_sector_size(disk);
    const uint32_t sizes[] = {own, own == 512 ? 4096 : 512};
    gboolean damaged = FALSE;
    *ret_found = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(sizes) && !*ret_found; i++) {
        GptResult result;
        if (!gpt_read(disk, sizes[i], table, &result, error))
            return FALSE;
        *ret_found = result == GPT_FOUND;
        damaged |= result == GPT_DAMAGED;
    }
    if (*ret_found || !damaged)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                      "repair it in the source machine with gdisk, and export it again",
                      "both copies of the partition table of %s are damaged", disk_name(disk));
    return FALSE;
}

PartitionTable *partition_table_new(const Disk *disk)
{
    PartitionTable *table = g_new0(PartitionTable, 1);
    table->kind = PARTITION_TABLE_NONE;
    table->sector_size = disk_sector_size(disk);
    table->partitions = g_ptr_array_new_with_free_func(free_element);
    return table;
}

PartitionTable *partition_table_read(Disk *disk, GError **error)
{
    g_autoptr(PartitionTable) table = partition_table_new(disk);
    if (disk_size(disk) < MBR_BYTES)
        return g_steal_pointer(&table);

    uint8_t sector[MBR_BYTES];
    gboolean found = FALSE;
    if (!disk_read(disk, 0, sector, sizeof(sector), error))
        return NULL;
    if (!mbr_is_table(sector, disk_size(disk) / table->sector_size))
        return g_steal_pointer(&table);
    /* Without a protective entry a GPT is a leftover that nobody uses (UEFI 2.10, 5.2.3). With one,
       and others (a hybrid MBR), it is the GPT that Linux goes by. */
    gboolean protective = mbr_is_protective(sector);
    if (protective && !find_gpt(disk, table, &found, error))
        return NULL;
    if (!found && !mbr_read(disk, sector, table, error))
        return NULL;
    /* All that is left of a wiped GPT: the disk may be one volume by now. */
    if (protective && !found && table->partitions->len == 0) {
        table->kind = PARTITION_TABLE_NONE;
        g_clear_pointer(&table->disk_id, g_free);
    }
    return g_steal_pointer(&table);
}

gboolean partition_is_extended(const Partition *partition)
{
    return partition->mbr_type == 0x05 || partition->mbr_type == 0x0f ||
           partition->mbr_type == 0x85;
}

Disk *partition_open(Disk *disk, const Partition *partition, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s partition %u", disk_name(disk), partition->number);
    return disk_new_window(disk, partition->start_bytes, partition->length_bytes, name, error);
}
