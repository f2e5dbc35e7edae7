/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owner, permission bits, ACLs and other extended attributes of new inodes on ext volumes. */
#include "fs/ext.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"
#define SELINUX_LABEL "security.selinux"

/* ACLs as ext stores them: Linux, fs/ext4/acl.h; the tags are those of acl(5). */
#define ACL_HEADER_BYTES 4
#define ACL_TAG_USER_OBJ 0x01
#define ACL_TAG_USER 0x02
#define ACL_TAG_GROUP_OBJ 0x04
#define ACL_TAG_GROUP 0x08
#define ACL_TAG_MASK 0x10
#define ACL_TAG_OTHER 0x20

/* What a directory hands down (Linux, fs/ext4/ext4.h, EXT4_FL_INHERITED), as far as it means
   anything today. */
#define FLAGS_INHERITED                                                                            \
    (EXT2_SYNC_FL | EXT2_NODUMP_FL | EXT2_NOATIME_FL | EXT3_JOURNAL_DATA_FL | EXT2_DIRSYNC_FL |    \
     EXT4_PROJINHERIT_FL | EXT4_CASEFOLD_FL)
#define FLAGS_OF_DIRECTORIES (EXT2_DIRSYNC_FL | EXT4_PROJINHERIT_FL | EXT4_CASEFOLD_FL)

typedef struct {
    char *name;
    uint8_t *value; /* as stored on disk */
    size_t length;
} ExtXattr;

static void xattr_free(gpointer data)
{
    ExtXattr *xattr = data;

    g_free(xattr->name);
    g_free(xattr->value);
    g_free(xattr);
}

typedef struct ext2_xattr_handle ext2_xattr_handle_t;

static void xattrs_close(ext2_xattr_handle_t *handle)
{
    ext2fs_xattrs_close(&handle);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ext2_xattr_handle_t, xattrs_close)

/* Raw: libext2fs then leaves ACLs in the form they have on disk. *ret_handle stays NULL where the
   file system has no extended attributes. */
static errcode_t open_xattrs(ExtFs *ext, ext2_ino_t ino, ext2_xattr_handle_t **ret_handle)
{
    unsigned int flags = XATTR_HANDLE_FLAG_RAW;
    g_autoptr(ext2_xattr_handle_t) handle = NULL;
    errcode_t code = ext2fs_xattrs_open(ext->fs, ino, &handle);

    if (code == EXT2_ET_MISSING_EA_FEATURE) {
        return 0;
    }
    if (code == 0) {
        code = ext2fs_xattrs_flags(handle, &flags, NULL);
    }
    if (code == 0) {
        code = ext2fs_xattrs_read(handle);
    }
    if (code == 0) {
        *ret_handle = g_steal_pointer(&handle);
    }
    return code;
}

/* Calls change for each entry whose permissions mirror bits of the mode: shift says which. */
static void acl_visit(uint8_t *acl, size_t length,
                      void (*change)(uint8_t *permissions, guint shift, uint32_t *mode),
                      uint32_t *mode)
{
    uint8_t *group = NULL;
    size_t size;

    for (size_t offset = ACL_HEADER_BYTES; offset + 4 <= length; offset += size) {
        guint tag = get_le16(acl + offset);

        size = tag == ACL_TAG_USER || tag == ACL_TAG_GROUP ? 8 : 4;
        if (tag == ACL_TAG_USER_OBJ) {
            change(acl + offset + 2, 6, mode);
        } else if (tag == ACL_TAG_OTHER) {
            change(acl + offset + 2, 0, mode);
        } else if (tag == ACL_TAG_MASK || (tag == ACL_TAG_GROUP_OBJ && group == NULL)) {
            group = acl + offset + 2;
        }
    }
    if (group != NULL) {
        change(group, 3, mode);
    }
}

/* As chmod(2) does to an ACL. */
static void permissions_from_mode(uint8_t *permissions, guint shift, uint32_t *mode)
{
    put_le16(permissions, (uint16_t)((*mode >> shift) & 7));
}

/* As creat(2) does with a default ACL: neither it nor the mode is exceeded. */
static void permissions_and_mode(uint8_t *permissions, guint shift, uint32_t *mode)
{
    uint32_t both = get_le16(permissions) & (*mode >> shift) & 7;

    put_le16(permissions, (uint16_t)both);
    *mode = (*mode & ~(7U << shift)) | (both << shift);
}

typedef struct {
    ExtAttributes *attributes;
    gboolean like_given;
    gboolean same_type;
    gboolean mode_given;
    gboolean from_directory;
    gboolean label_given;
} Copy;

static void add_xattr(Copy *copy, const char *name, const char *value, size_t length)
{
    ExtXattr *xattr = g_new0(ExtXattr, 1);

    xattr->name = g_strdup(name);
    xattr->value = g_memdup2(value, length);
    xattr->length = length;
    g_ptr_array_add(copy->attributes->xattrs, xattr);
}

