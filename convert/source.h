/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what the user points at to a Machine: the disk gate. Every image is recognised by its
   content and checked by us before qemu sees it, because qemu guesses formats, shortens some VHDs
   and VMDKs and reads some chains as zeros without a word. */
#ifndef CONVERT_SOURCE_H
#define CONVERT_SOURCE_H

#include "convert/machine.h"

/* paths: count disk images, the boot disk first. name: of the machine; NULL: the first file's name
   without its ending. The machine gets one NIC with an address of its own. What is no disk image, damaged, or would be read wrongly is refused, each
   with its code and a hint. */
gboolean source_open(const char *const *paths, guint count, const char *name, Machine **ret_machine,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
