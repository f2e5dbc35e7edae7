/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One VMDK of a chain: its descriptor, wherever that is, and the extents it names, all checked.
   Only for files of convert/. */
#ifndef CONVERT_IMAGE_VMDK_IMAGE_H
#define CONVERT_IMAGE_VMDK_IMAGE_H

#include "convert/source_format.h"
#include "convert/image/vmdk_descriptor.h"

typedef struct {
    SourcePlace *place; /* NULL: zeros */
    const char *type;   /* as qemu knows it: "FLAT", "SPARSE", "VMFSSPARSE", "SESPARSE" */
    uint64_t sectors;
    uint64_t offset_sectors; /* into place, for FLAT */
    gboolean has_footer;     /* qemu looks for it at the end of the descriptor file */
} VmdkPart;

typedef struct {
    VmdkDescriptor *descriptor;
    GPtrArray *parts; /* of VmdkPart */
    uint64_t sectors;
    gboolean is_embedded; /* the descriptor lies in the only part */
    gboolean is_plain;    /* qemu, given the file itself, reads all this as we do */
} VmdkImage;

/* An extent without a descriptor is DRYDOCK_ERROR_USAGE; extents that are no part of the source
   are refused as source_files_find() does. Physical disks, encrypted disks and extents that qemu
   does not know are DRYDOCK_ERROR_UNSUPPORTED or DRYDOCK_ERROR_PRECONDITION. */
VmdkImage *vmdk_image_read(SourceContext *context, const SourceFile *file,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vmdk_image_free(VmdkImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmdkImage, vmdk_image_free)

/* The descriptor alone; NULL with *error unset: the file has none. */
VmdkDescriptor *vmdk_image_read_descriptor(const SourceFile *file,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How qemu reads image, which was read from file: the file itself where it is plain, else a
   descriptor of ours in the work directory. */
char *vmdk_image_make_options(SourceContext *context, const SourceFile *file,
                              const VmdkImage *image, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