static void copy_acl(Copy *copy, const char *name, const char *value, size_t length)
{
    ExtAttributes *attributes = copy->attributes;
    gboolean is_default = g_str_equal(name, ACL_DEFAULT);
    gboolean inherits = copy->from_directory && LINUX_S_ISREG(attributes->mode);
    ExtXattr *last;

    if (LINUX_S_ISLNK(attributes->mode) || (inherits && !is_default) ||
        (is_default && !copy->from_directory)) {
        return;
    }
    add_xattr(copy, inherits ? ACL_ACCESS : name, value, length);
    last = g_ptr_array_index(attributes->xattrs, attributes->xattrs->len - 1);
    if (!is_default || inherits) {
        acl_visit(last->value, last->length,
                  copy->mode_given || !inherits ? permissions_from_mode : permissions_and_mode,
                  &attributes->mode);
    }
}

/* Labels and ACLs always; the rest only from a model of the same type. What is bound to the content
   or the identity of the model never (capabilities, IMA, EVM, overlay marks, inline data). */
static int copy_xattr(char *name, char *value, size_t length, void *data)
{
    static const char *const bound[] = {"security.capability", "security.ima", "security.evm",
                                        "system.data", NULL};
    Copy *copy = data;

    if (g_str_equal(name, ACL_ACCESS) || g_str_equal(name, ACL_DEFAULT)) {
        copy_acl(copy, name, value, length);
    } else if (copy->label_given && g_str_equal(name, SELINUX_LABEL)) {
        return 0;
    } else if (g_str_equal(name, SELINUX_LABEL) ||
               (copy->like_given && copy->same_type && !g_strv_contains(bound, name) &&
                !g_str_has_prefix(name, "trusted.overlay."))) {
        add_xattr(copy, name, value, length);
    }
    return 0;
}

static uint32_t choose_permissions(uint32_t model, uint32_t type, const FsAttributes *wanted)
{
    if (type == LINUX_S_IFLNK) {
        return 0777;
    }
    if (wanted->mode >= 0) {
        return (uint32_t)wanted->mode & 07777;
    }
    if (LINUX_S_ISDIR(model)) {
        if (type == LINUX_S_IFREG) {
            return model & 0666;
        }
        return wanted->like != NULL ? model & 07777 : model & 02777;
    }
    return type == LINUX_S_IFDIR ? (model & 0777) | ((model & 0444) >> 2) : model & 07777;
}

static gboolean find_model(ExtFs *ext, ext2_ino_t parent, const char *like, ext2_ino_t *ret_model,
                           GError **error)
{
    gboolean found;

    if (like == NULL) {
        *ret_model = parent;
        return TRUE;
    }
    if (!ext_lookup(ext, like, &found, ret_model, error)) {
        return FALSE;
    }
    if (!found) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL,
                          "'%s', whose attributes it should get, does not exist", like);
        return FALSE;
    }
    return TRUE;
}

gboolean ext_attributes_choose(ExtFs *ext, ext2_ino_t parent, uint32_t type,
                               const FsAttributes *wanted, ExtAttributes *ret_attributes,
                               GError **error)
{
    g_autoptr(ext2_xattr_handle_t) handle = NULL;
    struct ext2_inode_large model, directory;
    ext2_ino_t model_ino;
    errcode_t code;
    Copy copy;

    if (!find_model(ext, parent, wanted->like, &model_ino, error) ||
        !ext_read_inode(ext, model_ino, &model, error) ||
        !ext_read_inode(ext, parent, &directory, error)) {
        return FALSE;
    }
    *ret_attributes = (ExtAttributes){
        .mode = type | choose_permissions(model.i_mode, type, wanted),
        .uid = inode_uid(model),
        .gid = inode_gid(model),
        .flags = directory.i_flags & FLAGS_INHERITED,
        .project = (directory.i_flags & EXT4_PROJINHERIT_FL) != 0 ? directory.i_projid : 0,
        .xattrs = g_ptr_array_new_with_free_func(xattr_free),
    };
    if (type != LINUX_S_IFDIR) {
        ret_attributes->flags &= ~(uint32_t)FLAGS_OF_DIRECTORIES;
    }
    copy = (Copy){
        .attributes = ret_attributes,
        .like_given = wanted->like != NULL,
        .same_type = (model.i_mode & LINUX_S_IFMT) == type,
        .mode_given = wanted->mode >= 0,
        .from_directory = LINUX_S_ISDIR(model.i_mode),
        .label_given = wanted->label != NULL,
    };
    if (wanted->label != NULL) { /* with its terminating zero, as the kernel stores it */
        add_xattr(&copy, SELINUX_LABEL, wanted->label, strlen(wanted->label) + 1);
    }
    code = open_xattrs(ext, model_ino, &handle);
    if (code == 0 && handle != NULL) {
        code = ext2fs_xattrs_iterate(handle, copy_xattr, &copy);
    }
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot read the extended attributes of inode %u",
                      model_ino);
        ext_attributes_clear(ret_attributes);
        return FALSE;
    }
    return TRUE;
}

void ext_attributes_clear(ExtAttributes *attributes)
{
    g_clear_pointer(&attributes->xattrs, g_ptr_array_unref);
}

