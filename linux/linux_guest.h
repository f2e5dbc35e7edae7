/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a Linux guest needs to boot on KVM, as edits. Nothing of the guest is run. */
#ifndef LINUX_LINUX_GUEST_H
#define LINUX_LINUX_GUEST_H

#include "fs/edits.h"
#include "inspect/guest.h"

typedef struct {
    gboolean virtio_block; /* the default kernel can boot from virtio-blk; FALSE: give it SATA */
    gboolean virtio_net;
} LinuxResult;

/* macs: NULL-terminated, of the machine's NICs in the source's order ("" where not known); NULL:
   none known. */
gboolean linux_guest_plan(const Guest *guest, const char *const *macs, Edits *edits,
                          GPtrArray *findings, LinuxResult *ret_result,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
