/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the undo file of a run goes, and where its overlays are made. */
#ifndef MIGRATE_FIX_PLACE_H
#define MIGRATE_FIX_PLACE_H

#include "migrate/fix/target.h"

typedef struct {
    char *undo_path;      /* absolute; NULL: a dry run */
    char *report_path;    /* absolute; NULL: a dry run without one */
    char *work_directory; /* private; removed with the rest */
} FixPlace;

void fix_place_clear(FixPlace *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FixPlace, fix_place_clear)

typedef struct {
    const char *undo_file;    /* as the user names it; may be NULL */
    gboolean in_memory;       /* instead of a file */
    const char *report;       /* NULL: beside the undo file */
    const GPtrArray *targets; /* of FixTarget: none of them may hold it */
} FixPlaceRequest;

/* Neither undo_file nor in_memory: a dry run. DRYDOCK_ERROR_USAGE: there is something already;
   DRYDOCK_ERROR_PRECONDITION: it would lie on a disk that is about to change. */
gboolean fix_place_choose(const FixPlaceRequest *request, FixPlace *ret_place,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
