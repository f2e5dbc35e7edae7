/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sparse extents of VMDK images. */
#include "convert/image/vmdk_sparse.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/image/vmdk_tables.h"

#define SECTOR 512
#define SECTORS_LIMIT (UINT64_C(1) << 41)
#define DIRECTORY_ENTRIES_LIMIT (UINT64_C(32) << 20) /* qemu's */

/* Hosted. */
#define HOSTED_VERSION_LIMIT 3
#define HOSTED_TABLE_ENTRIES_LIMIT 512 /* qemu's; VMware writes nothing else */
#define HOSTED_GRAIN_LIMIT_SECTORS 65536
#define FLAG_NEWLINES (UINT32_C(1) << 0)
#define FLAG_COMPRESSED (UINT32_C(1) << 16)
#define COMPRESSION_DEFLATE 1
#define DIRECTORY_AT_END UINT64_MAX
#define FOOTER_BYTES 1536 /* a marker, the header, the end-of-stream marker */
#define MARKER_FOOTER 3
#define ZEROED_GRAIN 1

/* ESX server. */
#define COWD_TABLE_ENTRIES 4096

/* seSparse. */
#define SE_MAGIC UINT64_C(0xcafebabe)
#define SE_VOLATILE_MAGIC UINT64_C(0xcafecafe)
#define SE_VERSION UINT64_C(0x0000000200000001)
#define SE_GRAIN_SECTORS 8
#define SE_TABLE_SECTORS 64

typedef struct {
    uint32_t version, flags;
    uint64_t capacity_sectors, grain_sectors;
    uint64_t descriptor_sector, descriptor_sectors;
    uint32_t table_entries;
    uint64_t directory_sector, overhead_sectors;
    uint16_t compression;
} HostedHeader;

static gboolean corrupt(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

gboolean vmdk_sparse_probe(const SourceFile *file, VmdkSparseKind *ret_kind)
{
    if (memcmp(file->head, "KDMV", 4) == 0)
        *ret_kind = VMDK_SPARSE_HOSTED;
    else if (memcmp(file->head, "COWD", 4) == 0)
        *ret_kind = VMDK_SPARSE_COWD;
    else if (get_le64(file->head) == SE_MAGIC)
        *ret_kind = VMDK_SPARSE_SE;
    else
        return FALSE;
    return TRUE;
}

static void decode_hosted(const uint8_t *sector, HostedHeader *header)
{
    header->version = get_le32(sector + 4);
    header->flags = get_le32(sector + 8);
    header->capacity_sectors = get_le64(sector + 12);
    header->grain_sectors = get_le64(sector + 20);
    header->descriptor_sector = get_le64(sector + 28);
    header->descriptor_sectors = get_le64(sector + 36);
    header->table_entries = get_le32(sector + 44);
    header->directory_sector = get_le64(sector + 56);
    header->overhead_sectors = get_le64(sector + 64);
    header->compression = get_le16(sector + 77);
}

/* The footer takes the place of the header, but for the descriptor, which it does not know. */
static gboolean read_footer(const SourceFile *file, HostedHeader *header, GError **error)
{
    uint64_t descriptor_sector = header->descriptor_sector;
    uint64_t descriptor_sectors = header->descriptor_sectors;
    uint8_t footer[FOOTER_BYTES];
    if (file->size_bytes < sizeof(footer) || file->size_bytes % SECTOR != 0)
        return corrupt(error, "the image is cut short: the footer at its end is missing");
    if (!source_read(file, file->size_bytes - sizeof(footer), footer, sizeof(footer), "footer",
                     error))
        return FALSE;
    const uint8_t *end_marker = footer + 2 * SECTOR;
    if (get_le32(footer + 8) != 0 || get_le32(footer + 12) != MARKER_FOOTER ||
        memcmp(footer + SECTOR, "KDMV", 4) != 0 || get_le64(end_marker) != 0 ||
        get_le64(end_marker + 8) != 0)
        return corrupt(error, "the image is cut short: the footer at its end is missing");
    decode_hosted(footer + SECTOR, header);
    header->descriptor_sector = descriptor_sector;
    header->descriptor_sectors = descriptor_sectors;
    return TRUE;
}

static gboolean check_hosted_header(const SourceFile *file, const HostedHeader *header,
                                    GError **error)
{
    /* Four bytes that a transfer in text mode would have changed. */
    if ((header->flags & FLAG_NEWLINES) && memcmp(file->head + 73, "\n \r\n", 4) != 0)
        return corrupt(error, "its header is damaged, perhaps by a transfer in text mode");
    if (header->version == 0 || header->version > HOSTED_VERSION_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "convert the disk with vmware-vdiskmanager -r DISK -t 0 NEW.vmdk first",
                          "its format has version %u", header->version);
        return FALSE;
    }
    if (header->capacity_sectors == 0 || header->capacity_sectors > SECTORS_LIMIT ||
        header->grain_sectors == 0 || header->grain_sectors > HOSTED_GRAIN_LIMIT_SECTORS ||
        header->table_entries == 0 || header->table_entries > HOSTED_TABLE_ENTRIES_LIMIT ||
        ((header->flags & FLAG_COMPRESSED) != 0) != (header->compression == COMPRESSION_DEFLATE))
        return corrupt(error, "its header is damaged");
    if (header->overhead_sectors > file->size_bytes / SECTOR + 1)
        return corrupt(error, "the image is cut short: it ends before its first grain");
    return TRUE;
}

