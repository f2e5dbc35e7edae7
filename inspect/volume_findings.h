/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of volumes that are not opened. Only for volume*.c. */
#ifndef INSPECT_VOLUME_FINDINGS_H
#define INSPECT_VOLUME_FINDINGS_H

#include "inspect/volume.h"

/* We cannot read what it holds. */
void volume_add_unreadable(const Volume *volume, GPtrArray *findings);
/* We could, but for reason. */
void volume_add_damaged(const Volume *volume, const GError *reason, GPtrArray *findings);
/* fs_open() would read the volume, but does not replay its journal. */
gboolean volume_error_is_of_journal(const GError *error);

#endif
