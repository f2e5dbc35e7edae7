/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a Linux kernel is to put volumes together where we do not map them ourselves: tables of its
   device mapper, and RAID arrays. LVM and RAID say it here, fs/uml_stack.c has it done. */
#ifndef DISK_MAPPER_H
#define DISK_MAPPER_H

#include "disk/disk.h"

/* An array whose number does not matter. */
#define MAPPER_ANY_NUMBER G_MAXUINT

/* An array knows by its superblocks how it goes together. */
typedef struct {
    const char *level;  /* "raid5"; static; NULL: no array */
    guint major, minor; /* of its superblock's version */
    guint number;       /* the N of /dev/mdN, which version 0.90 stores whenever it is written */
    GArray *members;    /* of guint: of the plan's disks */
} MapperArray;

typedef struct {
    char *name; /* for messages: "group/root" */
    /* Lines of "start length target arguments", in sectors of 512 bytes (Linux,
       Documentation/admin-guide/device-mapper). A word "@disk:N" stands for the plan's disk N,
       "@device:N" for its device N. NULL: an array. */
    char *table;
    MapperArray array;
    GArray *needs;       /* of guint: devices that have to be there before; lower ones only */
    uint64_t size_bytes; /* 0: the kernel knows */
} MapperDevice;

typedef struct {
    gint ref_count;
    GPtrArray *disks;   /* of Disk */
    GPtrArray *devices; /* of MapperDevice */
} MapperPlan;

MapperPlan *mapper_plan_new(void);
MapperPlan *mapper_plan_ref(MapperPlan *plan);
void mapper_plan_unref(MapperPlan *plan); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MapperPlan, mapper_plan_unref)

/* Its number among the plan's disks, whether it is there already or not; takes a reference. */
guint mapper_plan_add_disk(MapperPlan *plan, Disk *disk);
/* A new device without a table; its number is the last one. Takes name. */
MapperDevice *mapper_plan_add_device(MapperPlan *plan, char *name);

/* A table with paths in place of what stands for disks and devices. */
typedef char *(*MapperName)(gpointer data, gboolean is_disk, guint number);
char *mapper_table_fill(const char *table, MapperName name, gpointer data);

#endif
