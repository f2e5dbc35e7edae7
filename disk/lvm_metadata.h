/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The description of a volume group, as LVM2's metadata text has it. Only for files of disk/. */
#ifndef DISK_LVM_METADATA_H
#define DISK_LVM_METADATA_H

#include <glib.h>
#include <stdint.h>

#include "disk/lvm_text.h"

typedef struct {
    char *name; /* within the text: "pv0" */
    guint index;
    char *id;       /* as in the label, without hyphens */
    char *device;   /* what the source called it, a hint; may be NULL */
    uint64_t start; /* bytes: where its extents begin */
    uint64_t extents;
    gboolean is_missing; /* LVM has written the group without it: what it holds is out of date */
} LvmPhysical;

typedef struct {
    guint physical; /* index in the group */
    uint64_t extent;
} LvmArea;

typedef struct {
    uint64_t extents;
    uint64_t stripe_bytes; /* 0 with one area */
    GArray *areas;         /* of LvmArea */
} LvmSegment;

typedef struct {
    char *name;
    char *id;   /* as in the text, with hyphens */
    char *type; /* "linear", "striped", or of the first segment that is neither */
    gboolean is_visible, has_snapshots;
    uint64_t extents;
    GPtrArray *segments; /* of LvmSegment; NULL: its type is neither "linear" nor "striped" */
    const LvmNode *node; /* its section of the text */
    /* Of a snapshot of the old kind: "snapshot0" { origin, cow_store }. While it is merged into its
       origin that has the data of neither. */
    const LvmNode *snapshot; /* on the volume that users see as the snapshot; else NULL */
    gboolean is_merging;     /* on the origin */
} LvmLogical;

typedef struct {
    char *name;
    char *id;      /* with hyphens */
    LvmNode *root; /* the text, parsed */
    uint64_t sequence;
    uint64_t extent_bytes;
    GPtrArray *physical;                            /* of LvmPhysical */
    GPtrArray *logical;                             /* of LvmLogical */
    GHashTable *physical_by_name, *logical_by_name; /* of the same; the first of a name */
} LvmMetadata;

/* What contradicts itself is DRYDOCK_ERROR_CORRUPT: names LVM would not give, extents that no
   volume or two volumes have, segments with gaps. */
LvmMetadata *lvm_metadata_parse(const char *text, size_t length,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
void lvm_metadata_free(LvmMetadata *metadata);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LvmMetadata, lvm_metadata_free)

#endif
