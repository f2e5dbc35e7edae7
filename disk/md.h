/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux software RAID (md): members put together, and arrays as disks. RAID 0, 1, 10 with near
   copies, and linear arrays are mapped; for others there is a plan that a kernel can carry out. */
#ifndef DISK_MD_H
#define DISK_MD_H

#include "disk/mapper.h"
#include "disk/md_super.h"

/* A member of the machine. */
typedef struct {
    const MdSuper *super;
    Disk *disk;
} MdMember;

typedef struct {
    char *uuid;     /* as mdadm prints it: "64727964:01020304:a5b6c7d8:e9fa0b1c" */
    char *name;     /* "host:name"; NULL: none */
    guint md_minor; /* the N of /dev/mdN, where name is NULL */
    char *type;     /* "raid0", "raid1", "raid10", "linear"; others are not mapped: "raid5", … */
    guint slots, present; /* members it should have, and those that are there and up to date */
    guint first_member;
    GPtrArray *stale;     /* guint as pointers: members that fell out of it earlier */
    GPtrArray *duplicate; /* guint: members left out, another has their place */
    char *problem;        /* why disk is NULL although its type is mapped; else NULL */
    Disk *disk;           /* owned; NULL: not mapped */
    MapperPlan *plan;     /* its one device is the array; NULL: mapped, or nothing can be done */
} MdArray;

/* Of MdArray, in the order of their first member. Spares alone make no array. Copies are all
   written, and read from the first member that is up to date; what the members say of each other in
   the superblock that was written last counts. */
GPtrArray *md_assemble(const MdMember *members, guint count);

/* What follows "/dev/md/" or, for a number, "/dev/md": the name without its host. Not NULL. */
char *md_short_name(const MdArray *array);

#endif
