/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An image that is changed itself. All changes go into an overlay first; once that is complete and
   on stable storage it is moved to IMAGE.drydock-edit and copied into the image. Should that be
   interrupted, the next edit of the image, or qemu-img, does it again. */
#ifndef MIGRATE_IN_PLACE_H
#define MIGRATE_IN_PLACE_H

#include "migrate/session.h"

typedef struct InPlace InPlace;

/* path: as the user names it; locked until it is closed. Finishes what was interrupted.
   DRYDOCK_ERROR_UNSUPPORTED: no regular file; DRYDOCK_ERROR_PRECONDITION: another edit, or a
   machine, is using it. */
InPlace *in_place_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A private folder beside the image, for the overlay; removed with the rest by in_place_close(). */
const char *in_place_work_directory(const InPlace *in_place);
void in_place_close(InPlace *in_place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InPlace, in_place_close)

/* DRYDOCK_ERROR_UNSUPPORTED: machine is more than this one image, or of a format that is not
   written. */
gboolean in_place_check(const InPlace *in_place, const Machine *machine,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Copies the overlay of session's only disk, whose server has ended, into the image. */
gboolean in_place_commit(InPlace *in_place, const Session *session,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
