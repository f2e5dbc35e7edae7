/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMDK images and their snapshots. qemu reads them; but it leaves out extents that it does not
   like, counts one after an empty line twice and reads a delta without its parent as zeros, all
   without a word. So descriptor, extents and chain are read here first, and qemu is told every file
   it opens. */
#include "base/error.h"
#include "convert/image_options.h"
#include "convert/image/vmdk_image.h"
#include "convert/image/vmdk_sparse.h"

#define SECTOR 512

static gboolean vmdk_probe(const SourceFile *file)
{
    VmdkSparseKind kind;
    return vmdk_sparse_probe(file, &kind) ||
           vmdk_descriptor_is_text(file->head, sizeof(file->head));
}

static char *vmdk_identify(const SourceFile *file)
{
    g_autoptr(VmdkDescriptor) descriptor = vmdk_image_read_descriptor(file, NULL);
    return descriptor && descriptor->has_cid ? g_strdup_printf("%08x", descriptor->cid) : NULL;
}

static char *open_chain(SourceContext *context, const SourceFile *file, MachineDisk *disk,
                        VmdkImage **ret_image, GError **error);

/* Adds the images below to options. */
static char *add_parent(SourceContext *context, const SourceFile *file, const VmdkImage *image,
                        MachineDisk *disk, const char *options, GError **error)
{
    const VmdkDescriptor *descriptor = image->descriptor;
    const char *const names[] = {descriptor->parent_hint, NULL};
    g_autofree char *cid = g_strdup_printf("%08x", descriptor->parent_cid);
    g_autoptr(SourceFile) parent =
        source_open_parent(context, file, disk, &source_vmdk_ops, names, cid, error);
    if (!parent)
        return NULL;
    g_autoptr(VmdkImage) below = NULL;
    g_autofree char *parent_options = open_chain(context, parent, disk, &below, error);
    if (!parent_options) {
        g_autofree char *name = g_path_get_basename(parent->place->path);
        g_prefix_error(error, "its parent '%s': ", name);
        return NULL;
    }
    if (below->sectors != image->sectors) {
        drydock_error_set(error, DRYDOCK_ERROR_CORRUPT,
                          "consolidate the snapshots in VMware, then export it again",
                          "it has %" G_GUINT64_FORMAT " sectors, but its parent '%s' has "
                          "%" G_GUINT64_FORMAT,
                          image->sectors, parent->place->path, below->sectors);
        return NULL;
    }
    g_autofree char *nested = image_options_nest("backing", parent_options);
    return g_strdup_printf("%s,%s", options, nested);
}

/* How qemu reads file and everything below it. The depth is limited by source_open_parent(). */
static char *open_chain(SourceContext *context, const SourceFile *file, MachineDisk *disk,
                        VmdkImage **ret_image, GError **error)
{
    g_autoptr(VmdkImage) image = vmdk_image_read(context, file, error);
    if (!image)
        return NULL;
    g_autofree char *options = vmdk_image_make_options(context, file, image, error);
    if (options && image->descriptor->parent_cid != VMDK_NO_PARENT) {
        g_autofree char *top = g_steal_pointer(&options);
        options = add_parent(context, file, image, disk, top, error);
    }
    if (options)
        *ret_image = g_steal_pointer(&image);
    return g_steal_pointer(&options);
}

static gboolean vmdk_check(SourceContext *context, const SourceFile *file, MachineDisk *disk,
                           GError **error)
{
    g_autoptr(VmdkImage) image = NULL;
    g_autofree char *options = open_chain(context, file, disk, &image, error);
    if (!options)
        return FALSE;
    disk->size_bytes = image->sectors * SECTOR;
    disk->variant = g_strdup(image->descriptor->create_type ? image->descriptor->create_type
                             : image->is_embedded           ? "monolithicSparse"
                                                            : NULL);
    g_free(disk->wwn);
    disk->wwn = g_strdup(image->descriptor->uuid);
    disk->image_options = g_steal_pointer(&options);
    return TRUE;
}

const SourceFormatOps source_vmdk_ops = {SOURCE_FORMAT_VMDK, vmdk_probe, vmdk_check, vmdk_identify};
