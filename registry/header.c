/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first 512 bytes of a hive or log: decoded, checked, and stamped anew. */
#include "registry/header.h"

#include <string.h>

#include "base/bytes.h"
#include "registry/format.h"

void hive_header_decode(const uint8_t *bytes, HiveHeader *ret_header)
{
    *ret_header = (HiveHeader){
        .has_magic = memcmp(bytes, "regf", 4) == 0,
        .has_checksum = get_le32(bytes + HIVE_HEADER_CHECKSUM) == hive_header_checksum(bytes, TRUE),
        .primary = get_le32(bytes + HIVE_HEADER_PRIMARY),
        .secondary = get_le32(bytes + HIVE_HEADER_SECONDARY),
        .written = get_le64(bytes + HIVE_HEADER_WRITTEN),
        .major = get_le32(bytes + HIVE_HEADER_MAJOR),
        .minor = get_le32(bytes + HIVE_HEADER_MINOR),
        .type = get_le32(bytes + HIVE_HEADER_TYPE),
        .format = get_le32(bytes + HIVE_HEADER_FORMAT),
        .root = get_le32(bytes + HIVE_HEADER_ROOT),
        .bins_size = get_le32(bytes + HIVE_HEADER_BINS_SIZE),
    };
}

gboolean hive_header_is_valid(const HiveHeader *header)
{
    return header->has_magic && header->has_checksum && header->major == 1;
}

uint32_t hive_header_checksum(const uint8_t *bytes, gboolean with_fix_up)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < HIVE_HEADER_CHECKSUM; i += 4) {
        sum ^= get_le32(bytes + i);
    }
    if (with_fix_up && sum == 0) {
        return 1;
    }
    if (with_fix_up && sum == UINT32_MAX) {
        return UINT32_MAX - 1;
    }
    return sum;
}

void hive_header_stamp(uint8_t *bytes, uint32_t sequence, uint32_t bins_size)
{
    put_le32(bytes + HIVE_HEADER_PRIMARY, sequence);
    put_le32(bytes + HIVE_HEADER_SECONDARY, sequence);
    put_le32(bytes + HIVE_HEADER_TYPE, HIVE_FILE_PRIMARY);
    put_le32(bytes + HIVE_HEADER_BINS_SIZE, bins_size);
    put_le32(bytes + HIVE_HEADER_CHECKSUM, hive_header_checksum(bytes, TRUE));
}

gboolean hive_sequence_is_after(uint32_t a, uint32_t b)
{
    uint32_t ahead = a - b;
    return ahead != 0 && ahead < 0x80000000u;
}
