/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How convert is called for a machine. */
#ifndef MIGRATE_BATCH_ARGUMENTS_H
#define MIGRATE_BATCH_ARGUMENTS_H

#include "migrate/batch/manifest.h"

/* "convert", options, sources; NULL-terminated, the caller's. */
char **batch_arguments(const BatchMachine *machine);

/* Changes with everything that convert is told. */
char *batch_arguments_digest(const BatchMachine *machine);

/* The environment for a machine's convert: ours without the secrets of other machines. */
char **batch_environment(const BatchManifest *manifest, const BatchMachine *machine);

#endif
