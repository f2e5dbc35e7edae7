/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changing filesystems that a User-Mode Linux kernel has mounted. */
#include <string.h>

#include "fs/uml_kernel.h"

/* A piece travels with its path. */
#define PIECE_BYTES (AGENT_DATA_LIMIT / 2)

static uint64_t mode_of(const FsAttributes *attributes)
{
    return attributes->mode >= 0 ? (uint64_t)attributes->mode : AGENT_MODE_OF_LIKE;
}

static const char *like_of(const FsAttributes *attributes)
{
    return attributes->like ? attributes->like : "";
}

static const char *label_of(const FsAttributes *attributes)
{
    return attributes->label ? attributes->label : "";
}

static gboolean change(Fs *fs, UmlRequest *request, GError **error)
{
    g_auto(UmlReply) reply = {0};
    return uml_call((UmlFs *)fs, request, &reply, error);
}

gboolean uml_write_file(Fs *fs, const char *path, GBytes *content, const FsAttributes *attributes,
                        GError **error)
{
    gsize size, done = 0;
    const uint8_t *bytes = g_bytes_get_data(content, &size);
    do {
        UmlRequest request = {
            .operation = AGENT_WRITE,
            .texts = {path, like_of(attributes), label_of(attributes)},
            .numbers = {0, done, size, mode_of(attributes)},
            .bytes = bytes ? bytes + done : NULL,
            .byte_count = MIN(size - done, PIECE_BYTES),
        };
        if (!change(fs, &request, error))
            return FALSE;
        done += request.byte_count;
    } while (done < size);
    return TRUE;
}

gboolean uml_make_directory(Fs *fs, const char *path, const FsAttributes *attributes,
                            GError **error)
{
    UmlRequest request = {
        .operation = AGENT_MAKE_DIRECTORY,
        .texts = {path, like_of(attributes), label_of(attributes)},
        .numbers = {0, 0, 0, mode_of(attributes)},
    };
    return change(fs, &request, error);
}

gboolean uml_make_symlink(Fs *fs, const char *path, const char *target,
                          const FsAttributes *attributes, GError **error)
{
    UmlRequest request = {
        .operation = AGENT_MAKE_SYMLINK,
        .texts = {path, like_of(attributes), label_of(attributes), target},
        .numbers = {0, 0, 0, mode_of(attributes)},
    };
    return change(fs, &request, error);
}

gboolean uml_remove(Fs *fs, const char *path, GError **error)
{
    UmlRequest request = {.operation = AGENT_REMOVE, .texts = {path}};
    return change(fs, &request, error);
}

gboolean uml_sync(Fs *fs, GError **error)
{
    UmlFs *uml = (UmlFs *)fs;
    UmlRequest request = {.operation = AGENT_SYNC};
    return change(fs, &request, error) && uml_client_check_disks(&uml->client, error) &&
           uml_client_flush_disks(&uml->client, error);
}

static gint compare_extents(gconstpointer a, gconstpointer b)
{
    const FsExtent *one = a, *other = b;
    return (one->start_bytes > other->start_bytes) - (one->start_bytes < other->start_bytes);
}

/* The kernel discards what is free; here that is written down, and the caller may do it. Nothing is
   written meanwhile: the filesystem is read-only until it is changed again. */
gboolean uml_free_extents(Fs *fs, GArray *extents, GError **error)
{
    UmlFs *uml = (UmlFs *)fs;
    UmlRequest request = {.operation = AGENT_TRIM};
    g_autoptr(GArray) discards = g_array_new(FALSE, FALSE, sizeof(FsExtent));
    if (!uml_sync(fs, error))
        return FALSE;
    uml->client.device->slots[uml->slot].discards = discards;
    gboolean ok = change(fs, &request, error);
    uml->client.device->slots[uml->slot].discards = NULL;
    if (!ok)
        return FALSE;
    g_array_sort(discards, compare_extents);
    /* Btrfs discards what is free in a mixed block group twice. */
    uint64_t end = 0;
    for (guint i = 0; i < discards->len; i++) {
        const FsExtent *extent = &g_array_index(discards, FsExtent, i);
        uint64_t start = MAX(extent->start_bytes, end);
        uint64_t extent_end = extent->start_bytes + extent->length_bytes;
        if (extent_end > start)
            fs_extents_add(extents, start, extent_end - start);
        end = MAX(end, extent_end);
    }
    return TRUE;
}
