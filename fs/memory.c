/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A filesystem that is a tree of structs: what unit tests fill and look at instead of an image. */
#include "fs/driver.h"

#include <string.h>

#include "base/error.h"
#include "fs/path.h"

enum {
    NAME_LENGTH_MAX = 255, /* bytes as on ext, or UTF-16 units as on NTFS */
    WINDOWS_ATTRIBUTE_DIRECTORY = 0x10,
    WINDOWS_ATTRIBUTE_ARCHIVE = 0x20,
};

typedef struct Node Node;
struct Node {
    char *name;
    char *key; /* what names are compared by */
    FsStat stat;
    GBytes *content;     /* of files */
    char *target;        /* of symlinks */
    GPtrArray *children; /* of directories */
};

typedef struct {
    Fs fs;
    Node *root;
    uint64_t last_inode;
} MemoryFs;

typedef struct {
    FsFile file;
    GBytes *content;
} MemoryFile;

static void node_free(gpointer data)
{
    Node *node = data;
    if (node->children)
        g_ptr_array_unref(node->children);
    if (node->content)
        g_bytes_unref(node->content);
    g_free(node->target);
    g_free(node->name);
    g_free(node->key);
    g_free(node);
}

static Node *node_new(MemoryFs *memory, const char *name, FsFileType type)
{
    Node *node = g_new0(Node, 1);
    node->name = g_strdup(name);
    node->key = fs_path_fold(name, memory->fs.ops->case_sensitive);
    node->stat.type = type;
    node->stat.inode = ++memory->last_inode;
    node->stat.links = 1;
    node->stat.mtime = g_get_real_time() / G_USEC_PER_SEC;
    if (type == FS_TYPE_DIRECTORY)
        node->children = g_ptr_array_new_with_free_func(node_free);
    return node;
}

static Node *find_child(const MemoryFs *memory, const Node *directory, const char *name,
                        guint *ret_index)
{
    g_autofree char *key = fs_path_fold(name, memory->fs.ops->case_sensitive);
    for (guint i = 0; directory->children && i < directory->children->len; i++) {
        Node *child = g_ptr_array_index(directory->children, i);
        if (g_str_equal(child->key, key)) {
            if (ret_index)
                *ret_index = i;
            return child;
        }
    }
    return NULL;
}

/* NULL when it is not there. */
static Node *find_node(const MemoryFs *memory, const char *path)
{
    Node *node = memory->root;
    g_auto(GStrv) names = g_strsplit(path + 1, "/", -1);
    for (gsize i = 0; node && names[i] && names[i][0] != '\0'; i++)
        node = find_child(memory, node, names[i], NULL);
    return node;
}

static Node *require_node(const MemoryFs *memory, const char *path, GError **error)
{
    Node *node = find_node(memory, path);
    if (!node)
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "'%s' does not exist", path);
    return node;
}

static Node *require_parent(const MemoryFs *memory, const char *path, GError **error)
{
    g_autofree char *parent_path = g_path_get_dirname(path);
    Node *parent = require_node(memory, parent_path, error);
    if (parent && !parent->children) {
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND, NULL, "'%s' is no directory",
                          parent_path);
        return NULL;
    }
    return parent;
}

static gboolean check_name(const Fs *fs, const char *name, GError **error)
{
    glong length = (glong)strlen(name);
    if (!fs->ops->case_sensitive) {
        g_autofree gunichar2 *utf16 = g_utf8_to_utf16(name, -1, NULL, &length, NULL);
        if (!utf16)
            length = NAME_LENGTH_MAX + 1;
    }
    if (length <= NAME_LENGTH_MAX)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL, "the name is too long");
    return FALSE;
}

