/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of one image file with what its log still had to write laid over them. */
#include "convert/image/flat_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"

struct FlatFile {
    int fd;
    char *path;
    uint64_t offset, stored_bytes; /* of our part in the host's file */
    uint64_t size_bytes;
    GTree *patches; /* of Patch by its offset; they do not overlap */
};

typedef struct {
    uint64_t offset, length;
    uint8_t *data; /* NULL: zeros; else length is FLAT_PATCH_BYTES */
} Patch;

static void patch_free(gpointer data)
{
    Patch *patch = data;
    g_free(patch->data);
    g_free(patch);
}

static gint compare_offsets(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static gboolean check_length(FlatFile *file, GError **error)
{
    struct stat status;
    if (fstat(file->fd, &status) < 0) {
        drydock_error_set_errno(error, errno, "cannot look at '%s'", file->path);
        return FALSE;
    }
    if (!S_ISREG(status.st_mode)) {
        drydock_error_set(error, DRYDOCK_ERROR_USAGE, "name a disk image",
                          "'%s' is not a regular file", file->path);
        return FALSE;
    }
    if (!range_is_within(file->offset, file->stored_bytes, (uint64_t)status.st_size)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy or export it again and compare the sizes",
                          "'%s' is cut short: it ends at byte %" G_GUINT64_FORMAT, file->path,
                          (uint64_t)status.st_size);
        return FALSE;
    }
    return TRUE;
}

FlatFile *flat_file_open(const char *path, uint64_t offset, uint64_t length, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        drydock_error_set_errno(error, errno, "cannot open '%s'", path);
        return NULL;
    }
    g_autoptr(FlatFile) file = g_new0(FlatFile, 1);
    file->fd = fd;
    file->path = g_strdup(path);
    file->offset = offset;
    file->stored_bytes = file->size_bytes = length;
    file->patches = g_tree_new_full(compare_offsets, NULL, NULL, patch_free);
    return check_length(file, error) ? g_steal_pointer(&file) : NULL;
}

void flat_file_close(FlatFile *file)
{
    if (!file)
        return;
    close(file->fd);
    g_free(file->path);
    g_tree_unref(file->patches);
    g_free(file);
}

uint64_t flat_file_size(const FlatFile *file)
{
    return file->size_bytes;
}

uint64_t flat_file_stored_size(const FlatFile *file)
{
    return file->stored_bytes;
}

void flat_file_grow(FlatFile *file, uint64_t size)
{
    file->size_bytes = MAX(file->size_bytes, size);
}

static void insert_patch(FlatFile *file, uint64_t offset, uint64_t length, uint8_t *data)
{
    Patch *patch = g_new(Patch, 1);
    *patch = (Patch){offset, length, data};
    g_tree_insert(file->patches, &patch->offset, patch);
}

/* The first patch that ends behind offset; NULL: none. */
static const Patch *find_patch(const FlatFile *file, uint64_t offset)
{
    GTreeNode *node = g_tree_upper_bound(file->patches, &offset);
    GTreeNode *before = node ? g_tree_node_previous(node) : g_tree_node_last(file->patches);
    const Patch *patch = before ? g_tree_node_value(before) : NULL;
    if (patch && patch->offset + patch->length > offset)
        return patch;
    return node ? g_tree_node_value(node) : NULL;
}

/* Only zeros can lie across an end of the range: data are exactly as long as a range's unit. */
static void cut_out(FlatFile *file, uint64_t offset, uint64_t length)
{
    const Patch *patch;
    uint64_t end = offset + length;
    while ((patch = find_patch(file, offset)) != NULL && patch->offset < end) {
        uint64_t patch_start = patch->offset, patch_end = patch_start + patch->length;
        g_tree_remove(file->patches, &patch_start);
        if (patch_start < offset)
            insert_patch(file, patch_start, offset - patch_start, NULL);
        if (patch_end > end)
            insert_patch(file, end, patch_end - end, NULL);
    }
}

void flat_file_patch(FlatFile *file, uint64_t offset, uint8_t *data)
{
    cut_out(file, offset, FLAT_PATCH_BYTES);
    insert_patch(file, offset, FLAT_PATCH_BYTES, data);
    flat_file_grow(file, offset + FLAT_PATCH_BYTES);
}

void flat_file_patch_zeros(FlatFile *file, uint64_t offset, uint64_t length)
{
    if (length == 0)
        return;
    cut_out(file, offset, length);
    insert_patch(file, offset, length, NULL);
    flat_file_grow(file, offset + length);
}

static gboolean read_stored(const FlatFile *file, uint64_t offset, uint8_t *bytes, size_t length,
                            GError **error)
{
    size_t stored = offset < file->stored_bytes
                        ? (size_t)MIN((uint64_t)length, file->stored_bytes - offset)
                        : 0;
    memset(bytes + stored, 0, length - stored);
    for (size_t done = 0; done < stored;) {
        ssize_t got =
            pread(file->fd, bytes + done, stored - done, (off_t)(file->offset + offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            drydock_error_set_errno(error, got < 0 ? errno : EIO,
                                    "cannot read '%s' at byte %" G_GUINT64_FORMAT, file->path,
                                    offset + done);
            return FALSE;
        }
        done += (size_t)got;
    }
    return TRUE;
}

/* Pieces between and below the patches, from left to right. */
static gboolean read_patched(const FlatFile *file, uint64_t offset, uint8_t *bytes, size_t length,
                             GError **error)
{
    while (length > 0) {
        const Patch *patch = find_patch(file, offset);
        size_t count = length;
        if (patch && patch->offset > offset) {
            count = (size_t)MIN((uint64_t)length, patch->offset - offset);
            patch = NULL;
        } else if (patch) {
            count = (size_t)MIN((uint64_t)length, patch->offset + patch->length - offset);
        }
        if (!patch) {
            if (!read_stored(file, offset, bytes, count, error))
                return FALSE;
        } else if (patch->data) {
            memcpy(bytes, patch->data + (offset - patch->offset), count);
        } else {
            memset(bytes, 0, count);
        }
        offset += count;
        bytes += count;
        length -= count;
    }
    return TRUE;
}

gboolean flat_file_read(const FlatFile *file, uint64_t offset, void *buffer, size_t length,
                        const char *what, GError **error)
{
    if (!range_is_within(offset, length, file->size_bytes)) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "copy or export it again and compare the sizes",
                          "the image is cut short: its %s at byte %" G_GUINT64_FORMAT
                          " lies beyond the end of the file (%" G_GUINT64_FORMAT " bytes)",
                          what, offset, file->size_bytes);
        return FALSE;
    }
    if (g_tree_nnodes(file->patches) == 0)
        return read_stored(file, offset, buffer, length, error);
    return read_patched(file, offset, buffer, length, error);
}
