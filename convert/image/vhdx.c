/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHDX images at the gate. Plain ones stay qemu's; it refuses those with a parent, with 4096-byte
   sectors and, as it opens them read-only, with a log that was not played back. */
#include <string.h>

#include "base/error.h"
#include "convert/image/flat_server.h"
#include "convert/source_format.h"
#include "convert/image/vhdx_image.h"

static gboolean vhdx_probe(const SourceFile *file)
{
    return memcmp(file->head, "vhdxfile", 8) == 0;
}

static char *vhdx_identify(const SourceFile *file)
{
    const SourcePlace *place = file->place;
    VhdxHeader header;
    g_autoptr(FlatFile) bytes = flat_file_open(place->path, place->offset, place->length, NULL);
    return bytes && vhdx_header_read(bytes, &header, NULL)
               ? vhdx_guid_to_text(header.data_write_guid)
               : NULL;
}

static VhdxImage *open_checked(SourceContext *context, const SourceFile *file, GError **error)
{
    const SourcePlace *place = file->place;
    g_autoptr(VhdxImage) image = vhdx_image_open(place->path, place->offset, place->length, error);
    if (!image || !vhdx_image_check_blocks(image, error))
        return NULL;
    if (vhdx_image_header(image)->has_log)
        findings_add(context->findings, FINDING_SOURCE_VHDX_LOG,
                     place->member ? place->member : place->path);
    return g_steal_pointer(&image);
}

/* The parent of image, which is in file. While Hyper-V changes a parent it may go by either of two
   identities ([MS-VHDX] 2.6.2.6.3). */
static SourceFile *open_parent(SourceContext *context, const SourceFile *file,
                               const VhdxImage *image, MachineDisk *disk, GError **error)
{
    const VhdxMetadata *metadata = vhdx_image_metadata(image);
    const char *const *names = (const char *const *)metadata->parent_names;
    if (!metadata->parent_identities[0]) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "merge its checkpoints in Hyper-V (Edit Disk, Merge), then export again",
                          "it is a differencing disk that does not say which is its parent");
        return NULL;
    }
    for (char **identity = metadata->parent_identities;; identity++) {
        g_autoptr(GError) local = NULL;
        SourceFile *parent =
            source_open_parent(context, file, disk, &source_vhdx_ops, names, *identity, &local);
        if (parent)
            return parent;
        if (!identity[1]) {
            g_propagate_error(error, g_steal_pointer(&local));
            return NULL;
        }
    }
}

/* places gets what image, which is in file, stands on, nearest first. */
static gboolean add_parents(SourceContext *context, const SourceFile *file, const VhdxImage *image,
                            MachineDisk *disk, GPtrArray *places, GError **error)
{
    g_autoptr(SourceFile) below = NULL;
    g_autoptr(VhdxImage) below_image = NULL;
    while (vhdx_image_metadata(image)->has_parent) {
        SourceFile *parent = open_parent(context, file, image, disk, error);
        if (!parent)
            return FALSE;
        source_file_close(below);
        file = below = parent;
        g_ptr_array_add(places, source_place_copy(parent->place));
        g_clear_pointer(&below_image, vhdx_image_close);
        image = below_image = open_checked(context, parent, error);
        if (!image) {
            g_prefix_error(error, "cannot use its parent '%s': ", parent->place->path);
            return FALSE;
        }
        if (vhdx_image_metadata(image)->sector_bytes == disk->sector_size)
            continue;
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT, "give the parent that belongs to it",
                          "its parent '%s' has sectors of %u bytes, it has %u", parent->place->path,
                          vhdx_image_metadata(image)->sector_bytes, disk->sector_size);
        return FALSE;
    }
    return TRUE;
}

static gboolean serve(SourceContext *context, const SourceFile *file, const VhdxImage *image,
                      MachineDisk *disk, GError **error)
{
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func((GDestroyNotify)source_place_free);
    g_ptr_array_add(places, source_place_copy(file->place));
    return add_parents(context, file, image, disk, places, error) &&
           flat_server_start(context, SOURCE_FORMAT_VHDX, places, &disk->image_options, error);
}

static gboolean vhdx_check(SourceContext *context, const SourceFile *file, MachineDisk *disk,
                           GError **error)
{
    g_autoptr(VhdxImage) image = open_checked(context, file, error);
    if (!image)
        return FALSE;
    const VhdxMetadata *metadata = vhdx_image_metadata(image);
    const char *variant = metadata->has_parent ? "differencing"
                          : metadata->is_fixed ? "fixed"
                                               : "dynamic";
    disk->variant = g_strdup(variant);
    disk->size_bytes = metadata->disk_bytes;
    disk->sector_size = metadata->sector_bytes;
    if (metadata->has_parent || metadata->sector_bytes != 512 || vhdx_image_header(image)->has_log)
        return serve(context, file, image, disk, error);
    disk->image_options = image_options_for_place("vhdx", file->place);
    return TRUE;
}

const SourceFormatOps source_vhdx_ops = {SOURCE_FORMAT_VHDX, vhdx_probe, vhdx_check, vhdx_identify};
