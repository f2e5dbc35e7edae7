/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether somebody uses an image that is about to be changed, and keeping others away meanwhile. */
#ifndef MIGRATE_IMAGE_LOCK_H
#define MIGRATE_IMAGE_LOCK_H

#include <glib.h>

/* A descriptor of path, opened for reading and writing and locked against other edits until it is
   closed; -1: *error. DRYDOCK_ERROR_PRECONDITION: another edit, or a machine, is using it. */
int image_lock_take(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether qemu has it open now. */
gboolean image_lock_check(int fd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
