/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metadata region of a VHDX. All numbers are little endian. */
#include "convert/image/vhdx_metadata.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf16.h"
#include "convert/image/vhdx_header.h"

#define MIB (UINT64_C(1) << 20)
#define TABLE_BYTES ((size_t)(64 * 1024))
#define TABLE_ENTRIES_LIMIT 2047
#define ITEM_LIMIT_BYTES ((uint32_t)(1024 * 1024)) /* [MS-VHDX] 2.6.1.2 */
#define SIZE_LIMIT_BYTES (UINT64_C(64) << 40)      /* what the format allows */
#define LOCATOR_ENTRIES_LIMIT 64
#define ITEM_IS_REQUIRED 4u

enum { FILE_LEAVES_BLOCKS = 1, FILE_HAS_PARENT = 2 };

typedef struct {
    const uint8_t *bytes;
    size_t length;
} Item;

typedef gboolean (*ItemFunc)(const Item *item, VhdxMetadata *metadata, GError **error);

static gboolean damaged(GError **error, const char *what)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "copy or export it again and compare the sizes",
                      "its metadata is damaged: %s", what);
    return FALSE;
}

static gboolean read_file_parameters(const Item *item, VhdxMetadata *metadata, GError **error)
{
    if (item->length < 8)
        return damaged(error, "the file parameters are too short");
    uint32_t flags = get_le32(item->bytes + 4);
    metadata->block_bytes = get_le32(item->bytes);
    metadata->is_fixed = (flags & FILE_LEAVES_BLOCKS) != 0;
    metadata->has_parent = (flags & FILE_HAS_PARENT) != 0;
    return TRUE;
}

static gboolean read_disk_size(const Item *item, VhdxMetadata *metadata, GError **error)
{
    if (item->length < 8)
        return damaged(error, "the size of the disk is too short");
    metadata->disk_bytes = get_le64(item->bytes);
    return TRUE;
}

static gboolean read_sector_size(const Item *item, VhdxMetadata *metadata, GError **error)
{
    if (item->length < 4)
        return damaged(error, "the sector size is too short");
    metadata->sector_bytes = get_le32(item->bytes);
    return TRUE;
}

static gboolean pass_over(G_GNUC_UNUSED const Item *item, G_GNUC_UNUSED VhdxMetadata *metadata,
                          G_GNUC_UNUSED GError **error)
{
    return TRUE;
}

static char *locator_text(const Item *item, uint32_t offset, uint16_t length)
{
    return range_is_within(offset, length, item->length)
               ? utf16_to_utf8(item->bytes + offset, length, UTF16_LITTLE_ENDIAN)
               : NULL;
}

/* "{FF34003B-…}" as lower case without braces; NULL: no GUID, or the nil one, which Hyper-V writes
   for "none". */
static char *normalise_guid(const char *text)
{
    size_t length = strlen(text);
    g_autofree char *bare = length == 38 && text[0] == '{' && text[37] == '}'
                                ? g_ascii_strdown(text + 1, 36)
                                : g_ascii_strdown(text, -1);
    gboolean is_nil = strspn(bare, "0-") == strlen(bare);
    return g_uuid_string_is_valid(bare) && !is_nil ? g_steal_pointer(&bare) : NULL;
}

typedef struct {
    const char *key;
    gboolean is_identity;
    char *value;
} LocatorKey;

static void collect(LocatorKey *keys, guint count, VhdxMetadata *metadata)
{
    g_autoptr(GPtrArray) identities = g_ptr_array_new(), names = g_ptr_array_new();
    for (guint i = 0; i < count; i++) {
        g_autofree char *value = g_steal_pointer(&keys[i].value);
        if (!value || !*value)
            continue;
        if (!keys[i].is_identity) {
            g_ptr_array_add(names, g_steal_pointer(&value));
            continue;
        }
        char *guid = normalise_guid(value);
        if (guid)
            g_ptr_array_add(identities, guid);
    }
    g_ptr_array_add(identities, NULL);
    g_ptr_array_add(names, NULL);
    g_strfreev(metadata->parent_identities);
    g_strfreev(metadata->parent_names);
    metadata->parent_identities = (char **)g_ptr_array_steal(identities, NULL);
    metadata->parent_names = (char **)g_ptr_array_steal(names, NULL);
}

/* [MS-VHDX] 2.6.2.6. The relative name moves with the files, so it comes first. */
static gboolean read_parent_locator(const Item *item, VhdxMetadata *metadata, GError **error)
{
    static const uint8_t vhdx_locator[VHDX_GUID_BYTES] = {0xb7, 0xef, 0x4a, 0xb0, 0x9e, 0xd1,
                                                          0x81, 0x4a, 0xb7, 0x89, 0x25, 0xb8,
                                                          0xe9, 0x44, 0x59, 0x13};
    if (item->length < 20)
        return damaged(error, "the parent locator is too short");
    if (memcmp(item->bytes, vhdx_locator, VHDX_GUID_BYTES) != 0) {
        g_autofree char *type = vhdx_guid_to_text(item->bytes);
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED,
                          "merge it with its parent in the source, then export again",
                          "it is a differencing disk whose parent is no VHDX (locator of type %s)",
                          type);
        return FALSE;
    }
    uint16_t count = get_le16(item->bytes + 18);
    if (count > LOCATOR_ENTRIES_LIMIT || 20 + (size_t)count * 12 > item->length)
        return damaged(error, "the parent locator has too many entries");

    LocatorKey keys[] = {{"parent_linkage", TRUE, NULL},
                         {"parent_linkage2", TRUE, NULL},
                         {"relative_path", FALSE, NULL},
                         {"absolute_win32_path", FALSE, NULL},
                         {"volume_path", FALSE, NULL}};
    for (uint16_t i = 0; i < count; i++) {
        const uint8_t *entry = item->bytes + 20 + (size_t)i * 12;
        g_autofree char *key = locator_text(item, get_le32(entry), get_le16(entry + 8));
        if (!key)
            continue;
        for (guint k = 0; k < G_N_ELEMENTS(keys); k++)
            if (!keys[k].value && g_ascii_strcasecmp(key, keys[k].key) == 0)
                keys[k].value = locator_text(item, get_le32(entry + 4), get_le16(entry + 10));
    }
    collect(keys, G_N_ELEMENTS(keys), metadata);
    return TRUE;
}

