/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New files and directories on an NTFS volume: their name, their security descriptor. */
#include "fs/ntfs_volume.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

enum {
    DESCRIPTOR_MAX_BYTES = 64 * 1024,
    DOS_BASE_MAX = 8,
    DOS_EXTENSION_MAX = 3,
};

/* Who may do what with the new file: an entry of $Secure, or on volumes and for files without one
   the whole descriptor. */
typedef struct {
    struct SECURITY_CONTEXT context;
    struct PERMISSIONS_CACHE *cache;
    le32 id;
    GBytes *descriptor;
} Security;

static void security_init(Security *security, NtfsFs *fs)
{
    memset(security, 0, sizeof *security);
    security->context.vol = fs->volume;
    security->context.pseccache = &security->cache;
}

static void security_clear(Security *security)
{
    ntfs_destroy_security_context(&security->context);
    g_clear_pointer(&security->descriptor, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Security, security_clear)

/* As Windows computes it for something new in directory. */
static void security_inherit(Security *security, ntfs_inode *directory, gboolean for_directory)
{
    security->id = ntfs_inherited_id(&security->context, directory, for_directory ? TRUE : FALSE);
}

/* From a file or directory of the same kind. */
static void security_copy(Security *security, ntfs_inode *like)
{
    g_autofree char *bytes = NULL;
    int size;

    if (test_nino_flag(like, v3_Extensions) && like->security_id != 0) {
        security->id = like->security_id;
        return;
    }
    size = ntfs_get_ntfs_acl(&security->context, like, NULL, 0);
    if (size <= 0 || size > DESCRIPTOR_MAX_BYTES) {
        return;
    }
    bytes = g_malloc((gsize)size);
    if (ntfs_get_ntfs_acl(&security->context, like, bytes, (size_t)size) == size) {
        security->descriptor = g_bytes_new_take(g_steal_pointer(&bytes), (gsize)size);
    }
}

static gboolean open_like(NtfsFs *fs, const char *like, ntfs_inode **ret_inode, GError **error)
{
    if (!ntfs_open_path(fs, like, ret_inode, error)) {
        return FALSE;
    }
    if (*ret_inode == NULL) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "'%s' is not there", like);
        return FALSE;
    }
    return TRUE;
}

/* A file to make a directory like leaves security empty: then the parent decides. */
static gboolean security_from_like(Security *security, NtfsFs *fs, const char *like,
                                   gboolean for_directory, GError **error)
{
    ntfs_inode *inode;

    if (!open_like(fs, like, &inode, error)) {
        return FALSE;
    }
    if (ntfs_inode_is_directory(inode) == for_directory) {
        security_copy(security, inode);
    } else if (ntfs_inode_is_directory(inode)) {
        security_inherit(security, inode, for_directory);
    }
    ntfs_close_inode(inode);
    return TRUE;
}

static gboolean is_dos_part(const char *text, gsize length, gsize limit)
{
    if (length == 0 || length > limit) {
        return FALSE;
    }
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isalnum(text[i]) && strchr("!#$%&'()-@^_`{}~", text[i]) == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* A name that is its own 8.3 name but for the case is stored once for both, as Windows does. Others
   get no short name and stay what the library makes them: on volumes without short names Windows
   writes the same, and one that is WIN32 always has a DOS name beside it (seen on volumes of
   Windows 7 and 10; the library cannot even remove a file where that is not so). */
static FILE_NAME_TYPE_FLAGS name_space(const char *name)
{
    const char *dot = strchr(name, '.');
    const gsize base = dot == NULL ? strlen(name) : (gsize)(dot - name);

    return is_dos_part(name, base, DOS_BASE_MAX) &&
                   (dot == NULL || is_dos_part(dot + 1, strlen(dot + 1), DOS_EXTENSION_MAX))
               ? FILE_NAME_WIN32_AND_DOS
               : FILE_NAME_POSIX;
}

/* The name is in the record and, as the key, in the directory's index. */
static gboolean set_name_space(NtfsFs *fs, ntfs_inode *inode, ntfs_inode *directory,
                               FILE_NAME_TYPE_FLAGS type, GError **error)
{
    ntfs_attr_search_ctx *context = ntfs_attr_get_search_ctx(inode, NULL);
    ntfs_index_context *index = ntfs_index_ctx_get(directory, NTFS_INDEX_I30, 4);
    gboolean ok = FALSE;

    if (context != NULL && index != NULL &&
        ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0, context) == 0) {
        FILE_NAME_ATTR *name =
            (FILE_NAME_ATTR *)((uint8_t *)context->attr + le16_to_cpu(context->attr->value_offset));

        if (ntfs_index_lookup(name, (int)le32_to_cpu(context->attr->value_length), index) == 0 &&
            index->data != NULL && index->data_len >= sizeof(FILE_NAME_ATTR)) {
            name->file_name_type = type;
            ((FILE_NAME_ATTR *)index->data)->file_name_type = type;
            ntfs_inode_mark_dirty(inode);
            ntfs_index_entry_mark_dirty(index);
            ok = TRUE;
        }
    }
    if (!ok) {
        ntfs_device_set_error(fs->device, errno, error, "cannot enter the name");
    }
    if (index != NULL) {
        ntfs_index_ctx_put(index);
    }
    if (context != NULL) {
        ntfs_attr_put_search_ctx(context);
    }
    return ok;
}

