/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Update sequences of restart pages, log pages, file records and index blocks. */
#include "fs/ntfs_fixup.h"

#include <string.h>

#include "base/bytes.h"

enum { ARRAY_OFFSET = 4, ARRAY_COUNT = 6, HEADER_BYTES = 8 };

/* The array, number first; NULL: there is none of the right size. It lies before the first bytes
   that it protects. */
static const uint8_t *find_array(const uint8_t *block, size_t length)
{
    uint16_t offset;

    if (length < NTFS_FIXUP_STRIDE || length % NTFS_FIXUP_STRIDE != 0) {
        return NULL;
    }
    offset = get_le16(block + ARRAY_OFFSET);
    if (get_le16(block + ARRAY_COUNT) != length / NTFS_FIXUP_STRIDE + 1 || offset < HEADER_BYTES ||
        offset % 2 != 0 ||
        !range_is_within(offset, (length / NTFS_FIXUP_STRIDE + 1) * 2, NTFS_FIXUP_STRIDE - 2)) {
        return NULL;
    }
    return block + offset;
}

gboolean ntfs_fixup_is_whole(const uint8_t *block, size_t length)
{
    const uint8_t *array = find_array(block, length);

    if (array == NULL) {
        return FALSE;
    }
    for (size_t end = NTFS_FIXUP_STRIDE; end <= length; end += NTFS_FIXUP_STRIDE) {
        if (memcmp(block + end - 2, array, 2) != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean ntfs_fixup_remove(uint8_t *block, size_t length)
{
    const uint8_t *array = find_array(block, length);

    if (!ntfs_fixup_is_whole(block, length)) {
        return FALSE;
    }
    for (size_t i = 1; i <= length / NTFS_FIXUP_STRIDE; i++) {
        memcpy(block + i * NTFS_FIXUP_STRIDE - 2, array + 2 * i, 2);
    }
    return TRUE;
}

gboolean ntfs_fixup_apply(uint8_t *block, size_t length)
{
    const uint8_t *found = find_array(block, length);
    uint8_t *array;
    uint16_t number;

    if (found == NULL) {
        return FALSE;
    }
    array = block + (found - block);
    number = (uint16_t)(get_le16(array) + 1);
    /* Neither of what unwritten sectors hold. */
    put_le16(array, number == 0 || number == 0xffff ? 1 : number);
    for (size_t i = 1; i <= length / NTFS_FIXUP_STRIDE; i++) {
        memcpy(array + 2 * i, block + i * NTFS_FIXUP_STRIDE - 2, 2);
        memcpy(block + i * NTFS_FIXUP_STRIDE - 2, array, 2);
    }
    return TRUE;
}
