/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AddReg and DelReg rows as edits of a hive. */
#ifndef WINDOWS_INF_ROWS_H
#define WINDOWS_INF_ROWS_H

#include "registry/edit.h"
#include "registry/hive.h"
#include "windows/inf_driver.h"

/* The rows below HKR, which is key here; rows of other roots are for the running system and left
   out. hive: as it is before the edits, NULL: empty. What would delete key itself is left out too.
 */
gboolean inf_rows_add_edits(const GPtrArray *rows, Hive *hive, const char *key, HiveEdits *edits,
                            const char *reason, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
