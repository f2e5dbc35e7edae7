/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database that Windows' logical disk manager keeps on each disk of a group of dynamic disks:
   private header, tables of contents, and records. The layout is the one that the Linux-NTFS
   project's LDM documentation and the kernel's block/partitions/ldm.h describe; of GPT disks, that
   the header is the last sector of the metadata partition, is from libldm. */
#ifndef DISK_LDM_DATABASE_H
#define DISK_LDM_DATABASE_H

#include "disk/partition.h"

typedef struct {
    uint64_t id;
    char *name; /* "Disk1" */
    char *guid; /* as in a disk's header, lower case */
} LdmDisk;

typedef enum {
    LDM_STRIPED = 1,
    LDM_SPANNED = 2, /* also of one extent */
    LDM_RAID5 = 3,
} LdmLayout;

/* A copy of a volume: two of them make a mirror. */
typedef struct {
    uint64_t id, volume;
    LdmLayout layout;
    gboolean is_active; /* whole and up to date */
    uint64_t extents;   /* how many it is made of */
    uint64_t chunk_bytes;
    uint64_t columns; /* 0: it does not say */
} LdmComponent;

/* A piece of a disk. */
typedef struct {
    uint64_t id, component, disk;
    uint64_t start_bytes;  /* on the disk, from where its data begin */
    uint64_t offset_bytes; /* in the component, or in its column */
    uint64_t length_bytes;
    uint64_t column;
} LdmExtent;

typedef struct {
    uint64_t id;
    char *name; /* "Volume1" */
    char *type; /* "gen", "raid5" */
    char *guid;
    uint64_t size_bytes;
    uint64_t components; /* how many copies it has */
} LdmVolume;

typedef struct {
    char *disk_guid; /* of the disk it was read from */
    char *group_guid, *group_name;
    uint64_t sequence; /* of the last change; the newest database of a group counts */
    uint64_t data_start_bytes, data_length_bytes;      /* on that disk */
    GPtrArray *disks, *volumes, *components, *extents; /* of the structs above */
} LdmDatabase;

/* Of a disk with that partition table; a database that contradicts itself is DRYDOCK_ERROR_CORRUPT.
   What is wrong with single volumes is for ldm.h to find. */
LdmDatabase *ldm_database_read(Disk *disk, const PartitionTable *table,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ldm_database_free(LdmDatabase *database);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LdmDatabase, ldm_database_free)

/* Text of a GUID as the database has it, in the order of RFC 4122. */
char *ldm_guid_to_text(const uint8_t *guid);

/* Windows manages the space of this partition by the database. */
gboolean ldm_is_member(const Partition *partition);

#endif
