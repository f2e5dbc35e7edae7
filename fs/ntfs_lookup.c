/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From paths to inodes of an NTFS volume, and what kind of thing an inode is. */
#include "fs/ntfs_volume.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    NAME_MAX_UNITS = 255,
    REPARSE_HEADER_BYTES = 8,
    REPARSE_GUID_BYTES = 16,       /* follows the header of tags that are not Microsoft's */
    REPARSE_MAX_BYTES = 16 * 1024, /* MAXIMUM_REPARSE_DATA_BUFFER_SIZE */
};

#define TAG_IS_MICROSOFT 0x80000000U
#define TAG_IS_SURROGATE 0x20000000U /* stands for another name */

ntfschar *ntfs_name_to_utf16(const char *name, guint8 *ret_length)
{
    glong length;
    g_autofree gunichar2 *units = g_utf8_to_utf16(name, -1, NULL, &length, NULL);
    ntfschar *converted;

    if (units == NULL || length == 0 || length > NAME_MAX_UNITS) {
        return NULL;
    }
    converted = g_new(ntfschar, (gsize)length + 1);
    for (glong i = 0; i <= length; i++) {
        converted[i] = cpu_to_le16(units[i]);
    }
    *ret_length = (guint8)length;
    return converted;
}

char *ntfs_name_to_utf8(const ntfschar *name, size_t length)
{
    GString *text = g_string_sized_new(length + 1);

    for (size_t i = 0; i < length; i++) {
        gunichar unit = le16_to_cpu(name[i]);

        if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < length) {
            const gunichar low = le16_to_cpu(name[i + 1]);

            if (low >= 0xdc00 && low < 0xe000) {
                unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                i++;
            }
        }
        g_string_append_unichar(text, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
    }
    return g_string_free(text, FALSE);
}

void ntfs_close_inode(ntfs_inode *inode)
{
    if (inode != NULL) {
        (void)ntfs_inode_close(inode);
    }
}

gboolean ntfs_inode_is_directory(const ntfs_inode *inode)
{
    return (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY) != 0;
}

gboolean ntfs_open_reference(NtfsFs *fs, MFT_REF reference, ntfs_inode **ret_inode, GError **error)
{
    ntfs_inode *inode = ntfs_inode_open(fs->volume, reference);

    if (inode == NULL) {
        ntfs_device_set_error(fs->device, errno, error, "cannot read record %" G_GUINT64_FORMAT,
                              (guint64)MREF(reference));
        return FALSE;
    }
    *ret_inode = inode;
    return TRUE;
}

/* *ret_reference of name in directory; *ret_found FALSE when it is not there. */
static gboolean find_name(NtfsFs *fs, ntfs_inode *directory, const char *name,
                          MFT_REF *ret_reference, gboolean *ret_found, GError **error)
{
    guint8 length;
    g_autofree ntfschar *units = ntfs_name_to_utf16(name, &length);
    u64 found;

    *ret_found = FALSE;
    if (units == NULL || !ntfs_inode_is_directory(directory)) {
        return TRUE;
    }
    errno = 0;
    found = ntfs_inode_lookup_by_name(directory, units, length);
    if (found == (u64)-1) {
        if (errno == ENOENT) {
            return TRUE;
        }
        ntfs_device_set_error(fs->device, errno, error, "cannot search a directory");
        return FALSE;
    }
    /* The root lists itself and the volume's metadata files. */
    if (MREF(found) < FILE_first_user) {
        return TRUE;
    }
    *ret_reference = found;
    *ret_found = TRUE;
    return TRUE;
}

gboolean ntfs_open_path(NtfsFs *fs, const char *path, ntfs_inode **ret_inode, GError **error)
{
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    g_autoptr(ntfs_inode) inode = NULL;

    *ret_inode = NULL;
    if (!ntfs_open_reference(fs, FILE_root, &inode, error)) {
        return FALSE;
    }
    for (gsize i = 0; names[i] != NULL; i++) {
        MFT_REF reference;
        gboolean found;

        if (names[i][0] == '\0') {
            continue;
        }
        if (!find_name(fs, inode, names[i], &reference, &found, error)) {
            return FALSE;
        }
        if (!found) {
            return TRUE;
        }
        ntfs_close_inode(g_steal_pointer(&inode));
        if (!ntfs_open_reference(fs, reference, &inode, error)) {
            return FALSE;
        }
    }
    *ret_inode = g_steal_pointer(&inode);
    return TRUE;
}

gboolean ntfs_read_reparse_point(NtfsFs *fs, ntfs_inode *inode, uint32_t *ret_tag,
                                 GBytes **ret_data, GError **error)
{
    g_autoptr(ntfs_attr) value = NULL;
    g_autofree uint8_t *bytes = NULL;
    gsize header = REPARSE_HEADER_BYTES, length;

    *ret_tag = 0;
    if (ret_data != NULL) {
        *ret_data = NULL;
    }
    if ((inode->flags & FILE_ATTR_REPARSE_POINT) == 0) {
        return TRUE;
    }
    value = ntfs_attr_open(inode, AT_REPARSE_POINT, AT_UNNAMED, 0);
    if (value == NULL || value->data_size < REPARSE_HEADER_BYTES ||
        value->data_size > REPARSE_MAX_BYTES) {
        ntfs_device_set_error(fs->device, value == NULL ? errno : 0, error,
                              "cannot read the reparse point");
        return FALSE;
    }
    bytes = g_malloc((gsize)value->data_size);
    if (ntfs_attr_pread(value, 0, value->data_size, bytes) != value->data_size) {
        ntfs_device_set_error(fs->device, errno, error, "cannot read the reparse point");
        return FALSE;
    }
    if ((get_le32(bytes) & TAG_IS_MICROSOFT) == 0) {
        header += REPARSE_GUID_BYTES;
    }
    length = get_le16(bytes + 4);
    if (!range_is_within(header, length, (uint64_t)value->data_size)) {
        ntfs_device_set_error(fs->device, 0, error, "the reparse point is cut short");
        return FALSE;
    }
    *ret_tag = get_le32(bytes);
    if (ret_data != NULL) {
        *ret_data = g_bytes_new(bytes + header, length);
    }
    return TRUE;
}

gboolean ntfs_get_type(NtfsFs *fs, ntfs_inode *inode, FsFileType *ret_type, GError **error)
{
    uint32_t tag;

    if (!ntfs_read_reparse_point(fs, inode, &tag, NULL, error)) {
        return FALSE;
    }
    if (tag == (uint32_t)NTFS_TAG_SYMLINK || tag == (uint32_t)NTFS_TAG_JUNCTION) {
        *ret_type = FS_TYPE_SYMLINK;
    } else if ((tag & TAG_IS_SURROGATE) != 0) {
        *ret_type = FS_TYPE_OTHER;
    } else {
        *ret_type = ntfs_inode_is_directory(inode) ? FS_TYPE_DIRECTORY : FS_TYPE_FILE;
    }
    return TRUE;
}
