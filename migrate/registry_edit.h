/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What migrate registry changes: set, delete and import. */
#ifndef MIGRATE_REGISTRY_EDIT_H
#define MIGRATE_REGISTRY_EDIT_H

#include "fs/edits.h"
#include "migrate/registry_job.h"
#include "migrate/registry_tree.h"

/* Stages what job asks for, one edit for each hive it touches. */
gboolean registry_edit_stage(const RegistryJob *job, RegistryTree *tree, Edits *edits,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
