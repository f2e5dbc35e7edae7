/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All keys below one, each with its path. */
#ifndef REGISTRY_WALK_H
#define REGISTRY_WALK_H

#include "registry/hive.h"

/* path: of key, as walk's caller writes it. *stop TRUE ends the walk. */
typedef gboolean (*HiveWalkFunc)(Hive *hive, HiveKey key, const char *path, void *data,
                                 gboolean *stop, GError **error);

/* Calls visit for key itself, then for everything below it, parents first, in stored order. path
   stands before all paths. A hive whose keys are a circle, or nested more deeply than Windows
   allows, is DRYDOCK_ERROR_CORRUPT. */
gboolean hive_walk(Hive *hive, HiveKey key, const char *path, HiveWalkFunc visit, void *data,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
