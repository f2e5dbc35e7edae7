/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers and region tables of a VHDX. All numbers are little endian. */
#include "convert/image/vhdx_header.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/image/crc32c.h"

#define KIB UINT64_C(1024)
#define HEADER_BYTES ((size_t)4096)
#define TABLE_BYTES ((size_t)(64 * 1024))
#define REGION_ENTRIES_LIMIT 2047
#define ENTRY_IS_REQUIRED 1u

static const uint8_t region_bat[VHDX_GUID_BYTES] = {0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42,
                                                    0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08};
static const uint8_t region_metadata[VHDX_GUID_BYTES] = {
    0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};

char *vhdx_guid_to_text(const uint8_t guid[VHDX_GUID_BYTES])
{
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%08x-%04x-%04x-%02x%02x-", get_le32(guid), get_le16(guid + 4),
                    get_le16(guid + 6), guid[8], guid[9]);
    for (guint i = 10; i < VHDX_GUID_BYTES; i++)
        g_string_append_printf(text, "%02x", guid[i]);
    return g_string_free(text, FALSE);
}

static gboolean corrupt(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

gboolean vhdx_header_read(const FlatFile *file, VhdxHeader *ret_header, GError **error)
{
    static const uint8_t no_log[VHDX_GUID_BYTES];
    gboolean found = FALSE;
    uint64_t best_sequence = 0;
    g_autofree uint8_t *bytes = g_malloc(HEADER_BYTES);
    for (uint64_t copy = 1; copy <= 2; copy++) {
        if (!flat_file_read(file, copy * 64 * KIB, bytes, HEADER_BYTES, "header", error))
            return FALSE;
        uint64_t sequence = get_le64(bytes + 8);
        if (memcmp(bytes, "head", 4) != 0 ||
            get_le32(bytes + 4) != crc32c_without_field(bytes, HEADER_BYTES, 4) ||
            (found && sequence < best_sequence))
            continue;
        found = TRUE;
        best_sequence = sequence;
        if (get_le16(bytes + 66) != 1) {
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                              "convert it on Hyper-V: Convert-VHD",
                              "it is of version %u of the format", get_le16(bytes + 66));
            return FALSE;
        }
        memcpy(ret_header->data_write_guid, bytes + 32, VHDX_GUID_BYTES);
        memcpy(ret_header->log_guid, bytes + 48, VHDX_GUID_BYTES);
        ret_header->has_log = memcmp(bytes + 48, no_log, sizeof(no_log)) != 0;
        ret_header->log_version = get_le16(bytes + 64);
        ret_header->log_length = get_le32(bytes + 68);
        ret_header->log_offset = get_le64(bytes + 72);
    }
    return found || corrupt(error, "both of its headers are damaged");
}

static gboolean read_entries(const uint8_t *table, uint32_t count, VhdxRegions *regions,
                             GError **error)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = table + 16 + (size_t)i * 32;
        if (memcmp(entry, region_bat, VHDX_GUID_BYTES) == 0) {
            regions->bat_offset = get_le64(entry + 16);
            regions->bat_length = get_le32(entry + 24);
        } else if (memcmp(entry, region_metadata, VHDX_GUID_BYTES) == 0) {
            regions->metadata_offset = get_le64(entry + 16);
            regions->metadata_length = get_le32(entry + 24);
        } else if (get_le32(entry + 28) & ENTRY_IS_REQUIRED) {
            g_autofree char *name = vhdx_guid_to_text(entry);
            drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                              "convert it on Hyper-V: Convert-VHD",
                              "it has a region that is not known (%s)", name);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean vhdx_regions_read(const FlatFile *file, VhdxRegions *ret_regions, GError **error)
{
    g_autofree uint8_t *table = g_malloc(TABLE_BYTES);
    for (uint64_t copy = 0; copy < 2; copy++) {
        VhdxRegions regions = {0};
        if (!flat_file_read(file, (192 + copy * 64) * KIB, table, TABLE_BYTES, "region table",
                            error))
            return FALSE;
        uint32_t count = get_le32(table + 8);
        if (memcmp(table, "regi", 4) != 0 || count > REGION_ENTRIES_LIMIT ||
            get_le32(table + 4) != crc32c_without_field(table, TABLE_BYTES, 4))
            continue;
        if (!read_entries(table, count, &regions, error))
            return FALSE;
        if (regions.bat_offset == 0 || regions.metadata_offset == 0)
            continue;
        *ret_regions = regions;
        return TRUE;
    }
    return corrupt(error, "both of its region tables are damaged");
}
