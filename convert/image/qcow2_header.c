/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header and the tables of a qcow2 image. All numbers are big endian. */
#include "convert/image/qcow2_header.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define HEADER_BYTES_V2 72
#define HEADER_BYTES_V3 104
#define SIZE_LIMIT_BYTES (UINT64_C(1) << 56)
#define L1_LIMIT_BYTES (UINT64_C(32) << 20) /* qemu's */
#define BACKING_NAME_LIMIT_BYTES 1023       /* the format's */
#define BACKING_FORMAT_LIMIT_BYTES 32
#define CLUSTER_BITS_MINIMUM 9
#define CLUSTER_BITS_MAXIMUM 21
#define EXTENSION_END 0
#define EXTENSION_BACKING_FORMAT UINT32_C(0xe2792aca)
#define EXTENSIONS_LIMIT 64

#define INCOMPATIBLE_DIRTY (UINT64_C(1) << 0) /* reference counts only */
#define INCOMPATIBLE_CORRUPT (UINT64_C(1) << 1)
#define INCOMPATIBLE_DATA_FILE (UINT64_C(1) << 2)
#define INCOMPATIBLE_COMPRESSION (UINT64_C(1) << 3)
#define INCOMPATIBLE_EXTENDED_L2 (UINT64_C(1) << 4)
#define INCOMPATIBLE_KNOWN                                                                         \
    (INCOMPATIBLE_DIRTY | INCOMPATIBLE_COMPRESSION | INCOMPATIBLE_EXTENDED_L2)
#define COMPRESSION_ZSTD 1

#define OFFSET_MASK UINT64_C(0x00fffffffffffe00)
#define ENTRY_COMPRESSED (UINT64_C(1) << 62)
#define ENTRY_ZERO UINT64_C(1)

/* A fully allocated image of 1 TiB has 128 MiB of tables (64 KiB clusters). */
#define TABLES_LIMIT_BYTES (UINT64_C(128) << 20)

void qcow2_header_clear(Qcow2Header *header)
{
    g_free(header->backing_name);
    g_free(header->backing_format);
}

static gboolean corrupt(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

static gboolean check_features(const SourceFile *file, Qcow2Header *header, GError **error)
{
    if (get_be32(file->head + 32) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "decrypt it with qemu-img first",
                          "it is encrypted");
        return FALSE;
    }
    if (header->version < 3)
        return TRUE;
    uint64_t incompatible = get_be64(file->head + 72);
    uint32_t header_bytes = get_be32(file->head + 100);
    if (incompatible & INCOMPATIBLE_DATA_FILE) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "flatten it first: qemu-img convert -O qcow2 IMAGE FLAT.qcow2",
                          "its data lies in another file");
        return FALSE;
    }
    if (incompatible & INCOMPATIBLE_CORRUPT) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "repair a copy: qemu-img check -r all COPY",
                          "it is marked as corrupt");
        return FALSE;
    }
    gboolean is_zstd = (incompatible & INCOMPATIBLE_COMPRESSION) != 0;
    if ((incompatible & ~INCOMPATIBLE_KNOWN) ||
        (is_zstd && (header_bytes <= HEADER_BYTES_V3 || file->head[104] != COMPRESSION_ZSTD))) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "convert it with the QEMU that wrote it: qemu-img convert -O qcow2 IMAGE "
                          "NEW.qcow2",
                          "it uses features that are not known (%#" PRIx64 ")", incompatible);
        return FALSE;
    }
    header->has_extended_l2 = (incompatible & INCOMPATIBLE_EXTENDED_L2) != 0;
    return TRUE;
}

static uint64_t l2_entry_bytes(const Qcow2Header *header)
{
    return header->has_extended_l2 ? 16 : 8;
}

static gboolean check_geometry(const SourceFile *file, const Qcow2Header *header, GError **error)
{
    uint64_t size = header->size_bytes;
    if (header->cluster_bits < CLUSTER_BITS_MINIMUM || header->cluster_bits > CLUSTER_BITS_MAXIMUM)
        return corrupt(error, "its header is damaged (cluster size)");
    uint64_t cluster = UINT64_C(1) << header->cluster_bits;
    uint64_t covered = cluster * (cluster / l2_entry_bytes(header)); /* by one L1 entry */
    uint64_t l1_bytes = (uint64_t)header->l1_entries * 8;
    if (size == 0 || size > SIZE_LIMIT_BYTES || size % 512 != 0 || l1_bytes > L1_LIMIT_BYTES ||
        header->l1_entries < (size - 1) / covered + 1 || header->l1_offset % cluster != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy or export it again and compare the sizes",
                          "its header is damaged (virtual size %" G_GUINT64_FORMAT
                          ", %u entries in its L1 table)",
                          size, header->l1_entries);
        return FALSE;
    }
    if (!range_is_within(header->l1_offset, l1_bytes, file->size_bytes))
        return corrupt(error, "the image is cut short: its L1 table lies beyond the end of it");
    return TRUE;
}

