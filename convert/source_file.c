/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Image files of a source: opened, recognised, and found when a snapshot stands on them. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "convert/source_format.h"

#define CHAIN_LIMIT 64

/* In the order of asking; raw takes what has a partition table or a filesystem and no other magic.
 */
static const SourceFormatOps *const formats[] = {
    &source_vmdk_ops, &source_vhdx_ops,      &source_vhd_ops, &source_qcow2_ops,
    &source_vdi_ops,  &source_parallels_ops, &source_raw_ops,
};

void source_file_close(SourceFile *file)
{
    if (!file)
        return;
    source_place_free(file->place);
    disk_unref(file->file);
    g_free(file);
}

static gboolean read_ends(SourceFile *file, GError **error)
{
    file->size_bytes = disk_size(file->file);
    size_t head_length = (size_t)MIN(file->size_bytes, sizeof(file->head));
    size_t tail_length = (size_t)MIN(file->size_bytes, sizeof(file->tail));
    return disk_read(file->file, 0, file->head, head_length, error) &&
           disk_read(file->file, file->size_bytes - tail_length, file->tail, tail_length, error);
}

SourceFile *source_file_open(SourcePlace *place, GError **error)
{
    g_autoptr(SourceFile) file = g_new0(SourceFile, 1);
    file->place = place;
    g_autoptr(Disk) whole = place->is_device ? disk_open_device(place->path, error)
                                             : disk_open_file(place->path, FALSE, 512, error);
    if (!whole)
        return NULL;
    file->file = source_place_is_whole(place)
                     ? g_steal_pointer(&whole)
                     : disk_new_window(whole, place->offset, place->length, place->member, error);
    if (!file->file || !read_ends(file, error))
        return NULL;
    return g_steal_pointer(&file);
}

const SourceFormatOps *source_format_recognise(const SourceFile *file)
{
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        if (formats[i]->probe(file))
            return formats[i];
    return NULL;
}

gboolean source_read(const SourceFile *file, uint64_t offset, void *buffer, size_t length,
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
    return disk_read(file->file, offset, buffer, length, error);
}

static gboolean is_same_place(const SourcePlace *a, const SourcePlace *b)
{
    return a->offset == b->offset && g_str_equal(a->path, b->path);
}

/* The image at place, when it is of that format and (unless NULL) has that identity. *ret_differs:
   it is of the format and has another one. */
static SourceFile *open_match(const SourcePlace *place, const SourceFormatOps *format,
                              const char *identity, gboolean *ret_differs)
{
    g_autoptr(SourceFile) file = source_file_open(source_place_copy(place), NULL);
    if (!file || !format->probe(file))
        return NULL;
    g_autofree char *own = format->identify ? format->identify(file) : NULL;
    if (identity && g_strcmp0(own, identity) != 0) {
        *ret_differs = TRUE;
        return NULL;
    }
    return g_steal_pointer(&file);
}

/* VMware gives a new snapshot the CID of its parent, so several files may answer to one. *ret_file
   stays NULL when none does. */
static gboolean search_identity(SourceContext *context, const SourceFile *child,
                                const SourceFormatOps *format, const char *identity,
                                SourceFile **ret_file, GError **error)
{
    const GPtrArray *list = source_files_list(context->files);
    g_autoptr(SourceFile) found = NULL;
    for (guint i = 0; i < list->len; i++) {
        const SourcePlace *place = g_ptr_array_index(list, i);
        gboolean differs;
        g_autoptr(SourceFile) file = is_same_place(place, child->place)
                                         ? NULL
                                         : open_match(place, format, identity, &differs);
        if (file && found) {
            drydock_error_set(error, DRYDOCK_ERROR_USAGE,
                              "leave only the files of this disk in its folder",
                              "it is a snapshot, and its parent %s could be '%s' or '%s'", identity,
                              found->place->path, file->place->path);
            return FALSE;
        }
        if (file)
            found = g_steal_pointer(&file);
    }
    *ret_file = g_steal_pointer(&found);
    return TRUE;
}

static gboolean add_to_chain(MachineDisk *disk, const SourceFile *child, const SourceFile *parent,
                             GError **error)
{
    gboolean is_circle = is_same_place(child->place, parent->place) ||
                         g_strcmp0(disk->path, parent->place->path) == 0;
    for (guint i = 0; i < disk->parents->len; i++)
        is_circle =
            is_circle || g_str_equal(g_ptr_array_index(disk->parents, i), parent->place->path);
    /* Members of one archive share its path. */
    if ((is_circle && !parent->place->member) || disk->parents->len >= CHAIN_LIMIT) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "consolidate its snapshots in the source, then export it again",
                          "its chain of snapshots %s",
                          is_circle ? "leads back to itself" : "is longer than 64 images");
        return FALSE;
    }
    g_ptr_array_add(disk->parents, g_strdup(parent->place->path));
    return TRUE;
}

static void set_missing(const char *name, const char *identity, gboolean differs, GError **error)
{
    if (differs)
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "give the parent as it was when the snapshot was taken, or consolidate "
                          "the snapshots in the source",
                          "its parent '%s' was changed after the snapshot: it is no longer %s",
                          name, identity);
    else
        drydock_error_set(error, DRYDOCK_ERROR_NOT_FOUND,
                          "copy all images of the disk into one folder, or name the folder of the "
                          "missing one: --allow-path DIR",
                          "it is a snapshot, and its parent '%s' is missing", name);
}

SourceFile *source_open_parent(SourceContext *context, const SourceFile *child, MachineDisk *disk,
                               const SourceFormatOps *format, const char *const *stored_names,
                               const char *identity, GError **error)
{
    g_autoptr(SourceFile) parent = NULL;
    gboolean differs = FALSE;
    for (const char *const *name = stored_names; *name && !parent; name++) {
        g_autoptr(SourcePlace) place = NULL;
        g_autoptr(GError) local = NULL;
        if (source_files_find(context->files, child->place, *name, SOURCE_NAME_FOREIGN, &place,
                              &local))
            parent = open_match(place, format, identity, &differs);
        else if (!g_error_matches(local, DRYDOCK_ERROR, DRYDOCK_ERROR_NOT_FOUND) && !identity) {
            g_propagate_error(error, g_steal_pointer(&local));
            return NULL;
        }
    }
    if (!parent && identity && !search_identity(context, child, format, identity, &parent, error))
        return NULL;
    if (!parent) {
        set_missing(*stored_names ? *stored_names : (identity ? identity : "not named"), identity,
                    differs, error);
        return NULL;
    }
    return add_to_chain(disk, child, parent, error) ? g_steal_pointer(&parent) : NULL;
}