static gboolean locate_sector(G_GNUC_UNUSED const VmdkTables *tables, uint64_t entry,
                              uint64_t *ret_offset)
{
    *ret_offset = entry * SECTOR;
    return TRUE;
}

static gboolean locate_hosted_grain(G_GNUC_UNUSED const VmdkTables *tables, uint64_t entry,
                                    uint64_t *ret_offset)
{
    *ret_offset = entry == ZEROED_GRAIN ? 0 : entry * SECTOR;
    return TRUE;
}

static gboolean set_directory(VmdkTables *tables, uint64_t sector, uint64_t sectors,
                              uint64_t table_sectors, GError **error)
{
    tables->directory_entries = (sectors - 1) / table_sectors + 1;
    if (tables->directory_entries > DIRECTORY_ENTRIES_LIMIT ||
        !g_uint64_checked_mul(&tables->directory_offset, sector, SECTOR))
        return corrupt(error, "its header is damaged");
    return TRUE;
}

static gboolean check_hosted(const SourceFile *file, VmdkSparse *sparse, GError **error)
{
    HostedHeader header;
    decode_hosted(file->head, &header);
    sparse->has_footer = header.directory_sector == DIRECTORY_AT_END;
    if ((sparse->has_footer && !read_footer(file, &header, error)) ||
        !check_hosted_header(file, &header, error))
        return FALSE;
    sparse->is_compressed = header.compression == COMPRESSION_DEFLATE;
    sparse->sectors = header.capacity_sectors;
    if (!g_uint64_checked_mul(&sparse->descriptor_offset, header.descriptor_sector, SECTOR) ||
        !g_uint64_checked_mul(&sparse->descriptor_bytes, header.descriptor_sectors, SECTOR))
        return corrupt(error, "its header is damaged");

    VmdkTables tables = {
        .file = file,
        .entry_bytes = 4,
        .table_entries = header.table_entries,
        /* A compressed grain is a marker and less than the grain. */
        .grain_bytes = sparse->is_compressed ? SECTOR : header.grain_sectors * SECTOR,
        .are_scattered = sparse->is_compressed,
        .locate_table = locate_sector,
        .locate_grain = locate_hosted_grain,
    };
    return set_directory(&tables, header.directory_sector, header.capacity_sectors,
                         header.grain_sectors * header.table_entries, error) &&
           vmdk_tables_check(&tables, error);
}

static gboolean check_cowd(const SourceFile *file, VmdkSparse *sparse, GError **error)
{
    uint32_t version = get_le32(file->head + 4);
    uint32_t sectors = get_le32(file->head + 12);
    uint32_t grain_sectors = get_le32(file->head + 16);
    uint32_t directory_sector = get_le32(file->head + 20);
    uint32_t directory_entries = get_le32(file->head + 24);
    if (version != 1 || sectors == 0 || grain_sectors == 0 ||
        grain_sectors > HOSTED_GRAIN_LIMIT_SECTORS)
        return corrupt(error, "its header is damaged");
    sparse->sectors = sectors;
    VmdkTables tables = {
        .file = file,
        .entry_bytes = 4,
        .table_entries = COWD_TABLE_ENTRIES,
        .grain_bytes = (uint64_t)grain_sectors * SECTOR,
        .locate_table = locate_sector,
        .locate_grain = locate_hosted_grain,
    };
    if (!set_directory(&tables, directory_sector, sectors,
                       (uint64_t)grain_sectors * COWD_TABLE_ENTRIES, error))
        return FALSE;
    if (directory_entries < tables.directory_entries)
        return corrupt(error, "its grain directory is too small for its size");
    return vmdk_tables_check(&tables, error);
}

