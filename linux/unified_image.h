/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unified kernel images: a PE file with kernel, initramfs and command line in its sections (UAPI
   Group, UKI Specification; systemd-stub(7)). */
#ifndef LINUX_UNIFIED_IMAGE_H
#define LINUX_UNIFIED_IMAGE_H

#include <glib.h>

/* The bytes of section .initrd. NULL: image is no such file, or has no initramfs in it. */
GBytes *unified_image_initramfs(GBytes *image);

#endif