static gboolean apply_descriptor(NtfsFs *fs, Security *security, ntfs_inode *inode, GError **error)
{
    gsize size;
    const char *bytes;

    if (security->id != 0 || security->descriptor == NULL) {
        return TRUE;
    }
    bytes = g_bytes_get_data(security->descriptor, &size);
    if (ntfs_set_ntfs_acl(&security->context, inode, bytes, size, 0) != 0) {
        ntfs_device_set_error(fs->device, errno, error, "cannot write the security descriptor");
        return FALSE;
    }
    return TRUE;
}

/* The gate is open; directory is closed in any case. */
static gboolean create_record(NtfsFs *fs, ntfs_inode *directory, const char *name,
                              gboolean is_directory, Security *security, ntfs_inode **ret_inode,
                              GError **error)
{
    guint8 length;
    g_autofree ntfschar *units = ntfs_name_to_utf16(name, &length);
    const FILE_NAME_TYPE_FLAGS type = name_space(name);
    ntfs_inode *inode;
    gboolean ok;

    if (security->id == 0 && security->descriptor == NULL) {
        security_inherit(security, directory, is_directory);
    }
    inode = ntfs_create(directory, security->id, units, length, is_directory ? S_IFDIR : S_IFREG);
    if (inode == NULL) {
        ntfs_device_set_error(fs->device, errno, error, "cannot create a file record");
        return ntfs_finish_inode(fs, directory, FALSE, error);
    }
    ok = (type == FILE_NAME_POSIX || set_name_space(fs, inode, directory, type, error)) &&
         apply_descriptor(fs, security, inode, error);
    ntfs_inode_update_times(directory, NTFS_UPDATE_MCTIME);
    if (!ntfs_finish_inode(fs, directory, ok, error)) {
        return ntfs_finish_inode(fs, inode, FALSE, error);
    }
    *ret_inode = inode;
    return TRUE;
}

static gboolean check_name(NtfsFs *fs, const char *name, GError **error)
{
    guint8 length;
    g_autofree ntfschar *units = ntfs_name_to_utf16(name, &length);

    if (units == NULL || ntfs_forbidden_names(fs->volume, units, length, TRUE)) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "'%s' is not a name that Windows can use", name);
        return FALSE;
    }
    return TRUE;
}

static gboolean open_parent(NtfsFs *fs, const char *path, ntfs_inode **ret_inode, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);
    g_autoptr(ntfs_inode) inode = NULL;
    FsFileType type = FS_TYPE_OTHER;

    if (!ntfs_open_path(fs, parent, &inode, error) ||
        (inode != NULL && !ntfs_get_type(fs, inode, &type, error))) {
        return FALSE;
    }
    if (type != FS_TYPE_DIRECTORY) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "'%s' is not a directory", parent);
        return FALSE;
    }
    *ret_inode = g_steal_pointer(&inode);
    return TRUE;
}

gboolean ntfs_create_path(NtfsFs *fs, const char *path, GBytes *content,
                          const FsAttributes *attributes, GError **error)
{
    const char *like = attributes == NULL ? NULL : attributes->like;
    g_autofree char *name = g_path_get_basename(path);
    g_auto(Security) security;
    ntfs_inode *inode, *created;
    gboolean ok;

    security_init(&security, fs);
    if (!check_name(fs, name, error) || !open_parent(fs, path, &inode, error)) {
        return FALSE;
    }
    ntfs_close_inode(inode);
    if (like != NULL) {
        if (!open_like(fs, like, &inode, error)) {
            return FALSE;
        }
        ntfs_close_inode(inode);
    }
    if (!ntfs_begin_change(fs, error)) {
        return FALSE;
    }
    /* The parent is opened after like, which may be the same; and it is closed before the new
       inode: the library closes a parent that it was given once more when it does not find the name
       in it. */
    ok = (like == NULL || security_from_like(&security, fs, like, content == NULL, error)) &&
         open_parent(fs, path, &inode, error) &&
         create_record(fs, inode, name, content == NULL, &security, &created, error);
    if (ok) {
        ok = content == NULL || ntfs_write_content(fs, created, content, error);
        ok = ntfs_finish_inode(fs, created, ok, error);
    }
    return ntfs_end_change(fs, ok, error);
}

gboolean ntfs_driver_make_directory(Fs *base, const char *path, const FsAttributes *attributes,
                                    GError **error)
{
    NtfsFs *fs = (NtfsFs *)base;
    g_autoptr(ntfs_inode) inode = NULL;
    FsFileType type;

    if (!ntfs_open_path(fs, path, &inode, error)) {
        return FALSE;
    }
    if (inode == NULL) {
        return ntfs_create_path(fs, path, NULL, attributes, error);
    }
    if (!ntfs_get_type(fs, inode, &type, error)) {
        return FALSE;
    }
    if (type != FS_TYPE_DIRECTORY) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "something else has this name");
        return FALSE;
    }
    return TRUE;
}
