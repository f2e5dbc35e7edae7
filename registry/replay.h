/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transaction logs of a hive: what Windows would do with .LOG, .LOG1 and .LOG2 when it loads it.
   Old format (XP to 8) and new format (8.1 and later), see docs in replay.c. */
#ifndef REGISTRY_REPLAY_H
#define REGISTRY_REPLAY_H

#include <glib.h>
#include <stdint.h>

typedef enum {
    HIVE_REPLAY_CLEAN,    /* nothing to do: logs are ignored, as Windows does */
    HIVE_REPLAY_APPLIED,  /* log entries were applied */
    HIVE_REPLAY_UNUSABLE, /* the hive is dirty and no log fits: readable as it is, not editable */
} HiveReplayResult;

typedef struct {
    HiveReplayResult result;
    guint entries;         /* log entries (new format) or logs (old format) applied */
    uint32_t max_sequence; /* the highest sequence number seen in hive and logs */
} HiveReplay;

/* logs: count bytes objects, any may be NULL or empty. *ret_hive is a new hive file (or a reference
   on hive when clean) with equal sequence numbers and a right checksum, unless UNUSABLE. Damage in
   a log ends that log and is no error; DRYDOCK_ERROR_CORRUPT is for a hive that is none. */
gboolean hive_replay(GBytes *hive, GBytes *const *logs, guint count, GBytes **ret_hive,
                     HiveReplay *ret_replay, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
