/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several structures on disks share. */
#include "disk/on_disk.h"

#include "base/bytes.h"

uint32_t crc32_update(uint32_t crc, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return crc;
}

uint32_t crc32_compute(const uint8_t *bytes, size_t length)
{
    return ~crc32_update(~UINT32_C(0), bytes, length);
}

char *guid_to_text(const uint8_t guid[GUID_BYTES])
{
    return g_strdup_printf("%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", get_le32(guid),
                           get_le16(guid + 4), get_le16(guid + 6), guid[8], guid[9], guid[10],
                           guid[11], guid[12], guid[13], guid[14], guid[15]);
}
