/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The binary indexes modprobe and udev look modules up in (kmod: libkmod-index.h): a trie that maps
   a name or a pattern to values. */
#ifndef LINUX_MODULE_INDEX_H
#define LINUX_MODULE_INDEX_H

#include <glib.h>
#include <stdint.h>

typedef struct {
    char *key;         /* ASCII: "virtio_blk", "virtio:d00000002v*" */
    char *value;       /* "kernel/…/virtio_blk.ko: …", "virtio_blk" */
    uint32_t priority; /* the lower one is taken first */
} ModuleIndexEntry;

/* Of ModuleIndexEntry. DRYDOCK_ERROR_CORRUPT: no index, or one that points outside itself. */
GPtrArray *module_index_read(GBytes *index, GError **error) G_GNUC_WARN_UNUSED_RESULT;

GPtrArray *module_index_new(void);
/* Behind everything that is there; once, if the pair is there already. Keys that the format cannot
   hold (empty, not ASCII) are left out. */
void module_index_add(GPtrArray *entries, const char *key, const char *value);
/* Sorts entries. */
GBytes *module_index_write(GPtrArray *entries);

/* A pattern as the index stores it: '-' becomes '_' outside brackets. */
char *module_index_normalise_alias(const char *alias);

#endif
