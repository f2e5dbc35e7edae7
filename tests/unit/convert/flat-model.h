/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a chain of images should read as: plain bytes in memory, changed along with it. */
#ifndef TESTS_UNIT_CONVERT_FLAT_MODEL_H
#define TESTS_UNIT_CONVERT_FLAT_MODEL_H

#include "convert/image/flat_image.h"

/* Fills buffer with bytes of which none is zero. length: a multiple of four. */
void flat_model_fill(GRand *random, uint8_t *buffer, size_t length);

/* A place for a write of whole sectors into a disk: short ones, long ones, whole blocks. */
void flat_model_choose(GRand *random, uint64_t disk_bytes, uint32_t sector_bytes,
                       uint32_t block_bytes, uint64_t *ret_offset, size_t *ret_length);

/* The image reads as expected, which has its size: at once, in pieces at any offset, and from
   several threads; and what it tells of zeros is true and covers all of it. */
void flat_model_check(FlatImage *image, const uint8_t *expected, uint64_t size);

/* Every file of the folder is removed, and the folder. */
void flat_model_remove_folder(const char *folder);

/* The chain of count images (paths, the topmost first) as a FlatImage; asserts that it opens. */
FlatImage *flat_model_open(const FlatLayerOps *ops, char *const *paths, guint count);

/* A damaged image is refused, or reads or fails to read; nothing else happens. Up to 3 MiB of it
   are read. */
void flat_model_check_hostile(const FlatLayerOps *ops, const char *path);

#endif
