/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two kinds of partition table, each read by its own file. Only for files of disk/. */
#ifndef DISK_PARTITION_TABLE_H
#define DISK_PARTITION_TABLE_H

#include "disk/partition.h"

/* Fills table (kind, disk_id, partitions) from the MBR in sector 0, which has been found to be one.
   A protective entry is no partition. */
gboolean mbr_read(Disk *disk, const uint8_t *sector, PartitionTable *table,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A boot record with a partition table in it, and no filesystem's boot sector. */
gboolean mbr_is_table(const uint8_t *sector, uint64_t disk_sectors);
/* It has an entry of type 0xee: a GPT stands behind it. */
gboolean mbr_is_protective(const uint8_t *sector);

typedef enum {
    GPT_ABSENT,  /* nothing looks like one */
    GPT_DAMAGED, /* a header is there, but no copy that its checksums confirm */
    GPT_FOUND,   /* table is filled */
} GptResult;

/* Looks for a GPT with sectors of sector_size, the primary first, then the backup where the primary
   says, then at the end of the disk. */
gboolean gpt_read(Disk *disk, uint32_t sector_size, PartitionTable *table, GptResult *ret_result,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Appends a partition after checking that it lies within disk; takes the strings over. */
gboolean partition_table_add(PartitionTable *table, const Disk *disk, Partition *partition,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void partition_free(Partition *partition);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Partition, partition_free)

#endif
