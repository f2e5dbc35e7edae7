/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first 512 bytes of a hive or log: decoded, checked, and stamped anew. For this folder only.
 */
#ifndef REGISTRY_HEADER_H
#define REGISTRY_HEADER_H

#include <glib.h>
#include <stdint.h>

typedef enum {
    HIVE_FILE_PRIMARY = 0,
    HIVE_FILE_LOG_OLD = 1,
    HIVE_FILE_LOG_2000 = 2, /* as LOG_OLD, from Windows 2000 */
    HIVE_FILE_LOG_NEW = 6,
} HiveFileType;

typedef struct {
    gboolean has_magic;
    gboolean has_checksum; /* and it is right */
    uint32_t primary, secondary;
    uint64_t written; /* FILETIME */
    uint32_t major, minor;
    uint32_t type;
    uint32_t format;
    uint32_t root;
    uint32_t bins_size;
} HiveHeader;

/* bytes: HIVE_HEADER_SIZE of them. */
void hive_header_decode(const uint8_t *bytes, HiveHeader *ret_header);

/* Magic, checksum and version are right; sequence numbers are not looked at. */
gboolean hive_header_is_valid(const HiveHeader *header);

/* XOR of the dwords before it; with_fix_up: 0 and -1 never appear, as Windows wants it. */
uint32_t hive_header_checksum(const uint8_t *bytes, gboolean with_fix_up);

/* Makes bytes the header of a clean primary file. */
void hive_header_stamp(uint8_t *bytes, uint32_t sequence, uint32_t bins_size);

/* Sequence numbers wrap: a comes after b if it is less than 2^31 ahead. */
gboolean hive_sequence_is_after(uint32_t a, uint32_t b);

#endif
