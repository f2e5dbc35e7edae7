/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the fields of a registry hive are (msuhanov's regf specification), and the limits that
   bound what a hostile one can make us do. For this folder only. */
#ifndef REGISTRY_FORMAT_H
#define REGISTRY_FORMAT_H

#include <stdint.h>

#define HIVE_NO_CELL 0xFFFFFFFFu

/* Base block. Its first 512 bytes are checksummed, and copied to the start of each log. */
enum {
    HIVE_BASE_SIZE = 4096,
    HIVE_HEADER_SIZE = 512,
    HIVE_HEADER_PRIMARY = 4,
    HIVE_HEADER_SECONDARY = 8,
    HIVE_HEADER_WRITTEN = 12,
    HIVE_HEADER_MAJOR = 20,
    HIVE_HEADER_MINOR = 24,
    HIVE_HEADER_TYPE = 28,
    HIVE_HEADER_FORMAT = 32,
    HIVE_HEADER_ROOT = 36,
    HIVE_HEADER_BINS_SIZE = 40,
    HIVE_HEADER_FLAGS = 144,
    HIVE_HEADER_CHECKSUM = 508,
};

/* Bins: a 32-byte header, then cells without gaps. */
enum {
    HIVE_BIN_UNIT = 4096,
    HIVE_BIN_HEADER_SIZE = 32,
    HIVE_BIN_OFFSET = 4,
    HIVE_BIN_SIZE = 8,
    HIVE_BIN_WRITTEN = 20,
    HIVE_CELL_HEADER_SIZE = 4,
};

/* Key node, offsets within the cell's payload. */
enum {
    NK_FLAGS = 2,
    NK_WRITTEN = 4,
    NK_PARENT = 16,
    NK_SUBKEY_COUNT = 20,
    NK_SUBKEY_LIST = 28,
    NK_VALUE_COUNT = 36,
    NK_VALUE_LIST = 40,
    NK_SECURITY = 44,
    NK_CLASS = 48,
    NK_NAME_LENGTH = 72,
    NK_CLASS_LENGTH = 74,
    NK_NAME = 76,
    NK_FLAG_LATIN1_NAME = 0x0020,
};

/* Value. */
enum {
    VK_NAME_LENGTH = 2,
    VK_DATA_LENGTH = 4,
    VK_DATA = 8,
    VK_TYPE = 12,
    VK_FLAGS = 16,
    VK_NAME = 20,
    VK_FLAG_LATIN1_NAME = 0x0001,
    VK_INLINE_MAX = 4,
};
#define VK_DATA_IS_INLINE 0x80000000u

/* Subkey lists li, lf, lh, ri: signature, u16 count, then elements. */
enum {
    LIST_COUNT = 2,
    LIST_ELEMENTS = 4,
};

/* Big data db: signature, u16 segments, u32 cell of the segment list. */
enum {
    DB_SEGMENT_COUNT = 2,
    DB_SEGMENT_LIST = 4,
    DB_SIZE = 8,
    DB_SEGMENT_BYTES = 16344, /* longer values are cut into segments of this size, minor > 3 */
    DB_MINOR_MIN = 4,
};

/* Security descriptor cell. */
enum {
    SK_NEXT = 4,
    SK_PREVIOUS = 8,
    SK_LENGTH = 16,
    SK_DESCRIPTOR = 20,
};

enum {
    HIVE_MINOR_HASHED_LISTS = 5, /* lh lists exist from here on */
    HIVE_MINOR_MAX = 6,
};

/* Limits. Windows: key names of 255 characters, value names of 16383, 512 levels. */
enum {
    HIVE_LIMIT_KEY_NAME_BYTES = 512,
    HIVE_LIMIT_VALUE_NAME_BYTES = 32768,
    HIVE_LIMIT_DEPTH = 512,
    HIVE_LIMIT_VALUE_BYTES = 16 << 20,
    HIVE_LIMIT_BINS_BYTES = 1 << 30, /* a replayed or verified hive; the largest seen is 200 MiB */
    NK_SIZE_MIN = HIVE_CELL_HEADER_SIZE + NK_NAME,
    VK_SIZE_MIN = HIVE_CELL_HEADER_SIZE + VK_NAME,
};

#endif
