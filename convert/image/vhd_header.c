/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Footer, dynamic header and parent locators of a VHD. All numbers are big endian. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf16.h"
#include "convert/image/vhd_image.h"

#define SHORT_FOOTER_BYTES 511
#define DYNAMIC_HEADER_BYTES 1024
#define ENTRIES_LIMIT (UINT32_C(1) << 26)
#define DISK_LIMIT_BYTES (UINT64_C(1) << 50)
#define BLOCK_LIMIT_BYTES (UINT32_C(1) << 30)
#define BLOCK_MINIMUM_BYTES 4096
#define LOCATORS 8
#define LOCATOR_LIMIT_BYTES ((uint32_t)65536) /* the longest path of Windows, in UTF-16 */
#define PARENT_NAME_BYTES 512

gboolean vhd_has_cookie(const uint8_t *bytes)
{
    return memcmp(bytes, "conectix", 8) == 0;
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

static char *uuid_from_bytes(const uint8_t *bytes)
{
    static const uint8_t nil[16];
    if (memcmp(bytes, nil, sizeof(nil)) == 0)
        return NULL;
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < 16; i++)
        g_string_append_printf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
                               bytes[i]);
    return g_string_free(text, FALSE);
}

static gboolean footer_is_valid(const uint8_t *footer)
{
    return vhd_has_cookie(footer) &&
           get_be32(footer + 64) == checksum(footer, VHD_FOOTER_BYTES, 64);
}

/* Size, type and the place of the dynamic header: two footers that differ in these describe two
   disks. */
static gboolean footers_agree(const uint8_t *a, const uint8_t *b)
{
    return get_be64(a + 48) == get_be64(b + 48) && get_be32(a + 60) == get_be32(b + 60) &&
           get_be64(a + 16) == get_be64(b + 16);
}

/* Programs that only look at the copy, and those that only look at the footer, would see two
   different disks: neither is right before the other is mended. A fixed disk has no copy; what is
   at its head belongs to the guest. */
static gboolean check_copy(const uint8_t *footer, const uint8_t *head, GError **error)
{
    if (get_be32(footer + 60) == VHD_FIXED || !footer_is_valid(head) || footers_agree(footer, head))
        return TRUE;
    return corrupt(error, "its footer and the copy of it at the beginning do not agree");
}

static gboolean find_footer(const FlatFile *file, uint8_t footer[VHD_FOOTER_BYTES],
                            VhdFooterPlace *ret_place, GError **error)
{
    uint64_t size = flat_file_size(file);
    uint8_t head[VHD_FOOTER_BYTES], tail[VHD_FOOTER_BYTES];
    if (size < VHD_FOOTER_BYTES)
        return corrupt(error, "the image is cut short: it is smaller than its footer");
    if (!flat_file_read(file, 0, head, sizeof(head), "footer", error) ||
        !flat_file_read(file, size - VHD_FOOTER_BYTES, tail, sizeof(tail), "footer", error))
        return FALSE;

    uint8_t shifted[VHD_FOOTER_BYTES] = {0};
    memcpy(shifted, tail + 1, SHORT_FOOTER_BYTES);
    if (footer_is_valid(tail)) {
        *ret_place = VHD_FOOTER_AT_END;
        memcpy(footer, tail, VHD_FOOTER_BYTES);
        return check_copy(footer, head, error);
    }
    if (footer_is_valid(shifted)) {
        *ret_place = VHD_FOOTER_SHORT;
        memcpy(footer, shifted, VHD_FOOTER_BYTES);
        return check_copy(footer, head, error);
    }
    /* Whether the end itself is all that is missing, the check of the blocks finds out. */
    if (footer_is_valid(head) && get_be32(head + 60) != VHD_FIXED) {
        *ret_place = VHD_FOOTER_AT_HEAD;
        memcpy(footer, head, VHD_FOOTER_BYTES);
        return TRUE;
    }
    if (vhd_has_cookie(tail) || vhd_has_cookie(shifted))
        return corrupt(error, "the checksum of its footer is wrong");
    if (vhd_has_cookie(head))
        return corrupt(error, "the image is cut short: the footer at its end is missing, and the "
                              "copy at its beginning is damaged");
    return corrupt(error, "the image is cut short: the footer at its end is missing");
}

static gboolean read_locator(const FlatFile *file, const uint8_t *entry, char **ret_name,
                             GError **error)
{
    static const struct {
        char code[5];
        gboolean is_utf16;
    } platforms[] = {{"W2ru", TRUE}, {"W2ku", TRUE}, {"MacX", FALSE}};
    for (guint i = 0; i < G_N_ELEMENTS(platforms); i++) {
        if (memcmp(entry, platforms[i].code, 4) != 0)
            continue;
        uint32_t length = get_be32(entry + 8);
        if (length == 0)
            return TRUE;
        if (length > LOCATOR_LIMIT_BYTES)
            return corrupt(error, "the name of its parent is impossibly long");
        g_autofree uint8_t *bytes = g_malloc(length);
        if (!flat_file_read(file, get_be64(entry + 16), bytes, length, "parent locator", error))
            return FALSE;
        if (platforms[i].is_utf16)
            *ret_name = utf16_to_utf8(bytes, length, UTF16_LITTLE_ENDIAN);
        else
            *ret_name = g_utf8_make_valid((const char *)bytes,
                                          (gssize)strnlen((const char *)bytes, length));
        return TRUE;
    }
    return TRUE;
}