static gboolean has_field(const struct ext2_inode_large *inode, size_t end)
{
    return (size_t)EXT2_GOOD_OLD_INODE_SIZE + inode->i_extra_isize >= end;
}

#define HAS_FIELD(inode, field)                                                                    \
    has_field((inode), G_STRUCT_OFFSET(struct ext2_inode_large, field) + sizeof((inode)->field))

/* The two bits that carry the seconds past 2038; nanoseconds are 0. */
static uint32_t extra_of(int64_t seconds)
{
    return (uint32_t)((seconds - (int32_t)(uint32_t)seconds) >> 32) & EXT4_EPOCH_MASK;
}

void ext_touch(struct ext2_inode_large *inode, int64_t now)
{
    inode->i_mtime = (uint32_t)now;
    inode->i_ctime = (uint32_t)now;
    if (HAS_FIELD(inode, i_ctime_extra)) {
        inode->i_ctime_extra = extra_of(now);
    }
    if (HAS_FIELD(inode, i_mtime_extra)) {
        inode->i_mtime_extra = extra_of(now);
    }
}

gboolean ext_write_inode(ExtFs *ext, ext2_ino_t ino, struct ext2_inode_large *inode, GError **error)
{
    errcode_t code = ext2fs_write_inode_full(ext->fs, ino, EXT2_INODE(inode), sizeof(*inode));

    if (code != 0) {
        ext_set_error(ext, code, error, "cannot write inode %u", ino);
        return FALSE;
    }
    return TRUE;
}

static gboolean apply_xattrs(ExtFs *ext, ext2_ino_t ino, const GPtrArray *xattrs, GError **error)
{
    g_autoptr(ext2_xattr_handle_t) handle = NULL;
    errcode_t code;

    if (xattrs->len == 0) {
        return TRUE;
    }
    code = open_xattrs(ext, ino, &handle);
    for (guint i = 0; code == 0 && handle != NULL && i < xattrs->len; i++) {
        const ExtXattr *xattr = g_ptr_array_index(xattrs, i);

        code = ext2fs_xattr_set(handle, xattr->name, xattr->value, xattr->length);
    }
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot write its extended attributes");
        return FALSE;
    }
    return TRUE;
}

gboolean ext_attributes_apply(ExtFs *ext, ext2_ino_t ino, const ExtAttributes *attributes,
                              GError **error)
{
    struct ext2_inode_large inode;
    int64_t now = ext_now();

    if (!ext_read_inode(ext, ino, &inode, error)) {
        return FALSE;
    }
    inode.i_mode = (uint16_t)attributes->mode;
    inode.i_uid = (uint16_t)attributes->uid;
    ext2fs_set_i_uid_high(inode, (uint16_t)(attributes->uid >> 16));
    inode.i_gid = (uint16_t)attributes->gid;
    ext2fs_set_i_gid_high(inode, (uint16_t)(attributes->gid >> 16));
    inode.i_flags |= attributes->flags;
    ext_touch(&inode, now);
    inode.i_atime = (uint32_t)now;
    if (HAS_FIELD(&inode, i_atime_extra)) {
        inode.i_atime_extra = extra_of(now);
    }
    if (HAS_FIELD(&inode, i_crtime_extra)) {
        inode.i_crtime = (uint32_t)now;
        inode.i_crtime_extra = extra_of(now);
    }
    if (attributes->project != 0 && HAS_FIELD(&inode, i_projid)) {
        inode.i_projid = attributes->project;
    }
    return ext_write_inode(ext, ino, &inode, error) &&
           apply_xattrs(ext, ino, attributes->xattrs, error);
}

gboolean ext_remove_xattr(ExtFs *ext, ext2_ino_t ino, const char *name, GError **error)
{
    g_autoptr(ext2_xattr_handle_t) handle = NULL;
    errcode_t code = open_xattrs(ext, ino, &handle);

    if (code == 0 && handle != NULL) {
        code = ext2fs_xattr_remove(handle, name);
    }
    if (code != 0 && code != EXT2_ET_EA_KEY_NOT_FOUND) {
        ext_set_error(ext, code, error, "cannot change the extended attributes of inode %u", ino);
        return FALSE;
    }
    return TRUE;
}

static int add_name(char *name, char *value, size_t length, void *data)
{
    (void)value;
    (void)length;
    g_ptr_array_add(data, g_strdup(name));
    return 0;
}

gboolean ext_remove_xattrs(ExtFs *ext, ext2_ino_t ino, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(ext2_xattr_handle_t) handle = NULL;
    errcode_t code = open_xattrs(ext, ino, &handle);

    if (code == 0 && handle != NULL) {
        code = ext2fs_xattrs_iterate(handle, add_name, names);
    }
    for (guint i = 0; code == 0 && i < names->len; i++) {
        code = ext2fs_xattr_remove(handle, g_ptr_array_index(names, i));
    }
    if (code != 0) {
        ext_set_error(ext, code, error, "cannot remove the extended attributes of inode %u", ino);
        return FALSE;
    }
    return TRUE;
}
