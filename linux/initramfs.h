/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in an initramfs, as the kernel will see it after unpacking every archive of the image. */
#ifndef LINUX_INITRAMFS_H
#define LINUX_INITRAMFS_H

#include "linux/compression.h"

typedef struct {
    uint32_t mode;     /* with the S_IF… bits */
    char *link_target; /* of a symbolic link, else NULL */
    GBytes *content;   /* of the few small files that decide how modules are loaded, else NULL */
} InitramfsMember;

typedef struct {
    GBytes *image;
    GHashTable *members;            /* path without leading "/" -> InitramfsMember */
    const Compression *compression; /* of the last archive; NULL: uncompressed */
    guint network_texts;            /* contents kept that network_mac_is_copy() says */
    uint64_t stream_length;         /* of the last archive's decompressed bytes */
} Initramfs;

/* Early microcode archives, any number of further ones, each uncompressed or compressed.
   DRYDOCK_ERROR_CORRUPT or _UNSUPPORTED when an archive cannot be read to its end. */
Initramfs *initramfs_read(GBytes *image, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void initramfs_free(Initramfs *initramfs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Initramfs, initramfs_free)

/* path with the symbolic links of all its components followed; it need not exist. */
char *initramfs_resolve(const Initramfs *initramfs, const char *path);
/* NULL: not there, or its content was not kept. Follows links. */
GBytes *initramfs_content(const Initramfs *initramfs, const char *path);
gboolean initramfs_has(const Initramfs *initramfs, const char *path);

/* The image with one more archive behind it, in the form that this kernel unpacks after what is
   there. DRYDOCK_ERROR_UNSUPPORTED: there is none. */
GBytes *initramfs_append(const Initramfs *initramfs, GBytes *archive,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
