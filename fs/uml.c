/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading filesystems that a User-Mode Linux kernel has mounted: each call is a request to the
   agent in it. */
#include "fs/uml.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "fs/uml_kernel.h"

/* Most files that are read are smaller: they come with the answer to opening them. */
#define FIRST_READ_BYTES ((size_t)128 << 10)
#define ENTRIES_LIMIT (1u << 20)
#define EXTENTS_LIMIT (1u << 20)

typedef struct {
    FsFile base;
    char *path;
    GByteArray *first; /* the file's first bytes */
} UmlFile;

static gboolean uml_get_state(Fs *fs, FsState *ret_state, GError **error G_GNUC_UNUSED)
{
    const UmlFs *uml = (const UmlFs *)fs;
    *ret_state = (FsState){.dirty = uml->replayed, .journal_replayed = uml->replayed};
    return TRUE;
}

static FsStat stat_of(const UmlReply *reply)
{
    const uint64_t *numbers = reply->numbers;
    return (FsStat){
        .type = numbers[AGENT_STAT_TYPE] <= FS_TYPE_OTHER ? (FsFileType)numbers[AGENT_STAT_TYPE]
                                                          : FS_TYPE_OTHER,
        .size_bytes = numbers[AGENT_STAT_SIZE],
        .inode = numbers[AGENT_STAT_INODE],
        .links = (uint32_t)MIN(numbers[AGENT_STAT_LINKS], G_MAXUINT32),
        .mode = (uint32_t)(numbers[AGENT_STAT_MODE] & 07777),
        .uid = (uint32_t)numbers[AGENT_STAT_UID],
        .gid = (uint32_t)numbers[AGENT_STAT_GID],
        .mtime = (int64_t)numbers[AGENT_STAT_MTIME],
    };
}

static gboolean uml_stat(Fs *fs, const char *path, gboolean *ret_found, FsStat *ret_stat,
                         GError **error)
{
    UmlRequest request = {.operation = AGENT_STAT, .texts = {path}};
    g_auto(UmlReply) reply = {0};
    if (!uml_call_if_there((UmlFs *)fs, &request, ret_found, &reply, error))
        return FALSE;
    *ret_stat = stat_of(&reply);
    return TRUE;
}

static gboolean uml_read_link(Fs *fs, const char *path, char **ret_target, GError **error)
{
    UmlRequest request = {.operation = AGENT_READ_LINK, .texts = {path}};
    g_auto(UmlReply) reply = {0};
    if (!uml_call((UmlFs *)fs, &request, &reply, error))
        return FALSE;
    *ret_target = reply.data->len > 0 ? g_strndup((const char *)reply.data->data, reply.data->len)
                                      : g_strdup("");
    return TRUE;
}

static gboolean fail_nonsense(GError **error)
{
    drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, NULL,
                      "the answer from the kernel makes no sense");
    return FALSE;
}

static gboolean add_entries(const GByteArray *data, GPtrArray *entries, GError **error)
{
    for (guint offset = 0; offset < data->len;) {
        const guint8 *entry = data->data + offset;
        const guint8 *end = memchr(entry + 1, '\0', data->len - offset - 1);
        if (!end || end == entry + 1 || entries->len >= ENTRIES_LIMIT)
            return fail_nonsense(error);
        fs_entries_add(entries, (const char *)entry + 1,
                       entry[0] <= FS_TYPE_OTHER ? (FsFileType)entry[0] : FS_TYPE_OTHER);
        offset += (guint)(end + 1 - entry);
    }
    return TRUE;
}

static gboolean uml_list(Fs *fs, const char *path, GPtrArray *entries, GError **error)
{
    uint64_t next = 0;
    do {
        UmlRequest request = {.operation = AGENT_LIST, .texts = {path}, .numbers = {0, next}};
        g_auto(UmlReply) reply = {0};
        if (!uml_call((UmlFs *)fs, &request, &reply, error) ||
            !add_entries(reply.data, entries, error))
            return FALSE;
        next = reply.numbers[0];
        if (next != 0 && reply.data->len == 0)
            return fail_nonsense(error);
    } while (next != 0);
    return TRUE;
}

static gboolean uml_file_open(Fs *fs, const char *path, FsFile **ret_file, GError **error)
{
    UmlRequest request = {
        .operation = AGENT_READ, .texts = {path}, .numbers = {0, 0, FIRST_READ_BYTES}};
    g_auto(UmlReply) reply = {0};
    if (!uml_call((UmlFs *)fs, &request, &reply, error))
        return FALSE;
    UmlFile *file = g_new0(UmlFile, 1);
    file->base.fs = fs;
    file->base.size_bytes = stat_of(&reply).size_bytes;
    file->path = g_strdup(path);
    file->first = g_steal_pointer(&reply.data);
    *ret_file = &file->base;
    return TRUE;
}

static gboolean read_piece(UmlFile *file, uint64_t offset, uint8_t *buffer, size_t length,
                           GError **error)
{
    UmlRequest request = {
        .operation = AGENT_READ, .texts = {file->path}, .numbers = {0, offset, length}};
    g_auto(UmlReply) reply = {0};
    if (!uml_call((UmlFs *)file->base.fs, &request, &reply, error))
        return FALSE;
    if (reply.data->len != length)
        return fail_nonsense(error);
    memcpy(buffer, reply.data->data, length);
    return TRUE;
}