static gboolean read_backing_format(const SourceFile *file, Qcow2Header *header, GError **error)
{
    uint64_t position = header->version >= 3 ? get_be32(file->head + 100) : HEADER_BYTES_V2;
    uint64_t cluster = UINT64_C(1) << header->cluster_bits;
    if (header->version >= 3 && (position < HEADER_BYTES_V3 || position > cluster))
        return corrupt(error, "its header is damaged (header length)");
    for (guint i = 0; i < EXTENSIONS_LIMIT && position + 8 <= cluster; i++) {
        uint8_t extension[8];
        if (!source_read(file, position, extension, sizeof(extension), "header extension", error))
            return FALSE;
        uint32_t type = get_be32(extension);
        uint32_t length = get_be32(extension + 4);
        if (type == EXTENSION_END)
            return TRUE;
        if (!range_is_within(position + 8, length, cluster))
            return corrupt(error, "its header extensions are damaged");
        if (type == EXTENSION_BACKING_FORMAT) {
            if (length > BACKING_FORMAT_LIMIT_BYTES)
                return corrupt(error, "its header extensions are damaged");
            g_free(header->backing_format);
            header->backing_format = g_malloc0((gsize)length + 1);
            if (!source_read(file, position + 8, header->backing_format, length,
                             "backing format name", error))
                return FALSE;
        }
        position += 8 + ((uint64_t)length + 7) / 8 * 8;
    }
    return TRUE;
}

static gboolean read_backing(const SourceFile *file, Qcow2Header *header, GError **error)
{
    uint64_t offset = get_be64(file->head + 8);
    uint32_t length = get_be32(file->head + 16);
    if (offset == 0)
        return TRUE;
    uint64_t cluster = UINT64_C(1) << header->cluster_bits;
    if (length == 0 || length > BACKING_NAME_LIMIT_BYTES ||
        !range_is_within(offset, length, cluster))
        return corrupt(error, "its header is damaged (name of the backing file)");
    header->backing_name = g_malloc0((gsize)length + 1);
    if (!source_read(file, offset, header->backing_name, length, "backing file name", error))
        return FALSE;
    if (strlen(header->backing_name) != length)
        return corrupt(error, "its header is damaged (name of the backing file)");
    return read_backing_format(file, header, error);
}

gboolean qcow2_header_read(const SourceFile *file, Qcow2Header *header, GError **error)
{
    header->version = get_be32(file->head + 4);
    if (header->version != 2 && header->version != 3) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "convert it first: qemu-img convert -O qcow2 IMAGE NEW.qcow2",
                          "it is of qcow version %u, and 2 and 3 are known", header->version);
        return FALSE;
    }
    header->cluster_bits = get_be32(file->head + 20);
    header->size_bytes = get_be64(file->head + 24);
    header->l1_entries = get_be32(file->head + 36);
    header->l1_offset = get_be64(file->head + 40);
    return check_features(file, header, error) && check_geometry(file, header, error) &&
           read_backing(file, header, error);
}

/* Clusters may end beyond the end of the file, where the image itself does or compression left less
   than whole sectors; they do not begin there. */
static gboolean check_l2_table(const SourceFile *file, const Qcow2Header *header,
                               const uint8_t *table, GError **error)
{
    uint64_t step = l2_entry_bytes(header);
    uint64_t cluster = UINT64_C(1) << header->cluster_bits;
    uint64_t compressed_mask = (UINT64_C(1) << (62 - (header->cluster_bits - 8))) - 1;
    for (uint64_t i = 0; i < cluster; i += step) {
        uint64_t entry = get_be64(table + i);
        gboolean is_zero = !header->has_extended_l2 && (entry & ENTRY_ZERO);
        uint64_t offset = entry & ENTRY_COMPRESSED ? entry & compressed_mask
                          : is_zero                ? 0
                                                   : entry & OFFSET_MASK;
        if (offset >= file->size_bytes) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                              "copy or export it again and compare the sizes",
                              "the image is cut short: data at byte %" G_GUINT64_FORMAT
                              " lies beyond the end of the file (%" G_GUINT64_FORMAT " bytes)",
                              offset, file->size_bytes);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean qcow2_header_check_tables(const SourceFile *file, const Qcow2Header *header,
                                   GError **error)
{
    size_t cluster = (size_t)1 << header->cluster_bits;
    size_t l1_bytes = (size_t)header->l1_entries * 8;
    g_autofree uint8_t *l1 = g_try_malloc(l1_bytes);
    g_autofree uint8_t *l2 = g_malloc(cluster);
    if (!l1)
        return corrupt(error, "its L1 table is too large");
    if (!source_read(file, header->l1_offset, l1, l1_bytes, "L1 table", error))
        return FALSE;
    uint64_t allocated = 0, number = 0;
    for (size_t i = 0; i < l1_bytes; i += 8)
        if (get_be64(l1 + i) & OFFSET_MASK)
            allocated++;
    uint64_t stride = allocated / (TABLES_LIMIT_BYTES / cluster) + 1;
    for (size_t i = 0; i < l1_bytes; i += 8) {
        uint64_t offset = get_be64(l1 + i) & OFFSET_MASK;
        if (offset == 0)
            continue;
        if (!range_is_within(offset, cluster, file->size_bytes))
            return corrupt(error, "the image is cut short: an L2 table lies beyond the end of it");
        number++;
        if (number % stride != 0 && number != allocated)
            continue;
        if (!source_read(file, offset, l2, cluster, "L2 table", error) ||
            !check_l2_table(file, header, l2, error))
            return FALSE;
    }
    return TRUE;
}