static void add_name(GPtrArray *names, char **name)
{
    if (*name && **name)
        g_ptr_array_add(names, g_steal_pointer(name));
}

/* The relative name moves with the files, so it comes first; the header's own is the absolute one
   of the day when the disk was made. */
static gboolean read_parent(const FlatFile *file, const uint8_t *dynamic, VhdHeader *header,
                            GError **error)
{
    static const char order[][5] = {"W2ru", "W2ku", "MacX"};
    header->parent_uuid = uuid_from_bytes(dynamic + 40);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
        for (guint k = 0; k < LOCATORS; k++) {
            const uint8_t *entry = dynamic + 576 + (size_t)k * 24;
            g_autofree char *name = NULL;
            if (memcmp(entry, order[i], 4) != 0)
                continue;
            if (!read_locator(file, entry, &name, error))
                return FALSE;
            add_name(names, &name);
        }
    }
    g_autofree char *name = utf16_to_utf8(dynamic + 64, PARENT_NAME_BYTES, UTF16_BIG_ENDIAN);
    add_name(names, &name);
    g_ptr_array_add(names, NULL);
    header->parent_names = (char **)g_ptr_array_steal(names, NULL);
    return TRUE;
}

static gboolean read_dynamic_header(const FlatFile *file, uint64_t offset, VhdHeader *header,
                                    GError **error)
{
    uint8_t dynamic[DYNAMIC_HEADER_BYTES];
    if (!flat_file_read(file, offset, dynamic, sizeof(dynamic), "dynamic header", error))
        return FALSE;
    if (memcmp(dynamic, "cxsparse", 8) != 0)
        return corrupt(error, "its dynamic header is damaged");
    if (get_be32(dynamic + 36) != checksum(dynamic, sizeof(dynamic), 36))
        return corrupt(error, "the checksum of its dynamic header is wrong");

    uint32_t block_bytes = get_be32(dynamic + 32);
    header->table_offset = get_be64(dynamic + 16);
    header->table_entries = get_be32(dynamic + 28);
    header->block_bytes = block_bytes;
    if (header->table_entries > ENTRIES_LIMIT || block_bytes < BLOCK_MINIMUM_BYTES ||
        block_bytes > BLOCK_LIMIT_BYTES || (block_bytes & (block_bytes - 1)) != 0 ||
        header->table_entries * header->block_bytes < header->disk_bytes)
        return corrupt(error, "its dynamic header does not fit the size of the disk");
    /* One bit for each sector, in whole sectors. */
    header->bitmap_bytes = MAX(header->block_bytes / 512 / 8, UINT64_C(512));
    return header->kind != VHD_DIFFERENCING || read_parent(file, dynamic, header, error);
}

static gboolean read_footer(const FlatFile *file, VhdHeader *header, GError **error)
{
    uint8_t footer[VHD_FOOTER_BYTES];
    if (!find_footer(file, footer, &header->footer_place, error))
        return FALSE;
    header->uuid = uuid_from_bytes(footer + 68);
    header->disk_bytes = get_be64(footer + 48);
    if (header->disk_bytes == 0 || header->disk_bytes % 512 != 0 ||
        header->disk_bytes > DISK_LIMIT_BYTES)
        return corrupt(error, "the size in its footer is impossible");
    uint32_t type = get_be32(footer + 60);
    if (type < VHD_FIXED || type > VHD_DIFFERENCING)
        return corrupt(error, "its footer names an unknown type of disk");
    header->kind = (VhdKind)type;
    if (header->kind != VHD_FIXED)
        return read_dynamic_header(file, get_be64(footer + 16), header, error);
    uint64_t footer_bytes =
        header->footer_place == VHD_FOOTER_SHORT ? SHORT_FOOTER_BYTES : VHD_FOOTER_BYTES;
    if (header->disk_bytes > flat_file_size(file) - footer_bytes)
        return corrupt(error, "the image is cut short: it is smaller than its footer says");
    return TRUE;
}

gboolean vhd_header_read(const FlatFile *file, VhdHeader *ret_header, GError **error)
{
    VhdHeader header = {0};
    if (read_footer(file, &header, error)) {
        *ret_header = header;
        return TRUE;
    }
    vhd_header_clear(&header);
    return FALSE;
}

char *vhd_uuid_read(const FlatFile *file)
{
    uint8_t footer[VHD_FOOTER_BYTES];
    VhdFooterPlace place;
    return find_footer(file, footer, &place, NULL) ? uuid_from_bytes(footer + 68) : NULL;
}

void vhd_header_clear(VhdHeader *header)
{
    g_clear_pointer(&header->uuid, g_free);
    g_clear_pointer(&header->parent_uuid, g_free);
    g_clear_pointer(&header->parent_names, g_strfreev);
}
