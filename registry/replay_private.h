/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the two log formats. For this folder only. */
#ifndef REGISTRY_REPLAY_PRIVATE_H
#define REGISTRY_REPLAY_PRIVATE_H

#include "registry/format.h"
#include "registry/header.h"
#include "registry/replay.h"

enum {
    LOG_MAX = 8, /* there are at most three: .LOG, .LOG1, .LOG2 */
    LOG_UNIT = 512,
};

/* A log whose header is valid and whose sequence numbers are equal. */
typedef struct {
    const uint8_t *bytes;
    size_t length;
    HiveHeader header;
} HiveLog;

/* The hive while it is rebuilt; copied from the source at the first change only. */
typedef struct {
    GBytes *source;
    uint8_t *bytes; /* NULL: nothing was changed */
    size_t length;  /* of bytes, at least 4096 + bins_size */
    uint32_t bins_size;
    uint32_t last_sequence; /* of what was applied */
    guint entries;
} HiveRebuild;

/* Makes room for bins_size bytes of bins, zero filled. FALSE when that is too much. */
gboolean hive_rebuild_set_bins_size(HiveRebuild *rebuild, uint32_t bins_size);

/* The header becomes that of the log. */
void hive_rebuild_set_header(HiveRebuild *rebuild, const HiveLog *log);

/* Applies logs (any order) to the rebuild. primary: the hive's header; has_primary FALSE when it is
   not valid. Damage ends the log it is in. */
void hive_replay_new_logs(HiveRebuild *rebuild, const HiveHeader *primary, gboolean has_primary,
                          HiveLog *logs, guint count);
void hive_replay_old_logs(HiveRebuild *rebuild, const HiveHeader *primary, gboolean has_primary,
                          HiveLog *logs, guint count);

#endif