static gboolean uml_file_read(FsFile *base, uint64_t offset, void *buffer, size_t length,
                              GError **error)
{
    UmlFile *file = (UmlFile *)base;
    uint8_t *bytes = buffer;
    if (offset < file->first->len) {
        size_t count = MIN(length, file->first->len - (size_t)offset);
        memcpy(bytes, file->first->data + offset, count);
        bytes += count;
        offset += count;
        length -= count;
    }
    while (length > 0) {
        size_t count = MIN(length, AGENT_DATA_LIMIT);
        if (!read_piece(file, offset, bytes, count, error))
            return FALSE;
        bytes += count;
        offset += count;
        length -= count;
    }
    return TRUE;
}

static void uml_file_close(FsFile *base)
{
    UmlFile *file = (UmlFile *)base;
    g_byte_array_unref(file->first);
    g_free(file->path);
    g_free(file);
}

static gboolean add_extents(const Fs *fs, const GByteArray *data, GArray *extents, GError **error)
{
    for (guint offset = 0; offset + 16 <= data->len; offset += 16) {
        uint64_t start = get_le64(data->data + offset), length = get_le64(data->data + offset + 8);
        if (!range_is_within(start, length, disk_size(fs->volume)) || extents->len >= EXTENTS_LIMIT)
            return fail_nonsense(error);
        fs_extents_add(extents, start, length);
    }
    return TRUE;
}

static gboolean uml_file_extents(Fs *fs, const char *path, GArray *extents, GError **error)
{
    UmlFs *uml = (UmlFs *)fs;
    uint64_t next = 0;
    if (g_str_equal(uml->type, "btrfs")) {
        drydock_error_set(error, DRYDOCK_ERROR_UNSUPPORTED, NULL,
                          "Btrfs tells of no place on the volume");
        return FALSE;
    }
    do {
        UmlRequest request = {.operation = AGENT_EXTENTS, .texts = {path}, .numbers = {0, next}};
        g_auto(UmlReply) reply = {0};
        if (!uml_call(uml, &request, &reply, error) || !add_extents(fs, reply.data, extents, error))
            return FALSE;
        if (reply.numbers[0] != 0 && reply.numbers[0] <= next)
            return fail_nonsense(error);
        next = reply.numbers[0];
    } while (next != 0);
    return TRUE;
}

static void subvolume_free(gpointer data)
{
    FsSubvolume *subvolume = data;
    g_free(subvolume->path);
    g_free(subvolume);
}

static void add_subvolume(GPtrArray *subvolumes, gboolean is_default, uint64_t id, const char *path)
{
    FsSubvolume *subvolume = g_new0(FsSubvolume, 1);
    subvolume->id = id;
    subvolume->path = g_strdup(path);
    g_ptr_array_insert(subvolumes, is_default ? 0 : -1, subvolume);
}

/* Each is a flag, an identifier and a path. */
static gboolean add_subvolumes(const GByteArray *data, GPtrArray *subvolumes, GError **error)
{
    const guint fixed = 1 + sizeof(uint64_t);
    for (guint offset = 0; offset < data->len;) {
        const guint8 *item = data->data + offset;
        const guint8 *end = data->len - offset > fixed
                                ? memchr(item + fixed, '\0', data->len - offset - fixed)
                                : NULL;
        if (!end || item[fixed] != '/')
            return fail_nonsense(error);
        add_subvolume(subvolumes, item[0] != 0, get_le64(item + 1), (const char *)item + fixed);
        offset += (guint)(end + 1 - item);
    }
    return TRUE;
}

gboolean fs_list_subvolumes(Fs *fs, GPtrArray **ret_subvolumes, GError **error)
{
    g_autoptr(GPtrArray) subvolumes = g_ptr_array_new_with_free_func(subvolume_free);
    if (fs->ops == &fs_uml_ops && g_str_equal(((UmlFs *)fs)->type, "btrfs")) {
        UmlRequest request = {.operation = AGENT_SUBVOLUMES};
        g_auto(UmlReply) reply = {0};
        if (!uml_call((UmlFs *)fs, &request, &reply, error) ||
            !add_subvolumes(reply.data, subvolumes, error)) {
            g_prefix_error(error, "cannot list the subvolumes of %s: ", disk_name(fs->volume));
            return FALSE;
        }
    }
    if (subvolumes->len == 0)
        add_subvolume(subvolumes, TRUE, FS_SUBVOLUME_TOP_LEVEL, "/");
    *ret_subvolumes = g_steal_pointer(&subvolumes);
    return TRUE;
}

const FsOps fs_uml_ops = {
    .name = "uml",
    .case_sensitive = TRUE,
    .close = uml_close,
    .get_state = uml_get_state,
    .stat = uml_stat,
    .read_link = uml_read_link,
    .list = uml_list,
    .file_open = uml_file_open,
    .file_read = uml_file_read,
    .file_close = uml_file_close,
    .write_file = uml_write_file,
    .make_directory = uml_make_directory,
    .make_symlink = uml_make_symlink,
    .remove = uml_remove,
    .free_extents = uml_free_extents,
    .file_extents = uml_file_extents,
    .sync = uml_sync,
};
