/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lvm.conf(5): filters that accept the old machine's disks accept virtio's as well. */
#ifndef LINUX_LVM_CONF_H
#define LINUX_LVM_CONF_H

#include "linux/storage_file.h"

/* In the arrays filter and global_filter that reject something and accept disks by name, each such
   pattern is followed by one for the same disk on virtio. names->unknown: patterns in arrays that
   are written in a way that is not understood. */
char *lvm_conf_rewrite(const char *text, const Guest *guest, StorageNames *names);

#endif
