/* SPDX-License-Identifier: GPL-3.0-or-later */
/* multipath.conf(5), and the lists that multipath keeps of disks it has seen. */
#ifndef LINUX_MULTIPATH_H
#define LINUX_MULTIPATH_H

#include "linux/storage_file.h"

/* The configuration with the machine's own virtual disks excluded: each has one path, and would
   otherwise become a multipath device where they are on a SCSI bus and find_multipaths is off.
   What the guest reaches over iSCSI or Fibre Channel stays what it is. */
char *multipath_conf_rewrite(const char *text, const Guest *guest, StorageNames *names);

/* The files wwids and bindings without the old hypervisor's virtual disks. */
char *multipath_list_rewrite(const char *text, const Guest *guest, StorageNames *names);

#endif
