/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How initramfs images are told to load modules beyond what udev finds by itself. */
#ifndef LINUX_INITRAMFS_LOADER_H
#define LINUX_INITRAMFS_LOADER_H

#include "linux/initramfs.h"

/* A file of the initramfs with its new content. */
typedef struct {
    char *path; /* resolved */
    GBytes *content;
    uint32_t mode;
} LoaderEdit;

void loader_edit_free(LoaderEdit *edit);

/* names: NULL-terminated modules in load order. Appends LoaderEdit to edits; a kind of initramfs
   that needs none adds none. */
void initramfs_loader_plan(const Initramfs *initramfs, const char *const *names, GPtrArray *edits);

/* TRUE: the images of Red Hat's old mkinitrd, which insert files of /lib by name. */
gboolean initramfs_is_nash(const Initramfs *initramfs);

#endif
