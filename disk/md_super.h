/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Superblocks of Linux software RAID (md), versions 0.90 and 1.0 to 1.2. The layouts are those of
   the kernel's include/uapi/linux/raid/md_p.h. */
#ifndef DISK_MD_SUPER_H
#define DISK_MD_SUPER_H

#include "disk/disk.h"

#define MD_UUID_BYTES 16
#define MD_LEVEL_LINEAR (-1)

typedef struct {
    uint64_t offset;             /* bytes: where it is on the volume */
    const char *version;         /* "0.90", "1.0", "1.1", "1.2" */
    uint8_t uuid[MD_UUID_BYTES]; /* of the array */
    char *name;                  /* "host:name"; NULL: 0.90, or none */
    guint md_minor;              /* the N of /dev/mdN: 0.90 only */
    int level;                   /* 0, 1, 4, 5, 6, 10, MD_LEVEL_LINEAR, … */
    uint32_t layout;
    uint64_t chunk_bytes; /* 0: none */
    guint slots;          /* of the array */
    uint64_t events, created;
    uint64_t data_start, data_bytes; /* on the volume */
    uint64_t used_bytes; /* of data_bytes, by each member; levels with copies or parity */
    guint number;        /* of the member; slots and numbers differ after a repair */
    int slot;            /* of the member, as it knows it; -1: spare, faulty, a journal */
    GArray *roles;       /* of int, by member number: its slot, or -1 */
    gboolean is_behind;  /* being rebuilt, or a replacement: written, not read */
    gboolean has_bad_blocks;
    gboolean is_reshaping; /* between two layouts */
} MdSuper;

/* The superblock that was made last, of those that are whole and at their places; none:
   DRYDOCK_ERROR_CORRUPT. */
MdSuper *md_super_read(Disk *volume, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void md_super_free(MdSuper *super);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MdSuper, md_super_free)

#endif
