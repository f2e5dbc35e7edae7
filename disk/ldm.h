/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dynamic disks of Windows (logical disk manager): the volumes of their groups as disks. Simple,
   spanned, striped and mirrored volumes are mapped; of others it is said what they are. */
#ifndef DISK_LDM_H
#define DISK_LDM_H

#include "disk/ldm_database.h"

/* A dynamic disk of the machine. */
typedef struct {
    const LdmDatabase *database;
    Disk *disk;
} LdmMember;

typedef struct {
    char *group, *name;    /* "Server-Dg0", "Volume1" */
    char *guid;            /* lower case; the bytes in the order of RFC 4122 */
    const char *type;      /* "simple", "spanned", "striped", "mirrored"; "raid5" is not mapped */
    guint copies, present; /* of its content: that it should have, and that are whole */
    guint first_member;
    char *problem; /* why disk is NULL although its type is mapped; else NULL */
    Disk *disk;    /* owned; NULL: not mapped */
} LdmMapped;

/* Of LdmMapped, in the order of the newest database of each group. Copies are all written, and read
   from the first one. */
GPtrArray *ldm_assemble(const LdmMember *members, guint count);

#endif
