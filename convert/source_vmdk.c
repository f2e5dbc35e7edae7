/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMDK images (VMware's Virtual Disk Format 5.0). qemu reads them; but it leaves out extents that
   it does not like, counts one after an empty line twice and reads a delta without its parent as
   zeros, all without a word. So the descriptor is read here first, and grain tables are checked
   against the end of the file. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/source_format.h"
#include "convert/vmdk_descriptor.h"

#define SECTOR 512
#define DESCRIPTOR_LIMIT_BYTES (UINT64_C(64) * 1024)
#define GRAIN_TABLE_ENTRIES_LIMIT 4096
#define GRAINS_AT_END UINT64_MAX
#define FLAG_COMPRESSED (UINT32_C(1) << 16)
#define FOOTER_FROM_END 1024 /* footer sector, then the end-of-stream marker's sector */

typedef struct {
    uint32_t flags;
    uint64_t capacity_sectors, grain_sectors;
    uint64_t descriptor_sector, descriptor_sectors;
    uint32_t table_entries;
    uint64_t directory_sector;
} SparseHeader;

static gboolean is_sparse(const uint8_t *head)
{
    return memcmp(head, "KDMV", 4) == 0;
}

static gboolean vmdk_probe(const SourceFile *file)
{
    return is_sparse(file->head) || memcmp(file->head, "COWD", 4) == 0 ||
           vmdk_descriptor_is_text(file->head, sizeof(file->head));
}

static gboolean corrupt(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "%s", what);
    return FALSE;
}

static void decode_header(const uint8_t *sector, SparseHeader *header)
{
    header->flags = get_le32(sector + 8);
    header->capacity_sectors = get_le64(sector + 12);
    header->grain_sectors = get_le64(sector + 20);
    header->descriptor_sector = get_le64(sector + 28);
    header->descriptor_sectors = get_le64(sector + 36);
    header->table_entries = get_le32(sector + 44);
    header->directory_sector = get_le64(sector + 56);
}

static gboolean read_header(const SourceFile *file, SparseHeader *header, GError **error)
{
    decode_header(file->head, header);
    if (header->directory_sector == GRAINS_AT_END) {
        uint8_t footer[SECTOR];
        if (file->size_bytes < FOOTER_FROM_END + SECTOR)
            return corrupt(error, "the image is cut short: the footer at its end is missing");
        if (!source_read(file, file->size_bytes - FOOTER_FROM_END, footer, sizeof(footer), "footer",
                         error))
            return FALSE;
        if (!is_sparse(footer))
            return corrupt(error, "the image is cut short: the footer at its end is missing");
        uint64_t descriptor_sector = header->descriptor_sector;
        uint64_t descriptor_sectors = header->descriptor_sectors;
        decode_header(footer, header);
        header->descriptor_sector = descriptor_sector;
        header->descriptor_sectors = descriptor_sectors;
    }
    if (header->capacity_sectors == 0 || header->capacity_sectors > (UINT64_C(1) << 41) ||
        header->grain_sectors == 0 || header->grain_sectors > 65536 || header->table_entries == 0 ||
        header->table_entries > GRAIN_TABLE_ENTRIES_LIMIT)
        return corrupt(error, "its header is damaged");
    return TRUE;
}

static gboolean check_grain_table(const SourceFile *file, const SparseHeader *header,
                                  uint32_t table_sector, uint8_t *table, GError **error)
{
    gboolean compressed = (header->flags & FLAG_COMPRESSED) != 0;
    uint64_t grain_bytes = compressed ? SECTOR : header->grain_sectors * SECTOR;
    if (!source_read(file, (uint64_t)table_sector * SECTOR, table, header->table_entries * 4,
                     "grain table", error))
        return FALSE;
    for (uint32_t i = 0; i < header->table_entries; i++) {
        uint32_t grain = get_le32(table + (size_t)i * 4);
        /* 0: not allocated, 1: zeroed grain. */
        if (grain > 1 && !range_is_within((uint64_t)grain * SECTOR, grain_bytes, file->size_bytes))
            return corrupt(error, "the image is cut short: grains lie beyond the end of it");
    }
    return TRUE;
}

