/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MBR and GPT partition tables (UEFI 2.10 chapter 5; extended partitions as DOS and Linux have
   them). Read by us because the disk is no device of the host. */
#ifndef DISK_PARTITION_H
#define DISK_PARTITION_H

#include "disk/disk.h"

typedef enum {
    PARTITION_TABLE_NONE, /* no table: the disk is one volume, or empty */
    PARTITION_TABLE_MBR,
    PARTITION_TABLE_GPT,
} PartitionTableKind;

typedef struct {
    guint number; /* as Linux counts: 1…; logical MBR partitions from 5 */
    uint64_t start_bytes;
    uint64_t length_bytes;
    gboolean bootable;   /* MBR active flag, GPT legacy-boot attribute */
    guint mbr_type;      /* MBR type byte, 0 on GPT */
    char *type_guid;     /* GPT, lower case with hyphens; NULL on MBR */
    char *uuid;          /* PARTUUID as Linux writes it: GPT unique GUID, "ssssssss-nn" on MBR */
    char *name;          /* GPT partition name, UTF-8; NULL on MBR */
    uint64_t attributes; /* GPT, as they are; 0 on MBR */
} Partition;

typedef struct {
    PartitionTableKind kind;
    uint32_t sector_size;  /* the one the table is written for */
    char *disk_id;         /* PTUUID: GPT disk GUID, or the MBR disk signature as 8 hex digits */
    gboolean used_backup;  /* GPT: the primary header or array was damaged */
    GPtrArray *partitions; /* of Partition, by number */
} PartitionTable;

/* Never fails on nonsense: what is no table is PARTITION_TABLE_NONE. Errors are read errors and
   tables that contradict themselves (DRYDOCK_ERROR_CORRUPT): partitions beyond the disk's end,
   extended chains that loop. Free with partition_table_free(). */
PartitionTable *partition_table_read(Disk *disk, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The table of a disk that has none. */
PartitionTable *partition_table_new(const Disk *disk);
void partition_table_free(PartitionTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PartitionTable, partition_table_free)

/* A container of logical partitions, which are listed beside it. */
gboolean partition_is_extended(const Partition *partition);

/* A window onto one partition of disk. */
Disk *partition_open(Disk *disk, const Partition *partition,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define PARTITION_TYPE_EFI_SYSTEM "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define PARTITION_TYPE_BIOS_BOOT "21686148-6449-6e6f-744e-656564454649"
#define PARTITION_TYPE_COREOS_USR                                                                  \
    "5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6" /* dm-verity checks all of it */
#define PARTITION_TYPE_MICROSOFT_RESERVED "e3c9e316-0b5c-4db8-817d-f92df00215ae"
#define PARTITION_TYPE_MICROSOFT_BASIC "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"

#endif
