/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk that is repaired or brought back in place: a block device or an image file, which nobody
   else uses as long as it is open here. */
#ifndef MIGRATE_FIX_TARGET_H
#define MIGRATE_FIX_TARGET_H

#include "convert/machine.h"
#include "disk/nbd.h"

typedef struct FixTarget FixTarget;

/* DRYDOCK_ERROR_PRECONDITION: in use, or read-only; DRYDOCK_ERROR_USAGE: neither of the two kinds.
 */
FixTarget *fix_target_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void fix_target_close(FixTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FixTarget, fix_target_close)

const char *fix_target_path(const FixTarget *target); /* absolute, no link */

/* Whether a file in that folder would lie on the disk. */
gboolean fix_target_holds(const FixTarget *target, const char *folder);

/* Whether disk (NULL: none), as the gate has found it, is this one and of a format that can be
 * written in place.
 */
gboolean fix_target_check(const FixTarget *target, const MachineDisk *disk,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The disk itself, for writing; reads see what was written, and disk_flush() waits for stable
   storage. Once nobody else serves it. Borrowed, for as long as the target is open. */
Disk *fix_target_serve(FixTarget *target, const MachineDisk *disk,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of FixTarget, owned: all paths, none of them twice. */
GPtrArray *fix_targets_open(const char *const *paths, guint count,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