static gboolean check_grains(const SourceFile *file, const SparseHeader *header, GError **error)
{
    uint64_t table_sectors = header->grain_sectors * header->table_entries;
    uint64_t tables = (header->capacity_sectors - 1) / table_sectors + 1;
    uint64_t directory;
    if (!g_uint64_checked_mul(&directory, header->directory_sector, SECTOR))
        return corrupt(error, "its header is damaged");
    g_autofree uint8_t *table = g_malloc((gsize)header->table_entries * 4);
    for (uint64_t i = 0; i < tables; i++) {
        uint8_t entry[4];
        if (!source_read(file, directory + i * 4, entry, sizeof(entry), "grain directory", error))
            return FALSE;
        uint32_t table_sector = get_le32(entry);
        if (table_sector != 0 && !check_grain_table(file, header, table_sector, table, error))
            return FALSE;
    }
    return TRUE;
}

/* A hosted sparse extent, alone or as part of a split disk. */
static gboolean check_sparse(const SourceFile *file, SparseHeader *header, GError **error)
{
    return read_header(file, header, error) && check_grains(file, header, error);
}

static gboolean check_parent(const VmdkDescriptor *descriptor, GError **error)
{
    if (descriptor->parent_cid == VMDK_NO_PARENT)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                      "consolidate the snapshots in VMware, then export again",
                      "it is a snapshot of another disk (%s): without it most of it is missing",
                      descriptor->parent_hint ? descriptor->parent_hint : "not named");
    return FALSE;
}

/* The file of an extent, confined to the descriptor's own folder: its owner writes the name. */
static char *extent_path(const SourceFile *file, const VmdkExtent *extent, GError **error)
{
    const char *name = extent->file_name;
    if (!name || !*name || strpbrk(name, "/\\:") || g_str_equal(name, ".") ||
        g_str_equal(name, "..")) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION,
                          "put all parts of the disk into one folder and name them in the "
                          "descriptor without a path",
                          "its extent '%s' leads out of the image's own folder", name ? name : "");
        return NULL;
    }
    g_autofree char *folder = g_path_get_dirname(file->path);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy all files of the disk into the same folder",
                          "its extent '%s' is missing", name);
        return NULL;
    }
    if (g_file_test(path, G_FILE_TEST_IS_SYMLINK) || !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        drydock_error_set(error, DRYDOCK_ERROR_PRECONDITION, "put the file itself there",
                          "its extent '%s' is not a regular file", name);
        return NULL;
    }
    return g_steal_pointer(&path);
}

static gboolean check_extent_kind(const VmdkExtent *extent, GError **error)
{
    static const char *const readable[] = {"FLAT",       "SPARSE",   "VMFS",
                                           "VMFSSPARSE", "SESPARSE", NULL};
    if (!g_strv_contains(readable, extent->type) || !g_str_equal(extent->access, "RW")) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "convert the disk with vmkfstools or vmware-vdiskmanager first",
                          "qemu would leave out its extent '%s %s'", extent->access, extent->type);
        return FALSE;
    }
    if (extent->after_blank_line) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "remove the empty lines between the extents of a copy of the descriptor",
                          "qemu would count its extent after an empty line twice");
        return FALSE;
    }
    return TRUE;
}

static gboolean check_extent(const SourceFile *file, const VmdkExtent *extent, GError **error)
{
    if (!check_extent_kind(extent, error))
        return FALSE;
    g_autofree char *path = extent_path(file, extent, error);
    if (!path)
        return FALSE;
    g_autoptr(Disk) image = disk_open_file(path, FALSE, SECTOR, error);
    if (!image)
        return FALSE;
    SourceFile part = {.path = path, .file = image, .size_bytes = disk_size(image)};
    if (g_str_equal(extent->type, "SPARSE")) {
        SparseHeader header;
        if (!source_read(&part, 0, part.head, SECTOR, "header", error))
            return FALSE;
        if (!is_sparse(part.head))
            return corrupt(error, "one of its sparse extents is none");
        return check_sparse(&part, &header, error);
    }
    if (g_str_equal(extent->type, "FLAT") || g_str_equal(extent->type, "VMFS")) {
        uint64_t end;
        if (!g_uint64_checked_add(&end, extent->offset_sectors, extent->sectors) ||
            !g_uint64_checked_mul(&end, end, SECTOR) || end > part.size_bytes)
            return corrupt(error, "the image is cut short: an extent is smaller than it should be");
    }
    return TRUE;
}

