/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strict walk over everything reachable in a hive: what Windows would choke on is found here. */
#ifndef REGISTRY_VERIFY_H
#define REGISTRY_VERIFY_H

#include <glib.h>
#include <stdint.h>

typedef struct {
    guint keys, values;
    uint64_t data_bytes;
} HiveStatistics;

/* Header checksum and equal sequences, bin chain, every reachable cell: signature, bounds,
   allocated, not reached twice (sk cells aside), parent links, counts, subkey lists sorted by
   upper-cased UTF-16 name and with right hashes, big data where it must be, names and values within
   their cells. DRYDOCK_ERROR_CORRUPT names the first thing wrong, with key path and offset. */
gboolean hive_verify(GBytes *hive, const char *name, HiveStatistics *ret_statistics,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
