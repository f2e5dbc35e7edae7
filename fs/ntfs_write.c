/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replacing and removing files of an NTFS volume. */
#include "fs/ntfs_volume.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "fs/ntfs_wof.h"

/* What of a file's state forbids replacing its content; nothing is changed. */
static gboolean check_replaceable(NtfsFs *fs, ntfs_inode *inode, gboolean *ret_is_wof,
                                  GError **error)
{
    uint32_t tag;

    if (!ntfs_read_reparse_point(fs, inode, &tag, NULL, error)) {
        return FALSE;
    }
    *ret_is_wof = tag == (uint32_t)NTFS_TAG_WOF;
    if (ntfs_inode_is_directory(inode)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "is a directory");
    } else if (tag != 0 && !*ret_is_wof) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "not a plain file (reparse tag 0x%08x)", tag);
    } else if ((inode->flags & FILE_ATTR_ENCRYPTED) != 0) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "encrypted by Windows (EFS)");
    } else {
        return TRUE;
    }
    return FALSE;
}

/* Leaves an empty plain file: reparse point, compressed stream and the sparse placeholder of the
   content's size go. Other streams stay. */
static gboolean drop_wof(NtfsFs *fs, ntfs_inode *inode, GError **error)
{
    guint8 length;
    g_autofree ntfschar *stream = ntfs_name_to_utf16(NTFS_WOF_STREAM, &length);

    if (ntfs_remove_ntfs_reparse_data(inode) != 0 ||
        (ntfs_attr_remove(inode, AT_DATA, stream, length) != 0 && errno != ENOENT) ||
        ntfs_attr_remove(inode, AT_DATA, AT_UNNAMED, 0) != 0 ||
        ntfs_attr_add(inode, AT_DATA, AT_UNNAMED, 0, NULL, 0) != 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot remove the compressed content");
        return FALSE;
    }
    inode->flags &= ~(le32)FILE_ATTR_SPARSE_FILE;
    NInoFileNameSetDirty(inode);
    ntfs_inode_mark_dirty(inode);
    return TRUE;
}

static gboolean write_all(NtfsFs *fs, ntfs_attr *data, GBytes *content, GError **error)
{
    gsize size, done = 0;
    const uint8_t *bytes = g_bytes_get_data(content, &size);

    while (done < size) {
        const s64 put = ntfs_attr_pwrite(data, (s64)done, (s64)(size - done), bytes + done);

        if (put <= 0) {
            ntfs_device_set_error(fs->device, put < 0 ? errno : ENOSPC, error,
                                  "cannot write at offset %" G_GSIZE_FORMAT, done);
            return FALSE;
        }
        done += (gsize)put;
    }
    if ((data->data_flags & ATTR_COMPRESSION_MASK) != 0 && ntfs_attr_pclose(data) != 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot write the last compressed block");
        return FALSE;
    }
    return TRUE;
}

gboolean ntfs_write_content(NtfsFs *fs, ntfs_inode *inode, GBytes *content, GError **error)
{
    g_autoptr(ntfs_attr) data = NULL;
    const s64 size = (s64)g_bytes_get_size(content);
    s64 kept;

    data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
    if (data == NULL) {
        ntfs_device_set_error(fs->device, errno, error, "cannot open its content");
        return FALSE;
    }
    /* The library shortens compressed content only to nothing; holes are better not filled singly.
     */
    kept = (data->data_flags & (ATTR_COMPRESSION_MASK | ATTR_IS_SPARSE)) != 0 ? 0 : size;
    if (data->data_size > kept && ntfs_attr_truncate(data, kept) != 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot shorten the file");
        return FALSE;
    }
    if (!write_all(fs, data, content, error)) {
        return FALSE;
    }
    ntfs_inode_update_times(inode, NTFS_UPDATE_MCTIME);
    return TRUE;
}

static gboolean replace_content(NtfsFs *fs, ntfs_inode *inode, GBytes *content, GError **error)
{
    gboolean is_wof, ok;

    if (!check_replaceable(fs, inode, &is_wof, error) || !ntfs_begin_change(fs, error)) {
        ntfs_close_inode(inode);
        return FALSE;
    }
    ok = (!is_wof || drop_wof(fs, inode, error)) && ntfs_write_content(fs, inode, content, error);
    return ntfs_end_change(fs, ntfs_finish_inode(fs, inode, ok, error), error);
}

