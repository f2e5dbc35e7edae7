/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a manifest names as source to machines: patterns and folders may hold several. */
#ifndef MIGRATE_BATCH_EXPAND_H
#define MIGRATE_BATCH_EXPAND_H

#include "migrate/batch/manifest.h"

typedef struct {
    char **paths; /* as convert takes them */
    char *name;   /* which machine of a folder with several; NULL: there is one, or none */
    char *label;  /* the file's own name, made an id */
    char *longer; /* the same with its folder's name before it */
} BatchSource;

/* Array of BatchSource, at least one. value: a path or pattern, or the disks of one machine.
   has_name: a folder of several machines is left to the name that was given. What does not exist is
   no error here, unless it is a pattern. */
gboolean batch_source_expand(const BatchManifest *manifest, const Document *document,
                             const DocumentValue *value, gboolean has_name, GPtrArray **ret_sources,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
