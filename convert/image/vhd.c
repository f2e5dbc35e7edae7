/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHD images at the gate. Plain ones stay qemu's, which has to be told: it takes a fixed VHD for
   raw, reads a differencing one as zeros where the child has no block, and cuts disks of some
   creators to their CHS size. */
#include "base/error.h"
#include "convert/image/flat_server.h"
#include "convert/source_format.h"
#include "convert/image/vhd_image.h"

static gboolean vhd_probe(const SourceFile *file)
{
    return vhd_has_cookie(file->tail) || vhd_has_cookie(file->tail + 1) ||
           vhd_has_cookie(file->head);
}

static char *vhd_identify(const SourceFile *file)
{
    const SourcePlace *place = file->place;
    g_autoptr(FlatFile) bytes = flat_file_open(place->path, place->offset, place->length, NULL);
    return bytes ? vhd_uuid_read(bytes) : NULL;
}

static VhdImage *open_checked(SourceContext *context, const SourceFile *file, GError **error)
{
    const SourcePlace *place = file->place;
    g_autoptr(VhdImage) image = vhd_image_open(place->path, place->offset, place->length, error);
    if (!image || !vhd_image_check_blocks(image, error))
        return NULL;
    if (vhd_image_header(image)->footer_place == VHD_FOOTER_AT_HEAD)
        findings_add(context->findings, FINDING_SOURCE_VHD_FOOTER,
                     place->member ? place->member : place->path);
    return g_steal_pointer(&image);
}

/* places gets what the differencing image in file stands on, nearest first. */
static gboolean add_parents(SourceContext *context, const SourceFile *file, const VhdImage *image,
                            MachineDisk *disk, GPtrArray *places, GError **error)
{
    g_autoptr(SourceFile) below = NULL;
    g_autoptr(VhdImage) below_image = NULL;
    while (vhd_image_header(image)->kind == VHD_DIFFERENCING) {
        const VhdHeader *header = vhd_image_header(image);
        if (!header->parent_uuid) {
            drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                              "merge it with its parent in Hyper-V (Edit Disk, Merge), then export "
                              "again",
                              "it is a differencing disk that does not say which is its parent");
            return FALSE;
        }
        SourceFile *parent = source_open_parent(context, file, disk, &source_vhd_ops,
                                                (const char *const *)header->parent_names,
                                                header->parent_uuid, error);
        if (!parent)
            return FALSE;
        source_file_close(below);
        file = below = parent;
        g_ptr_array_add(places, source_place_copy(parent->place));
        g_clear_pointer(&below_image, vhd_image_close);
        image = below_image = open_checked(context, parent, error);
        if (!image) {
            g_prefix_error(error, "cannot use its parent '%s': ", parent->place->path);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean serve(SourceContext *context, const SourceFile *file, const VhdImage *image,
                      MachineDisk *disk, GError **error)
{
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func((GDestroyNotify)source_place_free);
    g_ptr_array_add(places, source_place_copy(file->place));
    return add_parents(context, file, image, disk, places, error) &&
           flat_server_start(context, SOURCE_FORMAT_VHD, places, &disk->image_options, error);
}

static gboolean vhd_check(SourceContext *context, const SourceFile *file, MachineDisk *disk,
                          GError **error)
{
    g_autoptr(VhdImage) image = open_checked(context, file, error);
    if (!image)
        return FALSE;
    const VhdHeader *header = vhd_image_header(image);
    const char *variant = header->kind == VHD_FIXED     ? "fixed"
                          : header->kind == VHD_DYNAMIC ? "dynamic"
                                                        : "differencing";
    disk->variant = g_strdup(variant);
    disk->size_bytes = header->disk_bytes;
    disk->sector_size = 512;
    /* The copy at the head of dynamic images is all that qemu looks for; in a fixed one it does not
       find a footer that is a byte too short. */
    if (header->kind == VHD_DIFFERENCING ||
        (header->kind == VHD_FIXED && header->footer_place == VHD_FOOTER_SHORT))
        return serve(context, file, image, disk, error);
    g_autofree char *options = image_options_for_place("vpc", file->place);
    disk->image_options = g_strconcat(options, ",force_size_calc=current_size", NULL);
    return TRUE;
}

const SourceFormatOps source_vhd_ops = {SOURCE_FORMAT_VHD, vhd_probe, vhd_check, vhd_identify};
