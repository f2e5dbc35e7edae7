/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last pages used of an image's block table and sector bitmaps, which can be far larger than
   memory should be. Threads may share one. Only for files of convert/. */
#ifndef CONVERT_IMAGE_FLAT_CACHE_H
#define CONVERT_IMAGE_FLAT_CACHE_H

#include "convert/image/flat_file.h"

typedef struct FlatCache FlatCache;

/* Of file, which outlives it and gets no more patches. At most 4 MiB. */
FlatCache *flat_cache_new(const FlatFile *file);
void flat_cache_free(FlatCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlatCache, flat_cache_free)

/* As flat_file_read(), for small reads that are likely to come again. */
gboolean flat_cache_read(FlatCache *cache, uint64_t offset, void *buffer, size_t length,
                         const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* In the bitmap that begins at offset: the bit with number first, and how many bits from there on
   are the same (at most count, which is above 0). */
gboolean flat_cache_read_bits(FlatCache *cache, uint64_t offset, uint64_t first, uint64_t count,
                              gboolean most_significant_first, gboolean *ret_bit, uint64_t *ret_run,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