gboolean ntfs_driver_write_file(Fs *base, const char *path, GBytes *content,
                                const FsAttributes *attributes, GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;
    ntfs_inode *inode;

    if (!ntfs_open_path(fs, path, &inode, error)) {
        return FALSE;
    }
    return inode == NULL ? ntfs_create_path(fs, path, content, attributes, error)
                         : replace_content(fs, inode, content, error);
}

/* The name under which inode is in directory, as stored. wanted decides between hard links. */
static gboolean find_stored_name(NtfsFs *fs, ntfs_inode *inode, u64 directory,
                                 const ntfschar *wanted, guint8 wanted_length, ntfschar **ret_name,
                                 guint8 *ret_length)
{
    ntfs_attr_search_ctx *context = ntfs_attr_get_search_ctx(inode, NULL);
    gboolean found = FALSE;

    /* As many names as Windows allows links, each with a short name. */
    for (guint i = 0; context != NULL && !found && i < 2048; i++) {
        const ATTR_RECORD *record;
        const FILE_NAME_ATTR *name;
        g_autofree ntfschar *stored = NULL;

        if (ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0, context) !=
            0) {
            break;
        }
        record = context->attr;
        name =
            (const FILE_NAME_ATTR *)((const uint8_t *)record + le16_to_cpu(record->value_offset));
        if (record->non_resident || le32_to_cpu(record->value_length) < sizeof(FILE_NAME_ATTR) ||
            le32_to_cpu(record->value_length) <
                sizeof(FILE_NAME_ATTR) + (size_t)name->file_name_length * 2 ||
            MREF_LE(name->parent_directory) != directory) {
            continue;
        }
        stored = g_malloc((gsize)name->file_name_length * 2);
        memcpy(stored, name->file_name, (gsize)name->file_name_length * 2);
        if (!ntfs_names_are_equal(stored, name->file_name_length, wanted, wanted_length,
                                  IGNORE_CASE, fs->volume->upcase, fs->volume->upcase_len)) {
            continue;
        }
        *ret_name = g_steal_pointer(&stored);
        *ret_length = name->file_name_length;
        found = TRUE;
    }
    if (context != NULL) {
        ntfs_attr_put_search_ctx(context);
    }
    return found;
}

/* Nothing was changed and nothing will be. */
static gboolean give_up(ntfs_inode *inode, ntfs_inode *directory)
{
    ntfs_close_inode(inode);
    ntfs_close_inode(directory);
    return FALSE;
}

static gboolean remove_inode(NtfsFs *fs, const char *path, ntfs_inode *inode, ntfs_inode *directory,
                             GError **error)
{
    g_autofree char *name = g_path_get_basename(path);
    guint8 length, stored_length = 0;
    g_autofree ntfschar *units = ntfs_name_to_utf16(name, &length);
    g_autofree ntfschar *stored = NULL;
    gboolean ok;

    if (units == NULL ||
        !find_stored_name(fs, inode, directory->mft_no, units, length, &stored, &stored_length)) {
        ntfs_device_set_error(fs->device, 0, error, "its record does not know its name");
        return give_up(inode, directory);
    }
    if (ntfs_inode_is_directory(inode) && ntfs_check_empty_dir(inode) != 0) {
        if (errno == ENOTEMPTY) {
            drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "the directory is not empty");
        } else {
            ntfs_device_set_error(fs->device, errno, error, "cannot read the directory");
        }
        return give_up(inode, directory);
    }
    if (!ntfs_begin_change(fs, error)) {
        return give_up(inode, directory);
    }
    /* Closes both, whatever happens. */
    ok = ntfs_delete(fs->volume, path, inode, directory, stored, stored_length) == 0;
    if (!ok) {
        ntfs_device_set_error(fs->device, errno, error, "cannot remove it");
    }
    return ntfs_end_change(fs, ok, error);
}

gboolean ntfs_driver_remove(Fs *base, const char *path, GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;
    g_autofree char *parent = g_path_get_dirname(path);
    ntfs_inode *inode, *directory;

    if (!ntfs_open_path(fs, path, &inode, error)) {
        return FALSE;
    }
    if (inode == NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "not found");
        return FALSE;
    }
    if (inode->mft_no == FILE_root) {
        ntfs_close_inode(inode);
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "is the root directory");
        return FALSE;
    }
    if (!ntfs_open_path(fs, parent, &directory, error)) {
        ntfs_close_inode(inode);
        return FALSE;
    }
    if (directory == NULL || directory->mft_no == inode->mft_no) {
        ntfs_device_set_error(fs->device, 0, error, "the directory holds itself");
        return give_up(inode, directory);
    }
    return remove_inode(fs, path, inode, directory, error);
}
