/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transaction logs of either format, with a Marvin32 of its own. */
#include "tests/unit/registry/log-builder.h"

#include <string.h>

#include "base/bytes.h"
#include "tests/unit/registry/hive-builder.h"

enum {
    LOG_UNIT = 512,
};

static uint32_t rotate(uint32_t value, unsigned int count)
{
    return value << count | value >> (32 - count);
}

/* Lengths here are multiples of four, so that only the padding word remains. */
static uint64_t marvin(const uint8_t *bytes, size_t length)
{
    uint32_t low = 0x7A4E55C5;
    uint32_t high = 0x82EF4D88;
    g_assert_cmpuint(length % 4, ==, 0);
    for (size_t i = 0; i <= length / 4 + 1; i++) {
        low += i < length / 4 ? get_le32(bytes + 4 * i) : i == length / 4 ? 0x80 : 0;
        high ^= low;
        low = rotate(low, 20) + high;
        high = rotate(high, 9) ^ low;
        low = rotate(low, 27) + high;
        high = rotate(high, 19);
    }
    return (uint64_t)high << 32 | low;
}

GByteArray *log_new(const uint8_t *header, uint32_t sequence)
{
    GByteArray *log = g_byte_array_new();
    g_byte_array_append(log, header, LOG_UNIT);
    put_le32(log->data + 28, 6);
    hive_header_set(log->data, sequence, sequence);
    return log;
}

size_t log_add_entry(GByteArray *log, uint32_t sequence, uint32_t bins_size, uint32_t offset,
                     const void *data, uint32_t length)
{
    size_t start = log->len;
    uint32_t size = (48 + length + LOG_UNIT - 1) / LOG_UNIT * LOG_UNIT;
    g_byte_array_set_size(log, (guint)start + size);
    uint8_t *entry = log->data + start;
    memset(entry, 0, size);
    memcpy(entry, "HvLE", 4);
    put_le32(entry + 4, size);
    put_le32(entry + 12, sequence);
    put_le32(entry + 16, bins_size);
    put_le32(entry + 20, 1);
    put_le32(entry + 40, offset);
    put_le32(entry + 44, length);
    memcpy(entry + 48, data, length);
    log_seal_entry(log, start);
    return start;
}

void log_seal_entry(GByteArray *log, size_t start)
{
    uint8_t *entry = log->data + start;
    size_t size = MIN(get_le32(entry + 4), log->len - start);
    put_le64(entry + 24, marvin(entry + 40, size > 40 ? (size - 40) / 4 * 4 : 0));
    put_le64(entry + 32, marvin(entry, 32));
}

GByteArray *log_old(const uint8_t *header, uint64_t written, uint32_t sequence, const uint8_t *bins,
                    uint32_t bins_size, const uint32_t *pages, size_t page_count)
{
    GByteArray *log = g_byte_array_new();
    size_t bitmap = bins_size / LOG_UNIT / 8;
    size_t data = (LOG_UNIT + 4 + bitmap + LOG_UNIT - 1) / LOG_UNIT * LOG_UNIT;
    g_byte_array_set_size(log, (guint)(data + page_count * LOG_UNIT));
    memset(log->data, 0, log->len);
    memcpy(log->data, header, LOG_UNIT);
    put_le64(log->data + 12, written);
    put_le32(log->data + 28, 1);
    put_le32(log->data + 40, bins_size);
    hive_header_set(log->data, sequence, sequence);
    memcpy(log->data + LOG_UNIT, "DIRT", 4);
    for (size_t i = 0; i < page_count; i++) {
        uint8_t *byte = log->data + LOG_UNIT + 4 + pages[i] / 8;
        *byte = (uint8_t)(*byte | 1u << (pages[i] % 8));
        memcpy(log->data + data + i * LOG_UNIT, bins + pages[i] * LOG_UNIT, LOG_UNIT);
    }
    return log;
}
