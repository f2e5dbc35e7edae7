/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The section table of a PE file (Microsoft, PE Format). */
#include "linux/unified_image.h"

#include <string.h>

#include "base/bytes.h"

#define HEADER_PLACE 0x3c /* of the offset of the PE header, in the DOS header before it */
#define HEADER_BYTES 24   /* signature and COFF header */
#define SECTION_BYTES 40

static gboolean find_table(const uint8_t *data, gsize size, gsize *ret_offset, guint *ret_count)
{
    if (size < HEADER_PLACE + 4 || memcmp(data, "MZ", 2) != 0)
        return FALSE;

    gsize header = get_le32(data + HEADER_PLACE);

    if (!range_is_within(header, HEADER_BYTES, size) || memcmp(data + header, "PE\0\0", 4) != 0)
        return FALSE;
    *ret_count = get_le16(data + header + 6);
    *ret_offset = header + HEADER_BYTES + get_le16(data + header + 20);
    return range_is_within(*ret_offset, (uint64_t)*ret_count * SECTION_BYTES, size);
}

GBytes *unified_image_initramfs(GBytes *image)
{
    gsize size, table;
    guint count;
    const uint8_t *data = g_bytes_get_data(image, &size);

    if (data == NULL || !find_table(data, size, &table, &count))
        return NULL;
    for (guint i = 0; i < count; i++) {
        const uint8_t *section = data + table + (gsize)i * SECTION_BYTES;
        gsize in_memory = get_le32(section + 8), in_file = get_le32(section + 16);
        gsize offset = get_le32(section + 20), length = MIN(in_memory, in_file);

        if (memcmp(section, ".initrd\0", 8) == 0 && length > 0 &&
            range_is_within(offset, length, size))
            return g_bytes_new_from_bytes(image, offset, length);
    }
    return NULL;
}