/* The upper half of an entry says that the table is there (qemu: anything else is not). */
static gboolean locate_se_table(const VmdkTables *tables, uint64_t entry, uint64_t *ret_offset)
{
    *ret_offset = 0;
    if (entry == 0)
        return TRUE;
    if (entry >> 32 != 0x10000000)
        return FALSE;
    uint64_t table_bytes = (uint64_t)tables->table_entries * tables->entry_bytes;
    return g_uint64_checked_add(ret_offset, tables->tables_offset,
                                (entry & UINT32_MAX) * table_bytes);
}

/* Types in the top nibble: 0 not allocated, 1 unmapped, 2 zeros, 3 a grain, whose number has its
   low 12 bits above the others. */
static gboolean locate_se_grain(const VmdkTables *tables, uint64_t entry, uint64_t *ret_offset)
{
    *ret_offset = 0;
    if (entry >> 60 == 1 || entry >> 60 == 2)
        return TRUE;
    if (entry >> 60 != 3)
        return entry == 0;
    uint64_t number = ((entry >> 48) & 0xfff) | ((entry & UINT64_C(0xffffffffffff)) << 12);
    return g_uint64_checked_mul(&number, number, tables->grain_bytes) &&
           g_uint64_checked_add(ret_offset, tables->grains_offset, number);
}

static gboolean is_zero(const uint8_t *bytes, size_t length)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

static gboolean check_se_journal(const SourceFile *file, GError **error)
{
    uint64_t offset;
    uint8_t sector[SECTOR];
    if (!g_uint64_checked_mul(&offset, get_le64(file->head + 80), SECTOR))
        return corrupt(error, "its header is damaged");
    if (!source_read(file, offset, sector, sizeof(sector), "second header", error))
        return FALSE;
    if (get_le64(sector) != SE_VOLATILE_MAGIC)
        return corrupt(error, "its second header is damaged");
    if (get_le64(sector + 24) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "consolidate the snapshots in VMware with the machine switched off, then "
                          "export it again",
                          "it was not closed cleanly: its journal holds changes that are not in it "
                          "yet");
        return FALSE;
    }
    return TRUE;
}

static gboolean check_se(const SourceFile *file, VmdkSparse *sparse, GError **error)
{
    const uint8_t *head = file->head;
    uint64_t capacity = get_le64(head + 16);
    if (get_le64(head + 8) != SE_VERSION || get_le64(head + 24) != SE_GRAIN_SECTORS ||
        get_le64(head + 32) != SE_TABLE_SECTORS || !is_zero(head + 40, 40) ||
        !is_zero(head + 208, SECTOR - 208)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "consolidate the snapshots in VMware, then export it again",
                          "its seSparse format is not the known one (version %#" PRIx64 ")",
                          get_le64(head + 8));
        return FALSE;
    }
    uint64_t directory_sectors = get_le64(head + 136);
    if (capacity == 0 || capacity > SECTORS_LIMIT)
        return corrupt(error, "its header is damaged");
    sparse->sectors = capacity;
    VmdkTables tables = {
        .file = file,
        .entry_bytes = 8,
        .table_entries = SE_TABLE_SECTORS * SECTOR / 8,
        .grain_bytes = SE_GRAIN_SECTORS * SECTOR,
        .locate_table = locate_se_table,
        .locate_grain = locate_se_grain,
    };
    if (!g_uint64_checked_mul(&tables.tables_offset, get_le64(head + 144), SECTOR) ||
        !g_uint64_checked_mul(&tables.grains_offset, get_le64(head + 192), SECTOR))
        return corrupt(error, "its header is damaged");
    if (!check_se_journal(file, error) ||
        !set_directory(&tables, get_le64(head + 128), capacity,
                       (uint64_t)SE_GRAIN_SECTORS * tables.table_entries, error))
        return FALSE;
    if (directory_sectors < (tables.directory_entries * 8 - 1) / SECTOR + 1)
        return corrupt(error, "its grain directory is too small for its size");
    return vmdk_tables_check(&tables, error);
}

gboolean vmdk_sparse_check(const SourceFile *file, VmdkSparse *ret_sparse, GError **error)
{
    VmdkSparse sparse = {0};
    if (!vmdk_sparse_probe(file, &sparse.kind))
        return corrupt(error, "it is no sparse extent");
    gboolean ok = sparse.kind == VMDK_SPARSE_HOSTED ? check_hosted(file, &sparse, error)
                  : sparse.kind == VMDK_SPARSE_COWD ? check_cowd(file, &sparse, error)
                                                    : check_se(file, &sparse, error);
    if (ok)
        *ret_sparse = sparse;
    return ok;
}
