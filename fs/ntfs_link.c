/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets of NTFS symbolic links and junctions as paths inside the volume. */
#include "fs/ntfs_volume.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    SYMLINK_PATHS_OFFSET = 12, /* two offset and length pairs, then flags */
    JUNCTION_PATHS_OFFSET = 8,
};

/* "\??\C:\dir\" is "/dir"; "..\dir" is "../dir". Which letter the volume has is not written on it:
   links to another drive cannot be told from links to this one. */
static char *target_to_path(const char *target)
{
    g_autofree char *path = g_strdelimit(g_strdup(target), "\\", '/');
    const char *start = path;
    gsize length;

    /* Spelled in two parts: the compiler sees a trigraph. */
    if (g_str_has_prefix(start, "/?"
                                "?/") ||
        g_str_has_prefix(start, "//?/")) {
        if (g_ascii_isalpha(start[4]) && start[5] == ':') {
            start += 6;
        }
    } else if (g_ascii_isalpha(start[0]) && start[1] == ':') {
        start += 2;
    }
    if (start[0] == '\0') {
        return g_strdup("/");
    }
    length = strlen(start);
    if (length > 1 && start[length - 1] == '/') {
        length--;
    }
    return g_strndup(start, length);
}

gboolean ntfs_driver_read_link(Fs *base, const char *path, char **ret_target, GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;
    g_autoptr(ntfs_inode) inode = NULL;
    g_autoptr(GBytes) data = NULL;
    g_autofree char *target = NULL;
    g_autofree ntfschar *units = NULL;
    const uint8_t *bytes;
    gsize size, paths, offset, length;
    uint32_t tag;

    if (!ntfs_open_path(fs, path, &inode, error)) {
        return FALSE;
    }
    if (inode == NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "not found");
        return FALSE;
    }
    if (!ntfs_read_reparse_point(fs, inode, &tag, &data, error)) {
        return FALSE;
    }
    if (tag != (uint32_t)NTFS_TAG_SYMLINK && tag != (uint32_t)NTFS_TAG_JUNCTION) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "not a symbolic link");
        return FALSE;
    }
    paths = tag == (uint32_t)NTFS_TAG_SYMLINK ? SYMLINK_PATHS_OFFSET : JUNCTION_PATHS_OFFSET;
    bytes = g_bytes_get_data(data, &size);
    offset = size < paths ? 0 : get_le16(bytes);
    length = size < paths ? 0 : get_le16(bytes + 2);
    if (length < 2 || length % 2 != 0 || !range_is_within(paths + offset, length, size)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the link's target is damaged");
        return FALSE;
    }
    units = g_memdup2(bytes + paths + offset, length);
    target = ntfs_name_to_utf8(units, length / 2);
    if (target[0] == '\0') {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL, "the link's target is damaged");
        return FALSE;
    }
    *ret_target = target_to_path(target);
    return TRUE;
}