/* Makes a node at path with owner and mode as attributes say. */
static Node *add_node(MemoryFs *memory, const char *path, FsFileType type,
                      const FsAttributes *attributes, GError **error)
{
    g_autofree char *name = g_path_get_basename(path);
    Node *parent = require_parent(memory, path, error);
    if (!parent || !check_name(&memory->fs, name, error))
        return NULL;
    const Node *like = attributes->like ? require_node(memory, attributes->like, error) : parent;
    if (!like)
        return NULL;
    Node *node = node_new(memory, name, type);
    if (memory->fs.ops->case_sensitive) {
        node->stat.uid = like->stat.uid;
        node->stat.gid = like->stat.gid;
        node->stat.mode = like->stat.mode;
        if (type == FS_TYPE_FILE && like->stat.type == FS_TYPE_DIRECTORY)
            node->stat.mode = like->stat.mode & 0666;
        if (type == FS_TYPE_SYMLINK)
            node->stat.mode = 0777;
        else if (attributes->mode >= 0)
            node->stat.mode = (uint32_t)attributes->mode & 07777;
    } else {
        node->stat.attributes =
            type == FS_TYPE_DIRECTORY ? WINDOWS_ATTRIBUTE_DIRECTORY : WINDOWS_ATTRIBUTE_ARCHIVE;
    }
    g_ptr_array_add(parent->children, node);
    return node;
}

static void memory_close(Fs *fs)
{
    MemoryFs *memory = (MemoryFs *)fs;
    node_free(memory->root);
    g_free(memory);
}

static gboolean memory_stat(Fs *fs, const char *path, gboolean *ret_found, FsStat *ret_stat,
                            GError **error)
{
    (void)error;
    const Node *node = find_node((MemoryFs *)fs, path);
    *ret_found = node != NULL;
    if (node)
        *ret_stat = node->stat;
    return TRUE;
}

static gboolean memory_read_link(Fs *fs, const char *path, char **ret_target, GError **error)
{
    const Node *node = require_node((MemoryFs *)fs, path, error);
    if (!node)
        return FALSE;
    if (node->stat.type != FS_TYPE_SYMLINK) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "it is no symbolic link");
        return FALSE;
    }
    *ret_target = g_strdup(node->target);
    return TRUE;
}

static gboolean memory_list(Fs *fs, const char *path, GPtrArray *entries, GError **error)
{
    const Node *node = require_node((MemoryFs *)fs, path, error);
    if (!node)
        return FALSE;
    if (!node->children) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "it is no directory");
        return FALSE;
    }
    for (guint i = 0; i < node->children->len; i++) {
        const Node *child = g_ptr_array_index(node->children, i);
        fs_entries_add(entries, child->name, child->stat.type);
    }
    return TRUE;
}

static gboolean memory_file_open(Fs *fs, const char *path, FsFile **ret_file, GError **error)
{
    const Node *node = require_node((MemoryFs *)fs, path, error);
    if (!node)
        return FALSE;
    if (node->stat.type != FS_TYPE_FILE) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "it is no file");
        return FALSE;
    }
    MemoryFile *memory_file = g_new0(MemoryFile, 1);
    memory_file->file.fs = fs;
    memory_file->file.size_bytes = g_bytes_get_size(node->content);
    memory_file->content = g_bytes_ref(node->content);
    *ret_file = &memory_file->file;
    return TRUE;
}

static gboolean memory_file_read(FsFile *file, uint64_t offset, void *buffer, size_t length,
                                 GError **error)
{
    (void)error;
    const uint8_t *bytes = g_bytes_get_data(((MemoryFile *)file)->content, NULL);
    memcpy(buffer, bytes + offset, length);
    return TRUE;
}

static void memory_file_close(FsFile *file)
{
    MemoryFile *memory_file = (MemoryFile *)file;
    g_bytes_unref(memory_file->content);
    g_free(memory_file);
}

