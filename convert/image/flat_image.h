/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chain of VHD or VHDX images as one flat disk: which bytes lie where, and reading them. Threads
   may share one. Only for files of convert/. */
#ifndef CONVERT_IMAGE_FLAT_IMAGE_H
#define CONVERT_IMAGE_FLAT_IMAGE_H

#include "convert/image/flat_file.h"

/* What one image has to say of a part of its disk. */
typedef enum {
    FLAT_RUN_DATA,   /* in its file, at file_offset */
    FLAT_RUN_ZEROS,  /* reads as zeros, whatever is below */
    FLAT_RUN_PARENT, /* as the image below has it; zeros where there is none */
} FlatRunKind;

typedef struct {
    FlatRunKind kind;
    uint64_t file_offset;
    uint64_t length; /* above 0 */
} FlatRun;

/* An image as one layer of a chain; vhd_layer_ops and vhdx_layer_ops. */
typedef struct {
    gpointer (*open)(const char *path, uint64_t offset, uint64_t length, GError **error);
    void (*close)(gpointer image);
    const FlatFile *(*file)(gconstpointer image);
    uint64_t (*size)(gconstpointer image);        /* of the disk, bytes */
    uint32_t (*sector_size)(gconstpointer image); /* logical, bytes */
    /* What is at offset, which is below size, and how far that goes: at most length (above 0), and
       perhaps less far than it could. */
    gboolean (*map)(gpointer image, uint64_t offset, uint64_t length, FlatRun *ret_run,
                    GError **error);
} FlatLayerOps;

typedef struct FlatImage FlatImage;

FlatImage *flat_image_new(const FlatLayerOps *ops);
void flat_image_free(FlatImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlatImage, flat_image_free)

/* Opens the next image below those that are there; the first one is the disk itself. */
gboolean flat_image_add(FlatImage *image, const char *path, uint64_t offset, uint64_t length,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

uint64_t flat_image_size(const FlatImage *image);        /* bytes */
uint32_t flat_image_sector_size(const FlatImage *image); /* logical, bytes */

/* All of [offset, offset + length), which lies within the disk. */
gboolean flat_image_read(FlatImage *image, uint64_t offset, void *buffer, size_t length,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the disk has data or only zeros at offset, and how far that goes: at most length. */
gboolean flat_image_query(FlatImage *image, uint64_t offset, uint64_t length,
                          gboolean *ret_is_zeros, uint64_t *ret_length,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
