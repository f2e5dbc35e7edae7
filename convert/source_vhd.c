/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHD images (Microsoft's Virtual Hard Disk Image Format Specification 1.0). All numbers big
   endian. Three things make our own look necessary: qemu takes a fixed VHD for raw, reads a
   differencing one as zeros where the child has no block, and cuts disks of some creators to their
   CHS size. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/image_options.h"
#include "convert/source_format.h"

#define FOOTER_BYTES 512
#define DYNAMIC_HEADER_BYTES 1024
#define ENTRIES_LIMIT (UINT32_C(1) << 26)
#define BAT_CHUNK_ENTRIES 256
#define BLOCK_ABSENT UINT32_C(0xffffffff)

enum { VHD_FIXED = 2, VHD_DYNAMIC = 3, VHD_DIFFERENCING = 4 };

static gboolean has_cookie(const uint8_t *footer)
{
    return memcmp(footer, "conectix", 8) == 0;
}

static gboolean vhd_probe(const SourceFile *file)
{
    return has_cookie(file->tail) || has_cookie(file->head);
}

/* Ones' complement of the byte sum, with the checksum field itself taken as zero. */
static uint32_t checksum(const uint8_t *bytes, size_t length, size_t field)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += i >= field && i < field + 4 ? 0 : bytes[i];
    return ~sum;
}

static gboolean corrupt(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

static gboolean check_footer(const SourceFile *file, GError **error)
{
    if (!has_cookie(file->tail))
        return corrupt(error, "the image is cut short: the footer at its end is missing");
    if (get_be32(file->tail + 64) != checksum(file->tail, FOOTER_BYTES, 64))
        return corrupt(error, "the checksum of its footer is wrong");
    return TRUE;
}

static gboolean check_blocks(const SourceFile *file, uint64_t table_offset, uint32_t entries,
                             uint64_t block_bytes, GError **error)
{
    uint64_t bitmap_bytes;
    if (!round_up_checked(block_bytes / 512 / 8, 512, &bitmap_bytes))
        return corrupt(error, "its block size is impossible");
    uint8_t chunk[BAT_CHUNK_ENTRIES * 4];
    for (uint32_t first = 0; first < entries; first += BAT_CHUNK_ENTRIES) {
        uint32_t count = MIN(entries - first, (uint32_t)BAT_CHUNK_ENTRIES);
        if (!source_read(file, table_offset + (uint64_t)first * 4, chunk, (size_t)count * 4,
                         "block allocation table", error))
            return FALSE;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t sector = get_be32(chunk + (size_t)i * 4);
            if (sector != BLOCK_ABSENT &&
                !range_is_within((uint64_t)sector * 512, bitmap_bytes + block_bytes,
                                 file->size_bytes))
                return corrupt(error, "the image is cut short: blocks lie beyond the end of it");
        }
    }
    return TRUE;
}

static gboolean check_dynamic(const SourceFile *file, uint64_t size, GError **error)
{
    uint8_t header[DYNAMIC_HEADER_BYTES];
    if (!source_read(file, get_be64(file->tail + 16), header, sizeof(header), "dynamic header",
                     error))
        return FALSE;
    if (memcmp(header, "cxsparse", 8) != 0 ||
        get_be32(header + 36) != checksum(header, sizeof(header), 36))
        return corrupt(error, "its dynamic header is damaged");

    uint32_t entries = get_be32(header + 28);
    uint32_t block_bytes = get_be32(header + 32);
    if (entries > ENTRIES_LIMIT || block_bytes < 4096 || block_bytes % 512 != 0 ||
        (uint64_t)entries * block_bytes < size)
        return corrupt(error, "its dynamic header does not fit the size of the disk");
    return check_blocks(file, get_be64(header + 16), entries, block_bytes, error);
}

static gboolean vhd_check(const SourceFile *file, MachineDisk *disk, GError **error)
{
    if (!check_footer(file, error))
        return FALSE;
    uint64_t size = get_be64(file->tail + 48);
    if (size == 0 || size % 512 != 0 || size > (UINT64_C(1) << 50))
        return corrupt(error, "the size in its footer is impossible");

    switch (get_be32(file->tail + 60)) {
    case VHD_FIXED:
        if (size > file->size_bytes - FOOTER_BYTES)
            return corrupt(error, "the image is cut short: it is smaller than its footer says");
        disk->variant = g_strdup("fixed");
        break;
    case VHD_DYNAMIC:
        if (!check_dynamic(file, size, error))
            return FALSE;
        disk->variant = g_strdup("dynamic");
        break;
    case VHD_DIFFERENCING:
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "merge it with its parent in Hyper-V (Edit Disk, Merge), then export "
                          "again",
                          "it is a differencing disk: without its parent most of it is missing");
        return FALSE;
    default:
        return corrupt(error, "its footer names an unknown type of disk");
    }
    disk->size_bytes = size;
    g_autofree char *path = image_options_escape(file->path);
    disk->image_options = g_strdup_printf(
        "driver=vpc,force_size_calc=current_size,file.driver=file,file.filename=%s", path);
    return TRUE;
}

const SourceFormatOps source_vhd_ops = {SOURCE_FORMAT_VHD, vhd_probe, vhd_check};