static const struct {
    uint8_t guid[VHDX_GUID_BYTES];
    ItemFunc read;
} items[] = {
    {{0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7,
      0x6b},
     read_file_parameters},
    {{0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4,
      0xb8},
     read_disk_size},
    {{0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47, 0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab,
      0x5f},
     read_sector_size},
    {{0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45, 0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab,
      0x0c},
     read_parent_locator},
    /* SCSI page 83 data, and the size of a physical sector. */
    {{0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45, 0x93, 0xef, 0xc3, 0x09, 0xe0, 0x00, 0xc7,
      0x46},
     pass_over},
    {{0xc7, 0x48, 0xa3, 0xcd, 0x5d, 0x44, 0x71, 0x44, 0x9c, 0xc9, 0xe9, 0x88, 0x52, 0x51, 0xc5,
      0x56},
     pass_over},
};

static gboolean read_item(const FlatFile *file, uint64_t region_offset, const uint8_t *entry,
                          VhdxMetadata *metadata, GError **error)
{
    ItemFunc read = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(items) && !read; i++)
        if (memcmp(entry, items[i].guid, VHDX_GUID_BYTES) == 0)
            read = items[i].read;
    if (!read && (get_le32(entry + 24) & ITEM_IS_REQUIRED)) {
        g_autofree char *name = vhdx_guid_to_text(entry);
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, "convert it on Hyper-V: Convert-VHD",
                          "it has a metadata item that is not known (%s)", name);
        return FALSE;
    }
    if (!read || read == pass_over)
        return TRUE;

    uint32_t length = get_le32(entry + 20);
    uint64_t offset;
    if (length > ITEM_LIMIT_BYTES)
        return damaged(error, "an item is too long");
    if (!g_uint64_checked_add(&offset, region_offset, get_le32(entry + 16)))
        return damaged(error, "an item lies nowhere");
    g_autofree uint8_t *bytes = g_malloc(MAX(length, 1u));
    if (!flat_file_read(file, offset, bytes, length, "metadata item", error))
        return FALSE;
    Item item = {bytes, length};
    return read(&item, metadata, error);
}

static gboolean check_numbers(const VhdxMetadata *metadata, GError **error)
{
    if (metadata->sector_bytes != 512 && metadata->sector_bytes != 4096)
        return damaged(error, "the size of a sector is neither 512 nor 4096 bytes");
    if (metadata->disk_bytes == 0 || metadata->disk_bytes > SIZE_LIMIT_BYTES ||
        metadata->disk_bytes % metadata->sector_bytes != 0)
        return damaged(error, "the size of the disk is impossible");
    if (metadata->block_bytes < MIB || metadata->block_bytes > 256 * MIB ||
        (metadata->block_bytes & (metadata->block_bytes - 1)) != 0)
        return damaged(error, "the size of a block is impossible");
    if (metadata->has_parent && !metadata->parent_names)
        return damaged(error, "it is a differencing disk that does not name its parent");
    return TRUE;
}

static gboolean read_items(const FlatFile *file, uint64_t offset, VhdxMetadata *metadata,
                           GError **error)
{
    g_autofree uint8_t *table = g_malloc(TABLE_BYTES);
    if (!flat_file_read(file, offset, table, TABLE_BYTES, "metadata table", error))
        return FALSE;
    uint16_t count = get_le16(table + 10);
    if (memcmp(table, "metadata", 8) != 0 || count > TABLE_ENTRIES_LIMIT)
        return damaged(error, "its table is no such table");
    for (uint16_t i = 0; i < count; i++)
        if (!read_item(file, offset, table + 32 + (size_t)i * 32, metadata, error))
            return FALSE;
    return check_numbers(metadata, error);
}

gboolean vhdx_metadata_read(const FlatFile *file, uint64_t offset, VhdxMetadata *ret_metadata,
                            GError **error)
{
    VhdxMetadata metadata = {0};
    if (read_items(file, offset, &metadata, error)) {
        *ret_metadata = metadata;
        return TRUE;
    }
    vhdx_metadata_clear(&metadata);
    return FALSE;
}

void vhdx_metadata_clear(VhdxMetadata *metadata)
{
    g_clear_pointer(&metadata->parent_identities, g_strfreev);
    g_clear_pointer(&metadata->parent_names, g_strfreev);
}
