/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the outputs of registry_job.h go, on the parent's side. */
#ifndef MIGRATE_REGISTRY_OUTPUTS_H
#define MIGRATE_REGISTRY_OUTPUTS_H

#include "base/new_file.h"
#include "migrate/progress.h"
#include "migrate/worker.h"

typedef struct {
    NewFile *file;    /* export; NULL: text goes to stdout */
    GByteArray *hive; /* NULL: none came */
} RegistryOutputs;
void registry_outputs_clear(RegistryOutputs *outputs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RegistryOutputs, registry_outputs_clear)

/* Borrows both. */
WorkerListener registry_outputs_listener(RegistryOutputs *outputs, Progress *progress);

/* NULL: none came. */
GBytes *registry_outputs_steal_hive(RegistryOutputs *outputs);

#endif
