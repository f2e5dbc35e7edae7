/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of one verification. For this folder only. */
#ifndef REGISTRY_VERIFY_PRIVATE_H
#define REGISTRY_VERIFY_PRIVATE_H

#include "registry/format.h"
#include "registry/header.h"
#include "registry/hive.h"
#include "registry/text.h"
#include "registry/verify.h"

typedef struct {
    const char *name;
    const uint8_t *bins;
    uint32_t bins_size;
    HiveHeader header;
    uint64_t *allocated; /* one bit per 8 bytes of the bins: an allocated cell starts here */
    uint64_t *reached;   /* and something already refers to it */
    GArray *pending;     /* of VerifyKey: reached, their subkeys not yet */
    HiveStatistics statistics;
} Verify;

typedef struct {
    HiveKey key;
    uint32_t depth;
} VerifyKey;

typedef struct {
    const uint8_t *bytes; /* payload, without the size field */
    size_t length;
} VerifyCell;

/* Always FALSE, with DRYDOCK_ERROR_CORRUPT that names hive, key path and offset. key: HIVE_NO_CELL
   when it is not about one. */
gboolean verify_fail(const Verify *verify, HiveKey key, uint32_t offset, const char *what,
                     GError **error);

/* An allocated cell of at least minimum bytes, with that signature (NULL: none). is_shared: may be
   reached more than once. */
gboolean verify_cell(Verify *verify, HiveKey key, uint32_t offset, size_t minimum,
                     const char *signature, gboolean is_shared, VerifyCell *ret_cell,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* nk at key, reached through parent (HIVE_NO_CELL: it is the root): its own cell, values, class and
   security descriptor; pending gets it if it has subkeys. *ret_name may be NULL. */
gboolean verify_key(Verify *verify, HiveKey key, HiveKey parent, uint32_t depth, HiveName *ret_name,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The subkey list of key, and all keys in it. */
gboolean verify_subkeys(Verify *verify, HiveKey key, uint32_t depth,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