static gboolean memory_write_file(Fs *fs, const char *path, GBytes *content,
                                  const FsAttributes *attributes, GError **error)
{
    MemoryFs *memory = (MemoryFs *)fs;
    Node *node = find_node(memory, path);
    if (!node)
        node = add_node(memory, path, FS_TYPE_FILE, attributes, error);
    if (!node)
        return FALSE;
    if (node->stat.type != FS_TYPE_FILE) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "it exists and is no file");
        return FALSE;
    }
    /* A copy, as a real filesystem makes one: the caller's bytes may be a mapping. */
    gsize size = 0;
    const void *bytes = g_bytes_get_data(content, &size);
    if (node->content)
        g_bytes_unref(node->content);
    node->content = g_bytes_new(bytes, size);
    node->stat.size_bytes = size;
    node->stat.mtime = g_get_real_time() / G_USEC_PER_SEC;
    return TRUE;
}

static gboolean memory_make_directory(Fs *fs, const char *path, const FsAttributes *attributes,
                                      GError **error)
{
    MemoryFs *memory = (MemoryFs *)fs;
    const Node *node = find_node(memory, path);
    if (!node)
        return add_node(memory, path, FS_TYPE_DIRECTORY, attributes, error) != NULL;
    if (node->stat.type == FS_TYPE_DIRECTORY)
        return TRUE;
    drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "it exists and is no directory");
    return FALSE;
}

static gboolean memory_make_symlink(Fs *fs, const char *path, const char *target,
                                    const FsAttributes *attributes, GError **error)
{
    MemoryFs *memory = (MemoryFs *)fs;
    if (find_node(memory, path)) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "it exists");
        return FALSE;
    }
    Node *node = add_node(memory, path, FS_TYPE_SYMLINK, attributes, error);
    if (!node)
        return FALSE;
    node->target = g_strdup(target);
    node->stat.size_bytes = strlen(target);
    return TRUE;
}

static gboolean memory_remove(Fs *fs, const char *path, GError **error)
{
    MemoryFs *memory = (MemoryFs *)fs;
    const Node *node = require_node(memory, path, error);
    if (!node)
        return FALSE;
    if (node->children && node->children->len > 0) {
        drydock_error_set(error, DRYDOCK_ERROR_FAILED, NULL, "the directory is not empty");
        return FALSE;
    }
    g_autofree char *name = g_path_get_basename(path);
    Node *parent = require_parent(memory, path, error);
    guint index = 0;
    if (!parent || !find_child(memory, parent, name, &index))
        return FALSE;
    g_ptr_array_remove_index(parent->children, index);
    return TRUE;
}

#define MEMORY_OPS(sensitive)                                                                      \
    {                                                                                              \
        .name = "memory", .types = no_types, .case_sensitive = (sensitive), .close = memory_close, \
        .stat = memory_stat, .read_link = memory_read_link, .list = memory_list,                   \
        .file_open = memory_file_open, .file_read = memory_file_read,                              \
        .file_close = memory_file_close, .write_file = memory_write_file,                          \
        .make_directory = memory_make_directory, .make_symlink = memory_make_symlink,              \
        .remove = memory_remove,                                                                   \
    }

static const char *const no_types[] = {NULL};
const FsOps fs_memory_ops = MEMORY_OPS(TRUE);
static const FsOps memory_insensitive_ops = MEMORY_OPS(FALSE);

Fs *fs_new_memory(gboolean case_sensitive)
{
    MemoryFs *memory = g_new0(MemoryFs, 1);
    memory->fs.ops = case_sensitive ? &fs_memory_ops : &memory_insensitive_ops;
    memory->root = node_new(memory, "", FS_TYPE_DIRECTORY);
    if (case_sensitive)
        memory->root->stat.mode = 0755;
    else
        memory->root->stat.attributes = WINDOWS_ATTRIBUTE_DIRECTORY;
    return &memory->fs;
}

void fs_memory_set_owner(Fs *fs, const char *path, uint32_t uid, uint32_t gid)
{
    Node *node = find_node((MemoryFs *)fs, path);
    g_return_if_fail(node != NULL);
    node->stat.uid = uid;
    node->stat.gid = gid;
}
