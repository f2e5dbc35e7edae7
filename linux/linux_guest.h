/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a Linux guest needs to boot on KVM, as edits. Nothing of the guest is run. */
#ifndef LINUX_LINUX_GUEST_H
#define LINUX_LINUX_GUEST_H

#include "base/nic_address.h"
#include "fs/edits.h"
#include "inspect/guest.h"

typedef struct {
    gboolean virtio_block; /* the default kernel can boot from virtio-blk; FALSE: give it SATA */
    gboolean virtio_net;
    char *nic_mac; /* what the guest calls the machine's card by, where that was made up; NULL: it
                      does not say. Free with g_free() */
} LinuxResult;

/* A network card of the machine. */
typedef struct {
    const char *mac;     /* NULL or "": not known */
    const char *name;    /* what it was called in the source's guest ("ens192"); NULL: not known */
    gboolean mac_is_new; /* made up for a source that says nothing of its cards */
    const char *new_mac; /* what it will be; NULL: the same */
    const NicAddress *address; /* what it is to get; NULL: as it is */
} LinuxNic;

/* nics: in the source's order. */
gboolean linux_guest_plan(const Guest *guest, const LinuxNic *nics, guint nic_count, Edits *edits,
                          GPtrArray *findings, LinuxResult *ret_result,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
