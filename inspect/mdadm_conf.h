/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that a guest's mdadm.conf(5) gives to RAID arrays. */
#ifndef INSPECT_MDADM_CONF_H
#define INSPECT_MDADM_CONF_H

#include "fs/tree.h"

/* The identifier of the array that is called device ("/dev/md0"), as the file writes it; NULL: text
   calls none so, or not by an identifier. */
char *mdadm_conf_find_uuid(const char *text, const char *device);

/* The same from the guest's own file, wherever its distribution keeps it. FALSE for fatal errors
   only. */
gboolean mdadm_conf_read_uuid(FsTree *tree, const char *device, char **ret_uuid,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether they are the same: digits count, colons, hyphens and case do not. */
gboolean mdadm_conf_same_uuid(const char *first, const char *second);

#endif