static gboolean check_descriptor_file(const SourceFile *file, MachineDisk *disk, GError **error)
{
    size_t length = (size_t)MIN(file->size_bytes, DESCRIPTOR_LIMIT_BYTES);
    g_autofree char *text = g_malloc(length);
    if (!source_read(file, 0, text, length, "descriptor", error))
        return FALSE;
    g_autoptr(VmdkDescriptor) descriptor = vmdk_descriptor_parse(text, length, error);
    if (!descriptor || !check_parent(descriptor, error))
        return FALSE;
    if (descriptor->extents->len == 0)
        return corrupt(error, "its descriptor names no extents");
    uint64_t sectors = 0;
    for (guint i = 0; i < descriptor->extents->len; i++) {
        const VmdkExtent *extent = g_ptr_array_index(descriptor->extents, i);
        if (!check_extent(file, extent, error))
            return FALSE;
        if (!g_uint64_checked_add(&sectors, sectors, extent->sectors))
            return corrupt(error, "its extents are impossibly large");
    }
    if (!g_uint64_checked_mul(&disk->size_bytes, sectors, SECTOR))
        return corrupt(error, "its extents are impossibly large");
    disk->variant = g_strdup(descriptor->create_type);
    return TRUE;
}

static gboolean refuse_extent(GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name the small .vmdk file beside it",
                      "it is one extent of a disk, not its descriptor");
    return FALSE;
}

/* One file with its descriptor inside; an extent of a split disk has none, or an empty one. */
static gboolean check_monolithic(const SourceFile *file, MachineDisk *disk, GError **error)
{
    SparseHeader header;
    if (!check_sparse(file, &header, error))
        return FALSE;
    disk->size_bytes = header.capacity_sectors * SECTOR;
    disk->variant = g_strdup("monolithicSparse");
    uint64_t offset, length;
    if (!g_uint64_checked_mul(&offset, header.descriptor_sector, SECTOR) ||
        !g_uint64_checked_mul(&length, header.descriptor_sectors, SECTOR))
        return corrupt(error, "its header is damaged");
    if (length == 0)
        return refuse_extent(error);
    length = MIN(length, DESCRIPTOR_LIMIT_BYTES);
    g_autofree char *text = g_malloc((gsize)length);
    if (!source_read(file, offset, text, (size_t)length, "descriptor", error))
        return FALSE;
    g_autoptr(VmdkDescriptor) descriptor = vmdk_descriptor_parse(text, (size_t)length, error);
    if (!descriptor || !check_parent(descriptor, error))
        return FALSE;
    if (descriptor->extents->len == 0)
        return *text ? corrupt(error, "its descriptor is damaged") : refuse_extent(error);
    if (descriptor->create_type) {
        g_free(disk->variant);
        disk->variant = g_strdup(descriptor->create_type);
    }
    return TRUE;
}

static gboolean vmdk_check(const SourceFile *file, MachineDisk *disk, GError **error)
{
    if (memcmp(file->head, "COWD", 4) == 0)
        return refuse_extent(error);
    gboolean ok = is_sparse(file->head) ? check_monolithic(file, disk, error)
                                        : check_descriptor_file(file, disk, error);
    if (ok)
        disk->image_options = image_options_for_file("vmdk", file->path);
    return ok;
}

const SourceFormatOps source_vmdk_ops = {SOURCE_FORMAT_VMDK, vmdk_probe, vmdk_check};
