/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LVM2: volume groups put together from physical volumes, and their logical volumes as disks.
   Linear and striped volumes are mapped; for others there is a plan that a kernel can carry out. */
#ifndef DISK_LVM_H
#define DISK_LVM_H

#include "disk/lvm_label.h"
#include "disk/mapper.h"

/* A physical volume of the machine. */
typedef struct {
    const LvmLabel *label;
    Disk *disk;
} LvmMember;

typedef struct {
    char *name; /* "root" */
    char *id;   /* as LVM prints it, with hyphens */
    char *type; /* "linear", "striped", or LVM's name of what is not mapped: "thin", "raid1", …;
                   "stacked": on other logical volumes, as while pvmove runs; "snapshot": what a
                   snapshot keeps of its origin; "snapshot-merge": an origin in between */
    uint64_t size_bytes;
    gboolean has_snapshots; /* of the old kind, which what is written to it makes inconsistent */
    guint first_member;     /* where its first extent is */
    char *problem;          /* why there is no disk and no device although its type has one */
    Disk *disk;             /* owned; NULL: not mapped */
    /* In the group's plan; -1: none. A volume with disk has one where that keeps its snapshots. */
    int device;
} LvmVolume;

typedef struct {
    char *name;
    char *id;
    uint64_t sequence;
    GPtrArray *members; /* guint as pointers: indexes of its physical volumes */
    GPtrArray *missing; /* of char: physical volumes that are not there, for people */
    GPtrArray *volumes; /* of LvmVolume: those that users see */
    MapperPlan *plan;
} LvmGroup;

typedef struct {
    GPtrArray *groups;    /* of LvmGroup, in the order of their first member */
    GPtrArray *duplicate; /* guint as pointers: members left out, another has the same identifier */
    GPtrArray *unknown;   /* guint: members in no group, where a damaged area may have told it */
    GPtrArray *damaged;   /* guint: members of a group with a metadata area that is damaged */
} LvmSet;

/* Of several descriptions of a group the newest counts. Bad ones are stepped over. Groups of the
   same name are kept apart by their identifiers. */
LvmSet *lvm_assemble(const LvmMember *members, guint count);
void lvm_set_free(LvmSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LvmSet, lvm_set_free)

/* "/dev/mapper/…" of a volume: hyphens inside the names are doubled. */
char *lvm_mapper_name(const char *group, const char *volume);

#endif
