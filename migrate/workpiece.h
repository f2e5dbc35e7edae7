/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an action by hand is about – a machine, or a lone hive file – and where its changes go. The
   source itself is changed only where the user says --in-place, and then as a whole: the changes
   are complete in a file beside it before the first of them reaches it. */
#ifndef MIGRATE_WORKPIECE_H
#define MIGRATE_WORKPIECE_H

#include "migrate/hive_file.h"
#include "migrate/options.h"
#include "migrate/session.h"

typedef struct Workpiece Workpiece;

typedef enum {
    WORKPIECE_READ = 0,
    WORKPIECE_EDIT = 1 << 0, /* one of -o, --in-place and --dry-run has to be there */
    WORKPIECE_HIVE = 1 << 1, /* may be a hive file */
} WorkpieceFlags;

/* The source is the first argument. Borrows options and progress. */
Workpiece *workpiece_open(const Options *options, WorkpieceFlags flags, Progress *progress,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void workpiece_close(Workpiece *workpiece);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workpiece, workpiece_close)

/* listener starts a kernel for filesystems that need one. */
void workpiece_provide_kernel(const Workpiece *workpiece, WorkerListener *listener);
/* Exactly one of the two is not NULL. */
const Session *workpiece_session(const Workpiece *workpiece);
const HiveFile *workpiece_hive_file(const Workpiece *workpiece);
/* Whether changes are to be made, and not just shown. */
gboolean workpiece_is_written(const Workpiece *workpiece);

/* Keeps what was changed, after the confined process has ended: images of the disks that are
   different now, or hive (NULL: of a hive file nothing changed). Prints the names of new files. */
gboolean workpiece_keep(Workpiece *workpiece, GBytes *hive,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
