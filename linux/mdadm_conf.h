/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mdadm.conf(5): arrays are found by their UUIDs, on whatever disks there are. */
#ifndef LINUX_MDADM_CONF_H
#define LINUX_MDADM_CONF_H

#include "linux/storage_file.h"

/* DEVICE lines that name disks say "partitions" instead; ARRAY lines that say what identifies the
   array lose their list of devices. names->unknown: devices of arrays that nothing else
   identifies. */
char *mdadm_conf_rewrite(const char *text, const Guest *guest, StorageNames *names);

#endif
