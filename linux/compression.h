/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The compressions of initramfs images and kernel modules. */
#ifndef LINUX_COMPRESSION_H
#define LINUX_COMPRESSION_H

#include "linux/cpio.h"

struct archive;

/* What the kernel can unpack behind an archive of this compression. */
typedef enum {
    APPEND_PLAIN, /* zeros up to the next multiple of 4, then an uncompressed archive */
    APPEND_LZ4,   /* nothing but another lz4 frame, without a gap */
    APPEND_NEVER, /* the kernel's decompressor does not say reliably where it stopped */
} AppendRule;

typedef struct {
    const char *name; /* "gzip", "xz", … */
    const char *magic;
    size_t magic_length;
    int (*add_filter)(struct archive *archive); /* NULL: libarchive has none of its own */
    AppendRule append;
} Compression;

/* NULL: none of those a kernel can have. */
const Compression *compression_detect(const uint8_t *bytes, size_t length);

/* The decompressed bytes, one after the other. bytes is borrowed. */
typedef struct Decompressor Decompressor;
Decompressor *decompressor_new(const Compression *compression, const uint8_t *bytes, size_t length,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void decompressor_free(Decompressor *decompressor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decompressor, decompressor_free)
CpioInput decompressor_input(Decompressor *decompressor);
uint64_t decompressor_total(const Decompressor *decompressor); /* bytes given so far */

/* All of it; more than limit_bytes is DRYDOCK_ERROR_UNSUPPORTED. */
GBytes *compression_unpack(const Compression *compression, GBytes *packed, size_t limit_bytes,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* content as frames of the lz4 "legacy" format the kernel reads, stored as literals: it needs no
   library, and the few hundred KiB we add are not worth compressing. */
GBytes *compression_store_lz4(GBytes *content);

#endif
