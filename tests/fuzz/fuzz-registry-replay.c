/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transaction log as the guest left it, against a hive of ours. */
#include <string.h>

#include "base/bytes.h"
#include "registry/replay.h"
#include "registry/verify.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/unit/registry/hive-builder.h"
#include "tests/unit/registry/log-builder.h"

enum {
    UNIT = 512,
};

/* Checksum and hashes of the log are made right: random input would not get past them. */
static GBytes *make_log(const uint8_t *data, size_t size)
{
    GByteArray *log = g_byte_array_new();
    g_byte_array_append(log, data, (guint)size);
    if (size >= UNIT) {
        memcpy(log->data, "regf", 4);
        put_le32(log->data + 20, 1);
        hive_header_set(log->data, 5, 5);
    }
    for (size_t at = UNIT; at + UNIT <= size; at += UNIT) {
        if (memcmp(log->data + at, "HvLE", 4) == 0) {
            log_seal_entry(log, at);
        }
    }
    return g_byte_array_free_to_bytes(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(HiveBuilder) builder = hive_builder_new(5);
    g_autoptr(GBytes) clean = hive_builder_finish(builder, 6);
    g_autofree uint8_t *copy = g_memdup2(g_bytes_get_data(clean, NULL), g_bytes_get_size(clean));
    hive_header_set(copy, 6, 5);
    g_autoptr(GBytes) hive = g_bytes_new(copy, g_bytes_get_size(clean));
    g_autoptr(GBytes) log = make_log(data, size);
    g_autoptr(GBytes) result = NULL;
    HiveReplay replay;
    if (hive_replay(hive, &log, 1, &result, &replay, NULL)) {
        (void)!hive_verify(result, "fuzz", NULL, NULL);
    }
    return 0;
}
