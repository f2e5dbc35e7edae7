/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One VHDX image with its log played back: what it says of itself, and where the bytes of its disk
   lie in it ([MS-VHDX]). Only for files of convert/. */
#ifndef CONVERT_IMAGE_VHDX_IMAGE_H
#define CONVERT_IMAGE_VHDX_IMAGE_H

#include "convert/image/flat_image.h"
#include "convert/image/vhdx_header.h"
#include "convert/image/vhdx_metadata.h"

typedef struct VhdxImage VhdxImage;

VhdxImage *vhdx_image_open(const char *path, uint64_t offset, uint64_t length,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vhdx_image_close(VhdxImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VhdxImage, vhdx_image_close)

const VhdxHeader *vhdx_image_header(const VhdxImage *image);
const VhdxMetadata *vhdx_image_metadata(const VhdxImage *image);

/* Whether all blocks that the image has lie within the file, and are in a state that a block of
   such an image can be in. */
gboolean vhdx_image_check_blocks(VhdxImage *image, GError **error) G_GNUC_WARN_UNUSED_RESULT;

extern const FlatLayerOps vhdx_layer_ops; /* of VhdxImage */

#endif
