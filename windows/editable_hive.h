/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hive of the guest from reading to staging: logs replayed, edited, written as a whole. */
#ifndef WINDOWS_EDITABLE_HIVE_H
#define WINDOWS_EDITABLE_HIVE_H

#include "fs/edits.h"
#include "inspect/guest.h"
#include "registry/edit.h"
#include "registry/hive.h"

typedef struct {
    char *name;  /* "SYSTEM" */
    char *mount; /* what stands before the keys in reports: "HKLM\\SYSTEM" */
    char *path;  /* in the guest's tree */
    char **log_paths;
    GBytes *bytes; /* replayed */
    HiveReplay replay;
    Hive *hive;       /* opened on bytes */
    HiveEdits *edits; /* to be filled by the caller */
} EditableHive;

/* A hive that is dirty beyond repair adds the blocker WINDOWS_HIVE_DIRTY and is opened all the
   same. */
EditableHive *editable_hive_open(const Guest *guest, const char *name, GPtrArray *findings,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The hive at path of the tree; findings may be NULL. mount: see above; NULL: HKLM\NAME. */
EditableHive *editable_hive_open_path(FsTree *tree, const char *path, const char *name,
                                      const char *mount, GPtrArray *findings,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void editable_hive_free(EditableHive *hive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EditableHive, editable_hive_free)

/* Applies the edits and stages the new hive with its emptied logs; nothing when no value changes.
 */
gboolean editable_hive_stage(const EditableHive *hive, Edits *edits,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Changes of the hive mounted there ("HKLM\\SYSTEM"), of HiveChange, as an edit lists them: of
   EditValue. */
GPtrArray *editable_hive_list_values(const char *mount, const GPtrArray *changes);

#endif
