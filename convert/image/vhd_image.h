/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One VHD image: what it says of itself, and where the bytes of its disk lie in it (Microsoft's
   Virtual Hard Disk Image Format Specification 1.0). Only for files of convert/. */
#ifndef CONVERT_IMAGE_VHD_IMAGE_H
#define CONVERT_IMAGE_VHD_IMAGE_H

#include "convert/image/flat_image.h"

#define VHD_FOOTER_BYTES 512

typedef enum {
    VHD_FIXED = 2,
    VHD_DYNAMIC = 3,
    VHD_DIFFERENCING = 4,
} VhdKind;

/* Where the footer was found that counts. */
typedef enum {
    VHD_FOOTER_AT_END,
    VHD_FOOTER_SHORT,   /* at the end, but without its last byte, as Virtual PC before 2004 wrote */
    VHD_FOOTER_AT_HEAD, /* the one at the end is damaged; its copy is not */
} VhdFooterPlace;

typedef struct {
    VhdKind kind;
    VhdFooterPlace footer_place;
    uint64_t disk_bytes;
    char *uuid; /* of this image, lower case; the nil UUID as NULL */

    /* Of dynamic and differencing images. */
    uint64_t table_offset; /* of the block allocation table */
    uint32_t table_entries;
    uint64_t block_bytes, bitmap_bytes; /* a block is its bitmap, then its data */

    /* Of differencing images. */
    char *parent_uuid;   /* NULL: the nil UUID */
    char **parent_names; /* as stored, in the order of trust; NULL-terminated */
} VhdHeader;

/* Is this the beginning of a footer? bytes: eight of them. */
gboolean vhd_has_cookie(const uint8_t *bytes);

/* Finds the footer that counts and reads what hangs on it. */
gboolean vhd_header_read(const FlatFile *file, VhdHeader *ret_header,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vhd_header_clear(VhdHeader *header);

/* What a child calls the image by: the UUID in its footer, lower case; NULL: there is none. */
char *vhd_uuid_read(const FlatFile *file);

typedef struct VhdImage VhdImage;

VhdImage *vhd_image_open(const char *path, uint64_t offset, uint64_t length,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vhd_image_close(VhdImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VhdImage, vhd_image_close)

const VhdHeader *vhd_image_header(const VhdImage *image);

/* Whether all blocks that the image has lie within the file. */
gboolean vhd_image_check_blocks(VhdImage *image, GError **error) G_GNUC_WARN_UNUSED_RESULT;

extern const FlatLayerOps vhd_layer_ops; /* of VhdImage */

#endif
